#include <catch2/catch.hpp>

#include "task/blueprint.hpp"
#include "task/task.hpp"

#include "../../libflow/graph/nothing.hpp"
#include "../../libflow/operator/scripted_reader.hpp"
#include "wire.hpp"

namespace {
using namespace std::chrono_literals;
using lines = std::vector<std::string>;
using outcome = flow::task::outcome;
using scripted::last;
using scripted::records;

/// Task 0 of a job: a scripted source that sends to a second task.
struct source_task {
  explicit source_task(flow::duration max_drift = {}, flow::settings s = {}, bool repeats = false) {
    flow::job job{"j"};
    flow::source<std::int64_t> const from{[] { return std::make_unique<nothing::no_splits>(); },
                                          [this] { return std::make_unique<scripted::reader>(script); }};
    auto stream = job.source("in", from).event_time([](std::int64_t t) { return wire::at(t); }, flow::monotonous().idle_after(1s).max_drift(max_drift));
    if (repeats)
      stream = stream.flat_map<std::int64_t>([](std::int64_t n, flow::output<std::int64_t>& out) { for (auto i = n; i > 0; --i) out.emit(n); });
    stream.map([](std::int64_t n) { return n; })
        .unchained()
        .sink("out", nothing::sink{});
    s.parallelism(1).batch_size(2);
    auto const plan = flow::make_plan(job.graph(), s);
    task = std::make_unique<flow::task>(flow::make_blueprints(job.graph(), plan, s).at(0).at(0), s, transport, clock);
    task->on_barrier = [this](flow::barrier const& b) { barriers.push_back(b.checkpoint); };
    task->start({});
  }
  scripted::script script;
  wire::transport transport;
  flow::manual_clock clock;
  std::unique_ptr<flow::task> task;
  std::vector<std::uint64_t> barriers;
};
}  // namespace

TEST_CASE("a source task reads to the end of its splits, then sends the end of time and the end") {
  source_task t;
  CHECK(t.task->step().what == outcome::resting);
  CHECK(t.task->progress() == flow::no_watermark);
  t.task->assign({{"a", ""}}, {});
  t.script.polls = {records(0, {10, 11}), last(0, {12})};
  CHECK(t.task->step().what == outcome::finished);
  auto const log = t.transport.log();
  REQUIRE(log.size() >= 4);
  CHECK(log.front() == "2 records");
  CHECK(log[log.size() - 2] == "end of time");
  CHECK(log.back() == "end");
  CHECK(t.transport.records<std::int64_t>() == std::vector<std::int64_t>{10, 11, 12});
  CHECK(t.task->progress() == flow::end_of_time);
}

TEST_CASE("an injected barrier passes at once, also while the output is held back and before splits are known") {
  source_task t({}, flow::settings{}.task_buffer(1));
  t.task->inject({1, 0});
  t.task->step();
  CHECK(t.barriers == std::vector<std::uint64_t>{1});
  t.task->assign({{"a", ""}}, {});
  t.script.polls = {records(0, {10, 11}), records(0, {12, 13}), records(0, {14, 15})};
  CHECK(t.task->step().what == outcome::blocked);
  t.task->inject({2, 1});
  t.task->inject({3, 1});
  CHECK(t.task->step().what == outcome::blocked);
  CHECK(t.task->step().what == outcome::blocked);
  CHECK(t.barriers == std::vector<std::uint64_t>{1, 2, 3});
  CHECK(t.transport.log() == lines{"barrier 1", "2 records"});
  CHECK(t.script.polls.size() == 1);
}

TEST_CASE("a barrier waits while an operator of the chain holds back records that were before it") {
  source_task t({}, flow::settings{}.task_buffer(1), true);
  t.task->assign({{"a", ""}}, {.complete = false});
  t.script.polls = {records(0, {5, 1})};  // the 5 fills two batches, the 1 waits
  CHECK(t.task->step().what == outcome::blocked);
  t.task->inject({1, 0});
  t.task->step();
  CHECK(t.barriers.empty());
  for (int i = 0; i < 3; ++i) {
    t.task->take({0, 0, 1 << 20, {}});
    t.task->step();
  }
  CHECK(t.barriers == std::vector<std::uint64_t>{1});
  auto const log = t.transport.log();
  REQUIRE(log.size() >= 4);
  CHECK(lines(log.begin(), log.begin() + 4) == lines{"2 records", "2 records", "2 records", "barrier 1"});
  CHECK(t.transport.records<std::int64_t>() == std::vector<std::int64_t>{5, 5, 5, 5, 5, 1});
}

