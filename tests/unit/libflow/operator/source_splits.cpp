#include <catch2/catch.hpp>

#include "scripted_reader.hpp"

// Splits that a source is given while it runs, and the ones that wait elsewhere.

namespace {
using recording::at;
using scripted::last;
using scripted::records;
using scripted::source;
using outcome = flow::source_step::outcome;
using log_lines = std::vector<std::string>;
std::string const no_watermark_yet = "watermark " + std::to_string(recording::micros(flow::no_watermark));  // ends idleness

flow::split_terms const more{.complete = false, .on_request = true, .held = true};
flow::split_terms const no_more{.complete = true, .on_request = true};
flow::split_terms const watching{.complete = false, .on_request = true};
flow::split_terms const ordered{.complete = false, .on_request = true, .in_time_order = true};
}  // namespace

TEST_CASE("a source asks once for another split when it has read those it has, and ends when there is none") {
  source s;
  CHECK_FALSE(s.op.wants_split());
  s.op.assign({"a", ""});
  s.op.splits_known(more);
  CHECK_FALSE(s.op.wants_split());
  s.play({records(0, {1}), last(0, {2})});
  CHECK(s.op.wants_split());
  CHECK_FALSE(s.op.wants_split());
  CHECK(s.step().result == outcome::nothing);
  s.op.assign({"b", ""});
  s.op.splits_known(more);
  CHECK_FALSE(s.op.wants_split());
  s.play({last(1, {3})});
  CHECK(s.op.wants_split());
  s.op.splits_known(no_more);
  CHECK(s.step().result == outcome::ended);
  CHECK(s.out.records == std::vector<std::int64_t>{1, 2, 3});
}

TEST_CASE("a source that was told that nothing is there does not ask again, and takes what comes later") {
  source s(flow::monotonous());
  s.op.splits_known(watching);
  CHECK(s.op.wants_split());
  s.op.splits_known(watching);
  CHECK_FALSE(s.op.wants_split());
  s.step();
  CHECK(s.out.log == log_lines{"idle"});
  s.op.assign({"a", ""});
  s.op.splits_known(watching);
  s.play({records(0, {10}), last(0)});
  CHECK(s.op.wants_split());
  s.op.splits_known(watching);
  s.step();
  CHECK(s.out.log == log_lines{"idle", no_watermark_yet, "1 record", "watermark 9", "idle"});
}

TEST_CASE("a source that asks for a split, or is going to, is not idle") {
  source s(flow::monotonous());
  s.op.assign({"a", ""});
  s.op.splits_known(watching);
  s.play({last(0, {10})});
  REQUIRE(s.op.wants_split());
  s.step();
  CHECK(s.out.log == log_lines{"1 record"});
  s.op.splits_known(watching);
  s.step();
  CHECK(s.out.log == log_lines{"1 record", "idle"});
}

TEST_CASE("splits that nobody has opened hold the watermark") {
  source s(flow::monotonous());
  s.op.assign({"a", ""});
  s.op.splits_known(more);
  s.play({records(0, {10})});
  CHECK(s.out.log == log_lines{"1 record"});
  CHECK(s.op.progress() == flow::no_watermark);
  s.play({last(0)});
  CHECK(s.out.log == log_lines{"1 record"});  // nor is it idle
  s.op.assign({"b", ""});
  s.op.splits_known(no_more);
  s.play({records(1, {30})});
  CHECK(s.out.log == log_lines{"1 record", "1 record", "watermark 29"});
}

TEST_CASE("splits in the order of time do not hold the watermark before they are read") {
  source s(flow::monotonous());
  s.op.assign({"a", ""});
  s.op.assign({"b", ""});
  s.op.splits_known({.complete = true, .on_request = true, .in_time_order = true});
  s.script.waiting = {1};
  s.play({records(0, {10})});
  CHECK(s.out.log == log_lines{"1 record", "watermark 9"});
  s.play({last(0, {20})});  // b is next, and its first time is not known: the watermark stands, but is not idle
  CHECK(s.out.log == log_lines{"1 record", "watermark 9", "1 record"});
  s.script.waiting = {};
  s.play({records(1, {25})});
  CHECK(s.out.log.back() == "watermark 24");
}

TEST_CASE("a source whose splits are all ahead of the others asks for one more, unless that is later still") {
  auto const strategy = flow::monotonous().max_drift(flow::duration{10});
  source any(strategy), in_order(strategy);
  for (auto* s : {&any, &in_order}) {
    s->op.assign({"a", ""});
    s->op.splits_known(s == &any ? more : ordered);
    s->op.grant(at(10));
    s->play({records(0, {100})});
    REQUIRE(s->op.splits()[0].paused);
  }
  CHECK(any.op.wants_split());
  CHECK_FALSE(in_order.op.wants_split());
}

TEST_CASE("what a source keeps does not grow with the splits that it has read") {
  source s(flow::monotonous());
  s.op.splits_known(more);
  for (std::uint32_t i = 0; i < 1000; ++i) {
    s.op.assign({"split", ""});
    s.play({last(i, {2000 - i})});
  }
  CHECK(s.op.splits().size() == 1);
  CHECK(s.script.log.back() == "release 999");
  s.op.assign({"split", "7"});
  s.op.splits_known(no_more);
  CHECK(s.op.progress() == flow::no_watermark);  // and not what the split before it had come to
  s.op.settle_state();
  auto const& stored = scripted::stored_splits(s.op);
  CHECK(stored.size() == 1);
  s.play({last(1000, {5})});
  CHECK(s.step().result == outcome::ended);
  s.op.settle_state();
  CHECK(stored.empty());
}
