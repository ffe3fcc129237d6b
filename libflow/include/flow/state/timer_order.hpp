#pragma once
// Puts timers in the order of (time, hash of the key): a radix heap (Ahuja et al., Faster algorithms for the shortest path
// problem, 1990) with digits of eight bits, which is a hierarchical timing wheel without a tick.
//
// A timer waits in a bucket chosen by the highest byte in which its time differs from `last`, and by that byte. When the
// first bucket's turn comes, its timers are dealt to buckets of lower bytes or, where they are few or of one time, sorted.
// So setting a timer appends to a bucket, and each is moved at most once per byte of its distance, in the order of memory;
// a binary heap of a million timers would miss the cache at every level. What is set for `last` or before goes to a small heap.

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <flow/time.hpp>

namespace flow {

template <class K>
struct timer {
  timestamp at{};
  std::uint64_t key_hash = 0;
  K key{};
};

template <class K>
class timer_order {
 public:
  std::size_t size() const { return waiting_ + run_.size() + early_.size(); }

  /// The time of the first timer; nothing where there is none.
  std::optional<timestamp> lowest() const {
    if (front_is_early()) return early_.front().at;
    if (!run_.empty()) return run_.back().at;
    if (occupied_ == 0) return std::nullopt;
    level const& l = *levels_[static_cast<std::uint32_t>(std::countr_zero(occupied_))];
    return l.buckets[l.first()].lowest;
  }
  /// Amortised O(1), but for what is set before timers that have been given out: O(log of those).
  void push(timer<K> t) {
    std::uint64_t const at = unsigned_of(t.at);
    if (at <= last_) {
      early_.push_back(std::move(t));
      std::push_heap(early_.begin(), early_.end(), later);
    } else {
      wait(at, std::move(t));
    }
  }
  /// The first timer, if its time is at most `until`; null: there is none. Valid until the next call. Calls `soon(t)` for
  /// some that will come after it.
  template <class F>
  timer<K>* first(timestamp until, F soon) {
    while (run_.empty() && early_.empty() && waiting_ > 0) {
      if (!advance(unsigned_of(until))) return nullptr;
      for (std::size_t i = 1; i <= std::min(run_.size(), ahead); ++i) soon(std::as_const(run_[run_.size() - i]));
    }
    if (run_.size() > ahead) soon(std::as_const(run_[run_.size() - 1 - ahead]));
    timer<K>* const next = front();
    return next && next->at <= until ? next : nullptr;
  }
  /// Removes what `first` gave.
  void pop() {
    if (front_is_early()) {
      std::pop_heap(early_.begin(), early_.end(), later);
      early_.pop_back();
    } else {
      run_.pop_back();
    }
  }
  void clear() {
    run_.clear();
    early_.clear();
    levels_ = {};
    spare_ = {};
    waiting_ = spares_ = 0;
    last_ = 0;
    occupied_ = 0;
  }

 private:
  static constexpr std::size_t few = 64, ahead = 16;
  struct block {
    std::unique_ptr<block> next;
    std::uint32_t size = 0;
    std::array<timer<K>, 32> timers;
  };
  struct bucket {
    bucket() = default;
    bucket(bucket&& other) noexcept : first(std::move(other.first)), size(std::exchange(other.size, 0)), lowest(std::exchange(other.lowest, end_of_time)) {}
    bucket& operator=(bucket&& other) noexcept {
      std::swap(first, other.first);
      std::swap(size, other.size);
      std::swap(lowest, other.lowest);
      return *this;
    }
    ~bucket() {
      while (first) first = std::move(first->next);  // one by one: blocks that destroy the next would use up the stack
    }
    std::unique_ptr<block> first;
    std::size_t size = 0;
    timestamp lowest = end_of_time;
  };
  struct level {
    std::array<bucket, 256> buckets;
    std::array<std::uint64_t, 4> occupied{};
    /// The first bucket that is not empty; there must be one.
    std::uint32_t first() const {
      std::uint32_t word = 0;
      while (occupied[word] == 0) ++word;
      return word * 64 + static_cast<std::uint32_t>(std::countr_zero(occupied[word]));
    }
  };

