#pragma once
// An asynchronous operator alone, stepped as its task would, and what it asks answered by hand.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <flow/job.hpp>
#include <flow/memory.hpp>

#include "../recording.hpp"

namespace rig {

using namespace std::chrono_literals;
using recording::at;
using recording::batch_of;
using recording::micros;

/// What came out, in order. Takes `room` batches before it is not ready.
template <class T>
struct line final : flow::receiver {
  struct event {
    enum class kind { record, watermark, idle, barrier, end } what;
    T record{};
    std::int64_t number = 0;  // time, or checkpoint
  };
  void receive(flow::batch_ref& b) override {
    for (std::uint32_t i = 0; i < b->size(); ++i)
      events.push_back({event::kind::record, flow::as<T>(*b)[i], b->has_timestamps() ? micros(b->timestamps()[i]) : untimed});
    overrun |= room == 0;
    if (room > 0) --room;
  }
  void watermark(flow::timestamp w) override {
    events.push_back({event::kind::watermark, {}, micros(w)});
    overrun |= room == 0;
  }
  void idle() override { events.push_back({event::kind::idle, {}, 0}); }
  void pass(flow::barrier const& b) override { events.push_back({event::kind::barrier, {}, static_cast<std::int64_t>(b.checkpoint)}); }
  void end() override { events.push_back({event::kind::end, {}, 0}); }
  bool ready() const override { return room > 0; }

  std::vector<T> records() const {
    std::vector<T> all;
    for (auto const& e : events)
      if (e.what == event::kind::record) all.push_back(e.record);
    return all;
  }
  /// "r5 w100 i b1 e": records of numbers with watermarks and the like between them.
  std::string text() const {
    std::string all;
    for (auto const& e : events) {
      if (!all.empty()) all += ' ';
      switch (e.what) {
        case event::kind::record: all += flow::to_json(e.record); break;
        case event::kind::watermark: all += e.number == micros(flow::end_of_time) ? "end-of-time" : "w" + std::to_string(e.number); break;
        case event::kind::idle: all += "idle"; break;
        case event::kind::barrier: all += "b" + std::to_string(e.number); break;
        case event::kind::end: all += "end"; break;
      }
    }
    return all;
  }

  static constexpr std::int64_t untimed = -1;
  std::vector<event> events;
  std::size_t room = std::numeric_limits<std::size_t>::max();
  bool overrun = false;  // was given something while it was not ready
};

/// Keeps what it is asked until it is answered.
template <class In, class Out>
struct server {
  struct request {
    In asked;
    flow::reply<Out> reply;
  };
  std::vector<request> open;
  std::vector<In> asked;  // all, in order
  std::size_t most_open = 0;

  void ask(In const& in, flow::reply<Out> reply) {
    asked.push_back(in);
    open.push_back({in, std::move(reply)});
    most_open = std::max(most_open, open.size());
  }
  flow::reply<Out> take(std::size_t i) {
    auto reply = std::move(open.at(i).reply);
    open.erase(open.begin() + static_cast<std::ptrdiff_t>(i));
    return reply;
  }
};

/// The operator of a stream.
template <class In, class Out, class Failed = flow::failed_record<In>>
class alone {
 public:
  template <class Handle>
  explicit alone(flow::basic_stream<Out, Handle> const& s, std::uint32_t batch_size = 1024, std::uint32_t subtask = 0)
      : op(make(s)), batch_size_(batch_size) {
    op->port(0).connect(out);
    if (op->ports() > 1) op->port(1).connect(failed);
    flow::operator_context c;
    c.subtask = subtask;
    c.batch_size = batch_size;
    c.clock = &clock;
    c.wake = [this] { ++wakes; };
    op->start(c);
  }
  /// Does what a task would until there is nothing to do.
  alone& step() {
    for (bool more = true; more;) {
      more = false;
      if (op->look_is_due(clock.now())) more = true, op->look_now(clock.now());
      if (op->suspended() && !op->waits()) more = true, op->resume();
    }
    return *this;
  }
  /// Gives a batch, with the times of the records where there are any.
  alone& give(std::vector<In> const& records, std::vector<std::int64_t> const& times = {}) {
    auto b = batch_of(records, times);
    op->receive(b);
    return step();
  }
  alone& watermark(std::int64_t w) {
    op->watermark(at(w));
    return step();
  }
  /// Lets time pass, and what is due happen at its time.
  alone& pass_time(std::chrono::nanoseconds d) {
    auto const until = clock.now() + d;
    while (op->next_look() <= until) {
      clock.advance(std::max(op->next_look() - clock.now(), 0ns));
      if (!op->look_is_due(clock.now())) break;  // its receivers are not ready
      step();
    }
    clock.advance(until - clock.now());
    return step();
  }
  /// A barrier passes; what is then in the declared state.
  std::vector<flow::stored_request<In>>& pass_barrier(std::uint64_t checkpoint) {
    op->settle_state();
    op->pass({checkpoint, 0});
    return declared();
  }
  std::vector<flow::stored_request<In>>& declared() {
    for (auto const& o : op->state().objects())
      if (o->name() == "flow.requests") return dynamic_cast<flow::list_object<flow::stored_request<In>, flow::state_kind::list>&>(*o).get();
    throw std::logic_error("no requests are declared");
  }

  flow::manual_clock clock;
  line<Out> out;
  line<Failed> failed;
  int wakes = 0;
  std::unique_ptr<flow::operator_base> op;

 private:
  template <class Handle>
  static std::unique_ptr<flow::operator_base> make(flow::basic_stream<Out, Handle> const& s) {
    auto const& n = s.end().job->at(s.end().node);
    return n.make(n);
  }
  std::uint32_t batch_size_;
};

/// A stream to ask something about.
template <class T>
auto some(flow::job& j) {
  return j.source("in", flow::memory::values(std::vector<T>{}));
}

}  // namespace rig
