#pragma once
// What a trigger is: a class that says when a window gives out its result, with the const members
//
//     trigger_result on_record(T const&, auto& context) const                      for each record of the window
//     trigger_result on_end(auto& context) const                                   optional: the window's end is reached
//     trigger_result on_event_time(flow::timestamp, auto& context) const           optional: an event-time timer is due
//     trigger_result on_processing_time(flow::timestamp, auto& context) const      optional: a processing-time timer is due
//     void on_merge(auto& context) const                                           optional: a session has grown or merged
//
// and, where it remembers something of a window, a member type `state`: default-made, with `serialize`, since it is stored
// with the window, and with `merge(state const&)` where it is used for sessions. A trigger itself remembers nothing.
//
// When a session grows or sessions merge, their timers are removed; `on_merge` sets those that the larger one needs.
// Members of these names with other parameters do not compile: nothing is silently not called.

#include <concepts>
#include <type_traits>

#include <flow/window/window_timers.hpp>

namespace flow {

/// What becomes of a window: nothing; its result is given out; its contents are removed; both.
enum class trigger_result { go_on, fire, purge, fire_and_purge };

/// A window [start, end). Of a global window and one of counted records: from its first record to its last, by their times.
struct window_span {
  timestamp start{};
  timestamp end{};
};

namespace detail {

struct has_on_record_name { int on_record; };
struct has_on_end_name { int on_end; };
struct has_on_event_time_name { int on_event_time; };
struct has_on_processing_time_name { int on_processing_time; };
struct has_on_merge_name { int on_merge; };
struct has_state_name { int state; };
template <class F, class Name>
struct trigger_with_name : F, Name {};

template <class F>
concept names_on_record = !requires { &trigger_with_name<F, has_on_record_name>::on_record; };
template <class F>
concept names_on_end = !requires { &trigger_with_name<F, has_on_end_name>::on_end; };
template <class F>
concept names_on_event_time = !requires { &trigger_with_name<F, has_on_event_time_name>::on_event_time; };
template <class F>
concept names_on_processing_time = !requires { &trigger_with_name<F, has_on_processing_time_name>::on_processing_time; };
template <class F>
concept names_on_merge = !requires { &trigger_with_name<F, has_on_merge_name>::on_merge; };

/// The state of a trigger that remembers nothing.
struct no_trigger_state {
  bool operator==(no_trigger_state const&) const = default;
  template <class Archive>
  void serialize(Archive&) {}
};
template <class F>
struct trigger_state { using type = no_trigger_state; };
template <class F>
  requires requires { typename F::state; }
struct trigger_state<F> { using type = typename F::state; };
template <class F>
using trigger_state_of = typename trigger_state<F>::type;

}  // namespace detail

/// What the trigger F may ask and do while it is called for a window. Not to be kept.
template <class F>
class trigger_context {
 public:
  window_span window() const { return window_; }
  /// Whether the window's end has been reached: what comes now is late, within the allowed lateness.
  bool ended() const { return ended_; }
  /// The event time at which the window is removed: its last instant plus the allowed lateness. `end_of_time` where it is
  /// not removed by event time.
  flow::timestamp expiry() const { return expiry_; }
  /// The event time of the record (`no_watermark` without event time), or the time that a timer was set for.
  flow::timestamp timestamp() const { return now_; }
  flow::timestamp watermark() const { return watermark_; }
  /// The machine's time of day, as of the batch of records or of the timers being fired.
  flow::timestamp processing_time() const { return wall_; }
  /// What the trigger remembers of this window.
  detail::trigger_state_of<F>& state() const { return *state_; }

  /// Has `on_event_time` called once the watermark has reached `at`; a time that it has reached already is due with the next.
  void event_timer(flow::timestamp at) const {
    check_event_timer();
    event_timers_->set(at);
  }
  void delete_event_timer(flow::timestamp at) const {
    check_event_timer();
    event_timers_->remove(at);
  }
  /// Has `on_processing_time` called once the machine's time of day has reached `at`, or at the end of the input. Those set
  /// at the end of the input are not.
  void processing_timer(flow::timestamp at) const {
    check_processing_timer();
    if (!at_end_of_input_) processing_timers_->set(at);
  }
  void delete_processing_timer(flow::timestamp at) const {
    check_processing_timer();
    processing_timers_->remove(at);
  }

 private:
  template <window_time, class, class>
  friend class trigger_calls;
  static constexpr void check_event_timer() {
    static_assert(detail::names_on_event_time<F>,
                  "a trigger that sets event-time timers needs a member: flow::trigger_result on_event_time(flow::timestamp, auto& context) const");
  }
  static constexpr void check_processing_timer() {
    static_assert(detail::names_on_processing_time<F>,
                  "a trigger that sets processing-time timers needs a member: flow::trigger_result on_processing_time(flow::timestamp, auto& context) const");
  }

  window_span window_;
  bool ended_ = false;
  bool at_end_of_input_ = false;
  flow::timestamp expiry_ = end_of_time;
  flow::timestamp now_ = no_watermark;
  flow::timestamp watermark_ = no_watermark;
  flow::timestamp wall_ = no_watermark;
  detail::trigger_state_of<F>* state_ = nullptr;
  detail::timer_times* event_timers_ = nullptr;
  detail::timer_times* processing_timers_ = nullptr;
};

}  // namespace flow
