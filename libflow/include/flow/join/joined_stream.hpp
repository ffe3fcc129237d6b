#pragma once
// Joins of two keyed streams, as they are described.
//
//     clicks.key_by(&click::user).interval_join(buys.key_by(&buy::user)).between(-10min, 0min).select("attributed", f)
//     bids.key_by(&bid::auction).window_join(auctions.key_by(&auction::id), tumbling_windows(10s)).select("q8", f)
//     bids.key_by(&bid::auction).co_group(auctions.key_by(&auction::id), tumbling_windows(10s)).select("groups", f)
//     orders.key_by(&order::currency).temporal_join(rates.key_by(&rate::currency)).select("converted", f)
//
// Both streams have event time and keys of one type. `.left_outer()`, `.right_outer()` and `.full_outer()` give out records
// without a partner, too; what `f` is called with is told in join/join_function.hpp. `select` names the operator, under whose name
// its state is stored; each subtask has a copy of `f`.

#include <flow/stream.hpp>

#include <flow/join/interval_join.hpp>
#include <flow/join/temporal_join.hpp>
#include <flow/join/window_join.hpp>
#include <flow/window/windowed_stream.hpp>

namespace flow {

/// What a join gives, and the records of each side that came too late for it. Where nobody reads those they are counted.
template <class L, class R, class Out>
class joined_stream : public basic_stream<Out, joined_stream<L, R, Out>> {
 public:
  using basic_stream<Out, joined_stream<L, R, Out>>::basic_stream;
  stream<L> late_left() const { return stream<L>({this->end().job, this->end().node, 1}); }
  stream<R> late_right() const { return stream<R>({this->end().job, this->end().node, 2}); }
};

namespace detail {

template <class Spec>
struct windowing;

/// The two streams of a join.
template <class L, class LeftKey, class R, class RightKey>
struct join_streams {
  using inputs = join_inputs<L, LeftKey, R, RightKey>;
  using key = typename inputs::key;
  connection<L, LeftKey> left;
  connection<R, RightKey> right;

  /// Adds the operator that `make(name, inputs)` makes and that gives records Out.
  template <class Out, class Make>
  node& add(std::string kind, std::string name, Make make) const {
    bool const named = !name.empty();
    node& n = add_operator<L>(left.end, std::move(kind), std::move(name));
    must_be_named(n, named);
    if (right.end.job != left.end.job) n.mistakes.push_back("the streams belong to two jobs; a join is of two streams of one");
    else n.inputs.push_back(right.end.to_edge());
    n.chaining = false;
    n.keyed = true;
    n.needs_event_time = true;
    n.outputs = {{&batch_type_of<Out>, ""}, {&batch_type_of<L>, "late left", false}, {&batch_type_of<R>, "late right", false}};
    n.make = [make, in = inputs{left.select, right.select}](node const& self) { return make(self.name, in); };
    return n;
  }
  template <class Out>
  joined_stream<L, R, Out> result(node const& n) const { return joined_stream<L, R, Out>({left.end.job, n.id, 0}); }
};

/// Says, in one line, what is wrong with the types of a join.
template <class L, class LeftKey, class R, class RightKey>
consteval bool check_join() {
  constexpr bool one_key = std::is_same_v<flow::key_of<LeftKey, L>, flow::key_of<RightKey, R>>;
  static_assert(one_key, "the keys of a join must be of one type: divide both streams by members or functions that give the same type");
  static_assert(describable<L> && describable<R>, "a join keeps its records as state: give both types a `serialize` member that names their fields");
  return one_key && describable<L> && describable<R>;
}

/// Whether windows are such as two streams can be joined in.
template <class Spec>
consteval bool check_joined_windows() {
  static_assert(std::is_same_v<Spec, window_spec>, "streams are joined in tumbling_windows or sliding_windows of event time, without triggers");
  return std::is_same_v<Spec, window_spec>;
}

}  // namespace detail

/// An interval join with its bounds.
template <class Streams, class L, class R, join_kind Kind>
class interval_joined {
 public:
  interval_joined(Streams streams, join_interval interval) : streams_(std::move(streams)), interval_(interval) {}

