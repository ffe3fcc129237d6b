#pragma once
// A histogram of any values in fixed memory (166 KiB), with quantiles to within 1 %.
//
// Its buckets are log-linear, as those of HdrHistogram (Gil Tene, hdrhistogram.org): every power of two is divided into 128
// buckets of the same width. Here they are read off the representation of a double, whose exponent and leading bits of
// the mantissa number them in order. Negative values have buckets of their own.

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <vector>

#include <flow/counters.hpp>

namespace flow {

namespace detail {
inline constexpr int bucket_bits = 7;                        // of the mantissa
inline constexpr int least_exponent = -20, end_exponent = 63;  // 2^-20 is about a millionth; every 64-bit integer has a bucket
inline constexpr std::int32_t last_bucket = ((end_exponent - least_exponent) << bucket_bits) + 1;
inline constexpr std::uint64_t before_first_bucket = (std::uint64_t{1023 + least_exponent} << bucket_bits) - 1;

/// From -last_bucket to last_bucket, in the order of the values; 0 is that of sizes below 2^-20. Not of NaN.
inline std::int32_t bucket_of(double value) {
  auto const number = std::bit_cast<std::uint64_t>(std::fabs(value)) >> (52 - bucket_bits);
  if (number <= before_first_bucket) return 0;
  auto const bucket = static_cast<std::int32_t>(std::min<std::uint64_t>(number - before_first_bucket, last_bucket));
  return value < 0 ? -bucket : bucket;
}
/// The value in the bucket that is nearest to zero.
inline double edge_of(std::int32_t bucket) {
  if (bucket == 0) return 0;
  auto const number = static_cast<std::uint64_t>(std::abs(bucket)) + before_first_bucket;
  return std::copysign(std::bit_cast<double>(number << (52 - bucket_bits)), bucket);
}
}  // namespace detail

/// One writer, any number of readers on other threads: one that reads while a value is recorded may see it in part.
class histogram {
 public:
  /// NaN is no value and is not counted. About 10 ns.
  void record(double value) {
    if (std::isnan(value)) return;
    buckets_[static_cast<std::size_t>(detail::last_bucket + detail::bucket_of(value))].add(1);
    sum_.store(sum_.load(std::memory_order_relaxed) + value, std::memory_order_relaxed);
    // Written so that the first value, compared with NaN, is taken.
    if (!(value >= min_.load(std::memory_order_relaxed))) min_.store(value, std::memory_order_relaxed);
    if (!(value <= max_.load(std::memory_order_relaxed))) max_.store(value, std::memory_order_relaxed);
  }
  void add_to(histogram_summary& all) const;

 private:
  std::vector<counter> buckets_{2 * detail::last_bucket + 1};
  std::atomic<double> sum_{0};
  std::atomic<double> min_{std::numeric_limits<double>::quiet_NaN()}, max_{std::numeric_limits<double>::quiet_NaN()};
};

}  // namespace flow
