#pragma once
// What a process function is: a class with the members
//
//     void open(flow::open_context&)                                     optional: declares state and metrics
//     void process(T const&, auto& context, flow::output<Out>&)          for each record
//     void on_timer(flow::timestamp, auto& context, flow::output<Out>&)  optional: for each timer that is due
//     void close()                                                       optional: the input has ended
//
// `process` has exactly one `auto` and names its output, from which the type of the new stream is taken. Members of these
// names with other parameters do not compile, nor does a timer without an `on_timer`: nothing is silently not called.

#include <concepts>
#include <type_traits>

#include <flow/operator/open_context.hpp>
#include <flow/operator/output.hpp>

namespace flow::detail {

// A name is looked up in a class and in a base that has it as well: where the class has it too, it is ambiguous. This
// finds members of any signature, templates included.
struct has_open_name { int open; };
struct has_process_name { int process; };
struct has_on_timer_name { int on_timer; };
struct has_close_name { int close; };
template <class F, class Name>
struct with_name : F, Name {};

template <class F>
concept names_open = !requires { &with_name<F, has_open_name>::open; };
template <class F>
concept names_process = !requires { &with_name<F, has_process_name>::process; };
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

template <class F, class T, class Context>
concept has_process = requires(F& f, T const& record, Context& context) {
  typename output_parameter<decltype(&F::template process<Context>)>::type;
  f.process(record, context, std::declval<output<typename output_parameter<decltype(&F::template process<Context>)>::type>&>());
};

struct no_output {};
template <class F, class T, class Context>
struct process_output { using type = no_output; };
template <class F, class T, class Context>
  requires has_process<F, T, Context>
struct process_output<F, T, Context> { using type = typename output_parameter<decltype(&F::template process<Context>)>::type; };

/// Says, in one line, what is wrong with the members of a process function.
template <class F, class T, class Context>
consteval bool check_process_function() {
  static_assert(std::is_class_v<F> && !std::is_final_v<F>, "a process function is an object of a class that is not final");
  if constexpr (std::is_class_v<F> && !std::is_final_v<F>) {
    static_assert(names_process<F>, "a process function needs a member: void process(T const&, auto& context, flow::output<Out>& out)");
    static_assert(!names_process<F> || has_process<F, T, Context>,
                  "`process` has the wrong parameters: void process(T const&, auto& context, flow::output<Out>& out), with T the stream's record");
    static_assert(!names_open<F> || requires(F& f, open_context& c) { f.open(c); }, "`open` has the wrong parameters: void open(flow::open_context& context)");
    static_assert(!names_close<F> || requires(F& f) { f.close(); }, "`close` has the wrong parameters: void close()");
    using out = typename process_output<F, T, Context>::type;
    static_assert(!names_on_timer<F> || !has_process<F, T, Context> || requires(F& f, timestamp t, Context& c, output<out>& o) { f.on_timer(t, c, o); },
                  "`on_timer` has the wrong parameters: void on_timer(flow::timestamp, auto& context, flow::output<Out>& out), with the Out of `process`");
  }
  return std::is_class_v<F> && !std::is_final_v<F> && has_process<F, T, Context>;
}

}  // namespace flow::detail
