#include <catch2/catch.hpp>

#include <stdexcept>

#include "task/blueprint.hpp"
#include "task/task.hpp"

#include "../../libflow/graph/nothing.hpp"
#include "wire.hpp"

namespace {
using namespace std::chrono_literals;
using lines = std::vector<std::string>;
using outcome = flow::task::outcome;

/// A sink that writes down what is asked of it and takes `room` batches.
struct journal {
  lines log;
  int room = 1'000;
  bool broken = false;
};
struct journal_writer final : flow::writer<int> {
  explicit journal_writer(journal& j) : to(j) {}
  bool ready() const override { return to.room > 0; }
  void write(flow::batch<int> const& records) override {
    if (to.broken) throw std::runtime_error("disk on fire");
    std::string line = "write";
    for (int const r : records) line += " " + std::to_string(r);
    to.log.push_back(line);
    --to.room;
  }
  void flush() override { to.log.push_back("flush"); }
  void finish() override { to.log.push_back("finish"); }
  void publish() override { to.log.push_back("publish"); }
  void abandon() noexcept override { to.log.push_back("abandon"); }
  journal& to;
};
struct journal_sink {
  journal* to;
  template <class T>
  flow::sink<T> make() const {
    return {[to = to] { return std::make_unique<journal_writer>(*to); }};
  }
};

/// Task 1 of a job with one subtask each, fed by hand on channel 0.
struct fed {
  explicit fed(flow::job const& job, flow::settings s = {}) {
    s.parallelism(1);
    plan = flow::make_plan(job.graph(), s);
    auto const blueprints = flow::make_blueprints(job.graph(), plan, s);
    task = std::make_unique<flow::task>(blueprints.at(1).at(0), s, transport, clock);
    task->on_barrier = [this](flow::barrier const& b) { barriers.push_back(b.checkpoint); };
    task->start({});
  }
  void deliver(flow::element e) { task->deliver(0, std::move(e)); }
  outcome step() { return task->step().what; }

  wire::transport transport;
  wire::sender sender;
  flow::manual_clock clock;
  flow::plan plan;
  std::unique_ptr<flow::task> task;
  std::vector<std::uint64_t> barriers;
};

/// A task may flush whenever it rests or waits.
lines without_flush(lines log) {
  std::erase(log, "flush");
  return log;
}

auto const repeat = [](int n, flow::output<int>& out) { for (int i = 0; i < n; ++i) out.emit(n); };
}  // namespace

TEST_CASE("a chain works on what was delivered, rests, and ends in order") {
  journal j;
  flow::job job{"j"};
  job.source("in", nothing::source<int>()).map([](int n) { return n + 1; }).unchained().filter([](int n) { return n != 3; }).sink("out", journal_sink{&j});
  fed t(job);
  CHECK(t.step() == outcome::resting);
  t.deliver(t.sender.records({1, 2, 3}));
  t.deliver(t.sender.watermark(5));
  CHECK(t.step() == outcome::resting);
  CHECK(j.log == lines{"write 2 4", "flush"});
  t.deliver(t.sender.records({4}));
  t.deliver(t.sender.end_of_time());
  t.deliver(t.sender.end());
  CHECK(t.step() == outcome::finished);
  CHECK(without_flush(j.log) == lines{"write 2 4", "write 5", "finish"});
  CHECK(t.task->state() == flow::task::phase::finished);
  t.task->publish();
  CHECK(j.log.back() == "publish");
  t.task->abandon();
  CHECK(j.log.back() == "publish");
  CHECK(t.task->counters().batches_in.value() == 2);
}

TEST_CASE("the credit of every batch comes back once the task rests") {
  journal j;
  flow::job job{"j"};
  job.source("in", nothing::source<int>()).sink("out", journal_sink{&j}).unchained();
  fed t(job);
  std::size_t bytes = 0, back = 0;
  for (int i = 0; i < 20; ++i) {
    auto e = t.sender.records({i});
    bytes += e.bytes;
    t.deliver(std::move(e));
  }
  t.step();
  for (auto const& g : t.transport.given) back += g.what.bytes;
  CHECK(back == bytes);
}

TEST_CASE("a barrier passes behind the batch before it and ahead of the one after it") {
  journal j;
  flow::job job{"j"};
  auto in = job.source("in", nothing::source<int>()).map([](int n) { return n; }).unchained();
  in.sink("out", journal_sink{&j});
  in.map([](int n) { return n * 10; }).unchained().sink("far", nothing::sink{});
  fed t(job, flow::settings{}.batch_size(2));
  t.deliver(t.sender.records({1, 2}));
  t.deliver(t.sender.barrier(7));
  t.deliver(t.sender.records({3, 4}));
  t.step();
  CHECK(t.barriers == std::vector<std::uint64_t>{7});
  CHECK(t.transport.log() == lines{"2 records", "barrier 7", "2 records"});
  CHECK(j.log == lines{"write 1 2", "write 3 4", "flush"});
}

