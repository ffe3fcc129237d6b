#include <catch2/catch.hpp>

#include <random>
#include <set>

#include "task/incoming.hpp"

#include "wire.hpp"

namespace {
using wire::at;
using lines = std::vector<std::string>;
using kind = flow::incoming::work::kind;

/// The receiving ends of `n` channels with a sender each.
struct inputs {
  explicit inputs(std::size_t n, std::size_t window = 1'000) : inputs(channels(n, window)) {}
  explicit inputs(std::vector<flow::incoming_channel> const& channels) : senders(channels.size()), in(channels, transport) {}
  static std::vector<flow::incoming_channel> channels(std::size_t n, std::size_t window) {
    std::vector<flow::incoming_channel> all;
    for (std::uint32_t i = 0; i < n; ++i) all.push_back({{7, i}, 3, i + 10, window});
    return all;
  }
  /// Does one piece of work and says which, "2: 1 3" for the records of a channel.
  std::string work() {
    auto const w = in.next();
    std::string text = "nothing";
    if (w.what == kind::batch) {
      text = std::to_string(w.channel) + ":";
      for (int const r : recording::records_of<int>(w.item->records)) text += " " + std::to_string(r);
    }
    if (w.what == kind::watermark) text = w.time == flow::end_of_time ? "end of time" : "watermark " + std::to_string(wire::micros(w.time));
    if (w.what == kind::idle) text = "idle";
    if (w.what == kind::barrier) text = "barrier " + std::to_string(w.barrier.checkpoint);
    if (w.what == kind::end) text = "end";
    in.done(w);
    return text;
  }
  lines all_work() {
    lines all;
    for (auto w = work(); w != "nothing"; w = work()) all.push_back(w);
    return all;
  }

  wire::transport transport;
  std::vector<wire::sender> senders;
  flow::incoming in;
};
}  // namespace

TEST_CASE("channels are looked at in turn and each keeps its order") {
  inputs i(2);
  for (int n : {1, 2, 3}) i.in.deliver(0, i.senders[0].records({n}));
  i.in.deliver(1, i.senders[1].records({10}));
  CHECK(i.in.queued() == 4);
  CHECK(i.all_work() == lines{"0: 1", "1: 10", "0: 2", "0: 3"});
  CHECK(i.in.queued() == 0);
}

TEST_CASE("a channel without event time does not hold the watermark back, but time ends with it") {
  auto channels = inputs::channels(2, 1'000);
  channels[1].has_event_time = false;
  inputs i(channels);
  i.in.deliver(0, i.senders[0].watermark(5));
  CHECK(i.all_work() == lines{"watermark 5"});
  i.in.deliver(0, i.senders[0].end_of_time());
  i.in.deliver(0, i.senders[0].end());
  CHECK(i.all_work().empty());
  i.in.deliver(1, i.senders[1].records({1}));
  i.in.deliver(1, i.senders[1].end_of_time());
  CHECK(i.all_work() == lines{"1: 1"});
  i.in.deliver(1, i.senders[1].end());
  CHECK(i.all_work() == lines{"end of time", "end"});
}

TEST_CASE("where no channel has event time, the lowest watermark counts as ever") {
  auto channels = inputs::channels(2, 1'000);
  for (auto& c : channels) c.has_event_time = false;
  inputs i(channels);
  i.in.deliver(0, i.senders[0].end_of_time());
  CHECK(i.all_work().empty());
  i.in.deliver(1, i.senders[1].end_of_time());
  CHECK(i.all_work() == lines{"end of time"});
}

TEST_CASE("an element that is missing, repeated or out of order is an error that names channel and task") {
  inputs i(1);
  i.in.deliver(0, i.senders[0].records({1}));
  i.senders[0].idle();
  CHECK_THROWS_WITH(i.in.deliver(0, i.senders[0].records({2})), "channel 0 from task 7: expected element 1, found 2");
  inputs j(1);
  j.in.deliver(0, j.senders[0].records({1}));
  CHECK_THROWS_AS(j.in.deliver(0, wire::sender().records({1})), flow::error);
}

TEST_CASE("the watermark of a task is the lowest of its channels and never goes back") {
  inputs i(3);
  i.in.deliver(0, i.senders[0].watermark(10));
  i.in.deliver(1, i.senders[1].watermark(20));
  CHECK(i.all_work().empty());
  i.in.deliver(2, i.senders[2].watermark(5));
  CHECK(i.all_work() == lines{"watermark 5"});
  i.in.deliver(2, i.senders[2].watermark(3));
  CHECK(i.all_work().empty());
  i.in.deliver(2, i.senders[2].watermark(30));
  CHECK(i.all_work() == lines{"watermark 10"});
  CHECK(i.in.watermark_of(1) == at(20));
}

TEST_CASE("a watermark is passed on between the batches it came between") {
  inputs i(1);
  i.in.deliver(0, i.senders[0].records({1}));
  i.in.deliver(0, i.senders[0].watermark(5));
  i.in.deliver(0, i.senders[0].records({2}));
  i.in.deliver(0, i.senders[0].watermark(6));
  i.in.deliver(0, i.senders[0].watermark(7));
  CHECK(i.all_work() == lines{"0: 1", "watermark 5", "0: 2", "watermark 6", "watermark 7"});
}

TEST_CASE("an idle channel does not hold the watermark, all idle is idle, and the next element ends it") {
  inputs i(2);
  i.in.deliver(0, i.senders[0].watermark(10));
  i.in.deliver(1, i.senders[1].idle());
  CHECK(i.all_work() == lines{"watermark 10"});
  i.in.deliver(0, i.senders[0].idle());
  CHECK(i.all_work() == lines{"idle"});
  i.in.deliver(1, i.senders[1].idle());
  CHECK(i.all_work().empty());
  i.in.deliver(1, i.senders[1].records({1}));
  i.in.deliver(0, i.senders[0].watermark(30));
  CHECK(i.all_work() == lines{"1: 1", "watermark 10"});  // repeated: it ends the idleness downstream
  i.in.deliver(1, i.senders[1].watermark(20));
  CHECK(i.all_work() == lines{"watermark 20"});
  i.in.deliver(0, i.senders[0].idle());
  i.in.deliver(1, i.senders[1].idle());
  CHECK(i.all_work() == lines{"idle"});
}

TEST_CASE("a barrier passes when all channels have reached it; what is behind it waits") {
  inputs i(3);
  i.in.deliver(0, i.senders[0].records({1}));
  i.in.deliver(0, i.senders[0].barrier(4));
  i.in.deliver(0, i.senders[0].records({2}));
  i.in.deliver(1, i.senders[1].records({10}));
  i.in.deliver(1, i.senders[1].watermark(50));
  CHECK(i.all_work() == lines{"0: 1", "1: 10"});
  CHECK(i.in.aligning());
  i.in.deliver(1, i.senders[1].barrier(4));
  i.in.deliver(1, i.senders[1].records({11}));
  i.in.deliver(2, i.senders[2].records({20}));
  CHECK(i.all_work() == lines{"2: 20"});
  CHECK(i.in.queued() == 2);
  i.in.deliver(2, i.senders[2].barrier(4));
  auto const after = i.all_work();
  REQUIRE(after.size() == 3);
  CHECK(after[0] == "barrier 4");
  CHECK_FALSE(i.in.aligning());
  CHECK(std::set<std::string>(after.begin(), after.end()) == std::set<std::string>{"barrier 4", "0: 2", "1: 11"});
}

TEST_CASE("ended channels count as at the barrier, also when they end while others wait there") {
  inputs i(2);
  i.in.deliver(1, i.senders[1].end());
  i.in.deliver(0, i.senders[0].barrier(1));
  CHECK(i.work() == "barrier 1");
  inputs j(2);
  j.in.deliver(0, j.senders[0].barrier(1));
  j.in.deliver(0, j.senders[0].records({5}));
  CHECK(j.all_work().empty());
  j.in.deliver(1, j.senders[1].end());
  CHECK(j.all_work() == lines{"barrier 1", "0: 5"});
}

TEST_CASE("an ended channel holds nothing back, and the end comes once, after all of them") {
  inputs i(2);
  i.in.deliver(0, i.senders[0].records({1}));
  i.in.deliver(0, i.senders[0].end_of_time());
  i.in.deliver(0, i.senders[0].end());
  i.in.deliver(1, i.senders[1].watermark(7));
  CHECK(i.all_work() == lines{"0: 1", "watermark 7"});
  CHECK_FALSE(i.in.ended());
  i.in.deliver(1, i.senders[1].records({2}));
  i.in.deliver(1, i.senders[1].end_of_time());
  i.in.deliver(1, i.senders[1].end());
  CHECK(i.all_work() == lines{"1: 2", "end of time", "end"});
  CHECK(i.in.ended());
  CHECK(i.all_work().empty());
}

TEST_CASE("credit comes back when a quarter of the window has come together, or all when it is asked for") {
  inputs i(1, 1'000);
  for (int n : {1, 2, 3}) i.in.deliver(0, i.senders[0].records({n}, 100));
  i.work();
  i.work();
  i.in.give_credit(false);
  CHECK(i.transport.given.empty());
  i.work();
  REQUIRE(i.transport.given.size() == 1);
  auto const& c = i.transport.given[0];
  CHECK(c.to.task == 7);
  CHECK(c.what.exchange == 3);
  CHECK(c.what.target == 10);
  CHECK(c.what.bytes == 300);
  CHECK(c.what.emptied.size() == 3);
  CHECK(c.what.emptied[0]->empty());
  i.in.deliver(0, i.senders[0].records({4}, 5));
  i.work();
  i.in.give_credit(true);
  REQUIRE(i.transport.given.size() == 2);
  CHECK(i.transport.given[1].what.bytes == 5);
  i.in.give_credit(true);
  CHECK(i.transport.given.size() == 2);
}

TEST_CASE("a batch that others hold is not given back, its credit is") {
  inputs i(1);
  auto e = i.senders[0].records({1}, 900);
  auto const held = e.records;
  i.in.deliver(0, std::move(e));
  i.work();
  REQUIRE(i.transport.given.size() == 1);
  CHECK(i.transport.given[0].what.bytes == 900);
  CHECK(i.transport.given[0].what.emptied.empty());
  CHECK(recording::records_of<int>(held) == std::vector{1});
}

TEST_CASE("whatever arrives in whatever order: nothing is lost, times hold, bytes in are bytes out") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    std::size_t const n = random() % 4 + 1;
    inputs i(n, 500);
    std::vector<std::deque<flow::element>> scripts(n);
    std::size_t bytes = 0, barriers = random() % 4;
    std::vector<std::vector<int>> expected(n);
    for (std::size_t c = 0; c < n; ++c) {
      std::int64_t time = 0;
      for (std::uint64_t b = 1; b <= barriers + 1; ++b) {
        for (auto k = random() % 8; k > 0; --k) {
          if (random() % 3 == 0) scripts[c].push_back(i.senders[c].watermark(time += static_cast<std::int64_t>(random() % 10)));
          else if (random() % 5 == 0) scripts[c].push_back(i.senders[c].idle());
          else {
            int const record = static_cast<int>(b * 1'000 + expected[c].size());
            expected[c].push_back(record);
            scripts[c].push_back(i.senders[c].records({record}));
            bytes += scripts[c].back().bytes;
          }
        }
        if (b <= barriers) scripts[c].push_back(i.senders[c].barrier(b));
      }
      scripts[c].push_back(i.senders[c].end_of_time());
      scripts[c].push_back(i.senders[c].end());
    }
    std::vector<std::vector<int>> found(n);
    std::uint64_t passed = 0;
    flow::timestamp time = flow::no_watermark;
    bool idle = false;
    for (bool ended = false; !ended;) {
      auto const c = random() % n;
      if (!scripts[c].empty() && random() % 2) {
        i.in.deliver(static_cast<std::uint32_t>(c), std::move(scripts[c].front()));
        scripts[c].pop_front();
        continue;
      }
      auto const w = i.in.next();
      if (w.what == kind::batch) {
        int const record = recording::records_of<int>(w.item->records)[0];
        REQUIRE(static_cast<std::uint64_t>(record / 1'000) == passed + 1);  // between its barriers
        found[w.channel].push_back(record);
      }
      if (w.what == kind::barrier) REQUIRE(w.barrier.checkpoint == ++passed);
      if (w.what == kind::watermark) {
        auto const before = std::exchange(time, w.time);
        REQUIRE(w.time >= before);
        REQUIRE((w.time > before || idle));  // repeated only to end idleness
        idle = false;
      }
      if (w.what == kind::idle) idle = true;
      if (w.what == kind::end) ended = true;
      i.in.done(w);
    }
    REQUIRE(found == expected);
    REQUIRE(passed == barriers);
    REQUIRE(time == flow::end_of_time);
    i.in.give_credit(true);
    std::size_t back = 0, emptied = 0;
    for (auto const& g : i.transport.given) back += g.what.bytes, emptied += g.what.emptied.size();
    REQUIRE(back == bytes);
    std::size_t batches = 0;
    for (auto const& e : expected) batches += e.size();
    REQUIRE(emptied == batches);
  }
}
