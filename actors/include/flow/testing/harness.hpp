#pragma once
// One operator alone: records and watermarks go in by hand, what comes out is collected.
//
//     flow::testing::harness<reading, flow::windowed<int, std::int64_t>> h{sums, &reading::sensor};
//     h.process(reading{...}, at(1s)).advance_watermark(at(5s));
//     CHECK(h.output() == ...);
//
// A process function needs no job:
//
//     flow::testing::harness h{small_then_large{}, &payment::account};
//     h.process(payment{...}, at(1s)).advance_watermark(5s);
//
// The harness plays the receiver as well: after `hold_up` it takes a batch at a time, so that every place where an operator
// can be held up is tried. `restore` puts another operator in its place that knows no more than what was declared; `checkpoint`
// and `restore_checkpoint` do so with what changes between checkpoints, `rescale` with the state divided between subtasks.

#include <functional>
#include <limits>
#include <memory>
#include <vector>

#include <flow/graph/graph.hpp>
#include <flow/operator/operator.hpp>
#include <flow/record/key.hpp>
#include <flow/stream.hpp>
#include <flow/testing/carried_state.hpp>
#include <flow/testing/state_under_test.hpp>

namespace flow::testing {

/// A time `d` after the epoch.
constexpr timestamp at(duration d) { return timestamp{d}; }

/// Collects what an output gives; takes as many batches as it is allowed.
template <class T>
class collector final : public receiver {
 public:
  void receive(batch_ref& b) override {
    auto const& records = as<T>(*b);
    for (std::uint32_t i = 0; i < records.size(); ++i) {
      values.push_back(records[i]);
      times.push_back(records.has_timestamps() ? records.timestamps()[i] : no_watermark);
    }
    if (allowed > 0) --allowed;
  }
  void watermark(timestamp w) override { watermarks.push_back(w); }
  void idle() override { ++idles; }
  void pass(barrier const& b) override { barriers.push_back(b.checkpoint); }
  void end() override { ended = true; }
  bool ready() const override { return allowed > 0; }

  std::vector<T> values;
  std::vector<timestamp> times;
  std::vector<timestamp> watermarks;
  std::vector<std::uint64_t> barriers;
  std::size_t idles = 0;
  bool ended = false;
  std::size_t allowed = std::numeric_limits<std::size_t>::max();
};

/// Drives the operator that made a stream: In is what it takes, Out what its main output gives.
template <class In, class Out>
class harness {
 public:
  /// The operator whose output `s` is. The job that it belongs to must outlive the harness.
  template <class Handle>
  explicit harness(basic_stream<Out, Handle> const& s, std::uint32_t batch_size = 1024)
      : harness(s.end().job->at(s.end().node), nullptr, batch_size) {}
  /// Of a keyed operator; `key` is the member or function that the stream was divided by.
  template <class Handle, class Selector>
    requires std::invocable<Selector const&, In const&>
  harness(basic_stream<Out, Handle> const& s, Selector key, std::uint32_t batch_size = 1024)
      : harness(s.end().job->at(s.end().node), hash_by(key), batch_size) {}
  /// Of a process function on a keyed stream; `key` is the member or function that the stream would be divided by.
  template <class F, class Selector>
    requires(!requires { typename F::record_type; }) && flow::detail::has_process<F, In, keyed_context<key_of<Selector, In>, F>>
  harness(F f, Selector key, std::uint32_t batch_size = 1024) : harness(process_node(f, key), hash_by(key), batch_size) {}
  harness(node const& n, std::function<std::uint64_t(In const&)> hash, std::uint32_t batch_size)
      : hash_(std::move(hash)), node_(n), batch_size_(batch_size) {
    if (n.keyed && !hash_) throw error(error_code::usage, n.name, "is keyed: give the harness the key that its stream was divided by");
    operator_ = make(nullptr);
  }

