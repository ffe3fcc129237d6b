#include <catch2/catch.hpp>

#include <random>
#include <set>

#include <flow/state/timers.hpp>

namespace {
using flow::duration;
using flow::hash_of;
using flow::timestamp;
using state = flow::keyed_table<flow::timer_key<std::int64_t>, flow::timer_is_set>;
timestamp at(std::int64_t n) { return timestamp{duration{n}}; }
}  // namespace

TEST_CASE("the state of a timer is in the key group of its key") {
  for (std::int64_t key = 0; key < 1000; ++key)
    for (std::int64_t time : {-5, 0, 7}) {
      flow::timer_key<std::int64_t> const t{key, at(time)};
      CHECK(flow::key_group_of(hash_of(t), 128) == flow::key_group_of(hash_of(key), 128));
    }
}

TEST_CASE("timers come in the order of time and hash, each once, without those that were removed") {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    state s("timers");
    flow::timer_queue<std::int64_t> queue;
    queue.attach(s);
    std::set<std::tuple<std::int64_t, std::uint64_t, std::int64_t>> expected;
    for (int i = 0; i < 5000; ++i) {
      auto const key = static_cast<std::int64_t>(random() % 20), time = static_cast<std::int64_t>(random() % 50) + i / 10;
      if (random() % 2) {
        queue.set(key, hash_of(key), at(time));
        expected.insert({time, hash_of(key), key});
      } else {
        queue.remove(key, hash_of(key), at(time));
        expected.erase({time, hash_of(key), key});
      }
      if (i % 97 == 0) queue.attach(s);  // as after a restore: the order comes from the table alone
      flow::timer_queue<std::int64_t>::timer t;
      while (i % 10 == 0 && queue.take(at(i / 10), t)) {
        REQUIRE(!expected.empty());
        REQUIRE(*expected.begin() == std::tuple(t.at.time_since_epoch().count(), t.key_hash, t.key));
        expected.erase(expected.begin());
      }
      REQUIRE(queue.size() == expected.size());
      REQUIRE((expected.empty() || i % 10 != 0 || std::get<0>(*expected.begin()) > i / 10));
    }
  }
}

TEST_CASE("timers far apart, at the ends of time, many for one time and behind the last come in order, each once") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    state s("timers");
    flow::timer_queue<std::int64_t> queue;
    queue.attach(s);
    std::set<std::tuple<std::int64_t, std::uint64_t, std::int64_t>> expected;
    auto const set = [&](std::int64_t key, std::int64_t time) {
      queue.set(key, hash_of(key), at(time));
      expected.insert({time, hash_of(key), key});
    };
    std::int64_t const start = seed % 3 ? 1'700'000'000'000'000 : -500;
    std::int64_t now = start;
    for (int round = 0; round < 40; ++round) {
      for (int i = 0; i < 400; ++i) {
        auto const key = static_cast<std::int64_t>(random() % 1000);
        switch (random() % 8) {
          case 0: set(key, now); break;
          case 1: set(key, now - static_cast<std::int64_t>(random() % 1000)); break;
          case 2: set(key, now + static_cast<std::int64_t>(random() >> 20 >> random() % 40)); break;
          case 3: set(key, random() % 30 ? now + 256 : random() % 2 ? std::numeric_limits<std::int64_t>::max() : std::numeric_limits<std::int64_t>::min()); break;
          default: set(key, now + static_cast<std::int64_t>(random() % (1 + (1u << random() % 24))));
        }
      }
      for (int i = 0; i < 30 && !expected.empty(); ++i) {
        auto const [time, hash, key] = *std::next(expected.begin(), static_cast<std::ptrdiff_t>(random() % expected.size()));
        queue.remove(key, hash, at(time));
        expected.erase({time, hash, key});
      }
      now += static_cast<std::int64_t>(random() % (1u << random() % 22));
      flow::timer_queue<std::int64_t>::timer t;
      while (queue.take(at(now), t)) {
        REQUIRE(!expected.empty());
        REQUIRE(*expected.begin() == std::tuple(t.at.time_since_epoch().count(), t.key_hash, t.key));
        expected.erase(expected.begin());
        if (random() % 4 == 0) set(static_cast<std::int64_t>(random() % 1000), t.at.time_since_epoch().count() + static_cast<std::int64_t>(random() % 3));
      }
      REQUIRE((expected.empty() || std::get<0>(*expected.begin()) > now));
      REQUIRE(queue.size() == expected.size());
      if (random() % 8 == 0) queue.attach(s);
    }
    flow::timer_queue<std::int64_t>::timer t;
    for (auto const& e : expected) {
      REQUIRE(queue.take(flow::end_of_time, t));
      REQUIRE(e == std::tuple(t.at.time_since_epoch().count(), t.key_hash, t.key));
    }
    CHECK(!queue.take(flow::end_of_time, t));
    CHECK(queue.ordered() == 0);
  }
}

TEST_CASE("very many timers for one time are destroyed without a deep recursion") {
  state s("timers");
  flow::timer_queue<std::int64_t> queue;
  queue.attach(s);
  for (std::int64_t key = 0; key < 3'000'000; ++key) queue.set(key, hash_of(key), at(7));
  CHECK(queue.size() == 3'000'000);
}

TEST_CASE("timers that are set and removed over and over take no more and more memory") {
  state s("timers");
  flow::timer_queue<std::int64_t> queue;
  queue.attach(s);
  queue.set(1, hash_of(std::int64_t{1}), at(1'000'000));
  for (std::int64_t i = 0; i < 100'000; ++i) {
    queue.set(7, hash_of(std::int64_t{7}), at(2'000'000 + i));
    queue.remove(7, hash_of(std::int64_t{7}), at(2'000'000 + i));
    REQUIRE(queue.ordered() <= 2 * queue.size() + 1024);
  }
  CHECK(queue.size() == 1);
  CHECK(s.entries() == 1);
}