  /// A right record that is earlier or later than its left one by just the bound is no partner.
  interval_joined lower_bound_exclusive() const { return {streams_, {saturating(interval_.lower, 1), interval_.upper}}; }
  interval_joined upper_bound_exclusive() const { return {streams_, {interval_.lower, saturating(interval_.upper, -1)}}; }
  auto left_outer() const { return interval_joined<Streams, L, R, join_kind::left_outer>(streams_, interval_); }
  auto right_outer() const { return interval_joined<Streams, L, R, join_kind::right_outer>(streams_, interval_); }
  auto full_outer() const { return interval_joined<Streams, L, R, join_kind::full_outer>(streams_, interval_); }

  template <class F>
  auto select(std::string name, F f) const {
    using out = typename detail::pair_function<Kind, L, R, F>::out;
    if constexpr (detail::check_pair_function<Kind, L, R, F>()) {
      using made = interval_join_operator<typename Streams::inputs, Kind, F>;
      node& n = streams_.template add<out>("interval_join", std::move(name), [f, interval = interval_](std::string const& own_name, auto const& in) {
        return std::make_unique<made>(own_name, in, interval, f);
      });
      check(n);
      return streams_.template result<out>(n);
    }
  }

 private:
  static duration saturating(duration d, int by) { return saturating_add(timestamp{d}, duration{by}).time_since_epoch(); }
  void check(node& n) const {
    auto const text = [](duration d) { return std::to_string(d.count()) + " us"; };
    if (interval_.lower > interval_.upper)
      n.mistakes.push_back("the interval is empty: its lower bound, " + text(interval_.lower) + ", is above its upper one, " + text(interval_.upper) +
                           "; say between(lower, upper), bounds of the right record's time minus the left one's");
    if (std::min(interval_.lower, interval_.upper) < -longest_window || std::max(interval_.lower, interval_.upper) > longest_window)
      n.mistakes.push_back("the bounds of an interval must be within 9,000 years");
  }

  Streams streams_;
  join_interval interval_;
};

/// An interval join that has no bounds yet.
template <class Streams, class L, class R>
class interval_join_of {
 public:
  explicit interval_join_of(Streams streams) : streams_(std::move(streams)) {}
  /// A right record is a partner when its time is within [left.time + lower, left.time + upper].
  auto between(duration lower, duration upper) const { return interval_joined<Streams, L, R, join_kind::inner>(streams_, {lower, upper}); }

 private:
  Streams streams_;
};

/// A join within windows.
template <class Streams, class L, class R, join_kind Kind>
class window_joined {
 public:
  window_joined(Streams streams, window_spec spec) : streams_(std::move(streams)), spec_(spec) {}

  auto left_outer() const { return window_joined<Streams, L, R, join_kind::left_outer>(streams_, spec_); }
  auto right_outer() const { return window_joined<Streams, L, R, join_kind::right_outer>(streams_, spec_); }
  auto full_outer() const { return window_joined<Streams, L, R, join_kind::full_outer>(streams_, spec_); }

  template <class F>
  auto select(std::string name, F f) const {
    using out = typename detail::pair_function<Kind, L, R, F>::out;
    if constexpr (detail::check_pair_function<Kind, L, R, F>())
      return add<out>(std::move(name), detail::window_pairs<typename Streams::key, Kind, L, R, F>(std::move(f)), streams_, spec_, "window_join");
  }
  template <class Out, class Function, class Spec>
  static auto add(std::string name, Function f, Streams const& streams, Spec const& spec, std::string kind) {
    using made = window_join_operator<typename Streams::inputs, Function>;
    node& n = streams.template add<Out>(std::move(kind), std::move(name), [f, spec](std::string const& own_name, auto const& in) {
      return std::make_unique<made>(own_name, in, spec, f);
    });
    detail::windowing<Spec>::check(n, spec);
    return streams.template result<Out>(n);
  }

