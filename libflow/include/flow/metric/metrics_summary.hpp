#pragma once
// What the metrics of a user's functions say, added up over the subtasks of an operator: plain values.

#include <cstdint>
#include <limits>
#include <map>
#include <string>

namespace flow {

/// Over the subtasks whose gauge has a value; min and max are NaN where none has.
struct gauge_summary {
  double sum = 0;
  double min = std::numeric_limits<double>::quiet_NaN(), max = min;
  std::uint32_t subtasks = 0;
};

/// All values recorded; min and max are NaN where there are none. Count, sum, min and max are exact.
struct histogram_summary {
  std::uint64_t count = 0;
  double sum = 0;
  double min = std::numeric_limits<double>::quiet_NaN(), max = min;
  /// How many values are in each bucket (metric/histogram.hpp) that is not empty, from the lowest values to the highest.
  std::map<std::int32_t, std::uint64_t> buckets;

  /// NaN where there are no values.
  double mean() const { return sum / static_cast<double>(count); }
  /// The value below or at which a share of `q` (from 0 to 1) of all values lies: of n values in order, number ceil(q n).
  /// That of q = 1, the maximum, is exact; others are at most 1/128 of their size too near to zero, and whole numbers up
  /// to 256 are exact; sizes below 2^-20 give 0, those from 2^63 on 2^63. NaN where there are no values. O(buckets).
  double quantile(double q) const;
};

/// By the names that the function declared.
struct metrics_summary {
  std::map<std::string, std::uint64_t> counters;
  std::map<std::string, gauge_summary> gauges;
  std::map<std::string, histogram_summary> histograms;

  bool empty() const { return counters.empty() && gauges.empty() && histograms.empty(); }
};

}  // namespace flow
