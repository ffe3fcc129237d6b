#include <catch2/catch.hpp>

#include <string>

#include "signal_plan.hpp"

using flow::signal_plan;
using action = signal_plan::action;

TEST_CASE("without savepoints the first signal cancels and the second ends the process") {
  for (int const first : {SIGINT, SIGTERM}) {
    signal_plan p(false);
    CHECK(p.by() == 0);
    CHECK(std::string(p.ending()) == "");
    CHECK(p.take(first) == action::cancel);
    CHECK(std::string(p.ending()) == "cancelling");
    CHECK(p.by() == first);
    CHECK(p.take(SIGTERM) == action::end_process);
    CHECK(p.by() == SIGTERM);
  }
}

TEST_CASE("with savepoints the first signal stops with one, the second cancels, the third ends the process") {
  signal_plan p(true);
  CHECK(p.take(SIGINT) == action::stop_with_savepoint);
  CHECK(std::string(p.ending()) == "stopping");
  CHECK(p.take(SIGUSR1) == action::none);
  CHECK(p.take(SIGUSR2) == action::none);
  CHECK(p.take(SIGTERM) == action::cancel);
  CHECK(p.take(SIGUSR1) == action::none);
  CHECK(p.take(SIGINT) == action::end_process);
}

TEST_CASE("SIGUSR1 takes savepoints while the job runs on, SIGUSR2 stops with one") {
  signal_plan p(true);
  CHECK(p.take(SIGUSR1) == action::savepoint);
  CHECK(p.take(SIGUSR1) == action::savepoint);
  CHECK(p.take(SIGUSR2) == action::stop_with_savepoint);
  CHECK(p.by() == 0);
  CHECK(p.take(SIGINT) == action::cancel);
  CHECK(p.by() == SIGINT);
}

TEST_CASE("when the savepoint is not taken, a job that was to end is cancelled and another runs on") {
  signal_plan asked(true), ended(true), cancelled(true);
  asked.take(SIGUSR2);
  CHECK(asked.not_stopped() == action::none);
  CHECK(std::string(asked.ending()) == "");
  CHECK(asked.take(SIGUSR2) == action::stop_with_savepoint);
  ended.take(SIGTERM);
  CHECK(ended.not_stopped() == action::cancel);
  CHECK(ended.not_stopped() == action::none);
  cancelled.take(SIGINT);
  cancelled.take(SIGINT);
  CHECK(cancelled.not_stopped() == action::none);
}
