#include <catch2/catch.hpp>

#include "scripted_reader.hpp"

// The idle clock of source_operator, by hand.

namespace {
using namespace std::chrono_literals;
using scripted::records;
using scripted::source;
using outcome = flow::source_step::outcome;
using log_lines = std::vector<std::string>;

auto const strategy = flow::monotonous().idle_after(1s);
}  // namespace

TEST_CASE("a split that is polled and gives nothing for the whole time is idle, and not before") {
  source s(strategy);
  s.splits(1, false);
  s.play({records(0, {10})});
  s.step(500ms);
  auto const waits = s.step(400ms);
  CHECK(waits.result == outcome::nothing);
  CHECK(waits.retry_after == 100ms);
  CHECK(s.out.log == log_lines{"1 record", "watermark 9"});
  CHECK_FALSE(s.op.splits()[0].idle);
  s.step(99ms);
  CHECK_FALSE(s.op.splits()[0].idle);
  auto const idle = s.step(1ms);
  CHECK(s.op.splits()[0].idle);
  CHECK(s.out.log == log_lines{"1 record", "watermark 9", "idle"});
  CHECK_FALSE(idle.retry_after);
  CHECK(s.op.progress() == flow::end_of_time);
}

TEST_CASE("an idle split no longer holds the watermark, and holds it again with its next record") {
  source s(strategy);
  s.splits(2, false);
  s.play({records(0, {10}), records(1, {20})});
  s.step(600ms);
  s.script.polls = {records(1, {30})};
  s.step(300ms);
  CHECK(s.out.log.back() == "1 record");
  s.step(200ms);
  CHECK(s.op.splits()[0].idle);
  CHECK_FALSE(s.op.splits()[1].idle);
  CHECK(s.out.log.back() == "watermark 29");
  s.play({records(0, {35}), records(1, {50})});
  CHECK_FALSE(s.op.splits()[0].idle);
  CHECK(s.out.log.back() == "watermark 34");
}

TEST_CASE("records start the idle clock anew") {
  source s(strategy);
  s.splits(1, false);
  for (int i = 0; i < 5; ++i) {
    s.play({records(0, {20 + i})});
    s.step(900ms);
    CHECK_FALSE(s.op.splits()[0].idle);
  }
  s.step(100ms);
  CHECK(s.op.splits()[0].idle);
}

TEST_CASE("the idle clock stands still while something else than the input holds the source up") {
  source s(strategy);
  s.splits(1, false);
  s.play({records(0, {10})});
  s.step(600ms);
  s.out.room = 0;
  CHECK(s.step(1h).result == outcome::blocked);
  s.op.held_up();  // as its task says then
  s.out.room = 10;
  s.step(1h);
  CHECK_FALSE(s.op.splits()[0].idle);
  s.step(399ms);
  CHECK_FALSE(s.op.splits()[0].idle);
  s.step(1ms);
  CHECK(s.op.splits()[0].idle);
}

TEST_CASE("the idle clock of a split that waits its turn behind others stands still") {
  source s(strategy);
  s.splits(2, false);
  s.script.waiting = {1};
  s.play({records(0, {10})});
  s.step(2s);
  CHECK(s.op.splits()[0].idle);
  CHECK_FALSE(s.op.splits()[1].idle);
  CHECK(s.out.log == log_lines{"1 record"});
  CHECK(s.op.progress() == flow::no_watermark);
  s.script.waiting = {};
  s.step(1s);
  CHECK(s.op.splits()[1].idle);
  CHECK(s.out.log == log_lines{"1 record", "idle"});
}

TEST_CASE("the idle clock of a split that drift has paused stands still") {
  source s(flow::monotonous().idle_after(1s).max_drift(flow::duration{5}));
  s.splits(2, false);
  s.op.grant(recording::at(50));
  s.play({records(0, {100}), records(1, {10})});
  REQUIRE(s.op.splits()[0].paused);
  s.step(5s);
  CHECK_FALSE(s.op.splits()[0].idle);
  CHECK(s.op.splits()[1].idle);
}

TEST_CASE("without a limit a split is never idle") {
  source s(flow::monotonous());
  s.splits(1, false);
  s.play({records(0, {10})});
  for (int i = 0; i < 10; ++i) CHECK_FALSE(s.step(24h).retry_after);
  CHECK(s.out.log == log_lines{"1 record", "watermark 9"});
}

TEST_CASE("a source that was idle says so with its next record, also where that moves no watermark, for receivers that it is not for") {
  source s(strategy);
  s.splits(1, false);
  s.play({records(0, {10})});
  s.step(0ms);
  s.step(1s);
  REQUIRE(s.out.log == log_lines{"1 record", "watermark 9", "idle"});
  s.play({records(0, {7})});
  CHECK(s.out.log == log_lines{"1 record", "watermark 9", "idle", "watermark 9", "1 record"});
}

TEST_CASE("a source that was idle holds the watermark again when it is given a split") {
  source s(strategy);
  s.splits(1, false);
  s.play({records(0, {10})});
  s.step(0ms);
  s.step(1s);
  REQUIRE(s.out.log.back() == "idle");
  s.op.assign({"another", ""});
  s.step();
  CHECK(s.out.log.back() == "watermark 9");
}
