#pragma once
// What an asynchronous operator asks for, and what it makes of an answer: the two kinds of it.
//
// The function is an object that is called with what is asked for and a `flow::reply<Out>`; that parameter names its answer. Its class may
// have `void open(flow::open_context&)`, called before the first request, and `void close()`, called when the input has ended and
// all has been answered; as with process functions, members of these names with other parameters do not compile.

#include <functional>
#include <optional>

#include <flow/async/answer_cache.hpp>
#include <flow/async/async_options.hpp>
#include <flow/async/reply.hpp>
#include <flow/operator/key_by.hpp>
#include <flow/operator/process_function.hpp>

namespace flow::detail {

template <class P>
struct reply_parameter {};
template <class Out>
struct reply_parameter<reply<Out>> { using type = Out; };

template <class F>
struct answer_of_function {};
template <class R, class In, class P>
struct answer_of_function<R (*)(In, P)> : reply_parameter<std::remove_cvref_t<P>> {};
template <class R, class C, class In, class P>
struct answer_of_function<R (C::*)(In, P)> : reply_parameter<std::remove_cvref_t<P>> {};
template <class R, class C, class In, class P>
struct answer_of_function<R (C::*)(In, P) const> : reply_parameter<std::remove_cvref_t<P>> {};
template <class R, class In, class P>
struct answer_of_function<R (*)(In, P) noexcept> : answer_of_function<R (*)(In, P)> {};
template <class R, class C, class In, class P>
struct answer_of_function<R (C::*)(In, P) noexcept> : answer_of_function<R (C::*)(In, P)> {};
template <class R, class C, class In, class P>
struct answer_of_function<R (C::*)(In, P) const noexcept> : answer_of_function<R (C::*)(In, P) const> {};

template <class F>
struct answer_of_object {};
template <class F>
  requires requires { &F::operator(); }
struct answer_of_object<F> : answer_of_function<decltype(&F::operator())> {};

/// What a function answers with, as its parameter says; `no_output` where it says nothing.
template <class F>
struct answer_type { using type = no_output; };
template <class F>
  requires std::is_class_v<F> && requires { typename answer_of_object<F>::type; }
struct answer_type<F> { using type = typename answer_of_object<F>::type; };
template <class F>
  requires std::is_pointer_v<F> && requires { typename answer_of_function<F>::type; }
struct answer_type<F> { using type = typename answer_of_function<F>::type; };

template <class F, class In>
concept asks_for = !std::is_same_v<typename answer_type<F>::type, no_output> && std::is_invocable_v<F&, In const&, reply<typename answer_type<F>::type>>;

template <class F>
concept opens_rightly = !std::is_class_v<F> || std::is_final_v<F> || !names_open<F> || requires(F& f, open_context& c) { f.open(c); };
template <class F>
concept closes_rightly = !std::is_class_v<F> || std::is_final_v<F> || !names_close<F> || requires(F& f) { f.close(); };

/// Says, in one line, what is wrong with a function or its options.
template <class F, class... Options>
consteval bool check_asking_function() {
  static_assert(std::is_copy_constructible_v<F>, "each subtask has a copy of the function: it must be copyable; share what it must not copy by std::shared_ptr");
  static_assert(opens_rightly<F>, "`open` has the wrong parameters: void open(flow::open_context& context)");
  static_assert(closes_rightly<F>, "`close` has the wrong parameters: void close()");
  static_assert((async_option<Options> && ...), "this is no option: there are flow::ordered, unordered, in_flight, timeout, retry, divert_failures, default_answer and, of a look-up join, cache");
  return true;
}

/// The function with its optional members.
template <class F>
class asking_function {
 public:
  explicit asking_function(F f) : f_(std::move(f)) {}
  void open(open_context& c) {
    if constexpr (requires { f_.open(c); }) f_.open(c);
  }
  void close() {
    if constexpr (requires { f_.close(); }) f_.close();
  }

 protected:
  F f_;
};

/// Each record is asked for, and the answer is what leaves.
template <class T, class F>
class direct_request : public asking_function<F> {
 public:
  using record = T;
  using answer = typename answer_type<F>::type;
  using out = answer;
  using asking_function<F>::asking_function;

  void ask(T const& r, reply<answer> to) { std::invoke(this->f_, r, std::move(to)); }
  /// Emits what leaves; whether that was not nothing by intention.
  bool give(T const&, answer_records<answer>& answers, output<out>& into, timestamp at) {
    for (auto& a : answers.get()) into.emit(std::move(a), at);
    return true;
  }
};

/// The key of each record is asked for; what leaves is made of the record and each row of the answer.
template <class T, class Selector, class F, class Select, bool outer>
class key_request : public asking_function<F> {
 public:
  using record = T;
  using key = key_of<Selector, T>;
  using answer = typename answer_type<F>::type;
  using row = std::conditional_t<outer, answer const*, answer const&>;
  using out = std::decay_t<std::invoke_result_t<Select&, T const&, row>>;

  key_request(Selector key, F f, Select select) : asking_function<F>(std::move(f)), key_(std::move(key)), select_(std::move(select)) {}

  decltype(auto) key_of_record(T const& r) const { return std::invoke(key_, r); }
  void ask(T const& r, reply<answer> to) { std::invoke(this->f_, key_of_record(r), std::move(to)); }
  bool give(T const& r, answer_records<answer> const& answers, output<out>& into, timestamp at) {
    for (auto const& a : answers.get()) {
      if constexpr (outer) into.emit(std::invoke(select_, r, &a), at);
      else into.emit(std::invoke(select_, r, a), at);
    }
    if (!answers.get().empty()) return true;
    if constexpr (outer) into.emit(std::invoke(select_, r, static_cast<answer const*>(nullptr)), at);
    return outer;
  }

 private:
  Selector key_;
  Select select_;
};

}  // namespace flow::detail
