#pragma once
// When which key's windows have something to do, in both kinds of time.

#include <flow/state/table.hpp>
#include <flow/window/open_windows.hpp>
#include <flow/window/wake_queue.hpp>

namespace flow {

/// Of a table of the windows of keys. Each key knows its one wake in each kind of time; those it does not wait for any more
/// stay in the queues until they are due, or until there are more of them than keys.
template <class Key, class Windows>
class window_wakes {
 public:
  using wake = typename wake_queue<Key>::wake;
  template <window_time Time>
  static constexpr bool has = Windows::template has_wake<Time>;

  /// The table outlives this.
  void attach(table<Key, Windows> const& of) { windows_ = &of; }
  /// Has a key woken at a time, if it is not to be woken before. O(log keys).
  template <window_time Time>
  void set(Key const& k, std::uint64_t hash, Windows& of_key, timestamp at) {
    if constexpr (has<Time>) {
      if (at >= of_key.template wake<Time>()) return;
      of_key.template wake<Time>() = at;
      if (queue<Time>().size() >= 2 * windows_->size() + slack) rebuild<Time>();
      else queue<Time>().set(k, hash, at);
    }
  }
  /// The next key that is due, if there is one.
  template <window_time Time>
  bool take(timestamp until, wake& into) {
    if (!queue<Time>().take(until, into)) return false;
    queue<Time>().for_each_soon([this](std::uint64_t hash) { windows_->prefetch(hash); });
    return true;
  }
  /// When the first is due, or before; `end_of_time` without any.
  template <window_time Time>
  timestamp next() const { return (Time == window_time::event ? event_ : machine_).next(); }

 private:
  static constexpr std::size_t slack = 1024;

  template <window_time Time>
  wake_queue<Key>& queue() {
    if constexpr (Time == window_time::event) return event_;
    else return machine_;
  }
  template <window_time Time>
  void rebuild() {
    queue<Time>().rebuild([this](auto add) {
      windows_->for_each([&](Key const& k, Windows const& of_key) {
        if (of_key.template wake<Time>() != detail::never) add(k, hash_of(k), of_key.template wake<Time>());
      });
    });
  }

  table<Key, Windows> const* windows_ = nullptr;
  wake_queue<Key> event_;
  wake_queue<Key> machine_;
};

}  // namespace flow
