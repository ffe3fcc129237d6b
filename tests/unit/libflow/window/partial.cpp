#include <catch2/catch.hpp>

#include <map>

#include <flow/testing/carried_state.hpp>
#include <flow/window/functions.hpp>
#include <flow/window/partial.hpp>

#include "../recording.hpp"

// The first phase of windows over the whole stream: what a subtask sends of its slices, and when.

namespace {
using recording::at;
using recording::batch_of;
using log_lines = std::vector<std::string>;

struct partials {
  using function = flow::aggregate_function<std::int64_t, flow::whole_stream, flow::count>;

  explicit partials(flow::state_source* from = nullptr, std::uint32_t batch_size = 1024)
      : op("partials", flow::tumbling_windows(flow::duration{10}), function{}) {
    op.port(0).connect(sent);
    op.port(1).connect(late);
    op.state().restore_from(from);
    op.start(recording::context(batch_size));
  }
  void give(std::vector<std::int64_t> const& times) {
    auto b = batch_of(times, times);
    op.receive(b);
  }
  /// Records sent by the start of their slice.
  std::map<std::int64_t, std::int64_t> counts() const {
    std::map<std::int64_t, std::int64_t> all;
    for (std::size_t i = 0; i < sent.records.size(); ++i) all[sent.times[i]] += sent.records[i].value.records;
    return all;
  }

  flow::partial_operator<function> op;
  recording::recorder<flow::partial<flow::count>> sent;
  recording::recorder<std::int64_t> late;
};
}  // namespace

TEST_CASE("parts of one slice that several subtasks left behind are each sent once, with what is added to it") {
  partials a, b;
  a.give({1, 2, 15});
  a.op.watermark(at(3));
  b.give({4, 25});
  b.op.watermark(at(8));
  flow::testing::carried_state both(2);
  both.take(a.op.state(), 0);
  both.take(b.op.state(), 1);
  SECTION("by one") {
    both.give_to(0, 1);
    partials one(&both);
    one.give({5, 6, 16});
    one.op.watermark(at(9));
    CHECK(one.counts() == std::map<std::int64_t, std::int64_t>{{0, 5}});
    CHECK(one.sent.records.size() == 2);
    one.op.watermark(flow::end_of_time);
    CHECK(one.counts() == std::map<std::int64_t, std::int64_t>{{0, 5}, {10, 2}, {20, 1}});
  }
  SECTION("by three") {
    std::map<std::int64_t, std::int64_t> all;
    for (std::uint32_t subtask = 0; subtask < 3; ++subtask) {
      both.give_to(subtask, 3);
      partials one(&both);
      one.op.watermark(flow::end_of_time);
      for (auto const& [slice, n] : one.counts()) all[slice] += n;
    }
    CHECK(all == std::map<std::int64_t, std::int64_t>{{0, 3}, {10, 1}, {20, 1}});
  }
}

TEST_CASE("a subtask that becomes idle sends the parts that it has: the windows are fired without its watermark") {
  partials p;
  p.give({1, 15, 2});
  p.op.watermark(at(3));
  p.op.idle();
  CHECK(p.counts() == std::map<std::int64_t, std::int64_t>{{0, 2}, {10, 1}});
  CHECK(p.sent.log == log_lines{"watermark 3", "2 records", "idle"});
  p.give({4});
  p.op.watermark(at(9));
  CHECK(p.counts() == std::map<std::int64_t, std::int64_t>{{0, 3}, {10, 1}});
  CHECK(p.sent.log.back() == "watermark 9");
}

TEST_CASE("a subtask says that it is idle when its parts have been sent, and lets a barrier pass then") {
  partials p(nullptr, 1);
  p.give({1, 11, 21});
  p.sent.room = 1;
  p.op.idle();
  for (int i = 0; p.op.suspended(); ++i) {
    REQUIRE(i < 10);
    CHECK(p.sent.log.back() != "idle");
    CHECK_FALSE(p.op.may_pass_barrier());
    p.sent.room = 1;
    p.op.resume();
  }
  CHECK(p.op.may_pass_barrier());
  CHECK(p.sent.log == log_lines{"1 record", "1 record", "1 record", "idle"});
}

TEST_CASE("a restored first phase has the same records late as before") {
  partials before;
  before.give({1, 12});
  before.op.watermark(at(10));
  flow::testing::carried_state carried;
  carried.take(before.op.state());
  partials after(&carried);
  after.op.watermark(at(4));
  after.give({2, 13});
  CHECK(after.late.records == std::vector<std::int64_t>{2});
  CHECK(after.sent.log == log_lines{"watermark 10"});
  after.op.watermark(at(19));
  CHECK(after.counts() == std::map<std::int64_t, std::int64_t>{{10, 2}});
}
