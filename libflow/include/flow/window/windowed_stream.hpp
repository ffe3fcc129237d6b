#pragma once
// Windows of keyed and whole streams, and what they give.
//
// What a window computes (aggregate, reduce, process) is written once, over two things: how the stream is divided
// (`keyed_windows`, `whole_windows`) and how windows are assigned (`windowing` of the type that describes them).

#include <flow/stream.hpp>
#include <flow/window/functions.hpp>
#include <flow/window/partial.hpp>
#include <flow/window/per_window_operator.hpp>
#include <flow/window/pre_aggregation.hpp>
#include <flow/window/window_checks.hpp>
#include <flow/window/window_operator.hpp>

namespace flow {

/// The results of windows over records of type T, and the records that came too late for them.
template <class T, class Result>
class aggregated_stream : public basic_stream<Result, aggregated_stream<T, Result>> {
 public:
  aggregated_stream(detail::stream_end results, node_id late_node)
      : basic_stream<Result, aggregated_stream<T, Result>>(results), late_node_(late_node) {}
  /// Records behind the watermark, whose windows take nothing any more. Where nobody reads them they are counted. Where
  /// somebody does, senders do not aggregate ahead of the exchange.
  stream<T> late() const { return stream<T>({this->end().job, late_node_, 1}); }
  /// A stream like any other, for what takes streams.
  operator stream<Result>() const { return stream<Result>(this->end()); }

 private:
  node_id late_node_;
};

namespace detail {

/// How windows described by a Spec are checked and computed; specialised for each type that `window(...)` takes:
///     static void check(node&, Spec const&)          adds the mistakes that the types could not catch
///     static auto make(std::string name, Spec const&, window_fold auto)     an operator whose output 1 takes late records
///     static constexpr bool in_parts                 whether windows may be put together from parts that the senders
///                                                    aggregate (`partial_operator`, `pre_aggregation_operator`)
template <class Spec>
struct windowing;

template <>
struct windowing<window_spec> {
  static constexpr bool in_parts = true;
  static void check(node& n, window_spec const& spec) {
    n.needs_event_time = true;
    check_sizes(n.mistakes, spec);
    check_lateness(n.mistakes, spec.lateness, window_time::event);
  }
  template <window_fold Fold>
  static std::unique_ptr<operator_base> make(std::string name, window_spec const& spec, Fold fold) {
    return std::make_unique<window_operator<Fold>>(std::move(name), spec, std::move(fold));
  }
};

template <class Placement, class Trigger>
struct windowing<triggered_windows<Placement, Trigger>> {
  using spec_type = triggered_windows<Placement, Trigger>;
  static constexpr bool in_parts = false;
  static void check(node& n, spec_type const& spec) {
    n.needs_event_time = Placement::time == window_time::event;
    check_placement(n.mistakes, spec.how_placed());
    check_lateness(n.mistakes, spec.lateness(), Placement::time);
    check_trigger_of<Placement>(n.mistakes, spec.how_fired());
  }
  template <window_fold Fold>
  static std::unique_ptr<operator_base> make(std::string name, spec_type const& spec, Fold fold) {
    using record = typename Fold::record;
    if constexpr (check_gap<Placement, record>() && check_trigger<Trigger, record, Placement::merges>())
      return std::make_unique<per_window_operator<Placement, Trigger, Fold>>(std::move(name), spec, std::move(fold));
    else return nullptr;
  }
};

template <class Spec>
consteval void check_windows() {
  static_assert(requires(node& n, Spec const& s) { windowing<Spec>::check(n, s); },
                "window(...) needs windows: tumbling_windows, sliding_windows, session_windows, count_windows or global_window");
}

/// Adds the node that computes windows of records T and gives records Out.
template <class T, class Out, class Spec>
node& add_windows(stream_end const& from, std::string kind, std::string name, bool named, Spec const& spec) {
  node& n = add_operator<T>(from, std::move(kind), std::move(name));
  must_be_named(n, named);
  windowing<Spec>::check(n, spec);
  n.outputs = {{&batch_type_of<Out>, ""}, {&batch_type_of<T>, "late", false}};
  return n;
}

/// A stream divided by key: windows are those of each key.
template <class T, class Selector>
struct keyed_windows {
  using key = key_of<Selector, T>;
  stream_end end;
  Selector selector;
  bool pre_aggregate = true;

  template <class Spec, window_function F>
  auto add(std::string name, Spec const& spec, F function) const {
    bool const named = !name.empty();
    keyed_fold<Selector, F> const fold(selector, std::move(function));
    node& n = add_windows<T, typename F::out>(end, "window", std::move(name), named, spec);
    n.keyed = true;
    n.make = [spec, fold](node const& self) { return windowing<Spec>::make(self.name, spec, fold); };
    if constexpr (windowing<Spec>::in_parts && pre_aggregates<F>)
      if (pre_aggregate) add_ahead_of(n, spec, fold);
    return aggregated_stream<T, typename F::out>({end.job, n.id, 0}, n.id);
  }