 private:
  Streams streams_;
  window_spec spec_;
};

/// What two streams have of a key in a window, given to a function at once: `Out f(window, left, right)` or
/// `void f(window, left, right, output<Out>&)`, with window_of<Key> const& and spans, either of which may be empty.
template <class Streams, class L, class R>
class co_grouped {
 public:
  co_grouped(Streams streams, window_spec spec) : streams_(std::move(streams)), spec_(spec) {}

  template <class F>
  auto select(std::string name, F f) const {
    using function = detail::window_groups<typename Streams::key, L, R, F>;
    static_assert(function::fits, "co_group needs a function of a window and what two streams have in it: Out f(window_of<Key> const&, std::span<L const>, "
                                  "std::span<R const>), or void with flow::output<Out>& as the last");
    if constexpr (function::fits)
      return window_joined<Streams, L, R, join_kind::inner>::template add<typename function::out>(std::move(name), function(std::move(f)), streams_, spec_, "co_group");
  }

 private:
  Streams streams_;
  window_spec spec_;
};

/// A join with the versions of a table.
template <class Streams, class L, class R, join_kind Kind, class Ends = never_ends>
class temporal_joined {
 public:
  explicit temporal_joined(Streams streams, Ends ends = {}) : streams_(std::move(streams)), ends_(std::move(ends)) {}

  /// Left records are given out also where no version is valid at their time.
  auto left_outer() const { return temporal_joined<Streams, L, R, join_kind::left_outer, Ends>(streams_, ends_); }
  /// A right record for which `f(record)` is true ends the validity of the one before it and is none itself.
  template <class F>
  auto deleted_by(F f) const {
    static_assert(std::is_invocable_r_v<bool, F const&, R const&>, "deleted_by needs a predicate on a right record: bool f(R const&)");
    return temporal_joined<Streams, L, R, Kind, F>(streams_, std::move(f));
  }

  template <class F>
  auto select(std::string name, F f) const {
    using out = typename detail::pair_function<Kind, L, R, F>::out;
    if constexpr (detail::check_pair_function<Kind, L, R, F>()) {
      using made = temporal_join_operator<typename Streams::inputs, Kind, F, Ends>;
      node& n = streams_.template add<out>("temporal_join", std::move(name), [f, ends = ends_](std::string const& own_name, auto const& in) {
        return std::make_unique<made>(own_name, in, f, ends);
      });
      return streams_.template result<out>(n);
    }
  }

 private:
  Streams streams_;
  Ends ends_;
};

template <class T, class Selector>
template <class R, class RightSelector>
auto keyed_stream<T, Selector>::interval_join(keyed_stream<R, RightSelector> const& other) const {
  using streams = detail::join_streams<T, Selector, R, RightSelector>;
  if constexpr (detail::check_join<T, Selector, R, RightSelector>())
    return interval_join_of<streams, T, R>(streams{connection(), other.connection()});
}

template <class T, class Selector>
template <class R, class RightSelector, class Spec>
auto keyed_stream<T, Selector>::window_join(keyed_stream<R, RightSelector> const& other, Spec const& windows) const {
  using streams = detail::join_streams<T, Selector, R, RightSelector>;
  if constexpr (detail::check_join<T, Selector, R, RightSelector>() && detail::check_joined_windows<Spec>())
    return window_joined<streams, T, R, join_kind::inner>(streams{connection(), other.connection()}, windows);
}

template <class T, class Selector>
template <class R, class RightSelector, class Spec>
auto keyed_stream<T, Selector>::co_group(keyed_stream<R, RightSelector> const& other, Spec const& windows) const {
  using streams = detail::join_streams<T, Selector, R, RightSelector>;
  if constexpr (detail::check_join<T, Selector, R, RightSelector>() && detail::check_joined_windows<Spec>())
    return co_grouped<streams, T, R>(streams{connection(), other.connection()}, windows);
}

template <class T, class Selector>
template <class R, class RightSelector>
auto keyed_stream<T, Selector>::temporal_join(keyed_stream<R, RightSelector> const& versions) const {
  using streams = detail::join_streams<T, Selector, R, RightSelector>;
  if constexpr (detail::check_join<T, Selector, R, RightSelector>())
    return temporal_joined<streams, T, R, join_kind::inner>(streams{connection(), versions.connection()});
}

}  // namespace flow
