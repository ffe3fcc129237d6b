#include <catch2/catch.hpp>

#include <limits>
#include <random>

#include <flow/time.hpp>

using flow::duration;
using flow::floor_to;
using flow::saturating_add;
using flow::timestamp;

namespace {
constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t highest = std::numeric_limits<std::int64_t>::max();
timestamp at(std::int64_t micros) { return timestamp{duration{micros}}; }
}  // namespace

static_assert(floor_to(7, 5) == 5);
static_assert(floor_to(-1, 5) == -5);

TEST_CASE("a value is floored downwards also below zero and below the origin") {
  CHECK(floor_to(0, 10) == 0);
  CHECK(floor_to(9, 10) == 0);
  CHECK(floor_to(10, 10) == 10);
  CHECK(floor_to(-1, 10) == -10);
  CHECK(floor_to(-10, 10) == -10);
  CHECK(floor_to(-11, 10) == -20);
  CHECK(floor_to(2, 10, 3) == -7);
  CHECK(floor_to(3, 10, 3) == 3);
  CHECK(floor_to(-8, 10, 3) == -17);
  CHECK(floor_to(4, 10, 25) == -5);
  CHECK(floor_to(4, 1) == 4);
}

TEST_CASE("a floored value is the only aligned one within a step below the value") {
  std::uint64_t const seed = 1;
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 10'000; ++i) {
    auto const value = static_cast<std::int64_t>(random() % 2'000'000) - 1'000'000;
    auto const step = static_cast<std::int64_t>(random() % 1'000) + 1;
    auto const origin = static_cast<std::int64_t>(random() % 10'000) - 5'000;
    auto const floored = floor_to(value, step, origin);
    INFO(value << " to " << step << " from " << origin);
    REQUIRE(floored <= value);
    REQUIRE(value - floored < step);
    REQUIRE((floored - origin) % step == 0);
  }
}

TEST_CASE("adding to a time stops at the ends of time instead of wrapping") {
  CHECK(saturating_add(at(5), duration{-7}) == at(-2));
  CHECK(saturating_add(at(highest - 1), duration{1}) == at(highest));
  CHECK(saturating_add(at(highest), duration{1}) == flow::end_of_time);
  CHECK(saturating_add(at(highest - 3), duration{highest}) == flow::end_of_time);
  CHECK(saturating_add(at(lowest), duration{-1}) == flow::no_watermark);
  CHECK(saturating_add(at(lowest + 2), duration{lowest}) == flow::no_watermark);
  CHECK(saturating_add(at(lowest), duration{highest}) == at(-1));
  CHECK(saturating_add(flow::end_of_time, duration{-10}) == at(highest - 10));
}

TEST_CASE("nothing is before the first watermark nor after the last") {
  CHECK(flow::no_watermark < at(lowest + 1));
  CHECK(at(highest - 1) < flow::end_of_time);
}

TEST_CASE("a manual clock moves only when it is moved") {
  flow::manual_clock clock;
  auto const begin = clock.now();
  CHECK(clock.now() == begin);
  clock.advance(std::chrono::milliseconds{3});
  clock.advance(std::chrono::nanoseconds{1});
  CHECK(clock.now() - begin == std::chrono::nanoseconds{3'000'001});
}
