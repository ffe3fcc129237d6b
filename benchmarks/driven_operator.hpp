#pragma once
// One operator of a keyed stream without a job around it: batches are made and handed to it by hand, and only what it does
// with them is timed, key hashes included. CPU time of this thread: nothing else runs in it.

#include <array>
#include <vector>

#include <flow/flow.hpp>
#include <flow/memory.hpp>

#include "compare.hpp"
#include "touched_ahead.hpp"

namespace bench {

/// Takes all and looks at nothing.
class swallowing final : public flow::receiver {
 public:
  void receive(flow::batch_ref&) override {}
  void watermark(flow::timestamp) override {}
  void idle() override {}
  void pass(flow::barrier const&) override {}
  void end() override {}
  bool ready() const override { return true; }
};

/// So many records are made before a time is taken: reading the clock is a call into the system.
inline constexpr std::uint32_t batch_size = 1024, round_batches = 16, round_size = round_batches * batch_size;

template <class T, class Key>
class driven_operator {
 public:
  /// Of the process function `f` on a stream with the key `key`, a member of T.
  template <class F>
  driven_operator(Key T::*key, F f) : key_(key) {
    auto const processed = job_.source("input", flow::memory::values(std::vector<T>{})).key_by(key).process("driven", f);
    flow::node const& n = processed.end().job->at(processed.end().node);
    operator_ = n.make(n);
    operator_->port(0).connect(end_);
    flow::operator_context c;
    c.clock = &clock_;
    c.chunks = &memory_.chunks;
    operator_->start(c);
  }
  /// Gives records [first, first + round_size) as `make` makes them, `time` being when they happen, and calls `after` when
  /// a batch has been given; CPU seconds taken.
  template <class Make, class After>
  double give(std::uint64_t first, Make make, flow::timestamp time, After after) {
    for (auto& batch : batches_) {
      auto& records = flow::renew<T>(batch, batch_size);
      for (std::uint32_t i = 0; i < batch_size; ++i) records.emplace_back(make(first++));
      std::fill_n(records.add_timestamps(), batch_size, time);
    }
    double const before = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
    for (auto& batch : batches_) {
      auto& records = flow::as<T>(*batch);
      std::uint64_t* const hashes = records.add_hashes();
      for (std::uint32_t i = 0; i < batch_size; ++i) hashes[i] = flow::hash_of(records[i].*key_);
      operator_->receive(batch);
      after();
    }
    return cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - before;
  }
  void advance(flow::timestamp watermark) {
    operator_->watermark(watermark);
    while (operator_->suspended()) operator_->resume();
  }

 private:
  Key T::*key_;
  flow::job job_{"driven"};
  flow::steady_clock clock_;
  touched_ahead memory_;
  swallowing end_;
  std::unique_ptr<flow::operator_base> operator_;
  std::array<flow::batch_ref, round_batches> batches_;
};

}  // namespace bench