 private:
  template <class Fold>
  void add_ahead_of(node& n, window_spec const& spec, Fold const& fold) const {
    node& ahead = end.job->add_ahead_of(n, "partial", n.name + "-partial");
    ahead.outputs = {{&batch_type_of<keyed_partial<key, typename Fold::aggregate>>, "partials"}, {&batch_type_of<T>, "records"}};
    ahead.make = [spec, fold](node const& self) { return std::make_unique<pre_aggregation_operator<Fold>>(self.name, spec, fold); };
  }
};

/// Not divided: windows are over all records. Each subtask aggregates its part and one merges the parts, or, where parts
/// would not be smaller than the records, one subtask takes all.
template <class T>
struct whole_windows {
  using key = whole_stream;
  stream_end end;

  template <class Spec, window_function F>
  auto add(std::string name, Spec const& spec, F function) const {
    bool const named = !name.empty();
    if constexpr (windowing<Spec>::in_parts && !keeps_records<typename F::aggregate>) {
      node& part = add_parts(named ? name + "-partial" : "", named, spec, function);
      node& n = add_last<partial<typename F::aggregate>>({end.job, part.id, 0}, std::move(name), named, spec, partial_fold<F>(std::move(function)));
      return aggregated_stream<T, typename F::out>({end.job, n.id, 0}, part.id);
    } else {
      node& n = add_last<T>(end, std::move(name), named, spec, whole_fold<F>(std::move(function)));
      return aggregated_stream<T, typename F::out>({end.job, n.id, 0}, n.id);
    }
  }

 private:
  template <class Spec, class F>
  node& add_parts(std::string name, bool named, Spec const& spec, F const& function) const {
    node& n = add_windows<T, partial<typename F::aggregate>>(end, "partial", std::move(name), named, spec);
    n.follows_input = true;
    n.make = [spec, function](node const& self) { return std::make_unique<partial_operator<F>>(self.name, spec, function); };
    return n;
  }
  template <class In, class Spec, class Fold>
  static node& add_last(stream_end const& from, std::string name, bool named, Spec const& spec, Fold fold) {
    node& n = add_windows<In, typename Fold::out>(from, "window", std::move(name), named, spec);
    n.parallelism = 1;
    n.merges_all = true;
    n.make = [spec, fold = std::move(fold)](node const& self) { return windowing<Spec>::make(self.name, spec, fold); };
    return n;
  }
};

}  // namespace detail

/// Windows over records of type T: of each key, or over the whole stream. The name is that of the stored state.
template <class T, class Division, class Spec>
class windowed_stream {
  using key = typename Division::key;

 public:
  windowed_stream(Division division, Spec spec) : division_(std::move(division)), spec_(std::move(spec)) {}

  /// Whether senders aggregate what they have of a key and slice before it crosses the exchange, which is so if nothing is
  /// said: for `aggregate` on tumbling and sliding windows with small aggregates, where keys repeat (pre_aggregation.hpp).
  windowed_stream pre_aggregate(bool on) const {
    static_assert(requires { division_.pre_aggregate; }, "pre_aggregate is of windows per key; those over the whole stream are always computed in two phases");
    windowed_stream changed = *this;
    changed.division_.pre_aggregate = on;
    return changed;
  }
  /// One result per window, `windowed<key, result>`: the aggregate A of its records. Keeps one A per key and slice.
  template <class A>
  auto aggregate(std::string name) const {
    if constexpr (detail::check_aggregate<A, T>())
      return division_.add(std::move(name), spec_, aggregate_function<T, key, A>{});
  }
  /// Any number of records per window, made of the aggregate's result by `void f(window, result, flow::output<Out>&)`, where
  /// the window has `key`, `start` and `end`. They have the event time of a result unless `f` gives another.
  template <class A, class F>
  auto aggregate(std::string name, F f) const {
    if constexpr (detail::check_aggregate<A, T>())
      if constexpr (detail::check_result_function<F, key, result_of<A>>())
        return division_.add(std::move(name), spec_, aggregate_with_function<T, key, A, F>(std::move(f)));
  }
  /// One result per window, `windowed<key, T>`: `T f(T const&, T const&)` makes one record of two, again and again. It must
  /// be associative and, over the whole stream, commutative. Keeps one T per key and slice.
  template <class F>
  auto reduce(std::string name, F f) const {
    if constexpr (detail::check_reduce<F, T>())
      return division_.add(std::move(name), spec_, reduce_function<T, key, F>{std::move(f)});
  }
  /// Any number of records per window, made of all its records by `void f(window, std::span<T const>, flow::output<Out>&)`.
  /// The records come slice by slice, oldest slice first, within one as they arrived; a tumbling window is one slice. Keeps
  /// every record, once; over the whole stream one subtask keeps them all.
  template <class F>
  auto process(std::string name, F f) const {
    if constexpr (detail::check_process<F, key, T>())
      return division_.add(std::move(name), spec_, records_function<T, key, F>{std::move(f)});
  }

 private:
  Division division_;
  Spec spec_;
};

template <class T, class Handle>
template <class Spec>
auto basic_stream<T, Handle>::window(Spec const& spec) const {
  detail::check_windows<Spec>();
  return windowed_stream<T, detail::whole_windows<T>, Spec>({end_}, spec);
}
template <class T, class Selector>
template <class Spec>
auto keyed_stream<T, Selector>::window(Spec const& spec) const {
  detail::check_windows<Spec>();
  return windowed_stream<T, detail::keyed_windows<T, Selector>, Spec>({end_, selector_}, spec);
}

}  // namespace flow
