#pragma once
// Which records a function of a window gives out: taken from its signature, which names them.
//
//     void f(auto const& window, V const& value, flow::output<Out>& out)      a lambda, a function, or an object with one operator()
//
// The window may be `auto`, or both the window and the value; the output names its type.

#include <type_traits>

#include <flow/operator/output.hpp>

namespace flow::detail {

template <class Call>
struct window_output;
template <class Window, class Value, class Out>
struct window_output<void (*)(Window, Value, output<Out>&)> { using type = Out; };
template <class F, class Window, class Value, class Out>
struct window_output<void (F::*)(Window, Value, output<Out>&)> { using type = Out; };
template <class F, class Window, class Value, class Out>
struct window_output<void (F::*)(Window, Value, output<Out>&) const> { using type = Out; };

/// The type of the call; void where there is none.
template <class F, class Window, class Value>
consteval auto window_call() {
  if constexpr (std::is_function_v<std::remove_pointer_t<F>>) return std::type_identity<F>{};
  else if constexpr (requires { &F::operator(); }) return std::type_identity<decltype(&F::operator())>{};
  else if constexpr (requires { &F::template operator()<Window, Value>; }) return std::type_identity<decltype(&F::template operator()<Window, Value>)>{};
  else if constexpr (requires { &F::template operator()<Window>; }) return std::type_identity<decltype(&F::template operator()<Window>)>{};
  else return std::type_identity<void>{};
}

/// What `f(window, value, out)` emits.
template <class F, class Window, class Value>
using window_output_of = typename window_output<typename decltype(window_call<F, Window, Value>())::type>::type;

template <class F, class Window, class Value>
concept function_of_window = requires { typename window_output_of<F, Window, Value>; } &&
                             std::is_invocable_v<F&, Window const&, Value, output<window_output_of<F, Window, Value>>&>;

}  // namespace flow::detail
