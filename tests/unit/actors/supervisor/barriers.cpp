#include <catch2/catch.hpp>

#include "supervisor/barriers.hpp"

using flow::barrier_tracker;

TEST_CASE("barriers are numbered from one, and one is complete when it has passed every subtask") {
  barrier_tracker b(3);
  CHECK(b.completed() == 0);
  CHECK(b.begin() == 1);
  CHECK_FALSE(b.passed(1, 0));
  CHECK_FALSE(b.passed(1, 0));
  CHECK_FALSE(b.passed(1, 2));
  CHECK(b.completed() == 0);
  CHECK(b.passed(1, 1));
  CHECK(b.completed() == 1);
  CHECK(b.begin() == 2);
}

TEST_CASE("several barriers may be under way, each complete by itself") {
  barrier_tracker b(2);
  b.begin();
  b.begin();
  CHECK_FALSE(b.passed(1, 0));
  CHECK_FALSE(b.passed(2, 0));
  CHECK(b.passed(1, 1));
  CHECK(b.completed() == 1);
  CHECK(b.passed(2, 1));
  CHECK(b.completed() == 2);
}

TEST_CASE("a later barrier that is complete completes the earlier ones, which then change nothing") {
  barrier_tracker b(2);
  b.begin();
  b.begin();
  b.passed(2, 0);
  CHECK(b.passed(2, 1));
  CHECK(b.completed() == 2);
  CHECK_FALSE(b.passed(1, 0));
  CHECK_FALSE(b.passed(1, 1));
  CHECK(b.completed() == 2);
}

TEST_CASE("finished subtasks count as passed, now and later") {
  barrier_tracker b(3);
  b.begin();
  b.passed(1, 0);
  b.begin();
  b.finished(1);
  CHECK(b.completed() == 0);
  CHECK(b.passed(1, 2));
  b.passed(2, 0);
  b.finished(2);
  CHECK(b.completed() == 2);
  b.begin();
  CHECK(b.passed(3, 0));
}

TEST_CASE("a barrier that nobody began passes nothing") {
  barrier_tracker b(1);
  CHECK_FALSE(b.passed(5, 0));
  CHECK(b.completed() == 0);
}
