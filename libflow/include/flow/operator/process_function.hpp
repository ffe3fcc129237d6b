#pragma once
// What a process function is: a class with the members
//
//     void open(flow::open_context&)                                     optional: declares state and metrics
//     void process(T const&, auto& context, flow::output<Out>&)          for each record
//     void on_timer(flow::timestamp, auto& context, flow::output<Out>&)  optional: for each timer that is due
//     void close()                                                       optional: the input has ended
//
// With two inputs it has, in the place of `process`, `process_left` and `process_right`; where the second is broadcast to
// all subtasks, `process_record` and `process_rule`.
//
// Each of them has exactly one `auto` and names its output, from which the type of the new stream is taken. Members of
// these names with other parameters do not compile, nor does a timer without an `on_timer`: nothing is silently not called.

#include <concepts>
#include <type_traits>

#include <flow/operator/open_context.hpp>
#include <flow/operator/output.hpp>

namespace flow::detail {

// A name is looked up in a class and in a base that has it as well: where the class has it too, it is ambiguous. This
// finds members of any signature, templates included.
struct has_open_name { int open; };
struct has_on_timer_name { int on_timer; };
struct has_close_name { int close; };
template <class F, class Name>
struct with_name : F, Name {};

template <class F>
concept names_open = !requires { &with_name<F, has_open_name>::open; };
template <class F>
concept names_on_timer = !requires { &with_name<F, has_on_timer_name>::on_timer; };
template <class F>
concept names_close = !requires { &with_name<F, has_close_name>::close; };

template <class Member>
struct output_parameter;
template <class F, class In, class Context, class Out>
struct output_parameter<void (F::*)(In, Context, output<Out>&)> { using type = Out; };
template <class F, class In, class Context, class Out>
struct output_parameter<void (F::*)(In, Context, output<Out>&) const> { using type = Out; };

/// F has the member, with one `auto` and an output, and it can be called with a record of type T.
template <class Callback, class F, class T, class Context>
concept takes_records = requires(F& f, T const& record, Context& context) {
  typename Callback::template output_of<F, Context>;
  Callback::call(f, record, context, std::declval<output<typename Callback::template output_of<F, Context>>&>());
};

// The member that takes the records of an input, as a type: a name cannot be an argument of a template. `check` says, in
// one line, what is wrong with it; WHO needs it, for records of type T of the stream OF.
#define FLOW_RECORD_CALLBACK(NAME, WHO, T, OF)                                                                           \
  struct NAME##_callback {                                                                                               \
    struct name { int NAME; };                                                                                           \
    template <class F>                                                                                                   \
    static constexpr bool is_named = !requires { &with_name<F, name>::NAME; };                                           \
    template <class F, class Context>                                                                                    \
    using output_of = typename output_parameter<decltype(&F::template NAME<Context>)>::type;                             \
    template <class F, class Record, class Context, class Out>                                                           \
    static auto call(F& f, Record const& record, Context& context, output<Out>& out) -> decltype(f.NAME(record, context, out)) { \
      return f.NAME(record, context, out);                                                                               \
    }                                                                                                                    \
    template <class F, class Record, class Context>                                                                      \
    static consteval bool check() {                                                                                      \
      constexpr bool valid = takes_records<NAME##_callback, F, Record, Context>;                                         \
      static_assert(is_named<F>, WHO " needs a member: void " #NAME "(" T " const&, auto& context, flow::output<Out>& out)"); \
      static_assert(!is_named<F> || valid,                                                                               \
                    "`" #NAME "` has the wrong parameters: void " #NAME "(" T " const&, auto& context, flow::output<Out>& out), with " T " the " OF " record"); \
      return valid;                                                                                                      \
    }                                                                                                                    \
  };
FLOW_RECORD_CALLBACK(process, "a process function", "T", "stream's")
FLOW_RECORD_CALLBACK(process_left, "a function of two streams", "Left", "first stream's")
FLOW_RECORD_CALLBACK(process_right, "a function of two streams", "Right", "second stream's")
FLOW_RECORD_CALLBACK(process_record, "a function with a broadcast stream", "Record", "first stream's")
FLOW_RECORD_CALLBACK(process_rule, "a function with a broadcast stream", "Rule", "broadcast stream's")
#undef FLOW_RECORD_CALLBACK

template <class F, class T, class Context>
concept has_process = takes_records<process_callback, F, T, Context>;

struct no_output {};
/// The type of the records that the member emits.
template <class Callback, class F, class T, class Context>
struct callback_output { using type = no_output; };
template <class Callback, class F, class T, class Context>
  requires takes_records<Callback, F, T, Context>
struct callback_output<Callback, F, T, Context> { using type = typename Callback::template output_of<F, Context>; };

template <class F>
inline constexpr bool is_function_object = std::is_class_v<F> && !std::is_final_v<F>;

/// Says, in one line, what is wrong with the members that all process functions have.
template <class F, class Context, class Out>
consteval void check_other_members() {
  static_assert(!names_open<F> || requires(F& f, open_context& c) { f.open(c); }, "`open` has the wrong parameters: void open(flow::open_context& context)");
  static_assert(!names_close<F> || requires(F& f) { f.close(); }, "`close` has the wrong parameters: void close()");
  static_assert(!names_on_timer<F> || std::is_same_v<Out, no_output> || requires(F& f, timestamp t, Context& c, output<Out>& o) { f.on_timer(t, c, o); },
                "`on_timer` has the wrong parameters: void on_timer(flow::timestamp, auto& context, flow::output<Out>& out), with the Out of `process`");
}

/// The same of one that takes the records of one input.
template <class F, class T, class Context>
consteval bool check_process_function() {
  static_assert(is_function_object<F>, "a process function is an object of a class that is not final");
  if constexpr (is_function_object<F>) {
    constexpr bool valid = process_callback::check<F, T, Context>();
    check_other_members<F, Context, typename callback_output<process_callback, F, T, Context>::type>();
    return valid;
  }
  return false;
}

/// The same of one with two inputs, each taken by a member of its own.
template <class F, class First, class T, class Context, class Second, class U, class UContext>
consteval bool check_two_inputs() {
  static_assert(is_function_object<F>, "a process function is an object of a class that is not final");
  if constexpr (is_function_object<F>) {
    constexpr bool first = First::template check<F, T, Context>(), second = Second::template check<F, U, UContext>();
    using out = typename callback_output<First, F, T, Context>::type;
    constexpr bool same = !first || !second || std::is_same_v<out, typename callback_output<Second, F, U, UContext>::type>;
    static_assert(same || !std::is_same_v<First, process_left_callback>, "`process_left` and `process_right` must have outputs of one type");
    static_assert(same || !std::is_same_v<First, process_record_callback>, "`process_record` and `process_rule` must have outputs of one type");
    check_other_members<F, Context, out>();
    return first && second && same;
  }
  return false;
}

}  // namespace flow::detail
