#include <catch2/catch.hpp>

#include "task/incoming.hpp"

#include "wire.hpp"

// Barriers that overtake, as a receiver sees them.

namespace {
using lines = std::vector<std::string>;
using kind = flow::incoming::work::kind;

struct inputs {
  explicit inputs(std::size_t n) : senders(n), in(channels(n), transport) {}
  static std::vector<flow::incoming_channel> channels(std::size_t n) {
    std::vector<flow::incoming_channel> all;
    for (std::uint32_t i = 0; i < n; ++i) all.push_back({{7, i}, 3, i + 10, 1'000});
    return all;
  }
  void deliver(std::uint32_t channel, flow::element e) { in.deliver(channel, std::move(e)); }
  void announce(std::uint32_t channel, std::uint64_t barrier, std::uint64_t sequence) { in.announce(channel, {{barrier, barrier - 1}, sequence}); }
  std::string work() {
    auto const w = in.next();
    std::string text = "nothing";
    if (w.what == kind::batch) text = std::to_string(w.channel) + ":" + text_of(*w.item->records);
    if (w.what == kind::barrier) text = "barrier " + std::to_string(w.barrier.checkpoint);
    if (w.what == kind::watermark) text = "time";
    if (w.what == kind::end) text = "end";
    in.done(w);
    return text;
  }
  lines all_work() {
    lines all;
    for (auto w = work(); w != "nothing"; w = work()) all.push_back(w);
    return all;
  }
  bool overtake(std::uint64_t barrier) {
    flow::barrier const b{barrier, barrier - 1};
    if (!in.may_overtake(b)) return false;
    in.overtake(b, [this](std::uint32_t channel, flow::batch_base const& records) { logged.push_back(std::to_string(channel) + ":" + text_of(records)); });
    return true;
  }
  static std::string text_of(flow::batch_base const& b) {
    std::string text;
    for (int const r : flow::as<int>(b)) text += " " + std::to_string(r);
    return text;
  }

  wire::transport transport;
  std::vector<wire::sender> senders;
  flow::incoming in;
  lines logged;
};
}  // namespace

TEST_CASE("a barrier that is announced on all channels overtakes: what is there and what comes before it is logged, and processed") {
  inputs i(2);
  i.deliver(0, i.senders[0].records({1}));
  i.deliver(0, i.senders[0].watermark(5));
  i.deliver(0, i.senders[0].records({2}));
  CHECK(i.work() == "0: 1");
  i.announce(0, 1, 4);  // another batch is on its way before it
  CHECK_FALSE(i.overtake(1));
  i.announce(1, 1, 0);
  REQUIRE(i.overtake(1));
  CHECK(i.logged == lines{"0: 2"});
  CHECK_FALSE(i.in.logged());
  i.deliver(0, i.senders[0].records({3}));
  CHECK(i.in.logged());
  i.deliver(0, i.senders[0].records({4}));  // its sender has logged this one
  i.deliver(0, i.senders[0].barrier(1));
  i.deliver(1, i.senders[1].barrier(1));
  i.deliver(1, i.senders[1].records({9}));
  CHECK(i.logged == lines{"0: 2", "0: 3"});
  CHECK(i.all_work() == lines{"1: 9", "0: 2", "0: 3", "0: 4"});  // the barriers in the channels mean nothing any more
}

TEST_CASE("a channel waits where its barrier was announced, not where it comes") {
  inputs i(2);
  i.announce(0, 1, 1);
  i.deliver(0, i.senders[0].records({1}));
  i.deliver(0, i.senders[0].records({2}));  // was logged by its sender: it belongs behind the barrier
  i.deliver(1, i.senders[1].records({8}));
  CHECK(i.all_work() == lines{"0: 1", "1: 8"});
  i.deliver(1, i.senders[1].barrier(1));
  CHECK(i.all_work() == lines{"barrier 1", "0: 2"});
  CHECK_FALSE(i.overtake(1));
  i.deliver(0, i.senders[0].barrier(1));
  CHECK(i.all_work().empty());
}

TEST_CASE("a channel that has reached the barrier has nothing to log") {
  inputs i(2);
  i.deliver(0, i.senders[0].barrier(1));
  i.deliver(0, i.senders[0].records({5}));
  CHECK(i.all_work().empty());
  i.deliver(1, i.senders[1].records({6}));
  i.announce(1, 1, 1);
  REQUIRE(i.overtake(1));
  CHECK(i.logged == lines{"1: 6"});
  CHECK(i.in.logged());
  CHECK(i.all_work() == lines{"0: 5", "1: 6"});
}

TEST_CASE("what a sender that has finished had sent is overtaken, its end included; channels that have ended do not matter") {
  inputs j(2);
  j.deliver(0, j.senders[0].records({1}));
  j.deliver(0, j.senders[0].end());
  j.deliver(1, j.senders[1].end());
  j.announce(0, 3, 2);
  CHECK(j.in.queued() == 3);
  j.announce(1, 3, 1);
  REQUIRE(j.overtake(3));
  CHECK(j.logged == lines{"0: 1"});
  CHECK(j.all_work() == lines{"0: 1", "time", "end"});
  REQUIRE(j.overtake(4));  // nothing is to come: nothing is needed
  CHECK(j.logged.size() == 1);
}

TEST_CASE("a barrier that was given up is dropped where a later one has come, and channels that waited for it go on") {
  inputs i(3);
  i.deliver(0, i.senders[0].barrier(1));  // its sender has passed 1, the others' have been overtaken by 2
  i.deliver(0, i.senders[0].records({1}));
  i.deliver(0, i.senders[0].barrier(2));
  CHECK(i.all_work().empty());
  i.deliver(1, i.senders[1].barrier(2));
  CHECK(i.all_work() == lines{"0: 1"});
  i.deliver(2, i.senders[2].barrier(2));
  CHECK(i.all_work() == lines{"barrier 2"});
}

TEST_CASE("what overtakes leaves barriers behind that were given up, and logs what they held back") {
  inputs i(2);
  i.deliver(0, i.senders[0].barrier(1));
  i.deliver(0, i.senders[0].records({1}));
  CHECK(i.all_work().empty());
  i.announce(0, 2, 2);
  i.announce(1, 2, 0);
  REQUIRE(i.overtake(2));
  CHECK(i.logged == lines{"0: 1"});
  i.deliver(0, i.senders[0].barrier(2));
  CHECK(i.all_work() == lines{"0: 1"});
}

TEST_CASE("another barrier ends the logs of one that was given up; announcements of what has passed mean nothing") {
  inputs i(1);
  i.announce(0, 1, 2);
  REQUIRE(i.overtake(1));
  CHECK_FALSE(i.in.logged());
  i.in.stop_logging();
  i.deliver(0, i.senders[0].records({1}));
  i.deliver(0, i.senders[0].records({2}));
  CHECK(i.logged.empty());
  CHECK(i.in.logged());
  i.announce(0, 1, 2);
  CHECK_FALSE(i.overtake(1));
  CHECK(i.all_work() == lines{"0: 1", "0: 2"});
}

TEST_CASE("nothing overtakes what a restored job begins with, which is aligned by barriers 0") {
  inputs i(2);
  i.in.expect_replayed(1);
  i.deliver(0, i.senders[0].records({1}));
  i.deliver(0, i.senders[0].barrier(0));
  i.deliver(0, i.senders[0].records({2}));
  i.announce(0, 5, 3);
  i.announce(1, 5, 2);
  CHECK_FALSE(i.overtake(5));
  CHECK(i.all_work() == lines{"0: 1"});  // what is new waits
  i.deliver(1, i.senders[1].records({3}));
  i.deliver(1, i.senders[1].barrier(0));
  CHECK(i.all_work() == lines{"1: 3", "barrier 0", "0: 2", "barrier 5"});
}

TEST_CASE("an announcement that comes behind what it stands before is a fault of the sender") {
  inputs i(1);
  i.deliver(0, i.senders[0].records({1}));
  i.deliver(0, i.senders[0].records({2}));
  CHECK(i.work() == "0: 1");
  CHECK(i.work() == "0: 2");
  CHECK_THROWS_WITH(i.announce(0, 1, 1), Catch::Contains("announced at element 1") && Catch::Contains("2 have been processed"));
}
