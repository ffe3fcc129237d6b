#include <catch2/catch.hpp>

#include <stdexcept>

#include <flow/operator/event_time.hpp>
#include <flow/testing/carried_state.hpp>

#include "../recording.hpp"

namespace {
using recording::at;
using recording::batch_of;
using log_lines = std::vector<std::string>;

struct stamped : recording::alone<int, flow::event_time_operator> {
  stamped() : alone(4, make()) {}
  static std::unique_ptr<flow::time_assigner> make() {
    auto const time_of = [](int n) { return n == 13 ? throw std::runtime_error("unlucky") : at(n * 10); };
    return std::make_unique<flow::typed_time_assigner<int, decltype(time_of), flow::bounded_disorder>>(
        time_of, flow::out_of_order_by(flow::duration{4}));
  }
};
}  // namespace

TEST_CASE("event_time gives each record its time and a watermark behind the batch that moves it") {
  stamped op;
  op.give(batch_of<int>({1, 3, 2}));
  op.give(batch_of<int>({3}));
  op.give(batch_of<int>({4}));
  CHECK(op.out.times == std::vector<std::int64_t>{10, 30, 20, 30, 40});
  CHECK(op.out.log == log_lines{"3 records", "watermark 25", "1 record", "1 record", "watermark 35"});
  CHECK(op.op.counters().watermark.load() == at(35));
}

TEST_CASE("event_time replaces times and watermarks from before, except the end") {
  stamped op;
  op.give(batch_of<int>({1}, {5'000}));
  op.op.watermark(at(4'999));
  op.op.idle();
  op.op.watermark(flow::end_of_time);
  CHECK(op.out.times == std::vector<std::int64_t>{10});
  CHECK(op.out.log == log_lines{"1 record", "watermark 5", "idle", "end of time"});
}

TEST_CASE("event_time stamps a copy of a batch that others read") {
  stamped op;
  auto const shared = batch_of<int>({1, 2}, {7, 8}, {3, 4});
  op.give(shared);
  CHECK(shared->timestamps()[0] == at(7));
  CHECK(op.out.times == std::vector<std::int64_t>{10, 20});
  CHECK(op.out.hashes == std::vector<std::uint64_t>{3, 4});
}

TEST_CASE("the watermark of a batch waits while the receivers take no more") {
  stamped op;
  op.out.room = 1;
  op.give(batch_of<int>({1}));
  CHECK(op.out.log == log_lines{"1 record"});
  CHECK(op.op.suspended());
  op.op.resume();
  CHECK(op.op.suspended());
  op.out.room = 1;
  op.op.resume();
  CHECK_FALSE(op.op.suspended());
  CHECK(op.out.log == log_lines{"1 record", "watermark 5"});
}

TEST_CASE("an exception of the time's function names the operator and the record") {
  stamped op;
  CHECK_THROWS_WITH(op.give(batch_of<int>({1, 13, 2})), "operator 'the-operator': the function threw: unlucky; the record was 13");
}

TEST_CASE("a restored event_time says how far time had come, also before a record comes") {
  stamped before;
  before.give(batch_of<int>({3}));
  before.op.settle_state();
  flow::testing::carried_state carried;
  carried.take(before.op.state());
  flow::event_time_operator after("after", stamped::make());
  recording::recorder<int> out;
  after.port(0).connect(out);
  after.state().restore_from(&carried);
  after.start(recording::context());
  REQUIRE(after.look_is_due({}));
  after.look_now({});
  CHECK(out.log == log_lines{"watermark 25"});
  auto b = batch_of<int>({1});
  after.receive(b);
  CHECK(out.log == log_lines{"watermark 25", "1 record"});
}
