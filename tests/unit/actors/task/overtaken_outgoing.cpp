#include <catch2/catch.hpp>

#include "task/outgoing.hpp"

#include "wire.hpp"

// Barriers that overtake, as a sender sees them; and what was on its way, sent again.

namespace {
using wire::batch_of;
using flow::partitioning;
using lines = std::vector<std::string>;

struct exchange {
  explicit exchange(std::size_t n = 1, std::size_t window = 1, partitioning how = partitioning::custom)
      : out(0, how, wire::targets(n, window), flow::settings{}.batch_size(2), transport, counters) {}
  void give(std::vector<int> const& records, std::vector<std::uint64_t> const& targets_of = {}) {
    auto b = batch_of(records, {}, targets_of);
    out.receive(b);
  }
  void pay(std::uint32_t target = 0, std::size_t bytes = 1'000'000) { out.take({0, target, bytes, {}}); }
  /// Credit for one batch.
  void pay_one() { pay(0, transport.sent.front().what.bytes); }
  void barrier(std::uint64_t id) {
    if (id == 0 || !ended) out.pass({id, id - 1});
    out.mark_barrier(id);
  }
  bool overtake(std::uint64_t id) {
    return out.overtake({id, id - 1}, [this](std::uint32_t target, flow::batch_base const& b) {
      for (int const r : flow::as<int>(b)) logged.push_back(std::to_string(target) + ": " + std::to_string(r));
    });
  }
  lines announced() const {
    lines all;
    for (auto const& [channel, a] : transport.announced)
      all.push_back(std::to_string(channel) + ": " + std::to_string(a.barrier.checkpoint) + " at " + std::to_string(a.sequence));
    return all;
  }

  wire::transport transport;
  flow::task_counters counters;
  flow::outgoing out;
  lines logged;
  bool ended = false;
};

flow::logged_batch on_its_way(std::uint32_t receiver, std::vector<int> const& records, std::vector<std::uint64_t> const& targets_of = {}) {
  return {0, receiver, batch_of(records, {}, targets_of)};
}
}  // namespace

TEST_CASE("a barrier that has been sent is announced where it stands, and nothing is logged") {
  exchange e;
  e.give({1, 2});
  e.barrier(1);
  CHECK(e.out.barrier_sent());
  REQUIRE(e.overtake(1));
  CHECK(e.transport.log() == lines{"2 records", "barrier 1"});
  CHECK(e.announced() == lines{"0: 1 at 2"});
  CHECK(e.logged.empty());
  REQUIRE(e.overtake(1));
  CHECK(e.announced().size() == 1);  // once
}

TEST_CASE("a barrier that waits overtakes what waits before it, which is logged, and nothing behind it; all go as usual") {
  exchange e;
  e.give({1, 2});
  e.give({3, 4});
  e.give({5});
  e.barrier(1);
  e.give({6, 7});
  CHECK_FALSE(e.out.barrier_sent());
  REQUIRE(e.overtake(1));
  CHECK(e.out.barrier_sent());
  CHECK(e.announced() == lines{"0: 1 at 1"});
  CHECK(e.logged == lines{"0: 3", "0: 4", "0: 5"});
  e.pay();
  CHECK(e.transport.log() == lines{"2 records", "2 records", "1 record", "barrier 1", "2 records"});
}

TEST_CASE("what was sent before the announcement is the receiver's to log") {
  exchange e;
  e.give({1, 2});
  e.give({3, 4});
  e.give({5, 6});
  e.barrier(1);
  e.pay_one();
  CHECK(e.transport.log().size() == 2);
  REQUIRE(e.overtake(1));
  CHECK(e.logged == lines{"0: 5", "0: 6"});
  CHECK(e.announced() == lines{"0: 1 at 2"});
}

TEST_CASE("the end of the input is overtaken as well, and so are batches before it") {
  exchange e;
  e.give({1, 2});
  e.give({3, 4});
  e.out.end();
  e.ended = true;
  e.barrier(1);
  REQUIRE(e.overtake(1));
  CHECK(e.logged == lines{"0: 3", "0: 4"});
  CHECK(e.announced() == lines{"0: 1 at 1"});
}

TEST_CASE("a later barrier is announced although an earlier one, that was given up, still waits") {
  exchange e;
  e.give({1, 2});
  e.give({3, 4});
  e.barrier(1);
  e.barrier(2);
  REQUIRE(e.overtake(2));
  CHECK(e.logged == lines{"0: 3", "0: 4"});
  e.pay();
  CHECK(e.transport.log() == lines{"2 records", "2 records", "barrier 1", "barrier 2"});
}

TEST_CASE("each channel of an exchange is announced by itself; a broadcast logs a batch for each that has not been sent it") {
  exchange e(2, 1, partitioning::broadcast);
  e.give({1, 2});
  e.give({3, 4});
  e.barrier(1);
  e.pay(1);
  REQUIRE(e.overtake(1));
  CHECK(e.logged == lines{"0: 3", "0: 4"});
  CHECK(e.announced() == lines{"0: 1 at 1", "1: 1 at 3"});
}

TEST_CASE("no barrier overtakes what is sent again, as long as that waits") {
  exchange e;
  std::vector<flow::logged_batch> all;
  all.push_back(on_its_way(0, {1, 2}));
  all.push_back(on_its_way(0, {3, 4}));
  e.out.replay(std::move(all), 1);
  e.barrier(0);
  e.give({5, 6});
  e.barrier(7);
  CHECK_FALSE(e.overtake(7));
  CHECK(e.announced().empty());
  e.pay_one();
  REQUIRE(e.overtake(7));
  CHECK(e.transport.log() == lines{"2 records", "2 records", "barrier 0"});
  CHECK(e.logged == lines{"0: 5", "0: 6"});
  CHECK(e.announced() == lines{"0: 7 at 3"});
}

TEST_CASE("what was on its way goes where its records belong now; where that is open, to whom it was meant for") {
  SECTION("by key or by number") {
    exchange e(3, 1'000'000);
    std::vector<flow::logged_batch> all;
    all.push_back(on_its_way(0, {10, 11, 12}, {0, 1, 2}));
    e.out.replay(std::move(all), 2);
    e.barrier(0);
    for (std::uint32_t i = 0; i < 3; ++i) CHECK(e.transport.records<int>(i) == std::vector<int>{10 + static_cast<int>(i)});
  }
  SECTION("in turn") {
    exchange e(2, 1'000'000, partitioning::rebalance);
    std::vector<flow::logged_batch> all;
    all.push_back(on_its_way(1, {1, 2}));
    all.push_back(on_its_way(1, {3}));
    all.push_back(on_its_way(2, {4}));
    e.out.replay(std::move(all), 3);
    e.barrier(0);
    CHECK(e.transport.records<int>(0) == std::vector<int>{4});
    CHECK(e.transport.records<int>(1) == std::vector<int>{1, 2, 3});
  }
  SECTION("to all: with the state that goes with it") {
    exchange e(3, 1'000'000, partitioning::broadcast);
    std::vector<flow::logged_batch> all;
    all.push_back(on_its_way(0, {1}));
    all.push_back(on_its_way(1, {1}));
    all.push_back(on_its_way(1, {2}));
    e.out.replay(std::move(all), 2);
    e.barrier(0);
    CHECK(e.transport.records<int>(0) == std::vector<int>{1});
    CHECK(e.transport.records<int>(1) == std::vector<int>{1, 2});
    CHECK(e.transport.records<int>(2) == std::vector<int>{1});
  }
}
