#pragma once
// The places of records that have come in and not left: a slot each, a small number that is used again.

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include <flow/async/reply.hpp>
#include <flow/record/encoding.hpp>
#include <flow/time.hpp>

namespace flow {

/// A record that waits for its answer.
template <class T>
struct stored_request {
  T record{};
  timestamp at = no_watermark;
  bool has_time = false;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(record), CEREAL_NVP(at), CEREAL_NVP(has_time));
  }
};

namespace detail {

inline constexpr std::uint32_t no_slot = std::numeric_limits<std::uint32_t>::max();

template <class T, class A>
struct request_slot {
  static constexpr std::uint64_t unused = std::numeric_limits<std::uint64_t>::max();

  stored_request<T> request;
  std::uint64_t number = unused;  // which record of the subtask it is
  std::uint32_t index = 0;
  std::uint32_t attempts = 0;
  attempt<A>* current = nullptr;  // that is under way
  bool has_deadline = false;
  std::uint32_t follower = no_slot, last_follower = no_slot;  // a list of those that wait for the same answer
  std::optional<error> failure;
  answer_records<A> answers;
};

/// A slot moves when another is taken.
template <class T, class A>
class request_slots {
 public:
  using slot = request_slot<T, A>;

  slot& operator[](std::uint32_t index) { return slots_[index]; }
  std::size_t used() const { return used_; }
  slot& take() {
    auto index = static_cast<std::uint32_t>(slots_.size());
    if (free_.empty()) slots_.emplace_back().index = index;
    else {
      index = free_.back();
      free_.pop_back();
    }
    ++used_;
    slots_[index].number = next_number_++;
    return slots_[index];
  }
  void free(slot& s) {
    s.number = slot::unused;
    s.attempts = 0;
    s.failure.reset();
    s.answers.clear();
    free_.push_back(s.index);
    --used_;
  }

  /// The answer to `first` will answer `s` too.
  void follow(slot& first, slot& s) {
    (first.follower == no_slot ? first : slots_[first.last_follower]).follower = s.index;
    first.last_follower = s.index;
  }
  /// Gives what has become of a request to those that followed it, and calls `f(slot number)` for each.
  template <class F>
  void settle_followers(slot& first, F f) {
    for (auto next = std::exchange(first.follower, no_slot); next != no_slot;) {
      slot& follower = slots_[next];
      follower.failure = first.failure;
      follower.answers = first.answers;
      follower.attempts = first.attempts;
      f(next);
      next = std::exchange(follower.follower, no_slot);
    }
  }

  /// Appends the records to `into`, the oldest first.
  void store(std::vector<stored_request<T>>& into) const {
    std::vector<slot const*> live;
    for (auto const& s : slots_)
      if (s.number != slot::unused) live.push_back(&s);
    std::sort(live.begin(), live.end(), [](auto const* a, auto const* b) { return a->number < b->number; });
    for (auto const* s : live) into.push_back(s->request);
  }
  /// Nobody waits any more for what is under way.
  void give_up() {
    for (auto& s : slots_) {
      if (!s.current) continue;
      s.current->claim();
      s.current->release();
    }
  }

 private:
  std::vector<slot> slots_;
  std::vector<std::uint32_t> free_;
  std::size_t used_ = 0;
  std::uint64_t next_number_ = 0;
};

}  // namespace detail
}  // namespace flow
