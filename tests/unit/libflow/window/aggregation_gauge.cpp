#include <catch2/catch.hpp>

#include <flow/window/aggregation_gauge.hpp>

using flow::aggregation_gauge;

namespace {
constexpr auto sample = aggregation_gauge::sample;
constexpr auto worth = aggregation_gauge::worth;

/// How many records are handed on until it is tried again.
std::uint64_t pause(aggregation_gauge& gauge) {
  std::uint64_t records = 0;
  for (; !gauge.aggregating(); ++records) gauge.handed_on(1);
  return records;
}
}  // namespace

TEST_CASE("aggregating goes on as long as a partial stands for enough records") {
  aggregation_gauge gauge;
  for (int i = 0; i < 100; ++i) {
    gauge.aggregated(sample, sample / worth);
    REQUIRE(gauge.aggregating());
  }
}

TEST_CASE("a few records say nothing yet; what they showed counts in the end") {
  aggregation_gauge gauge;
  gauge.aggregated(sample - 1, sample - 1);
  CHECK(gauge.aggregating());
  gauge.aggregated(1, 0);
  CHECK_FALSE(gauge.aggregating());
}

TEST_CASE("where partials stand for too few records it is tried again after longer and longer, up to a bound") {
  aggregation_gauge gauge;
  std::vector<std::uint64_t> pauses;
  for (int i = 0; i < 7; ++i) {
    gauge.aggregated(sample, sample / worth + 1);
    pauses.push_back(pause(gauge));
  }
  CHECK(pauses == std::vector<std::uint64_t>{64 * sample, 128 * sample, 256 * sample, 512 * sample, 1024 * sample, 1024 * sample, 1024 * sample});
  gauge.aggregated(sample, 1);
  gauge.aggregated(sample, sample);
  CHECK(pause(gauge) == 64 * sample);
}
