#include <catch2/catch.hpp>

#include <flow/flow.hpp>
#include <flow/memory.hpp>
#include <flow/testing.hpp>

using namespace flow;

namespace {
std::vector<int> const numbers{1, 2, 3, 4, 5, 6, 7, 8, 9};

/// Two sinks, one of texts; on 9 it may fail.
void describe(job& j, bool fails = false) {
  auto all = j.source("numbers", memory::values(numbers, 2));
  all.filter([fails](int n) { return fails && n == 9 ? throw std::runtime_error("nine") : n % 2 == 0; }).sink("even", memory::discard()).with_parallelism(1);
  all.map([](int n) { return std::to_string(n); }).sink("texts", memory::discard());
}
}  // namespace

TEST_CASE("the results of a job are what its sinks were given, by their names") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    INFO("seed " << seed);
    job j("j");
    describe(j);
    auto const results = testing::run(j, testing::deterministic(seed));
    CHECK(results.end == job_result::how::finished);
    auto even = results.of<int>("even");
    std::sort(even.begin(), even.end());
    CHECK(even == std::vector{2, 4, 6, 8});
    CHECK(results.of<std::string>("texts").size() == numbers.size());
  }
}

TEST_CASE("a job that failed has no results") {
  job j("j");
  describe(j, true);
  auto const results = testing::run(j, testing::deterministic(1));
  CHECK(results.end == job_result::how::failed);
  CHECK(results.of<int>("even").empty());
}

TEST_CASE("asking for another sink or another type of record says what there is") {
  job j("j");
  describe(j);
  auto const results = testing::run(j, testing::deterministic(1));
  CHECK_THROWS_WITH(results.of<int>("odd"), Catch::Contains("'odd'") && Catch::Contains("'even', 'texts'"));
  CHECK_THROWS_WITH(results.of<int>("texts"), Catch::Contains("'texts'") && Catch::Contains("string"));
}