TEST_CASE("an operator that is held up blocks its task, and goes on where it stopped when there is room") {
  journal j;
  j.room = 1;
  flow::job job{"j"};
  job.source("in", nothing::source<int>()).flat_map<int>(repeat).unchained().sink("out", journal_sink{&j});
  fed t(job, flow::settings{}.batch_size(2));
  t.deliver(t.sender.records({2, 1, 1, 1, 1}));
  t.deliver(t.sender.barrier(1));
  t.deliver(t.sender.watermark(5));
  CHECK(t.step() == outcome::blocked);
  CHECK(t.step() == outcome::blocked);
  CHECK(without_flush(j.log) == lines{"write 2 2"});
  CHECK(t.task->input().queued() == 2);
  CHECK(t.barriers.empty());
  j.room = 1;
  CHECK(t.step() == outcome::blocked);
  CHECK(without_flush(j.log) == lines{"write 2 2", "write 1 1"});
  CHECK(t.barriers.empty());
  j.room = 100;
  CHECK(t.step() == outcome::resting);
  CHECK(without_flush(j.log) == lines{"write 2 2", "write 1 1", "write 1 1"});
  CHECK(t.barriers == std::vector<std::uint64_t>{1});
}

TEST_CASE("a task without credit is blocked, finishes when all is sent, and takes no input meanwhile") {
  flow::job job{"j"};
  job.source("in", nothing::source<int>()).map([](int n) { return n; }).unchained().map([](int n) { return n; }).unchained().sink("out", nothing::sink{});
  fed t(job, flow::settings{}.batch_size(1).task_buffer(1));
  for (int n : {1, 2, 3}) t.deliver(t.sender.records({n}));
  t.deliver(t.sender.end_of_time());
  t.deliver(t.sender.end());
  CHECK(t.step() == outcome::blocked);
  CHECK(t.transport.log() == lines{"1 record"});
  CHECK(t.task->input().queued() >= 2);
  for (std::size_t paid = 0, rounds = 0; rounds < 20; ++rounds) {
    for (; paid < t.transport.sent.size(); ++paid)
      if (t.transport.sent[paid].what.records) t.task->take({0, 0, t.transport.sent[paid].what.bytes, {}});
    t.step();
  }
  CHECK(t.task->state() == flow::task::phase::finished);
  CHECK(t.transport.log() == lines{"1 record", "1 record", "1 record", "end of time", "end"});
  CHECK(t.task->counters().most_bytes_in_flight.value() > 0);
  CHECK(t.task->in_flight() == 0);
}

TEST_CASE("time between steps is counted as what the task was doing") {
  journal j;
  flow::job job{"j"};
  job.source("in", nothing::source<int>()).sink("out", journal_sink{&j}).unchained();
  fed t(job);
  t.step();
  t.clock.advance(5ms);
  t.deliver(t.sender.records({1}));
  j.room = 0;
  t.step();
  t.clock.advance(3ms);
  t.step();
  CHECK(t.task->counters().idle_nanoseconds.value() == 5'000'000);
  CHECK(t.task->counters().blocked_nanoseconds.value() == 3'000'000);
}

TEST_CASE("what a task does between steps, and since when, can be seen before its next step") {
  journal j;
  flow::job job{"j"};
  job.source("in", nothing::source<int>()).sink("out", journal_sink{&j}).unchained();
  fed t(job);
  auto const& c = t.task->counters();
  t.clock.advance(1ms);
  t.step();
  CHECK(c.activity.load() == flow::task_activity::idle);
  CHECK(c.activity_since.value() == 1'000'000);
  t.clock.advance(5ms);
  t.deliver(t.sender.records({1}));
  j.room = 0;
  t.step();
  CHECK(c.activity.load() == flow::task_activity::blocked);
  CHECK(c.activity_since.value() == 6'000'000);
  j.room = 10;
  t.deliver(t.sender.end());
  while (t.step() != outcome::finished) {
  }
  CHECK(c.activity.load() == flow::task_activity::working);
}

TEST_CASE("an error leaves the name of the operator at work, cancel and abandon reach the sink") {
  journal j;
  j.broken = true;
  flow::job job{"j"};
  job.source("in", nothing::source<int>()).sink("out", journal_sink{&j}).unchained();
  fed t(job);
  t.deliver(t.sender.records({1}));
  CHECK_THROWS_WITH(t.step(), "operator 'out': disk on fire");
  REQUIRE(t.task->activity().current.load() != nullptr);
  CHECK(t.task->activity().current.load()->name() == "out");
  t.task->abandon();
  t.task->abandon();
  CHECK(j.log == lines{"abandon"});
  journal k;
  flow::job other{"j"};
  other.source("in", nothing::source<int>()).sink("out", journal_sink{&k}).unchained();
  fed u(other);
  u.task->cancel();
  u.task->cancel();
  CHECK(k.log == lines{"finish", "publish"});
}

// The same bug as in libflow/operator/flat_map.cpp, seen from a task: records of one call are written to a sink that
// said it is not ready.
TEST_CASE("a sink that is not ready is not written to") {
  journal j;
  j.room = 1;
  flow::job job{"j"};
  job.source("in", nothing::source<int>()).flat_map<int>(repeat).unchained().sink("out", journal_sink{&j});
  fed t(job, flow::settings{}.batch_size(2));
  t.deliver(t.sender.records({6}));
  t.step();
  CHECK(without_flush(j.log) == lines{"write 6 6"});
}

TEST_CASE("a finished sink is not flushed any more") {
  journal j;
  flow::job job{"j"};
  job.source("in", nothing::source<int>()).sink("out", journal_sink{&j}).unchained();
  fed t(job);
  t.deliver(t.sender.records({1}));
  t.deliver(t.sender.end_of_time());
  t.deliver(t.sender.end());
  REQUIRE(t.step() == outcome::finished);
  CHECK(j.log.back() == "finish");
}
