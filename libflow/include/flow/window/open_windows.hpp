#pragma once
// What is stored of windows that are kept one by one: for each key, its windows, in the order of their ends.

#include <flow/state/few.hpp>
#include <flow/window/trigger.hpp>
#include <flow/window/windows.hpp>

namespace flow {

/// One window of a key, with the aggregate A of its records and what the trigger F remembers of it.
template <class A, class F>
struct open_window {
  static constexpr bool has_event_timers = detail::names_on_event_time<F>;
  static constexpr bool has_processing_timers = detail::names_on_processing_time<F>;

  timestamp start{}, end{};
  A value{};
  bool ended = false;  // its end has been reached; it is kept for late records
  bool holds = false;  // there has been a record since it was made or purged
  [[no_unique_address]] detail::trigger_state_of<F> state{};
  [[no_unique_address]] std::conditional_t<has_event_timers, detail::window_timers<window_time::event>, detail::no_window_timers<window_time::event>> event_timers;
  [[no_unique_address]] std::conditional_t<has_processing_timers, detail::window_timers<window_time::processing>, detail::no_window_timers<window_time::processing>> processing_timers;

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
    archive(CEREAL_NVP(start), CEREAL_NVP(end), CEREAL_NVP(value), CEREAL_NVP(ended), CEREAL_NVP(holds), CEREAL_NVP(state),
            CEREAL_NVP(event_timers), CEREAL_NVP(processing_timers));
  }
};

namespace detail {

/// What is stored of a key only where it is needed.
template <bool Needed>
struct record_number {
  static constexpr std::int64_t records = 0;
};
template <>
struct record_number<true> {
  std::int64_t records = 0;  // of counted windows: how many there have been
};
/// For when the operator is to be woken for a key; `never` where it has nothing to do. Not stored: it is that of its windows.
template <window_time Time, bool Needed>
struct wake_time {};
template <window_time Time>
struct wake_time<Time, true> {
  timestamp wake = never;
};

}  // namespace detail

/// The windows of one key, in the order of their ends. A wake time is that of the earliest thing that one of them has to do,
/// or before it.
template <class Window, bool Counted, bool EventWakes, bool MachineWakes>
struct windows_of_key : detail::record_number<Counted>,
                        detail::wake_time<window_time::event, EventWakes>,
                        detail::wake_time<window_time::processing, MachineWakes> {
  few<Window> open;

  template <window_time Time>
  static constexpr bool has_wake = Time == window_time::event ? EventWakes : MachineWakes;
  template <window_time Time>
  timestamp& wake() { return static_cast<detail::wake_time<Time, true>&>(*this).wake; }
  template <window_time Time>
  timestamp wake() const { return static_cast<detail::wake_time<Time, true> const&>(*this).wake; }
  /// Whether it need not be stored.
  bool idle() const { return open.empty() && this->records == 0; }
  /// The first window that ends after `t`.
  std::size_t first_ending_after(timestamp t) const {
    std::size_t i = open.size();
    while (i > 0 && open[i - 1].end > t) --i;
    return i;
  }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(open));
    if constexpr (Counted) archive(cereal::make_nvp("records", this->records));
  }
  /// With the wake times.
  template <class Archive>
  void serialize_whole(Archive& archive) {
    serialize(archive);
    if constexpr (EventWakes) archive(wake<window_time::event>());
    if constexpr (MachineWakes) archive(wake<window_time::processing>());
  }
};

}  // namespace flow
