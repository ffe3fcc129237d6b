#pragma once
// What can be wrong with a description of windows: mistakes that the check of a job reports, with the operator's name.

#include <flow/window/trigger_checks.hpp>
#include <flow/window/triggered_windows.hpp>

namespace flow::detail {

using mistakes = std::vector<std::string>;

inline constexpr char const* too_long = "size, slide, offset and allowed lateness of windows must be at most 9,000 years";

inline void check_sizes(mistakes& found, window_spec const& spec) {
  if (spec.size.count() <= 0) found.push_back("the window's size must be above 0");
  if (spec.slide.count() <= 0) found.push_back("the windows' slide must be above 0");
  for (duration const d : {spec.size, spec.slide, spec.offset, -spec.offset})
    if (d > longest_window) found.push_back(too_long);
}
inline void check_lateness(mistakes& found, duration lateness, window_time time) {
  if (lateness.count() < 0) found.push_back("the allowed lateness must not be negative");
  if (lateness > longest_window) found.push_back(too_long);
  if (lateness.count() != 0 && time != window_time::event)
    found.push_back("allowed lateness is of windows of event time; records are never late for these");
}

template <window_time Time>
void check_placement(mistakes& found, aligned_placement<Time> const& p) { check_sizes(found, p.spec()); }
template <class Gap, window_time Time>
void check_placement(mistakes& found, session_placement<Gap, Time> const& p) {
  if constexpr (std::is_same_v<Gap, fixed_gap>) {
    if (p.gap().gap.count() <= 0) found.push_back("the gap between sessions must be above 0");
    if (p.gap().gap > longest_window) found.push_back("the gap between sessions must be at most 9,000 years");
  }
}
inline void check_placement(mistakes&, global_placement const&) {}
inline void check_placement(mistakes& found, count_placement const& p) {
  if (p.size() <= 0) found.push_back("a window must hold at least 1 record");
  if (p.slide() <= 0) found.push_back("the windows' slide must be at least 1 record");
  if (std::max(p.size(), p.slide()) > longest_window.count()) found.push_back("size and slide of windows must be at most 2^58 records");
}

inline void check_interval(mistakes& found, char const* what, std::optional<duration> every) {
  if (every && every->count() <= 0) found.push_back(std::string("the interval of ") + what + " firings must be above 0");
  if (every && *every > longest_window) found.push_back(std::string("the interval of ") + what + " firings must be at most 9,000 years");
}
inline void check_has_end(mistakes& found, window_time time) {
  if (time != window_time::event)
    found.push_back("on_event_time() is of windows that end in event time, which these do not; say .trigger(flow::on_processing_time(...)) or .trigger(flow::on_count(...))");
}
/// A trigger for windows that are placed by a Placement.
template <class Placement, class F>
void check_trigger_of(mistakes& found, F const& trigger) {
  if constexpr (std::is_same_v<F, event_time_trigger>) {
    check_has_end(found, Placement::time);
  } else if constexpr (std::is_same_v<Placement, global_placement> && std::is_base_of_v<end_trigger, F>) {
    found.push_back("a global window never fires by itself; say .trigger(...)");
  } else if constexpr (std::is_same_v<F, timed_trigger>) {
    if (trigger.needs_event_time()) check_has_end(found, Placement::time);
    check_interval(found, trigger.needs_event_time() ? "early" : "processing-time", trigger.early());
    check_interval(found, "late", trigger.late());
  } else if constexpr (std::is_same_v<F, count_trigger>) {
    if (trigger.count() <= 0) found.push_back("on_count needs a number of records of at least 1");
  }
}

template <class Placement>
struct gap_of_placement { using type = fixed_gap; };
template <class Gap, window_time Time>
struct gap_of_placement<session_placement<Gap, Time>> { using type = Gap; };
/// Says, in one line, that a function gives no gap for records of type T.
template <class Placement, class T>
consteval bool check_gap() {
  using gap = typename gap_of_placement<Placement>::type;
  static_assert(std::is_invocable_r_v<duration, gap const&, T const&>,
                "session_windows needs a gap, or a function of a record that gives one: flow::duration gap(T const&)");
  return std::is_invocable_r_v<duration, gap const&, T const&>;
}

}  // namespace flow::detail
