#include <catch2/catch.hpp>

#include <stdexcept>

#include "scripted_reader.hpp"

namespace {
using namespace std::chrono_literals;
using recording::at;
using scripted::last;
using scripted::records;
using scripted::source;
using outcome = flow::source_step::outcome;
using log_lines = std::vector<std::string>;
}  // namespace

TEST_CASE("a source polls nothing before its splits are known and ends with the last of them") {
  source s;
  CHECK(s.step().result == outcome::nothing);
  CHECK(s.script.polled == 0);
  s.op.assign({"a", "17"});
  s.op.assign({"b", ""});
  s.op.splits_known({});
  CHECK(s.script.log == log_lines{"assign 0 a@17", "assign 1 b@"});
  s.play({records(0, {1, 2}), last(1, {3}), last(0)});
  CHECK(s.step().result == outcome::ended);
  CHECK(s.out.records == std::vector<std::int64_t>{1, 2, 3});
  CHECK(s.out.times.empty());
  CHECK(s.out.log == log_lines{"2 records", "1 record"});
  CHECK(s.script.polled == 3);
  CHECK(s.op.counters().records_in.value() == 3);
  CHECK(s.op.counters().processed.value() == 3);
}

TEST_CASE("a source without splits ends at once, unless more may come") {
  source done;
  done.splits(0);
  CHECK(done.step().result == outcome::ended);
  source waits(flow::monotonous());
  waits.splits(0, false);
  CHECK(waits.step().result == outcome::nothing);
  CHECK(waits.out.log == log_lines{"idle"});
  waits.step();
  CHECK(waits.out.log == log_lines{"idle"});
  CHECK(waits.op.progress() == flow::end_of_time);
}

TEST_CASE("a source polls when its receivers take batches, and says when to poll again") {
  source s;
  s.splits(1);
  s.out.room = 0;
  CHECK(s.step().result == outcome::blocked);
  CHECK(s.script.polled == 0);
  s.out.room = 5;
  s.script.polls = {{0, {1}, flow::poll_status::records}, {0, {}, flow::poll_status::nothing, 3ms}, {0, {}, flow::poll_status::nothing}};
  CHECK(s.step().result == outcome::progress);
  auto const nothing = s.step();
  CHECK(nothing.result == outcome::nothing);
  CHECK(nothing.retry_after == 3ms);
  CHECK_FALSE(s.step().retry_after);
}

TEST_CASE("a source that is stopped reads nothing more and ends when its receivers have taken what they hold back") {
  source s;
  s.op.stop();
  s.op.assign({"a", ""});
  s.out.room = 0;
  CHECK(s.step().result == outcome::blocked);
  s.out.room = 1;
  CHECK(s.step().result == outcome::ended);
  CHECK(s.script.log.empty());
  CHECK(s.script.polled == 0);
}

TEST_CASE("the watermark of a source is the lowest of its splits, unread ones and those not reached included") {
  source s(flow::monotonous());
  s.splits(3);
  s.script.waiting = {2};
  s.play({records(0, {100}), records(1, {50}), records(0, {200})});
  CHECK(s.out.log == log_lines{"1 record", "1 record", "1 record"});
  CHECK(s.op.progress() == flow::no_watermark);
  s.play({records(2, {70})});
  CHECK(s.out.log.back() == "watermark 49");
  s.play({last(1, {60})});
  CHECK(s.out.log.back() == "watermark 69");
  s.play({last(2)});
  CHECK(s.out.log.back() == "watermark 199");
  CHECK(s.op.progress() == at(199));
  s.play({last(0)});
  CHECK(s.step().result == outcome::ended);
}

TEST_CASE("the watermark never goes back and is sent only when it moves") {
  source s(flow::monotonous());
  s.splits(1);
  s.play({records(0, {10}), records(0, {5}), records(0, {10}), records(0, {11})});
  CHECK(s.out.log == log_lines{"1 record", "watermark 9", "1 record", "1 record", "1 record", "watermark 10"});
}

TEST_CASE("a watermark that finds no room waits and is sent before the next poll") {
  source s(flow::monotonous());
  s.splits(1);
  s.out.room = 1;
  s.script.polls = {records(0, {10})};
  CHECK(s.step().result == outcome::progress);
  CHECK(s.step().result == outcome::blocked);
  CHECK(s.out.log == log_lines{"1 record"});
  s.out.room = 1;
  s.script.polls = {records(0, {11})};
  s.step();
  CHECK(s.out.log == log_lines{"1 record", "watermark 9", "1 record"});
}

TEST_CASE("errors of the reader and of the time's function name the source, the latter the record too") {
  source s(flow::monotonous());
  CHECK_THROWS_WITH(s.op.assign({"bad", ""}), "operator 'the-source': no such split");
  source t(flow::monotonous());
  t.splits(1);
  t.script.polls = {records(0, {1, 13})};
  CHECK_THROWS_WITH(t.step(), "operator 'the-source': the function threw: unlucky; the record was 13");
}

TEST_CASE("a barrier finds the positions of the splits and their watermarks in declared state") {
  source s(flow::monotonous());
  s.splits(2);
  s.play({records(0, {1, 2, 3})});
  s.op.settle_state();
  s.op.pass({7, 6});
  CHECK(s.out.log.back() == "barrier 7");
  REQUIRE(s.op.state().objects().size() == 1);
  CHECK(s.op.state().objects()[0]->name() == "splits");
  auto const& splits = scripted::stored_splits(s.op);
  REQUIRE(splits.size() == 2);
  CHECK(splits[0].value.id == "s0");
  CHECK(splits[0].value.position == "3");
  CHECK(splits[1].value.position == "0");
  CHECK(splits[0].watermarks != splits[1].watermarks);  // what their generators remember
}

TEST_CASE("a split too far ahead is paused and goes on when it is granted more") {
  source s(flow::monotonous().max_drift(flow::duration{100}));
  s.splits(2);
  s.op.grant(at(100));
  s.play({records(0, {90}), records(1, {10})});
  CHECK(s.script.log.empty());
  s.play({records(0, {102})});
  CHECK(s.script.log == log_lines{"pause 0"});
  s.op.grant(at(100));
  CHECK(s.script.log == log_lines{"pause 0"});
  CHECK(s.op.progress() == at(9));
  s.op.grant(at(101));
  CHECK(s.script.log == log_lines{"pause 0", "go on 0"});
}

TEST_CASE("before the first grant a source keeps to the bound by what it saw first") {
  source s(flow::monotonous().max_drift(flow::duration{100}));
  s.splits(2);
  s.play({records(0, {500}), records(0, {600}), records(1, {100})});
  CHECK(s.script.log.empty());
  s.play({records(0, {601})});
  CHECK(s.script.log == log_lines{"pause 0"});
  CHECK(s.op.progress() == at(99));
  s.op.grant(at(600));
  CHECK(s.script.log == log_lines{"pause 0", "go on 0"});
}

TEST_CASE("a source counts the bytes that its reader has read, of polls without records too") {
  source s;
  s.splits(1);
  s.play({records(0, {1, 2}), {0, {}, flow::poll_status::nothing}, last(0)});
  CHECK(s.op.counters().bytes.value() == 20 + 3);
}

TEST_CASE("a source is marked idle until it has records or time again") {
  source s(flow::monotonous().idle_after(1s));
  s.splits(1);
  CHECK_FALSE(s.op.counters().idle.load());
  s.step();
  s.step(2s);
  CHECK(s.out.log == log_lines{"idle"});
  CHECK(s.op.counters().idle.load());
  s.play({records(0, {5})});
  CHECK_FALSE(s.op.counters().idle.load());
}
