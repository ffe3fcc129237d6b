#pragma once
// Says what is wrong with the members of a trigger.

#include <flow/window/trigger.hpp>

namespace flow::detail {

template <class F, class T>
concept has_on_record = requires(F const& f, T const& r, trigger_context<F>& c) { { f.on_record(r, c) } -> std::same_as<trigger_result>; };

/// Says, in one line, what is wrong with the members of a trigger for records of type T; `Sessions`: its windows merge.
template <class F, class T, bool Sessions>
consteval bool check_trigger() {
  using context = trigger_context<F>;
  using state = trigger_state_of<F>;
  static_assert(std::is_class_v<F> && !std::is_final_v<F>, "a trigger is an object of a class that is not final");
  if constexpr (std::is_class_v<F> && !std::is_final_v<F>) {
    static_assert(names_on_record<F>, "a trigger needs a member: flow::trigger_result on_record(T const&, auto& context) const");
    static_assert(!names_on_record<F> || has_on_record<F, T>,
                  "`on_record` has the wrong parameters: flow::trigger_result on_record(T const&, auto& context) const, with T the stream's record");
    static_assert(!names_on_end<F> || requires(F const& f, context& c) { { f.on_end(c) } -> std::same_as<trigger_result>; },
                  "`on_end` has the wrong parameters: flow::trigger_result on_end(auto& context) const");
    static_assert(!names_on_event_time<F> || requires(F const& f, flow::timestamp t, context& c) { { f.on_event_time(t, c) } -> std::same_as<trigger_result>; },
                  "`on_event_time` has the wrong parameters: flow::trigger_result on_event_time(flow::timestamp, auto& context) const");
    static_assert(!names_on_processing_time<F> || requires(F const& f, flow::timestamp t, context& c) { { f.on_processing_time(t, c) } -> std::same_as<trigger_result>; },
                  "`on_processing_time` has the wrong parameters: flow::trigger_result on_processing_time(flow::timestamp, auto& context) const");
    static_assert(!names_on_merge<F> || requires(F const& f, context& c) { { f.on_merge(c) } -> std::same_as<void>; },
                  "`on_merge` has the wrong parameters: void on_merge(auto& context) const");
    static_assert(describable<state> && std::default_initializable<state> && std::movable<state>,
                  "a trigger's `state` is stored: it needs a default constructor and a `serialize` member that names its fields");
    static_assert(!Sessions || std::is_same_v<state, no_trigger_state> || requires(state& s, state const& other) { s.merge(other); },
                  "sessions merge: the trigger's `state` needs void merge(state const& other)");
    static_assert(!Sessions || names_on_merge<F> || !(names_on_event_time<F> || names_on_processing_time<F>),
                  "sessions merge, and lose their timers then: a trigger with timers needs void on_merge(auto& context) const, which sets them again");
  }
  return std::is_class_v<F> && !std::is_final_v<F> && has_on_record<F, T>;
}

}  // namespace flow::detail
