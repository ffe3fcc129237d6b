#pragma once
// When requests run out of time, and when failed ones are asked again. Slots as in release_order.hpp.

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <queue>
#include <tuple>
#include <vector>

namespace flow::detail {

/// Slots in the order in which they were added, which is that of their deadlines: all have the same time. O(1) each.
class deadline_list {
 public:
  using time = std::chrono::nanoseconds;

  /// Its time begins when `start` is said next.
  void add(std::uint32_t slot) {
    if (slot >= links_.size()) links_.resize(std::size_t{slot} + 1);
    links_[slot] = {last_, none, unknown};
    (last_ == none ? first_ : links_[last_].next) = slot;
    last_ = slot;
  }
  void remove(std::uint32_t slot) {
    link const& l = links_[slot];
    (l.before == none ? first_ : links_[l.before].next) = l.next;
    (l.next == none ? last_ : links_[l.next].before) = l.before;
  }
  /// Those added since it was said last have this deadline.
  void start(time deadline) {
    for (auto s = last_; s != none && links_[s].deadline == unknown; s = links_[s].before) links_[s].deadline = deadline;
  }
  bool has_new() const { return last_ != none && links_[last_].deadline == unknown; }
  /// The first deadline, or the end of all time.
  time next() const { return first_ == none ? unknown : links_[first_].deadline; }
  /// Takes a slot whose deadline has come.
  std::optional<std::uint32_t> take(time now) {
    if (next() > now) return {};
    auto const slot = first_;
    remove(slot);
    return slot;
  }

 private:
  static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
  static constexpr time unknown = time::max();
  struct link {
    std::uint32_t before = none, next = none;
    time deadline = unknown;
  };
  std::vector<link> links_;
  std::uint32_t first_ = none, last_ = none;
};

/// Slots that wait to be asked again, each until a time of its own; of those due together the older record first.
class retry_queue {
 public:
  using time = std::chrono::nanoseconds;

  void add(time when, std::uint64_t record, std::uint32_t slot) { waiting_.emplace(when, record, slot); }
  time next() const { return waiting_.empty() ? time::max() : std::get<0>(waiting_.top()); }
  std::optional<std::uint32_t> take(time now) {
    if (next() > now) return {};
    auto const slot = std::get<2>(waiting_.top());
    waiting_.pop();
    return slot;
  }

 private:
  using entry = std::tuple<time, std::uint64_t, std::uint32_t>;
  std::priority_queue<entry, std::vector<entry>, std::greater<>> waiting_;
};

}  // namespace flow::detail
