#pragma once
// The window functions behind `aggregate`, `reduce` and `process`: see fold.hpp for what they have in common.

#include <span>
#include <vector>

#include <cereal/types/vector.hpp>

#include <flow/window/aggregates.hpp>
#include <flow/window/fold.hpp>
#include <flow/window/function_output.hpp>

namespace flow {

/// Adds, merges and gives the result of an aggregate.
template <class T, class Key, class A>
struct aggregate_function {
  using record = T;
  using key = Key;
  using aggregate = A;
  using out = windowed<Key, result_of<A>>;
  static constexpr bool merges_in_any_order = true;

  void add(A& into, T const& r) const { into.add(r); }
  void merge(A& into, A const& other) const { into.merge(other); }
  void give(window_of<Key> const& w, A const& a, output<out>& to) const { to.emit(detail::windowed_result<Key, result_of<A>>(w, a.result())); }
};

/// The same, with the results handed to `f(window, result, output)`.
template <class T, class Key, class A, class F>
struct aggregate_with_function : aggregate_function<T, Key, A> {
  using out = detail::window_output_of<F, window_of<Key>, result_of<A>>;
  explicit aggregate_with_function(F function) : f(std::move(function)) {}
  void give(window_of<Key> const& w, A const& a, output<out>& to) { std::invoke(f, w, a.result(), to); }
  F f;
};

/// Records that have been made one.
template <class T>
struct reduced {
  bool any = false;
  T value{};
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(any), CEREAL_NVP(value)); }
};

/// Makes one record of all by `f(one, other)`.
template <class T, class Key, class F>
struct reduce_function {
  using record = T;
  using key = Key;
  using aggregate = reduced<T>;
  using out = windowed<Key, T>;

  void add(reduced<T>& into, T const& r) const {
    if (into.any) into.value = std::invoke(f, std::as_const(into.value), r);
    else into = {true, r};
  }
  void merge(reduced<T>& into, reduced<T> const& other) const { if (other.any) add(into, other.value); }
  void give(window_of<Key> const& w, reduced<T> const& a, output<out>& to) const { to.emit(detail::windowed_result<Key, T>(w, a.value)); }
  F f;
};

/// The records of a window, or of a part of one.
template <class T>
struct record_list {
  static constexpr bool keeps_records = true;
  std::vector<T> records;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(records)); }
};

/// Hands all records of a window to `f(window, records, output)`.
template <class T, class Key, class F>
struct records_function {
  using record = T;
  using key = Key;
  using aggregate = record_list<T>;
  using out = detail::window_output_of<F, window_of<Key>, std::span<T const>>;

  void add(record_list<T>& into, T const& r) const { into.records.push_back(r); }
  void merge(record_list<T>& into, record_list<T> const& other) const {
    into.records.insert(into.records.end(), other.records.begin(), other.records.end());
  }
  void give(window_of<Key> const& w, record_list<T> const& a, output<out>& to) { std::invoke(f, w, std::span<T const>(a.records), to); }
  F f;
};

namespace detail {

/// Each says in one line what is wrong with what a window is to compute, and whether nothing is.
template <class A, class T>
consteval bool check_aggregate() {
  static_assert(aggregate_of<A, T>, "an aggregate needs add(record), merge(other) and result() const, and must be default-made and copyable");
  static_assert(!aggregate_of<A, T> || describable<A>, "an aggregate is state: give it a `serialize` member that names its fields");
  return aggregate_of<A, T> && describable<A>;
}
template <class F, class Key, class Result>
consteval bool check_result_function() {
  constexpr bool right = function_of_window<F, window_of<Key>, Result>;
  static_assert(right, "the function behind an aggregate needs other parameters: void f(auto const& window, Result const& result, "
                       "flow::output<Out>& out), with the result of the aggregate");
  return right;
}
template <class F, class T>
consteval bool check_reduce() {
  constexpr bool right = std::is_invocable_r_v<T, F const&, T const&, T const&>;
  static_assert(right, "reduce needs a function that makes one record of two: T f(T const&, T const&)");
  static_assert(describable<T>, "what `reduce` keeps is state: give the record a `serialize` member that names its fields");
  return right && describable<T>;
}
template <class F, class Key, class T>
consteval bool check_process() {
  constexpr bool right = function_of_window<F, window_of<Key>, std::span<T const>>;
  static_assert(right, "process on windows needs a function of a window and its records: void f(auto const& window, "
                       "std::span<T const> records, flow::output<Out>& out)");
  static_assert(describable<T>, "what `process` keeps is state: give the record a `serialize` member that names its fields");
  return right && describable<T>;
}

}  // namespace detail
}  // namespace flow
