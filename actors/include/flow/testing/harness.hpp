#pragma once
// One operator alone: records and watermarks go in by hand, what comes out is collected.
//
//     flow::testing::harness<reading, flow::windowed<int, std::int64_t>> h{stream_under_test};
//     h.process(reading{...}, at(1s)).advance_watermark(at(5s));
//     CHECK(h.output() == ...);
//
// The harness plays the receiver as well: `allow` says how many more batches it takes, so that every place where an
// operator can be held up can be tried.

#include <limits>
#include <memory>
#include <vector>

#include <flow/graph/graph.hpp>
#include <flow/operator/operator.hpp>
#include <flow/record/key.hpp>
#include <flow/stream.hpp>

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
      : harness(s.end().job->at(s.end().node), batch_size) {}
  harness(node const& n, std::uint32_t batch_size) : operator_(n.make(n)), batch_size_(batch_size) {
    operator_->port(0).connect(main_);
    if (operator_->ports() > 1) operator_->port(1).connect(side_);
    open_context c;
    c.batch_size = batch_size;
    c.clock = &clock_;
    c.activity = &activity_;
    operator_->start(c);
  }

  /// Gives one record with its event time. `hash` is that of its key, where the operator is keyed.
  harness& process(In const& record, timestamp t, std::uint64_t hash = 0) { return process(std::vector<In>{record}, std::vector<timestamp>{t}, {hash}); }
  /// Gives a batch; hashes may be left out.
  harness& process(std::vector<In> const& records, std::vector<timestamp> const& times, std::vector<std::uint64_t> const& hashes = {}) {
    batch_ref b = batch_type_of<In>.create(static_cast<std::uint32_t>(records.size()));
    for (std::size_t i = 0; i < records.size(); ++i) {
      b->add_timestamps()[i] = times[i];
      if (!hashes.empty()) b->add_hashes()[i] = hashes[i];
      as<In>(*b).emplace_back(records[i]);
    }
    operator_->receive(b);
    settle();
    return *this;
  }
  harness& advance_watermark(timestamp w) {
    operator_->watermark(w);
    settle();
    return *this;
  }
  harness& advance_time(std::chrono::nanoseconds d) {
    clock_.advance(d);
    return *this;
  }
  harness& end() {
    advance_watermark(end_of_time);
    operator_->end();
    return *this;
  }
  harness& pass(barrier const& b) {
    operator_->state().begin_epoch();
    operator_->pass(b);
    return *this;
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

 private:
  /// Resumes the operator until nothing is held back.
  void settle() {
    if (held_up_) main_.allowed = 1;
    while (operator_->suspended()) {
      if (held_up_) main_.allowed = 1;
      operator_->resume();
    }
    if (held_up_) main_.allowed = 1;
  }

  manual_clock clock_;
  flow::activity activity_;
  collector<Out> main_;
  collector<In> side_;
  std::unique_ptr<operator_base> operator_;
  std::uint32_t batch_size_;
  bool held_up_ = false;
};

}  // namespace flow::testing
