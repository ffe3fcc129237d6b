#pragma once
// The window functions behind `aggregate`, `reduce` and `process`: see fold.hpp for what they have in common.

#include <flow/window/aggregates.hpp>
#include <flow/window/fold.hpp>

namespace flow {

/// Adds, merges and gives the result of an aggregate.
template <class T, class Key, class A>
struct aggregate_function {
  using record = T;
  using key = Key;
  using aggregate = A;
  using out = windowed<Key, result_of<A>>;

  void add(A& into, T const& r) const { into.add(r); }
  void merge(A& into, A const& other) const { into.merge(other); }
  void give(window_of<Key> const& w, A const& a, output<out>& to) const { to.emit(detail::windowed_result<Key, result_of<A>>(w, a.result())); }
};

}  // namespace flow
