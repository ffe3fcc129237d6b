#pragma once
// Streams: handles to the outputs of a job's operators. Building with them runs nothing.
//
// A handle is a small value that refers to its job; it stays valid when the job is moved. `with_parallelism`, `unchained`
// and `named` say something of the operator whose output the handle is, and give the same kind of handle back.

#include <flow/operator/event_time.hpp>
#include <flow/operator/filter.hpp>
#include <flow/operator/flat_map.hpp>
#include <flow/operator/key_by.hpp>
#include <flow/operator/map.hpp>
#include <flow/operator/sink_operator.hpp>
#include <flow/operator/union.hpp>
#include <flow/stream_end.hpp>
#include <flow/watermark.hpp>
#include <flow/window/windows.hpp>

namespace flow {

/// The operator that a stream ends in.
class sink_handle {
 public:
  explicit sink_handle(node& n) : node_(&n) {}
  sink_handle with_parallelism(std::uint32_t n) const { node_->parallelism = n; return *this; }
  sink_handle unchained() const { node_->chaining = false; return *this; }

 private:
  node* node_;
};

template <class T, class Handle>
class basic_stream {
 public:
  using record_type = T;
  explicit basic_stream(detail::stream_end end) : end_(end) {}

  /// How many subtasks the operator has.
  Handle with_parallelism(std::uint32_t n) const { own().parallelism = n; return handle(); }
  /// The operator has a task of its own, apart from the one before it.
  Handle unchained() const { own().chaining = false; return handle(); }
  /// A name for plans, counters and errors.
  Handle named(std::string name) const { own().name = std::move(name); return handle(); }

  /// One record for one: `f(record)`. Like `filter` and `flat_map` it may be given `flow::divert_failures` behind its function:
  /// then records for which that throws go to `failed()` (failures.hpp).
  template <class F, class Divert = detail::fail_at_first>
  auto map(F f, Divert = {}) const {
    static_assert(std::is_invocable_v<F&, T const&>, "map needs a function that can be called with a record: Out f(T const&)");
    using out = std::decay_t<std::invoke_result_t<F&, T const&>>;
    static_assert(!std::is_void_v<out>, "map's function must return the new record");
    return with_failures<Divert>(one_in<out>("map", [f](node const& n) { return std::make_unique<map_operator<T, out, F, Divert>>(n.name, f); }));
  }
  /// Keeps the records for which `f(record)` is true.
  template <class F, class Divert = detail::fail_at_first>
  auto filter(F f, Divert = {}) const {
    static_assert(std::is_invocable_r_v<bool, F&, T const&>, "filter needs a predicate on a record: bool f(T const&)");
    return with_failures<Divert>(one_in<T>("filter", [f](node const& n) { return std::make_unique<filter_operator<T, F, Divert>>(n.name, f); }));
  }
  /// Any number of records for one: `f(record, output<Out>&)`, or `f(record, output<Out>&, side_outputs&)`.
  template <class Out, class F, class Divert = detail::fail_at_first>
  auto flat_map(F f, Divert = {}) const {
    static_assert(std::is_invocable_v<F&, T const&, output<Out>&> || std::is_invocable_v<F&, T const&, output<Out>&, side_outputs&>,
                  "flat_map needs a function of a record and an output: void f(T const&, flow::output<Out>&), or with flow::side_outputs& as well");
    return with_failures<Divert>(one_in<Out>("flat_map", [f](node const& n) {
      return std::make_unique<flat_map_operator<T, Out, F, Divert>>(n.name, f, detail::sides_of(n));
    }));
  }
  /// A whole batch at once: `f(std::span<T const>, std::span<Out>)`, both of one length.
  template <class Out, class F>
  stream<Out> batch_map(F f) const {
    static_assert(std::is_invocable_v<F&, std::span<T const>, std::span<Out>>,
                  "batch_map needs a function of two spans of one length: void f(std::span<T const>, std::span<Out>)");
    return one_in<Out>("batch_map", [f](node const& n) { return std::make_unique<batch_map_operator<T, Out, F>>(n.name, f); });
  }
  /// Divides the stream: first the records for which `f(record)` is true, then the others.
  template <class F>
  std::pair<stream<T>, stream<T>> branch(F f) const {
    static_assert(std::is_invocable_r_v<bool, F&, T const&>, "branch needs a predicate on a record: bool f(T const&)");
    node& n = detail::add_operator<T>(end_, "branch", "");
    n.follows_input = true;
    n.outputs = {{&batch_type_of<T>, "matching"}, {&batch_type_of<T>, "other"}};
    n.make = [f](node const& self) { return std::make_unique<branch_operator<T, F>>(self.name, f); };
    return {stream<T>({end_.job, n.id, 0}), stream<T>({end_.job, n.id, 1})};
  }
  /// The records of both streams, in no particular order between them.
  template <class Other>
  stream<T> union_with(basic_stream<T, Other> const& other) const {
    auto result = one_in<T>("union", [](node const& n) { return std::make_unique<union_operator>(n.name); });
    node& n = end_.job->at(result.end().node);
    if (other.end().job != end_.job) n.mistakes.push_back("the streams belong to two jobs; a union joins streams of one");
    else n.inputs.push_back(other.end().to_edge());
    n.chaining = false;
    return result;
  }
  /// What the operator emitted under a tag.
  template <class U>
  stream<U> side(tag<U> const& which) const {
    node& n = own();
    for (std::uint32_t port = detail::first_side(n); port < n.outputs.size(); ++port)
      if (n.outputs[port].name == which.name) {
        if (n.outputs[port].type != &batch_type_of<U>) n.mistakes.push_back("side output '" + which.name + "' is asked for with two types of record");
        return stream<U>({end_.job, n.id, port});
      }
    if (n.kind != "flat_map" && n.kind != "process") n.mistakes.push_back("a " + n.kind + " has no side output '" + which.name + "'");
    n.outputs.push_back({&batch_type_of<U>, which.name});
    return stream<U>({end_.job, n.id, static_cast<std::uint32_t>(n.outputs.size() - 1)});
  }

