#pragma once
// Whether aggregating ahead of an exchange pays: a partial has to stand for some records, or it costs more than they do.

#include <algorithm>
#include <cstdint>

namespace flow {

/// Measures over `sample` records or more. Where a partial stands for too few of them, records are handed on as they are,
/// 64 times as many as were measured, then twice that, and so on up to 1,024 times; then it is tried again.
class aggregation_gauge {
 public:
  static constexpr std::uint64_t sample = 4096;
  static constexpr std::uint64_t worth = 4;  // records per partial

  bool aggregating() const { return skip_ == 0; }
  /// Records that have been handed on as they are.
  void handed_on(std::uint64_t records) { skip_ -= std::min(skip_, records); }
  /// Records that have been aggregated, and how many partials were made of them.
  void aggregated(std::uint64_t records, std::uint64_t partials) {
    records_ += records;
    partials_ += partials;
    if (records_ < sample) return;
    if (records_ >= worth * partials_) {
      pause_ = shortest;
    } else {
      skip_ = records_ * pause_;
      pause_ = std::min(2 * pause_, longest);
    }
    records_ = partials_ = 0;
  }

 private:
  static constexpr std::uint64_t shortest = 64, longest = 1024;
  std::uint64_t records_ = 0, partials_ = 0;  // of this measurement
  std::uint64_t skip_ = 0;                    // records to be handed on
  std::uint64_t pause_ = shortest;
};

}  // namespace flow
