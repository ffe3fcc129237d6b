#pragma once
// What windows compute, as their operators see it: how records enter an aggregate, how aggregates are merged, and what
// is given out for a window. Which windows there are and when they fire is the operators' business.
//
// A window function F has
//     F::record, F::key, F::out                               records in, the key of windows, records out
//     F::aggregate                                            what is kept per window or part of one: declared state
//     void add(aggregate&, record const&) const               one record
//     void merge(aggregate&, aggregate const&) const          another part of the same window; parts come in the order of
//                                                             time where one subtask sees them all
//     void give(window_of<key> const&, aggregate const&, output<out>&)   any number of results; may be called again for a
//                                                             window that has changed since
// A fold is a window function that knows the key of a record too (`key_of`). Both are values, copied into each subtask.

#include <concepts>
#include <functional>

#include <flow/operator/output.hpp>
#include <flow/record/json_text.hpp>
#include <flow/record/key.hpp>
#include <flow/window/windowed.hpp>

namespace flow {

/// The window that results are given out for, [start, end) of one key. Not to be kept: `key` is a reference.
template <class Key>
struct window_of {
  Key const& key;
  timestamp start;
  timestamp end;
};
/// A window over the whole stream.
template <>
struct window_of<whole_stream> {
  timestamp start;
  timestamp end;
};

template <class F>
concept window_function =
    std::copy_constructible<F> && std::default_initializable<typename F::aggregate> && std::copyable<typename F::aggregate> &&
    requires(F& f, F const& fixed, typename F::aggregate& into, typename F::aggregate const& other, typename F::record const& record,
             window_of<typename F::key> const& window, output<typename F::out>& out) {
      fixed.add(into, record);
      fixed.merge(into, other);
      f.give(window, other, out);
    };

template <class F>
concept window_fold = window_function<F> && requires(F const& f, typename F::record const& record) {
  { f.key_of(record) } -> std::convertible_to<typename F::key const&>;
};

/// An aggregate that grows with each record: merging two copies all that is in them, so nothing is merged ahead of its use.
/// Says so by a member `static constexpr bool keeps_records = true`.
template <class A>
concept keeps_records = requires { requires A::keeps_records; };

namespace detail {

template <class Key>
window_of<Key> window_of_key(Key const& key, timestamp start, timestamp end) {
  if constexpr (std::is_same_v<Key, whole_stream>) return {start, end};
  else return {key, start, end};
}
/// The window as it stands in results.
template <class Key, class Result>
windowed<Key, Result> windowed_result(window_of<Key> const& w, Result value) {
  if constexpr (std::is_same_v<Key, whole_stream>) return {w.start, w.end, std::move(value)};
  else return {w.key, w.start, w.end, std::move(value)};
}

/// Merges two parts of a window of one key. What the user's function throws becomes an error that names the key.
template <class Fold>
void merge_of_key(Fold const& fold, typename Fold::key const& key, typename Fold::aggregate& into, typename Fold::aggregate const& other) {
  try {
    fold.merge(into, other);
  } catch (...) {
    if constexpr (std::is_same_v<typename Fold::key, whole_stream>) throw;
    else throw error_being_handled("", "the key was " + to_json(key));
  }
}

}  // namespace detail

/// A window function per key.
template <class Selector, window_function F>
struct keyed_fold : F {
  keyed_fold(Selector selector, F function) : F(std::move(function)), select(std::move(selector)) {}
  decltype(auto) key_of(typename F::record const& r) const { return std::invoke(select, r); }
  [[no_unique_address]] Selector select;
};

/// A window function over all records that one subtask sees.
template <window_function F>
struct whole_fold : F {
  explicit whole_fold(F function) : F(std::move(function)) {}
  whole_stream key_of(typename F::record const&) const { return {}; }
};

}  // namespace flow