  /// Of a source that was made with the policy `divert`: the input that was no record. Where nobody reads it, it is counted.
  stream<bad_record> bad_records() const;

  /// Gives records their event time: a member of type flow::timestamp or a function of the record. On a source there are
  /// watermarks per split, later in a stream per subtask.
  template <class F, class Strategy>
  stream<T> event_time(F time_of, Strategy strategy) const {
    static_assert(std::is_invocable_r_v<timestamp, F&, T const&>,
                  "event_time needs a member or a function that gives a flow::timestamp: flow::timestamp f(T const&)");
    auto make = [time_of, strategy]() -> std::unique_ptr<time_assigner> {
      return std::make_unique<typed_time_assigner<T, F, Strategy>>(time_of, strategy);
    };
    if (own().kind == "source" && !own().gives_event_time && !end_.job->is_read(end_.node, end_.port)) {
      own().gives_event_time = true;
      own().make_assigner = make;
      detail::check_watermarks(own(), strategy.options, true);
      return stream<T>(end_);
    }
    auto result = one_in<T>("event_time", [](node const& n) { return std::make_unique<event_time_operator>(n.name, n.make_assigner()); });
    node& n = end_.job->at(result.end().node);
    n.gives_event_time = true;
    n.make_assigner = make;
    detail::check_watermarks(n, strategy.options, false);
    return result;
  }

  /// Divides the stream by a key: a member or a function of the record.
  template <class F>
  keyed_stream<T, F> key_by(F selector) const {
    static_assert(std::is_invocable_v<F const&, T const&>, "key_by needs a member or a function of a record that gives its key");
    using key = key_of<F, T>;
    static_assert(key_type<key>, "a key must be comparable with == and describable; floating point, views and pointers are no keys");
    auto column = [selector](T const& r) { return hash_of<key>(std::invoke(selector, r)); };
    node& n = hashed("key_by", column);
    return keyed_stream<T, F>({end_.job, n.id, 0, partitioning::hash}, selector);
  }
  /// Sends each record to the subtask `f(record)` modulo their number.
  template <class F>
  stream<T> partition_by(F f) const {
    static_assert(std::is_invocable_r_v<std::uint64_t, F&, T const&>, "partition_by needs a function that gives a whole number");
    node& n = hashed("partition_by", [f](T const& r) { return static_cast<std::uint64_t>(f(r)); });
    return stream<T>({end_.job, n.id, 0, partitioning::custom});
  }
  /// Every subtask of the next operator sees all records.
  broadcast_stream<T> broadcast() const { return broadcast_stream<T>(repartitioned(partitioning::broadcast).end()); }
  /// Batches go to the subtasks of the next operator in turn.
  stream<T> rebalance() const { return repartitioned(partitioning::rebalance); }

  /// Windows over the whole stream. Those computed from slices in two phases: each subtask aggregates its part, one merges
  /// the parts; others by one subtask.
  template <class Spec>
  auto window(Spec const& spec) const;

  /// A function that is called for each record and has no key: see operator/process_function.hpp.
  template <class F>
  auto process(std::string name, F f) const;
  /// For a function of the records of two streams; `other` may be a broadcast one.
  template <class R, class Other>
  auto connect(basic_stream<R, Other> const& other) const;

