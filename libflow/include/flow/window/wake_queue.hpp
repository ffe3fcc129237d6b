#pragma once
// When which key has something to do, in the order of (time, hash of the key).
//
// Derived from what is stored of the keys, each of which knows the one time for which it is to be woken: after a restore the
// queue is made anew. Times that no key waits for any more are skipped, and bounded by making the queue anew.

#include <algorithm>
#include <vector>

#include <flow/record/key.hpp>
#include <flow/time.hpp>

namespace flow {

template <key_type K>
class wake_queue {
 public:
  struct wake {
    timestamp at{};
    std::uint64_t key_hash = 0;
    K key{};
  };

  bool empty() const { return heap_.empty(); }
  /// Those to be skipped included.
  std::size_t size() const { return heap_.size(); }
  /// When the first is due; `end_of_time` without any.
  timestamp next() const { return heap_.empty() ? end_of_time : heap_.front().at; }

  /// O(log size).
  void set(K const& key, std::uint64_t key_hash, timestamp at) {
    heap_.push_back({at, key_hash, key});
    std::push_heap(heap_.begin(), heap_.end(), later);
  }
  /// Takes out the first, if its time has come; whether there was one. O(log size).
  bool take(timestamp until, wake& into) {
    if (heap_.empty() || heap_.front().at > until) return false;
    std::pop_heap(heap_.begin(), heap_.end(), later);
    into = std::move(heap_.back());
    heap_.pop_back();
    return true;
  }
  /// Calls `f(hash)` for keys that are most likely taken next.
  template <class F>
  void for_each_soon(F f) const {
    for (std::size_t i = 0; i < std::min<std::size_t>(heap_.size(), 3); ++i) f(heap_[i].key_hash);
  }
  /// Makes the queue anew: `fill(add)` calls `add(key, hash, time)` for each.
  template <class Fill>
  void rebuild(Fill fill) {
    heap_.clear();
    fill([this](K const& key, std::uint64_t hash, timestamp at) { heap_.push_back({at, hash, key}); });
    std::make_heap(heap_.begin(), heap_.end(), later);
  }

 private:
  static bool later(wake const& a, wake const& b) { return a.at != b.at ? a.at > b.at : a.key_hash > b.key_hash; }
  std::vector<wake> heap_;
};

}  // namespace flow
