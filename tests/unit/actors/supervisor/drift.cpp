#include <catch2/catch.hpp>

#include "supervisor/drift.hpp"

namespace {
using flow::duration;
flow::timestamp at(std::int64_t micros) { return flow::timestamp{duration{micros}}; }
flow::drift_bound bounds(std::vector<std::int64_t> const& of) {
  flow::drift_bound d;
  for (auto const b : of) d.add(duration{b});
  return d;
}
}  // namespace

TEST_CASE("nothing is granted before every source has reported") {
  auto d = bounds({100, 100});
  CHECK(d.size() == 2);
  CHECK_FALSE(d.report(0, at(50)));
  CHECK(d.report(1, at(70)) == at(50));
}

TEST_CASE("the grant follows the slowest, when it has moved by a quarter of the smallest bound") {
  auto d = bounds({100, 40});
  d.report(0, at(50));
  REQUIRE(d.report(1, at(50)) == at(50));
  CHECK_FALSE(d.report(0, at(500)));
  CHECK_FALSE(d.report(1, at(59)));
  CHECK(d.report(1, at(60)) == at(60));
  CHECK_FALSE(d.report(1, at(60)));
  CHECK(d.report(1, at(1'000)) == at(500));
}

TEST_CASE("each source may read up to the slowest and its own bound, without overflow") {
  auto const d = bounds({100, 40});
  CHECK(d.limit(0, at(7)) == at(107));
  CHECK(d.limit(1, at(7)) == at(47));
  CHECK(d.limit(1, flow::end_of_time) == flow::end_of_time);
}

TEST_CASE("a source that holds nobody back leaves the grant to the others") {
  auto d = bounds({100, 100});
  CHECK_FALSE(d.report(0, flow::end_of_time));
  CHECK(d.report(1, at(10)) == at(10));
  CHECK(d.report(1, at(200)) == at(200));
  CHECK(d.report(1, flow::end_of_time) == flow::end_of_time);
  CHECK_FALSE(d.report(0, flow::end_of_time));
}

TEST_CASE("the slowest source is never held back by what it is granted") {
  auto d = bounds({8, 8, 8});
  for (std::size_t i = 0; i < 3; ++i) d.report(i, at(0));
  std::int64_t times[3] = {0, 0, 0};
  flow::timestamp limit = d.limit(0, at(0));
  for (int step = 0; step < 3'000; ++step) {
    auto const slowest = static_cast<std::size_t>(std::min_element(times, times + 3) - times);
    REQUIRE(at(times[slowest]) <= limit);
    auto const other = static_cast<std::size_t>(step % 3);
    auto const moves = at(times[other]) <= limit ? other : slowest;
    times[moves] += 1 + step % 4;
    if (auto const granted = d.report(moves, at(times[moves]))) limit = d.limit(0, *granted);
    for (auto const t : times) REQUIRE(t <= *std::min_element(times, times + 3) + 8 + 4);
  }
}

TEST_CASE("after all sources were idle the bound holds again") {
  auto d = bounds({100, 100});
  d.report(0, at(10));
  d.report(1, at(10));
  d.report(0, flow::end_of_time);
  REQUIRE(d.report(1, flow::end_of_time) == flow::end_of_time);
  CHECK(d.report(0, at(20)) == at(20));
  CHECK_FALSE(d.report(1, at(30)));
  CHECK_FALSE(d.report(0, at(60)));
  CHECK(d.report(1, at(70)) == at(60));
}
