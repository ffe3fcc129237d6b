#include <catch2/catch.hpp>

#include <cmath>
#include <vector>

#include "supervisor/restart_strategy.hpp"
#include "unit/libflow/recording.hpp"

#include <flow/operator/map.hpp>

using namespace flow;
using namespace std::chrono_literals;

namespace {

error const broken(error_code::io, "out", "the disk is gone");
error at_record(int n, std::string const& name = "careful") {
  return {error_code::user_function, name, "the function threw: unlucky; the record was " + std::to_string(n)};
}
restart_policy exponential() { return {.form = restart_form::exponential, .delay = 1s, .max_delay = 20s, .multiplier = 2, .jitter = 0, .reset = 100s}; }

/// What an operator says of a function that throws.
error said_by_map(int record) {
  auto const unlucky = [](int) -> int { throw std::runtime_error("unlucky"); };
  auto alone = recording::alone<int, map_operator<int, int, decltype(unlucky)>>(4, unlucky);
  try {
    alone.give(recording::batch_of<int>({record}));
  } catch (error const& e) {
    return e;
  }
  return broken;
}

}  // namespace

TEST_CASE("without restarts a failure is the end, as it is") {
  restart_strategy s({.form = restart_form::none}, 1);
  auto const d = s.failed(broken, 5s);
  CHECK_FALSE(d.restart_after);
  REQUIRE(d.end);
  CHECK(d.end->message() == broken.message());
  CHECK(s.restarts() == 0);
}

TEST_CASE("a fixed delay restarts so often in all and then says why not") {
  restart_strategy s({.form = restart_form::fixed_delay, .attempts = 2, .delay = 3s}, 1);
  CHECK(s.failed(broken, 0s).restart_after == 3s);
  CHECK(s.failed(broken, 24h).restart_after == 3s);
  auto const d = s.failed(broken, 1000h);
  CHECK_FALSE(d.restart_after);
  REQUIRE(d.end);
  CHECK(d.end->code() == error_code::io);
  CHECK(d.end->operator_name() == "out");
  CHECK(d.end->message() == "the disk is gone; the job is not started again: it has had 2 restarts (restart-attempts)");
  CHECK(s.restarts() == 2);
}

TEST_CASE("exponential delays double up to the longest and begin anew after a time without failures") {
  restart_strategy s(exponential(), 1);
  std::chrono::nanoseconds now{0};
  for (auto const expected : {1s, 2s, 4s, 8s, 16s, 20s, 20s}) {
    auto const d = s.failed(broken, now);
    CHECK(d.restart_after == expected);
    now += *d.restart_after + 99s;  // it ran for so long
  }
  now += 1s;
  CHECK(s.failed(broken, now).restart_after == 1s);
  now += 1s + 5s;
  CHECK(s.failed(broken, now).restart_after == 2s);
}

TEST_CASE("exponential restarts end with their attempts, which count anew after a time without failures") {
  auto p = exponential();
  p.attempts = 2;
  restart_strategy s(p, 1);
  CHECK(s.failed(broken, 0s).restart_after);
  CHECK(s.failed(broken, 10s).restart_after);
  CHECK(s.failed(broken, 10s + 2s + 100s).restart_after);
  CHECK(s.failed(broken, 120s).restart_after);
  auto const d = s.failed(broken, 130s);
  REQUIRE(d.end);
  CHECK_THAT(d.end->message(), Catch::Contains("it has had 2 restarts without 100s between failures (restart-attempts, restart-reset)"));
}

TEST_CASE("jitter spreads delays on both sides, and below the longest only") {
  std::vector<double> first, longest;
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    INFO("seed " << seed);
    auto p = exponential();
    p.jitter = 0.25;
    restart_strategy s(p, seed), same(p, seed);
    for (int i = 0; i < 8; ++i) {
      auto const d = s.failed(broken, 0s).restart_after;
      REQUIRE(d);
      CHECK(d == same.failed(broken, 0s).restart_after);
      double const seconds = std::chrono::duration<double>(*d).count(), mean = std::min(20.0, std::pow(2.0, i));
      CHECK(seconds >= mean * 0.75 - 1e-6);
      CHECK(seconds <= std::min(20.0, mean * 1.25) + 1e-6);
      if (i == 0) first.push_back(seconds);
      if (i == 7) longest.push_back(seconds);
    }
  }
  auto const in = [](std::vector<double> const& all, double from, double to) { return std::count_if(all.begin(), all.end(), [&](double d) { return d >= from && d < to; }); };
  CHECK(in(first, 0.75, 1) > 150);
  CHECK(in(first, 1, 1.25) > 150);
  CHECK(in(longest, 15, 17.5) > 150);
  CHECK(in(longest, 17.5, 20) > 150);
}

