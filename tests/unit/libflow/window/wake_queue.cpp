#include <catch2/catch.hpp>

#include <flow/window/wake_queue.hpp>

#include "../recording.hpp"

using recording::at;

TEST_CASE("keys are woken in the order of time, then of the hashes of their keys, up to a time") {
  flow::wake_queue<std::int64_t> queue;
  CHECK(queue.next() == flow::end_of_time);
  std::vector<std::int64_t> const keys{3, 1, 2};
  for (auto const k : keys)
    for (std::int64_t const t : {20, 10}) queue.set(k, flow::hash_of(k), at(t));
  CHECK(queue.next() == at(10));
  flow::wake_queue<std::int64_t>::wake w;
  CHECK_FALSE(queue.take(at(9), w));
  std::uint64_t last = 0;
  for (int i = 0; i < 3; ++i) {
    REQUIRE(queue.take(at(19), w));
    CHECK(w.at == at(10));
    CHECK(w.key_hash == flow::hash_of(w.key));
    CHECK(w.key_hash > last);
    last = w.key_hash;
  }
  CHECK_FALSE(queue.take(at(19), w));
  CHECK(queue.next() == at(20));
}

TEST_CASE("a queue of wakes is made anew of what is still waited for") {
  flow::wake_queue<std::int64_t> queue;
  for (std::int64_t i = 0; i < 100; ++i) queue.set(i, flow::hash_of(i), at(i));
  queue.rebuild([](auto add) {
    for (std::int64_t const i : {50, 7, 30}) add(i, flow::hash_of(i), at(i));
  });
  CHECK(queue.size() == 3);
  flow::wake_queue<std::int64_t>::wake w;
  for (std::int64_t const i : {7, 30, 50}) {
    REQUIRE(queue.take(at(1'000), w));
    CHECK(w.key == i);
  }
  CHECK(queue.empty());
}
