#pragma once
// What a look-up join remembers of its answers: the least recently used key is forgotten first, each answer after its time.
//
// Also which keys are being asked for, so that each is asked for once at a time. Nothing here is state.

#include <chrono>
#include <cstdint>
#include <list>
#include <unordered_map>

#include <flow/async/reply.hpp>
#include <flow/metric/user_metrics.hpp>
#include <flow/record/key.hpp>
#include <flow/time.hpp>

namespace flow::detail {

template <class K, class A>
class answer_cache {
 public:
  using time = std::chrono::nanoseconds;

  answer_cache(std::int64_t most_entries, duration time_to_live, user_metrics& metrics)
      : most_(static_cast<std::size_t>(most_entries)), time_to_live_(time_to_live), hits_(metrics.counter("cache-hits")),
        misses_(metrics.counter("cache-misses")) {}

  /// The answer for a key, which is now the most recently used; null where there is none. Expected O(1).
  answer_records<A> const* find(K const& key, time now) {
    auto const found = entries_.find(key);
    if (found != entries_.end() && found->second->expires > now) {
      by_use_.splice(by_use_.begin(), by_use_, found->second);
      hits_.increment();
      return &found->second->answer;
    }
    if (found != entries_.end()) forget(found->second);
    misses_.increment();
    return nullptr;
  }
  /// The slot whose request for this key is under way; `slot` where there was none, and from now on.
  std::uint32_t asks(K const& key, std::uint32_t slot) { return asked_.try_emplace(key, slot).first->second; }
  /// The request for a key has ended.
  void asked(K const& key) { asked_.erase(key); }
  void store(K const& key, answer_records<A> const& answer, time now) {
    if (auto const old = entries_.find(key); old != entries_.end()) forget(old->second);
    if (entries_.size() == most_) forget(std::prev(by_use_.end()));
    by_use_.push_front({key, answer, now + time_to_live_});
    entries_.emplace(key, by_use_.begin());
  }

  std::size_t size() const { return entries_.size(); }

 private:
  struct entry {
    K key;
    answer_records<A> answer;
    time expires;
  };
  struct hash {
    std::size_t operator()(K const& key) const { return hash_of(key); }
  };
  using place = typename std::list<entry>::iterator;
  void forget(place which) {
    entries_.erase(which->key);
    by_use_.erase(which);
  }

  std::size_t const most_;
  time const time_to_live_;
  std::list<entry> by_use_;  // the most recent first
  std::unordered_map<K, place, hash> entries_;
  std::unordered_map<K, std::uint32_t, hash> asked_;
  counter_metric hits_, misses_;
};

}  // namespace flow::detail