  static std::uint64_t unsigned_of(timestamp t) { return static_cast<std::uint64_t>(t.time_since_epoch().count()) ^ std::uint64_t{1} << 63; }
  static bool later(timer<K> const& a, timer<K> const& b) { return a.at != b.at ? a.at > b.at : a.key_hash > b.key_hash; }

  bool front_is_early() const { return !early_.empty() && (run_.empty() || later(run_.back(), early_.front())); }
  timer<K>* front() {
    if (front_is_early()) return &early_.front();
    return run_.empty() ? nullptr : &run_.back();
  }

  void wait(std::uint64_t at, timer<K> t) {
    std::uint32_t const number = (static_cast<std::uint32_t>(std::bit_width(at ^ last_)) - 1) / 8;
    std::uint32_t const slot = at >> 8 * number & 255;
    if (!levels_[number]) levels_[number] = std::make_unique<level>();
    level& l = *levels_[number];
    bucket& b = l.buckets[slot];
    if (!b.first || b.first->size == b.first->timers.size()) add_block(b);
    b.lowest = std::min(b.lowest, t.at);
    b.first->timers[b.first->size++] = std::move(t);
    ++b.size;
    ++waiting_;
    l.occupied[slot / 64] |= std::uint64_t{1} << slot % 64;
    occupied_ |= 1u << number;
  }
  void add_block(bucket& b) {
    std::unique_ptr<block> fresh = std::move(spare_.first);
    if (fresh) {
      spare_.first = std::move(fresh->next);
      --spares_;
    } else {
      fresh = std::make_unique<block>();
    }
    fresh->next = std::move(b.first);
    b.first = std::move(fresh);
    ++blocks_;
  }
  /// Kept for use, but not more than are in use.
  void take_back(std::unique_ptr<block> empty) {
    --blocks_;
    if (spares_ > blocks_ + 64) return;
    empty->size = 0;
    empty->next = std::move(spare_.first);
    spare_.first = std::move(empty);
    ++spares_;
  }

  /// Deals the first bucket out, if it begins at or before `until`.
  bool advance(std::uint64_t until) {
    auto const number = static_cast<std::uint32_t>(std::countr_zero(occupied_));
    level& l = *levels_[number];
    std::uint32_t const slot = l.first();
    std::uint64_t const width = std::uint64_t{1} << 8 * number;
    std::uint64_t const above = number == 7 ? 0 : last_ >> 8 * (number + 1) << 8 * (number + 1);
    std::uint64_t const begin = above | slot * width;
    if (begin > until) return false;
    bucket taken = std::move(l.buckets[slot]);
    l.occupied[slot / 64] &= ~(std::uint64_t{1} << slot % 64);
    if (l.occupied == std::array<std::uint64_t, 4>{}) occupied_ &= ~(1u << number);
    waiting_ -= taken.size;
    last_ = number == 0 || (number == 1 && taken.size <= few) ? begin + (width - 1) : begin;
    for_each(taken, [this](timer<K>& t) {
      std::uint64_t const at = unsigned_of(t.at);
      if (at <= last_) run_.push_back(std::move(t)); else wait(at, std::move(t));
    });
    std::sort(run_.begin(), run_.end(), later);
    return true;
  }
  template <class F>
  void for_each(bucket& taken, F f) {
    for (auto b = std::move(taken.first); b;) {
      for (std::uint32_t i = 0; i < b->size; ++i) f(b->timers[i]);
      auto next = std::move(b->next);
      take_back(std::move(b));
      b = std::move(next);
    }
  }

  std::vector<timer<K>> run_;    // in order, the first at the end: none is after `last_`
  std::vector<timer<K>> early_;  // a heap: set when `last_` had passed them
  std::array<std::unique_ptr<level>, 8> levels_;
  std::uint32_t occupied_ = 0;   // which levels have timers
  std::uint64_t last_ = 0;        // all timers in buckets are after it
  std::size_t waiting_ = 0;      // in buckets
  bucket spare_;
  std::size_t spares_ = 0, blocks_ = 0;
};

}  // namespace flow
