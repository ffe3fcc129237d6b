#pragma once
// In which order of time rows fall due. Derived from the rows, like an index: those of the near future in a heap, the others in a
// calendar.

#include <algorithm>
#include <limits>
#include <vector>

#include <flow/join/calendar.hpp>
#include <flow/state/keyed_rows.hpp>

namespace flow {

template <key_type K>
class due_rows {
 public:
  struct item {
    timestamp at{};
    std::uint64_t key_hash = 0;
    std::int64_t bucket = 0;
    row_place place;
    K key{};
  };

  explicit due_rows(int log2_slot) : far_(log2_slot) {}
  void clear() {
    far_.clear();
    near_.clear();
    near_slot_ = std::numeric_limits<std::int64_t>::min();
  }
  void add(item i) {
    if (far_.slot_of(i.at) > near_slot_) return far_.add(i.at, std::move(i));
    near_.push_back(std::move(i));
    std::push_heap(near_.begin(), near_.end(), later);
  }
  /// Takes out the first if it is due at `until`; whether it was. O(log of those in a slot).
  bool take(timestamp until, item& into) {
    while (near_.empty()) {
      if (!far_.take(far_.slot_of(until), near_)) return false;
      near_slot_ = far_.slot_of(near_.front().at);
      std::make_heap(near_.begin(), near_.end(), later);
    }
    if (near_.front().at > until) return false;
    std::pop_heap(near_.begin(), near_.end(), later);
    into = std::move(near_.back());
    near_.pop_back();
    return true;
  }

 private:
  static bool later(item const& a, item const& b) { return a.at != b.at ? a.at > b.at : a.key_hash > b.key_hash; }

  calendar<item> far_;
  std::vector<item> near_;  // a heap of all up to `near_slot_`
  std::int64_t near_slot_ = std::numeric_limits<std::int64_t>::min();
};

}  // namespace flow