  /// Gives one record with its event time.
  harness& process(In const& record, timestamp t) { return process(std::vector<In>{record}, std::vector<timestamp>{t}); }
  /// Gives a batch.
  harness& process(std::vector<In> const& records, std::vector<timestamp> const& times) {
    return give(0, records, times, hash_);
  }
  /// Gives a record of the second input.
  template <class R>
  harness& process_right(R const& record, timestamp t) {
    return give<R>(1, {record}, {t}, {});
  }
  /// The same of a keyed stream; `key` is what it was divided by.
  template <class R, class Selector>
  harness& process_right(R const& record, timestamp t, Selector key) {
    return give<R>(1, {record}, {t}, [key](R const& r) { return hash_of<key_of<Selector, R>>(std::invoke(key, r)); });
  }
  /// Gives a batch of any input; records without event time where `times` is empty.
  template <class R>
  harness& give(std::uint32_t input, std::vector<R> const& records, std::vector<timestamp> const& times, std::function<std::uint64_t(R const&)> const& hash) {
    batch_ref b = batch_type_of<R>.create(static_cast<std::uint32_t>(records.size()));
    for (std::size_t i = 0; i < records.size(); ++i) {
      if (!times.empty()) b->add_timestamps()[i] = times[i];
      if (hash) b->add_hashes()[i] = hash(records[i]);
      as<R>(*b).emplace_back(records[i]);
    }
    operator_->receive_from(input, b);
    settle();
    return *this;
  }
  harness& advance_watermark(timestamp w) {
    heard_ = std::max(heard_, w);
    operator_->watermark(w);
    settle();
    return *this;
  }
  harness& advance_watermark(duration since_epoch) { return advance_watermark(timestamp{since_epoch}); }
  /// Resumes an operator that was held up once, with room for one batch.
  harness& resume() {
    main_.allowed = 1;
    operator_->make_room();
    operator_->resume();
    return *this;
  }
  /// Lets time of the machine pass; what the operator waits for happens on the way.
  harness& advance_time(std::chrono::nanoseconds d) {
    auto const until = clock_.now() + d;
    while (operator_->next_look() <= until) {
      clock_.advance(std::max(operator_->next_look() - clock_.now(), std::chrono::nanoseconds{0}));
      look();
    }
    clock_.advance(until - clock_.now());
    return *this;
  }
  /// Does what the operator has asked for: that its time has come, or that its bell was rung.
  harness& look() {
    if (operator_->look_is_due(clock_.now())) operator_->look_now(clock_.now());
    settle();
    return *this;
  }
  manual_clock const& clock() const { return clock_; }
  harness& end() {
    advance_watermark(end_of_time);
    operator_->end();
    return *this;
  }
  harness& pass(barrier const& b) {
    operator_->settle_state();
    operator_->pass(b);
    return *this;
  }
  /// As after a failure right behind a barrier: a new operator takes the place of the one so far, restored from what that had
  /// declared, and is told the watermark again. What was given out stays; the counters begin anew. The operator must not be in
  /// the middle of its output.
  harness& restore() {
    settle_for_barrier();
    carried_state carried;
    carried.take(operator_->state());
    begin_chain();
    return replace(make(&carried));
  }
  /// Takes a checkpoint here: what has changed since the last one that was completed, all at first. One that does not `complete` is
  /// given up after a few entries have been written.
  harness& checkpoint(bool complete = true) {
    settle_for_barrier();
    pieces_.begin(++newest_);
    operator_->state().begin_snapshot({newest_, completed_, false, 0, pieces_.max_parallelism}, pieces_);
    if (std::size_t few = 3; !complete) {
      operator_->state().write_snapshot(few);
      return *this;
    }
    write_all(operator_->state());
    pieces_.complete();
    completed_ = newest_;
    return *this;
  }
  /// Like `restore`, from all the checkpoints that were completed together; the last one was taken here.
  harness& restore_checkpoint() {
    completed_checkpoints from(pieces_, completed_);
    return replace(make(&from));
  }
  /// Like `restore`, with the state divided between so many subtasks and put together again.
  harness& rescale(std::uint32_t subtasks) {
    settle_for_barrier();
    carried_state whole, parts(subtasks);
    whole.take(operator_->state());
    for (std::uint32_t i = 0; i < subtasks; ++i) {
      whole.give_to(i, subtasks);
      parts.take(make(&whole, i, subtasks)->state(), i);
    }
    begin_chain();
    return replace(make(&parts));
  }

