#pragma once
// What is to be done at which time, roughly in order: by slots of time, unordered within a slot. Derived, like an index.
//
// An ordered queue costs several cache misses per entry when it is large; a slot is a vector that is written and read from one
// end to the other.

#include <limits>
#include <map>
#include <vector>

#include <flow/time.hpp>

namespace flow {

template <class Item>
class calendar {
 public:
  /// Slots are 2^`log2_length` microseconds long.
  explicit calendar(int log2_length) : log2_(log2_length) {}

  bool empty() const { return slots_.empty(); }
  void clear() {
    slots_.clear();
    last_ = nullptr;
  }
  std::int64_t slot_of(timestamp t) const { return t.time_since_epoch().count() >> log2_; }
  /// O(1) for the slot that was added to before, else O(log slots).
  void add(timestamp at, Item item) {
    if (!last_ || slot_of(at) != last_slot_) {
      last_slot_ = slot_of(at);
      auto const [place, is_new] = slots_.try_emplace(last_slot_);
      last_ = &place->second;
      if (is_new && !spare_.empty()) {
        last_->swap(spare_.back());
        spare_.pop_back();
      }
    }
    last_->push_back(std::move(item));
  }
  /// Takes out the first slot if it is not after `slot`; whether it did. `into` is empty and gets the items; its memory is used again.
  bool take(std::int64_t slot, std::vector<Item>& into) {
    if (slots_.empty() || slots_.begin()->first > slot) return false;
    into.swap(slots_.begin()->second);
    if (last_ == &slots_.begin()->second) last_ = nullptr;
    if (slots_.begin()->second.capacity() > 0) spare_.push_back(std::move(slots_.begin()->second));
    slots_.erase(slots_.begin());
    return true;
  }
  /// Moves to `into` what is due at a time out of its slot, if that is the first and has at most `most` items: of more, all are
  /// waited for. Items have a member `at`.
  void take_from_few(timestamp until, std::size_t most, std::vector<Item>& into) {
    if (slots_.empty() || slots_.begin()->first != slot_of(until) || slots_.begin()->second.size() > most) return;
    std::erase_if(slots_.begin()->second, [&](Item& i) {
      if (i.at > until) return false;
      into.push_back(std::move(i));
      return true;
    });
  }
  /// The last slot that is wholly at or before a time.
  std::int64_t last_over(timestamp t) const { return t == end_of_time ? slot_of(t) : slot_of(t + duration{1}) - 1; }

 private:
  int log2_;
  std::map<std::int64_t, std::vector<Item>> slots_;
  std::int64_t last_slot_ = 0;
  std::vector<Item>* last_ = nullptr;
  std::vector<std::vector<Item>> spare_;  // empty ones with memory, at most as many as there have been slots at a time
};

}  // namespace flow