TEST_CASE("a delay of many failures stays the longest") {
  auto p = exponential();
  p.multiplier = 100;
  restart_strategy s(p, 1);
  for (int i = 0; i < 2'000; ++i) {
    auto const d = s.failed(broken, 0s);
    REQUIRE(d.restart_after);
    CHECK(*d.restart_after <= 20s);
    CHECK(*d.restart_after >= 1s);
  }
}

TEST_CASE("a failure rate allows so many restarts in any interval") {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    std::uint32_t const most = 1 + random() % 4;
    restart_strategy s({.form = restart_form::failure_rate, .attempts = most, .delay = 2s, .interval = 10s}, seed);
    std::vector<std::chrono::nanoseconds> restarted;
    std::chrono::nanoseconds now{0};
    for (int i = 0; i < 200; ++i) {
      now += std::chrono::seconds(random() % 8);
      std::uint32_t recent = 0;
      for (auto const t : restarted) recent += now - t < 10s;
      auto const d = s.failed(broken, now);
      REQUIRE(d.restart_after.has_value() == (recent < most));
      if (!d.restart_after) {
        CHECK_THAT(d.end->message(), Catch::Contains("in the last 10s (restart-attempts, restart-interval)"));
        continue;
      }
      CHECK(d.restart_after == 2s);
      restarted.push_back(now);
    }
  }
}

TEST_CASE("the same failure at the same record ends the job at its third time") {
  restart_strategy s(exponential(), 1);
  CHECK(s.failed(at_record(7), 0s).restart_after);
  CHECK(s.failed(at_record(7), 5s).restart_after);
  auto const d = s.failed(at_record(7), 10s);
  CHECK_FALSE(d.restart_after);
  REQUIRE(d.end);
  CHECK(d.end->code() == error_code::user_function);
  CHECK(d.end->operator_name() == "careful");
  CHECK(d.end->message() == "the same failure has come 3 times at the same record without progress: the function threw: unlucky; the record was 7");
}

TEST_CASE("subtasks that fail in turn, each at its own record, end the job too") {
  restart_strategy s(exponential(), 1);
  for (int round = 0; round < 2; ++round)
    for (int record = 0; record < 16; ++record) REQUIRE(s.failed(at_record(record), 0s).restart_after);
  CHECK_FALSE(s.failed(at_record(3), 0s).restart_after);
}

TEST_CASE("a completed checkpoint, another record, operator or message, or none named is no repetition") {
  for (auto const* how : {"checkpoint", "record", "operator", "none named", "another code"}) {
    INFO(how);
    restart_strategy s(exponential(), 1);
    std::string const h = how;
    for (int i = 0; i < 40; ++i) {
      if (h == "checkpoint" && i % 2 == 0) s.progressed();
      error const e = h == "record"     ? at_record(i)
                      : h == "operator" ? at_record(7, "careful-" + std::to_string(i))
                      : h == "none named" ? error(error_code::user_function, "out", "connection refused")
                      : h == "another code" ? error(error_code::request_failed, "ask", "no answer; the record was 7")
                                          : at_record(7);
      REQUIRE(s.failed(e, 0s).restart_after);
    }
  }
}

TEST_CASE("what an operator says of a function that throws is recognised when it comes again") {
  restart_strategy s(exponential(), 1);
  REQUIRE(said_by_map(7).code() == error_code::user_function);
  CHECK(s.failed(said_by_map(7), 0s).restart_after);
  CHECK(s.failed(said_by_map(7), 0s).restart_after);
  CHECK(s.failed(said_by_map(8), 0s).restart_after);
  CHECK_FALSE(s.failed(said_by_map(7), 0s).restart_after);
}

TEST_CASE("an error that comes again until its cause is removed is no reason to start again") {
  for (auto const& d : error_catalogue()) {
    INFO(d.name);
    restart_strategy s(exponential(), 1);
    auto const decided = s.failed(error(d.code, "in", "why"), 0s);
    CHECK(decided.restart_after.has_value() == (d.retry != retry_hint::pointless));
    if (d.retry == retry_hint::pointless) CHECK_THAT(decided.end->message(), Catch::StartsWith("why; the job is not started again: ") && Catch::Contains(std::string(d.name)));
  }
}