  /// Asks outside for each record: `f(record, flow::reply<Out>)`, answered from any thread, now or later (async/reply.hpp).
  /// Options are `flow::ordered`, `unordered`, `in_flight`, `timeout`, `retry` and others of async/async_options.hpp.
  template <class F, class... Options>
  auto async(std::string name, F f, Options... options) const;
  /// Each record with what another system knows of its key: async/lookup_join.hpp.
  template <class Selector, class F, class... Options>
  auto lookup_join(Selector key, F find, Options... options) const;

  /// Ends the stream in a sink.
  template <class S>
  sink_handle sink(std::string name, S const& target) const {
    static_assert(sink_for<S, T>, "this is no sink for these records: it needs `flow::sink<T> make<T>() const`");
    flow::sink<T> made = target.template make<T>();
    bool const named = !name.empty();
    node& n = detail::add_operator<T>(end_, "sink", std::move(name));
    detail::must_be_named(n, named);
    n.is_sink = true;
    n.blocking = made.blocking;
    n.make_committer = made.make_committer;
    n.needs_checkpoints = made.needs_checkpoints;
    n.make = [made](node const& self) { return std::make_unique<sink_operator<T>>(self.name, made); };
    return sink_handle(n);
  }

  detail::stream_end const& end() const { return end_; }
  detail::connection<T, detail::no_key> connection() const { return {end_, {}}; }

 protected:
  node& own() const { return end_.job->at(end_.node); }
  Handle handle() const { return static_cast<Handle const&>(*this); }

 private:
  template <class Out, class Make>
  stream<Out> one_in(std::string kind, Make make) const {
    node& n = detail::add_operator<T>(end_, std::move(kind), "");
    n.outputs = {{&batch_type_of<Out>, ""}};
    n.make = std::move(make);
    return stream<Out>({end_.job, n.id, 0});
  }
  /// The results alone, or where failures are diverted, with the records that failed beside them.
  template <class Divert, class Out>
  auto with_failures(stream<Out> const& results) const {
    if constexpr (detail::failures<T, Divert>::diverted) {
      detail::divert_failures_of<T>(end_.job->at(results.end().node));
      return stream_with_failures<T, Out>(results.end());
    } else {
      return results;
    }
  }
  template <class Column>
  node& hashed(std::string kind, Column column) const {
    node& n = detail::add_operator<T>(end_, std::move(kind), "");
    n.follows_input = true;
    n.outputs = {{&batch_type_of<T>, ""}};
    n.make = [column](node const& self) { return std::make_unique<hash_operator<T, Column>>(self.name, column); };
    return n;
  }
  stream<T> repartitioned(flow::partitioning how) const {
    auto changed = end_;
    changed.partitioning = how;
    return stream<T>(changed);
  }

  detail::stream_end end_;
};

/// A stream of records of type T.
template <class T>
class stream : public basic_stream<T, stream<T>> {
 public:
  using basic_stream<T, stream<T>>::basic_stream;
};

/// A stream of which every subtask of the next operator sees all records.
template <class T>
class broadcast_stream : public basic_stream<T, broadcast_stream<T>> {
 public:
  using basic_stream<T, broadcast_stream<T>>::basic_stream;
  operator stream<T>() const { return stream<T>(this->end()); }
};

/// What an operator makes of records of type T, and those of them for which its function, or what it asks, failed.
template <class T, class Out>
class stream_with_failures : public basic_stream<Out, stream_with_failures<T, Out>> {
 public:
  using basic_stream<Out, stream_with_failures<T, Out>>::basic_stream;
  operator stream<Out>() const { return stream<Out>(this->end()); }
  /// With `divert_failures`: the records that failed for good, with the reason. Where nobody reads them they are counted.
  stream<failed_record<T>> failed() const {
    node& n = this->own();
    if (!n.diverts_failures) n.mistakes.push_back("its failed records are asked for, but it fails at the first; say flow::divert_failures");
    return stream<failed_record<T>>({this->end().job, n.id, n.diverts_failures ? 1u : 0u});
  }
};

template <class T, class Handle>
stream<bad_record> basic_stream<T, Handle>::bad_records() const {
  node& n = own();
  bool const diverts = n.kind == "source" && n.outputs.size() == 2;
  if (n.kind != "source") n.mistakes.push_back("a " + n.kind + " has no bad records; ask the stream that job.source or its event_time gave");
  else if (!diverts) n.mistakes.push_back("its bad records are asked for, but it fails at the first; make the source with .on_bad_record(divert)");
  return stream<bad_record>({end_.job, n.id, diverts ? 1u : 0u});
}

}  // namespace flow

#include <flow/async/async_stream.hpp>
#include <flow/keyed_stream.hpp>
#include <flow/connected_streams.hpp>
#include <flow/join/joined_stream.hpp>
#include <flow/window/windowed_stream.hpp>
