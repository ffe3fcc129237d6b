#pragma once
// DDSketch: the distribution of numbers, from which any quantile can be told with a bounded relative error.
//
// Masson, Rim, Lee, "DDSketch: a fast and fully-mergeable quantile sketch with relative-error guarantees", 2019. Numbers are
// counted in buckets whose bounds grow by a constant factor. A sketch of few numbers keeps them as they are. What is told
// depends on the numbers only, not on their order or how parts were merged.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

#include <cereal/types/vector.hpp>

#include <flow/record/encoding.hpp>

namespace flow::detail {

/// Counts in a run of buckets by number. Those far below the highest are counted together in the lowest.
class bucket_counts {
 public:
  static constexpr std::int32_t most = 2048;

  void add(std::int32_t bucket, std::int64_t n) {
    if (counts_.empty()) first_ = bucket;
    if (bucket > last()) raise(bucket);
    if (bucket < first_) lower(std::max(bucket, last() - most + 1));
    counts_[static_cast<std::size_t>(std::max(bucket, first_) - first_)] += n;
  }
  void merge(bucket_counts const& other) {
    for (std::size_t i = other.counts_.size(); i > 0; --i)
      if (other.counts_[i - 1] > 0) add(other.first_ + static_cast<std::int32_t>(i - 1), other.counts_[i - 1]);
  }
  std::int64_t total() const { return std::accumulate(counts_.begin(), counts_.end(), std::int64_t{0}); }
  /// The bucket of the number that has `below` others in lower buckets or its own; `below < total()`.
  std::int32_t bucket_of(std::int64_t below) const {
    std::int32_t bucket = first_;
    for (auto const n : counts_) {
      if (below < n) break;
      below -= n;
      ++bucket;
    }
    return bucket;
  }
  template <class Archive>
  void serialize(Archive& archive) { archive(cereal::make_nvp("first", first_), cereal::make_nvp("counts", counts_)); }

 private:
  std::int32_t last() const { return first_ + static_cast<std::int32_t>(counts_.size()) - 1; }
  void raise(std::int32_t to) {
    std::int32_t const first = std::max(first_, to - most + 1);
    if (first > last()) {  // all that was there is far below
      std::int64_t const all = total();
      counts_.assign(static_cast<std::size_t>(to - first + 1), 0);
      counts_.front() = all;
    } else {
      auto const dropped = static_cast<std::ptrdiff_t>(first - first_);
      std::int64_t const below = std::accumulate(counts_.begin(), counts_.begin() + dropped, std::int64_t{0});
      counts_.erase(counts_.begin(), counts_.begin() + dropped);
      counts_.front() += below;
      counts_.resize(static_cast<std::size_t>(to - first + 1));
    }
    first_ = first;
  }
  void lower(std::int32_t to) {
    if (to >= first_) return;
    counts_.insert(counts_.begin(), static_cast<std::size_t>(first_ - to), 0);
    first_ = to;
  }

  std::int32_t first_ = 0;
  std::vector<std::int64_t> counts_;  // of buckets first_, first_ + 1, ...; the last is not 0
};

class dd_sketch {
 public:
  static constexpr std::size_t few = 128;
  static constexpr double error = 0.01;

  /// Numbers smaller than the smallest normal double are taken as 0, infinite ones as the largest; what is no number is left out.
  void add(double x) {
    if (std::isnan(x)) return;
    if (std::isinf(x)) x = std::copysign(std::numeric_limits<double>::max(), x);
    lowest_ = size_ == 0 ? x : std::min(lowest_, x);
    highest_ = size_ == 0 ? x : std::max(highest_, x);
    if (++size_ <= few) return few_.push_back(x);
    if (!few_.empty()) count_in_buckets();
    count(x);
  }
  void merge(dd_sketch const& other) {
    for (auto const x : other.few_) add(x);
    if (other.size_ <= few) return;
    if (!few_.empty()) count_in_buckets();
    lowest_ = size_ == 0 ? other.lowest_ : std::min(lowest_, other.lowest_);
    highest_ = size_ == 0 ? other.highest_ : std::max(highest_, other.highest_);
    size_ += other.size_;
    zeros_ += other.zeros_;
    negative_.merge(other.negative_);
    positive_.merge(other.positive_);
  }
  std::int64_t size() const { return static_cast<std::int64_t>(size_); }

  /// The number of a rank from 1 to size(), in ascending order.
  double of_rank(std::int64_t rank) const {
    std::int64_t below = rank - 1;
    if (size_ <= few) {
      std::vector<double> sorted = few_;
      std::nth_element(sorted.begin(), sorted.begin() + below, sorted.end());
      return sorted[static_cast<std::size_t>(below)];
    }
    if (below == 0) return lowest_;
    if (rank == size()) return highest_;
    std::int64_t const negatives = negative_.total();
    double x = 0;
    if (below < negatives) x = -middle_of(negative_.bucket_of(negatives - 1 - below));
    else if (below >= negatives + zeros_) x = middle_of(positive_.bucket_of(below - negatives - zeros_));
    return std::clamp(x, lowest_, highest_);
  }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(cereal::make_nvp("size", size_), cereal::make_nvp("few", few_), cereal::make_nvp("lowest", lowest_), cereal::make_nvp("highest", highest_),
            cereal::make_nvp("zeros", zeros_), cereal::make_nvp("negative", negative_), cereal::make_nvp("positive", positive_));
  }

 private:
  static constexpr double growth = (1 + error) / (1 - error);

  void count_in_buckets() {
    for (auto const x : few_) count(x);
    few_ = {};
  }
  void count(double x) {
    double const magnitude = std::abs(x);
    if (magnitude < std::numeric_limits<double>::min()) ++zeros_;
    else (x < 0 ? negative_ : positive_).add(static_cast<std::int32_t>(std::ceil(std::log(magnitude) / std::log(growth))), 1);
  }
  /// The number in a bucket that is at most `error` from all of them, relative to them.
  static double middle_of(std::int32_t bucket) { return 2 / (1 + growth) * std::exp(bucket * std::log(growth)); }

  std::uint64_t size_ = 0;
  std::vector<double> few_;  // all numbers while they are few
  double lowest_ = 0, highest_ = 0;
  std::int64_t zeros_ = 0;
  bucket_counts negative_, positive_;  // by magnitude, once they are more
};

}  // namespace flow::detail
