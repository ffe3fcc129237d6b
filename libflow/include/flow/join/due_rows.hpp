#pragma once
// In which order of time rows fall due, and the buckets that they are in. Derived from the rows, like an index.

#include <algorithm>
#include <limits>
#include <vector>

#include <flow/state/keyed_rows.hpp>
#include <flow/time.hpp>

namespace flow {

template <key_type K>
class due_rows {
 public:
  /// Stands for the bucket itself, which comes after its rows of the same time.
  static constexpr row_place whole_bucket{std::numeric_limits<std::uint32_t>::max(), 0};
  struct item {
    timestamp at{};
    std::uint64_t key_hash = 0;
    std::int64_t bucket = 0;
    row_place place;
    K key{};
  };

  std::size_t size() const { return heap_.size(); }
  void clear() { heap_.clear(); }
  /// O(log size).
  void add(timestamp at, K const& key, std::uint64_t key_hash, std::int64_t bucket, row_place place) {
    heap_.push_back({at, key_hash, bucket, place, key});
    std::push_heap(heap_.begin(), heap_.end(), later);
  }
  /// When the first falls due; `end_of_time` when there is none.
  timestamp first() const { return heap_.empty() ? end_of_time : heap_.front().at; }
  /// Takes out the first if it is due at `until`; whether it was. O(log size).
  bool take(timestamp until, item& into) {
    if (heap_.empty() || heap_.front().at > until) return false;
    std::pop_heap(heap_.begin(), heap_.end(), later);
    into = std::move(heap_.back());
    heap_.pop_back();
    return true;
  }

 private:
  static bool later(item const& a, item const& b) {
    if (a.at != b.at) return a.at > b.at;
    bool const whole = a.place == whole_bucket;
    if (whole != (b.place == whole_bucket)) return whole;
    return a.key_hash > b.key_hash;
  }
  std::vector<item> heap_;
};

}  // namespace flow
