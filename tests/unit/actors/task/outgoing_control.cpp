#include <catch2/catch.hpp>

#include "task/outgoing.hpp"

#include "wire.hpp"

// Control on an exchange: watermarks, idle, barriers and the end among batches.

namespace {
using namespace std::chrono_literals;
using wire::at;
using wire::batch_of;
using flow::partitioning;
using lines = std::vector<std::string>;

struct exchange {
  explicit exchange(std::size_t n = 1, std::size_t window = 1 << 20, partitioning how = partitioning::custom)
      : out(0, how, wire::targets(n, window), flow::settings{}.batch_size(3), transport, counters) {
    out.tick(now, false);
  }
  void give(std::vector<int> const& records, std::vector<std::uint64_t> const& targets_of = {}) {
    auto b = batch_of(records, {}, targets_of);
    out.receive(b);
  }
  void pay(std::size_t bytes, std::uint32_t target = 0) { out.take({0, target, bytes, {}}); }
  void tick(std::chrono::nanoseconds after, bool resting = false) { out.tick(now += after, resting); }

  wire::transport transport;
  flow::task_counters counters;
  std::chrono::nanoseconds now{1'000'000'000};
  flow::outgoing out;
};
}  // namespace

TEST_CASE("a partial batch and the watermark behind it go out when the task rests") {
  exchange e;
  e.give({1});
  e.out.watermark(at(7));
  CHECK(e.transport.log().empty());
  e.tick(1ns, true);
  CHECK(e.transport.log() == lines{"1 record", "watermark 7"});
  e.tick(1s, true);
  CHECK(e.transport.log().size() == 2);
}

TEST_CASE("under load watermarks go at most once an interval, the newest of them") {
  exchange e;
  e.out.watermark(at(1));
  e.tick(200us);
  for (int i = 2; i < 12; ++i) {
    e.out.watermark(at(i));
    e.tick(19us);
  }
  CHECK(e.transport.log() == lines{"watermark 1"});
  e.tick(10us);
  CHECK(e.transport.log() == lines{"watermark 1", "watermark 11"});
}

TEST_CASE("a partial batch goes at the latest when it is older than the delay") {
  exchange e;
  e.give({1});
  e.tick(1us);
  e.tick(4'999us);
  CHECK(e.transport.log().empty());
  e.tick(1us);
  CHECK(e.transport.log() == lines{"1 record"});
  e.give({2});
  e.tick(1us);
  e.tick(4'999us);
  CHECK(e.transport.log().size() == 1);
}

TEST_CASE("a watermark never overtakes a record before it, partial or waiting for credit") {
  exchange e(1, 1);
  e.give({1, 2});
  e.give({3, 4});
  e.out.watermark(at(9));
  e.tick(1ms, true);
  CHECK(e.transport.log() == lines{"2 records"});
  e.pay(1'000'000);
  CHECK(e.transport.log() == lines{"2 records", "2 records", "watermark 9"});
  exchange f(1, 1);
  f.give({1, 2});
  f.give({3});
  f.out.watermark(at(9));
  f.tick(1ms, true);
  CHECK(f.transport.log() == lines{"2 records"});
  f.pay(1'000'000);
  f.tick(1ms, true);
  CHECK(f.transport.log() == lines{"2 records", "1 record", "watermark 9"});
}

TEST_CASE("of watermarks that wait behind a batch only the newest is kept") {
  exchange e(1, 1);
  e.give({1, 2});
  e.give({3, 4});
  for (int i = 1; i <= 5; ++i) {
    e.out.watermark(at(i));
    e.tick(1ms, true);
  }
  e.pay(1'000'000);
  CHECK(e.transport.log() == lines{"2 records", "2 records", "watermark 5"});
}

TEST_CASE("a barrier takes along what was before it and needs no credit of its own") {
  exchange e(2);
  e.give({1}, {0});
  e.out.watermark(at(3));
  e.out.pass({8, 7});
  e.give({2}, {0});
  CHECK(e.transport.log(0) == lines{"1 record", "watermark 3", "barrier 8"});
  CHECK(e.transport.log(1) == lines{"watermark 3", "barrier 8"});
  CHECK(e.transport.sent.back().what.barrier.completed == 7);
  exchange waits(1, 1);
  waits.give({1, 2});
  waits.out.pass({1, 0});
  CHECK(waits.transport.log() == lines{"2 records", "barrier 1"});
  waits.give({3, 4});
  waits.out.pass({2, 1});
  CHECK(waits.transport.log() == lines{"2 records", "barrier 1"});
  waits.pay(1'000'000);
  CHECK(waits.transport.log() == lines{"2 records", "barrier 1", "2 records", "barrier 2"});
}

TEST_CASE("the end comes last, behind everything that waits") {
  exchange e(1, 1);
  e.give({1, 2});
  e.give({3, 4});
  e.give({5});
  e.out.watermark(flow::end_of_time);
  e.out.end();
  CHECK_FALSE(e.out.drained());
  e.pay(1'000'000);
  CHECK(e.transport.log() == lines{"2 records", "2 records", "1 record", "end of time", "end"});
  CHECK(e.out.drained());
}

TEST_CASE("idle follows what came before, and a watermark after it ends it unsent") {
  exchange e;
  e.give({1});
  e.out.watermark(at(4));
  e.out.idle();
  e.tick(1ms, true);
  CHECK(e.transport.log() == lines{"1 record", "watermark 4", "idle"});
  e.out.idle();
  e.out.watermark(at(5));
  e.tick(1ms, true);
  CHECK(e.transport.log().back() == "watermark 5");
  CHECK(e.transport.log().size() == 4);
}

TEST_CASE("control goes to every target") {
  exchange e(3, 1 << 20, partitioning::broadcast);
  e.give({1});
  e.out.watermark(at(4));
  e.out.end();
  for (std::uint32_t t = 0; t < 3; ++t) CHECK(e.transport.log(t) == lines{"1 record", "watermark 4", "end"});
}

TEST_CASE("no watermark overtakes records that wait for the credit of one target") {
  exchange e(3, 1, partitioning::broadcast);
  e.give({1, 2, 3});  // takes all credit
  e.give({4});
  e.out.watermark(at(4));
  e.tick(1s, true);
  for (std::uint32_t t = 0; t < 3; ++t) CHECK(e.transport.log(t) == lines{"3 records"});
  for (std::uint32_t t = 0; t < 3; ++t) e.pay(1'000, t);
  e.tick(1s, true);
  for (std::uint32_t t = 0; t < 3; ++t) CHECK(e.transport.log(t) == lines{"3 records", "1 record", "watermark 4"});
}

TEST_CASE("records that end an idleness which was not sent yet are not followed by it") {
  exchange e;
  e.out.watermark(at(4));
  e.tick(1ms);
  e.out.idle();
  e.tick(1us);  // within the watermark interval: not sent
  e.give({1});
  e.tick(1ms, true);
  CHECK(e.transport.log().back() == "1 record");
}

TEST_CASE("the bytes in flight of a task are those of all its exchanges") {
  wire::transport transport;
  flow::task_counters counters;
  auto const s = flow::settings{}.batch_size(2);
  flow::outgoing first(0, partitioning::forward, wire::targets(1, 1'000), s, transport, counters);
  flow::outgoing second(1, partitioning::forward, wire::targets(1, 1'000), s, transport, counters);
  auto a = batch_of<int>({1, 2}), b = batch_of<int>({3, 4});
  first.receive(a);
  second.receive(b);
  CHECK(counters.bytes_in_flight.value() == first.in_flight() + second.in_flight());
  CHECK(counters.most_bytes_in_flight.value() == first.in_flight() + second.in_flight());
}
