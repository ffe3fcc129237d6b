#pragma once
// The timers that a trigger sets for one window: stored with it, and gone with it.

#include <algorithm>

#include <flow/state/few.hpp>
#include <flow/time.hpp>
#include <flow/window/windows.hpp>

namespace flow::detail {

/// Later than everything: no timer.
inline constexpr timestamp never = timestamp::max();

/// The timers of one window, in the order of time; each time is there once.
class timer_times {
 public:
  bool empty() const { return all_.empty(); }
  /// When the first is due, or `never`; one for the end of time is due before that.
  timestamp first() const { return all_.empty() ? never : std::min(all_.front(), never - duration{1}); }
  timestamp take_first() {
    timestamp const at = all_.front();
    all_.erase(0, 1);
    return at;
  }
  void set(timestamp at) {
    std::size_t const i = place_of(at);
    if (i == all_.size() || all_[i] != at) all_.insert(i, at);
  }
  void remove(timestamp at) {
    std::size_t const i = place_of(at);
    if (i < all_.size() && all_[i] == at) all_.erase(i, i + 1);
  }
  void clear() { all_.clear(); }
  template <class Archive>
  void serialize(Archive& archive) { archive(cereal::make_nvp("at", all_)); }

 private:
  std::size_t place_of(timestamp at) const {
    std::size_t i = 0;
    while (i < all_.size() && all_[i] < at) ++i;
    return i;
  }
  few<timestamp> all_;
};
/// Of a kind of time; where a trigger has no such timers they take no memory.
template <window_time>
struct window_timers : timer_times {};
template <window_time>
struct no_window_timers {
  static constexpr bool empty() { return true; }
  static constexpr timestamp first() { return never; }
  static constexpr void clear() {}
  template <class Archive>
  void serialize(Archive&) {}
};

}  // namespace flow::detail
