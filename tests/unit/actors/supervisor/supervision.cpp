#include <catch2/catch.hpp>

#include <algorithm>
#include <random>

#include "supervisor/supervision.hpp"

namespace {
using flow::supervision;
using action = supervision::action;
using phase = supervision::phase;
using result = supervision::result;

flow::error named(std::string const& name) { return {flow::error_code::user_function, name, "it threw"}; }
void start_all(supervision& s, std::size_t tasks) {
  for (std::size_t i = 0; i + 1 < tasks; ++i) REQUIRE(s.started(i) == action::none);
  REQUIRE(s.started(tasks - 1) == action::assign_splits);
}
}  // namespace

TEST_CASE("a job runs when all its tasks have started, publishes when all have finished, and ends when all have ended") {
  supervision s(3);
  CHECK(s.state() == phase::starting);
  start_all(s, 3);
  CHECK(s.state() == phase::running);
  CHECK(s.finished(1) == action::none);
  CHECK(s.has_finished(1));
  CHECK(s.finished(1) == action::none);
  CHECK(s.finished(0) == action::none);
  CHECK(s.finished(2) == action::publish);
  CHECK(s.state() == phase::publishing);
  CHECK(s.cancel() == action::none);
  CHECK(s.ended(0) == action::none);
  CHECK(s.missing() == std::vector<std::size_t>{1, 2});
  CHECK(s.ended(2) == action::none);
  CHECK(s.ended(1) == action::report);
  CHECK(s.state() == phase::ended);
  CHECK(s.outcome() == result::finished);
  CHECK_FALSE(s.failure());
}

TEST_CASE("a failure abandons the job in any phase, and the first failure is the job's") {
  for (int when = 0; when < 4; ++when) {
    INFO("phase " << when);
    supervision s(2);
    if (when == 1 || when == 2) start_all(s, 2);
    if (when == 2) s.finished(0), s.finished(1);
    if (when == 3) s.cancel();
    CHECK(s.failed(named("first")) == action::abandon);
    CHECK(s.failed(named("second")) == action::none);
    CHECK(s.cancel() == action::none);
    CHECK(s.finished(0) == action::none);
    CHECK(s.ended(0) == action::none);
    CHECK(s.ended(1) == action::report);
    CHECK(s.outcome() == result::failed);
    REQUIRE(s.failure());
    CHECK(s.failure()->operator_name() == "first");
  }
}

TEST_CASE("a job is cancelled while it starts or runs, and waits for all its tasks") {
  for (bool const runs : {false, true}) {
    supervision s(2);
    if (runs) start_all(s, 2);
    CHECK(s.cancel() == action::cancel);
    CHECK(s.cancel() == action::none);
    CHECK(s.started(1) == action::none);
    CHECK(s.finished(0) == action::none);
    CHECK(s.finished(1) == action::none);
    CHECK(s.ended(1) == action::none);
    CHECK(s.missing() == std::vector<std::size_t>{0});
    CHECK(s.ended(0) == action::report);
    CHECK(s.outcome() == result::cancelled);
  }
}

TEST_CASE("nothing that comes after the end changes it") {
  supervision s(1);
  s.started(0), s.finished(0), s.ended(0);
  CHECK(s.failed(named("late")) == action::none);
  CHECK(s.cancel() == action::none);
  CHECK(s.ended(0) == action::none);
  CHECK(s.outcome() == result::finished);
  CHECK_FALSE(s.failure());
}

TEST_CASE("whatever tasks report in whatever order, a job reports once and only after every task has ended") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    std::size_t const n = random() % 4 + 1;
    supervision s(n);
    std::vector<int> stage(n, 0);  // started, finished, ended
    bool told_to_end = false;
    int reports = 0;
    for (int i = 0; i < 200; ++i) {
      auto const t = random() % n;
      action a = action::none;
      if (random() % 60 == 0) a = s.failed(named("x"));
      else if (random() % 60 == 0) a = s.cancel();
      else if (stage[t] == 0) a = s.started(t), stage[t] = 1;
      else if (stage[t] == 1 && s.state() == phase::running) a = s.finished(t), stage[t] = 2;
      else if (stage[t] < 3 && told_to_end) a = s.ended(t), stage[t] = 3;
      told_to_end |= a == action::publish || a == action::cancel || a == action::abandon;
      if (a != action::report) continue;
      ++reports;
      REQUIRE(std::count(stage.begin(), stage.end(), 3) == static_cast<std::ptrdiff_t>(n));
    }
    REQUIRE(reports <= 1);
    REQUIRE((reports == 1) == (s.state() == phase::ended));
    REQUIRE((!told_to_end || reports == 1));
  }
}