  /// From now on the receivers take one batch at a time: the operator is held up wherever it can be.
  harness& hold_up() {
    held_up_ = true;
    main_.allowed = 1;
    return *this;
  }

  std::vector<Out> const& output() const { return main_.values; }
  collector<Out> const& main() const { return main_; }
  /// What output 1 gave: late records, of an operator that has such an output.
  std::vector<In> const& late() const { return side_.values; }
  operator_base& tested() { return *operator_; }
  /// What the function's own metrics are.
  metrics_summary metrics() const {
    metrics_summary all;
    operator_->metrics().add_to(all);
    return all;
  }

 private:
  void settle_for_barrier() {
    if (!operator_->may_pass_barrier()) throw error(error_code::usage, operator_->name(), "holds output back: no barrier passes now, and nothing is restored from here");
    operator_->settle_state();
  }
  std::unique_ptr<operator_base> make(state_source* state, std::uint32_t subtask = 0, std::uint32_t parallelism = 1) {
    auto made = node_.make(node_);
    made->port(0).connect(main_);
    if (made->ports() > 1 && node_.outputs[1].type == &batch_type_of<In>) made->port(1).connect(side_);
    operator_context c;
    c.subtask = subtask;
    c.parallelism = parallelism;
    c.batch_size = batch_size_;
    c.clock = &clock_;
    c.backend = backend_.get();
    c.activity = &activity_;
    made->state().restore_from(state);
    made->start(c);
    made->state().restore_from(nullptr);
    return made;
  }
  /// What comes from elsewhere builds on no checkpoint before.
  void begin_chain() {
    pieces_ = {};
    completed_ = 0;
  }
  /// Another operator goes on; it is told the watermark again.
  harness& replace(std::unique_ptr<operator_base> by) {
    operator_ = std::move(by);
    look();
    if (heard_ != no_watermark) advance_watermark(heard_);
    return *this;
  }
  template <class Selector>
  static std::function<std::uint64_t(In const&)> hash_by(Selector key) {
    return [key](In const& r) { return hash_of<key_of<Selector, In>>(std::invoke(key, r)); };
  }
  template <class F, class Selector>
  static node process_node(F f, Selector key) {
    node n;
    n.kind = "process";
    n.name = "tested";
    n.keyed = true;
    n.outputs = {{&batch_type_of<Out>, ""}};
    using input = flow::detail::process_input<In, Selector, flow::detail::process_callback>;
    n.make = [f, key](node const& self) { return std::make_unique<process_operator<F, input>>(self.name, f, std::vector<side_output>{}, input{key}); };
    return n;
  }
  /// Resumes the operator until nothing is held back.
  void settle() {
    if (held_up_) main_.allowed = 1;
    while (operator_->suspended()) {
      if (held_up_) main_.allowed = 1;
      operator_->make_room();
      operator_->resume();
    }
    if (held_up_) main_.allowed = 1;
    operator_->make_room();
  }

  manual_clock clock_;
  std::unique_ptr<state_backend> backend_ = backend_under_test();
  flow::activity activity_;
  collector<Out> main_;
  collector<In> side_;
  std::function<std::uint64_t(In const&)> hash_;
  node node_;
  std::uint32_t batch_size_;
  timestamp heard_ = no_watermark;
  std::unique_ptr<operator_base> operator_;
  bool held_up_ = false;
  recorded_pieces pieces_;
  checkpoint_id newest_ = 0, completed_ = 0;
};

template <class F, class In, class Key>
harness(F, Key In::*) -> harness<In, typename flow::detail::callback_output<flow::detail::process_callback, F, In, keyed_context<Key, F>>::type>;
template <class F, class In, class Key>
harness(F, Key In::*, std::uint32_t) -> harness<In, typename flow::detail::callback_output<flow::detail::process_callback, F, In, keyed_context<Key, F>>::type>;

}  // namespace flow::testing