TEST_CASE("a source gives nothing behind a barrier that holds it, until it goes on, and that is said of barriers that still wait, too") {
  source_task t;
  t.task->assign({{"a", ""}}, {.complete = false});
  t.script.polls = {records(0, {10, 11}), records(0, {12, 13})};
  t.task->inject({1, 0}, true);
  CHECK(t.task->step().what == outcome::resting);
  CHECK(t.transport.log() == lines{"barrier 1"});
  t.task->inject({2, 0}, true);
  t.task->go_on();
  t.task->step();
  CHECK(t.barriers == std::vector<std::uint64_t>{1, 2});
  CHECK(t.transport.records<std::int64_t>() == std::vector<std::int64_t>{10, 11, 12, 13});
}

TEST_CASE("a task that has finished passes all barriers that have come since its last step") {
  source_task t;
  t.task->assign({}, {});
  CHECK(t.task->step().what == outcome::finished);
  t.task->inject({1, 0});
  t.task->inject({2, 1});
  t.task->step();
  CHECK(t.barriers == std::vector<std::uint64_t>{1, 2});
}

TEST_CASE("a source task that is held up does not become idle, one whose input rests does") {
  source_task t({}, flow::settings{}.task_buffer(1));
  t.task->assign({{"a", ""}}, {.complete = false});
  t.script.polls = {records(0, {10, 11}), records(0, {12, 13})};
  CHECK(t.task->step().what == outcome::blocked);
  t.clock.advance(1h);
  CHECK(t.task->step().what == outcome::blocked);
  for (int i = 0; i < 2; ++i) t.task->take({0, 0, 1 << 20, {}});
  auto const rests = t.task->step();
  CHECK(rests.what == outcome::resting);
  CHECK(rests.again_at == t.clock.now() + 1s);
  CHECK(t.task->progress() == wire::at(12));
  t.clock.advance(1s);
  CHECK_FALSE(t.task->step().again_at);
  CHECK(t.transport.log().back() == "idle");
  CHECK(t.task->progress() == flow::end_of_time);
}

TEST_CASE("a grant reaches the source of a task and lets a paused split go on") {
  source_task t(flow::duration{100});
  CHECK(t.task->max_drift() == flow::duration{100});
  t.task->assign({{"a", ""}, {"b", ""}}, {});
  t.task->grant(wire::at(50));
  t.script.log.clear();
  t.script.polls = {records(0, {80})};
  t.task->step();
  CHECK(t.script.log == lines{"pause 0"});
  t.task->grant(wire::at(80));
  CHECK(t.script.log == lines{"pause 0", "go on 0"});
}

TEST_CASE("splits that come behind an injected barrier are taken when it has passed") {
  source_task t({}, flow::settings{}.task_buffer(1), true);
  t.task->assign({{"a", ""}}, {.complete = false, .on_request = true});
  t.script.polls = {records(0, {5, 1})};  // the 5 fills two batches, the 1 waits
  CHECK(t.task->step().what == outcome::blocked);
  t.task->inject({1, 0});
  t.task->assign({{"b", "7"}}, {.complete = false, .on_request = true});
  t.task->inject({2, 0});
  t.task->assign({{"c", ""}}, {.on_request = true});
  CHECK(t.script.log == lines{"assign 0 a@"});
  t.script.log.clear();
  t.task->on_barrier = [&](flow::barrier const& b) { t.script.log.push_back("barrier " + std::to_string(b.checkpoint)); };
  for (int i = 0; i < 3; ++i) {
    t.task->take({0, 0, 1 << 20, {}});
    t.task->step();
  }
  CHECK(t.script.log == lines{"barrier 1", "assign 1 b@7", "barrier 2", "assign 2 c@"});
}

TEST_CASE("a task asks for a split when its source does, while it runs") {
  source_task t;
  CHECK_FALSE(t.task->wants_split());
  t.task->assign({}, {.complete = false, .on_request = true});
  CHECK(t.task->wants_split());
  CHECK_FALSE(t.task->wants_split());
}
