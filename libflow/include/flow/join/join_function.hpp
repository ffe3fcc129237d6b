#pragma once
// The function of a join: what it is called with, and what it gives.
//
//     Out f(L const&, R const&)                          one record for each pair
//     void f(L const&, R const&, flow::output<Out>&)     any number; the type of the output is named
//
// Where a record of one side may be without a partner, the other side comes as a pointer, null when it is missing: in a left
// outer join `f(L const&, R const*)`, in a right outer one `f(L const*, R const&)`, in a full outer one `f(L const*, R const*)`.

#include <functional>
#include <span>
#include <string>
#include <type_traits>

#include <flow/operator/output.hpp>
#include <flow/record/json_text.hpp>
#include <flow/window/fold.hpp>

namespace flow {

/// Which records without a partner a join gives out.
enum class join_kind { inner, left_outer, right_outer, full_outer };
constexpr bool keeps_left(join_kind k) { return k == join_kind::left_outer || k == join_kind::full_outer; }
constexpr bool keeps_right(join_kind k) { return k == join_kind::right_outer || k == join_kind::full_outer; }

namespace detail {

struct no_join_output {};

/// The type of the output that is the last parameter.
template <class F>
struct last_output { using type = no_join_output; };
template <class Member>
struct member_output { using type = no_join_output; };
template <class... A>
struct last_of { using type = void; };
template <class A>
struct last_of<A> { using type = A; };
template <class First, class Second, class... More>
struct last_of<First, Second, More...> : last_of<Second, More...> {};
template <class T>
struct output_record { using type = no_join_output; };
template <class Out>
struct output_record<output<Out>&> { using type = Out; };
template <class F, class R, class... A>
struct member_output<R (F::*)(A...)> : output_record<typename last_of<A...>::type> {};
template <class F, class R, class... A>
struct member_output<R (F::*)(A...) const> : output_record<typename last_of<A...>::type> {};
template <class R, class... A>
struct last_output<R (*)(A...)> : output_record<typename last_of<A...>::type> {};
template <class F>
  requires requires { &F::operator(); }
struct last_output<F> : member_output<decltype(&F::operator())> {};

/// What a function called with A... gives: the record that it returns, or those of the output that it names.
template <class F, class... A>
struct join_result {
  using out = typename last_output<F>::type;
  static constexpr bool returns = false;
  static constexpr bool fits = std::conjunction_v<std::negation<std::is_same<out, no_join_output>>, std::is_invocable<F&, A..., output<out>&>>;
};
template <class F, class... A>
  requires(std::is_invocable_v<F&, A...> && !std::is_void_v<std::invoke_result_t<F&, A...>>)
struct join_result<F, A...> {
  using out = std::decay_t<std::invoke_result_t<F&, A...>>;
  static constexpr bool returns = true;
  static constexpr bool fits = true;
};

template <class T, bool may_be_missing>
using join_argument = std::conditional_t<may_be_missing, T const*, T const&>;

/// A function of pairs.
template <join_kind Kind, class L, class R, class F>
struct pair_function {
  using result = join_result<F, join_argument<L, keeps_right(Kind)>, join_argument<R, keeps_left(Kind)>>;
  using out = typename result::out;
  F f;

  void operator()(L const* l, R const* r, output<out>& to) {
    if constexpr (result::returns) to.emit(std::invoke(f, argument<keeps_right(Kind)>(l), argument<keeps_left(Kind)>(r)));
    else std::invoke(f, argument<keeps_right(Kind)>(l), argument<keeps_left(Kind)>(r), to);
  }
  static std::string about(L const* l, R const* r) {
    if (l && r) return "the records were " + to_json(*l) + " and " + to_json(*r);
    return "the record, which has no partner, was " + (l ? to_json(*l) : to_json(*r));
  }

 private:
  template <bool may_be_missing, class T>
  static decltype(auto) argument(T const* t) {
    if constexpr (may_be_missing) return t; else return *t;
  }
};

/// Says, in one line, what a join's function must be; whether it is.
template <join_kind Kind, class L, class R, class F>
consteval bool check_pair_function() {
  constexpr bool fits = pair_function<Kind, L, R, F>::result::fits;
  static_assert(fits || Kind != join_kind::inner,
                "the function of a join is called with both records: Out f(L const&, R const&), or void f(L const&, R const&, flow::output<Out>&)");
  static_assert(fits || Kind != join_kind::left_outer,
                "in a left outer join the right record may be missing: Out f(L const&, R const*), or void f(L const&, R const*, flow::output<Out>&)");
  static_assert(fits || Kind != join_kind::right_outer,
                "in a right outer join the left record may be missing: Out f(L const*, R const&), or void f(L const*, R const&, flow::output<Out>&)");
  static_assert(fits || Kind != join_kind::full_outer,
                "in a full outer join either record may be missing: Out f(L const*, R const*), or void f(L const*, R const*, flow::output<Out>&)");
  return fits;
}

}  // namespace detail
}  // namespace flow
