#include <catch2/catch.hpp>

#include "supervisor/log_text.hpp"

#include "../../libflow/graph/nothing.hpp"

using namespace flow;
using namespace std::chrono_literals;

TEST_CASE("the log's first line names the tasks with their subtasks and threads") {
  job j{"j"};
  j.source("in", nothing::source<int>(true)).map([](int n) { return n; }).sink("out", nothing::sink{}).with_parallelism(1);
  CHECK(log_text::start(make_plan(j.graph(), settings{}.parallelism(2))) == "2 tasks in 3 subtasks: in -> map-1 (x 2, own thread), out (x 1)");
}

TEST_CASE("splits are told with their sizes where all are known") {
  CHECK(log_text::splits({}, 1) == "0 splits for 1 subtask");
  CHECK(log_text::splits({{"a", "", 5}, {"b", "", 6}}, 2) == "2 splits for 2 subtasks, 11 bytes");
  CHECK(log_text::splits({{"a", "", {}, 1}}, 2) == "1 split for 2 subtasks, 1 record");
  CHECK(log_text::splits({{"a", "", 5}, {"b", ""}}, 2) == "2 splits for 2 subtasks");
  CHECK(log_text::share({"a", "17"}, 3) == "split 'a' from '17' for subtask 3");
  CHECK(log_text::end(job_result::how::cancelled, 1'500ms) == "was cancelled after 1.500 s");
}

TEST_CASE("sizes add up over looks for splits, and one that is unknown leaves all unknown") {
  auto const first = size_of({{"a", "", 5}});
  CHECK(first.bytes == 5);
  CHECK_FALSE(first.records);
  CHECK(size_of({{"b", "", 6}}, first).bytes == 11);
  CHECK_FALSE(size_of({{"b", ""}}, first).bytes);
  CHECK(size_of({}, first).bytes == 5);
  CHECK(size_of({}).records == 0);
}
