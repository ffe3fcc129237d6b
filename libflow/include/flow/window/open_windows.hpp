#pragma once
// What is stored of windows that are kept one by one: for each key, its windows, in the order of their ends.

#include <flow/window/trigger.hpp>

namespace flow {

/// One window of a key, with the aggregate A of its records and what the trigger F remembers of it.
template <class A, class F>
struct open_window {
  static constexpr bool has_event_timers = detail::names_on_event_time<F>;
  static constexpr bool has_processing_timers = detail::names_on_processing_time<F>;

  timestamp start{}, end{};
  std::int64_t full_at = 0;  // of counted records: with how many of the key's records it is full
  bool ended = false;        // its end has been reached; it is kept for late records
  bool holds = false;        // there has been a record since it was made or purged
  A value{};
  detail::trigger_state_of<F> state{};
  std::conditional_t<has_event_timers, detail::window_timers, detail::no_window_timers> event_timers;
  std::conditional_t<has_processing_timers, detail::window_timers, detail::no_window_timers> processing_timers;

  /// Extends a window that has no bounds of its own to a record's time.
  void cover(timestamp t) {
    if (!holds || t < start) start = t;
    if (!holds || t >= end) end = t + duration{1};
  }
  void purge() {
    value = A{};
    holds = false;
  }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(start), CEREAL_NVP(end), CEREAL_NVP(full_at), CEREAL_NVP(ended), CEREAL_NVP(holds), CEREAL_NVP(value), CEREAL_NVP(state),
            CEREAL_NVP(event_timers), CEREAL_NVP(processing_timers));
  }
};

/// The windows of one key. They wake the operator by at most one timer of the key in each kind of time, set for the
/// earliest thing that one of them has to do, or before.
template <class Window>
struct windows_of_key {
  few<Window> open;
  std::int64_t records = 0;  // of counted windows: how many there have been
  timestamp event_wake = detail::never;
  timestamp processing_wake = detail::never;

  /// Whether it need not be stored.
  bool idle() const { return open.empty() && records == 0; }
  /// The first window that ends after `t`.
  std::size_t first_ending_after(timestamp t) const {
    std::size_t i = open.size();
    while (i > 0 && open[i - 1].end > t) --i;
    return i;
  }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(open), CEREAL_NVP(records), CEREAL_NVP(event_wake), CEREAL_NVP(processing_wake));
  }
};

}  // namespace flow
