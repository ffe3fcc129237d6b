// What a program of its own learns of a run under way: the log, and counters.

#include <catch2/catch.hpp>

#include <atomic>
#include <mutex>

#include <flow/flow.hpp>
#include <flow/memory.hpp>
#include <flow/run.hpp>

using namespace flow;
using namespace std::chrono_literals;

namespace {

/// Keeps what it is told.
class journal {
 public:
  observer watcher(log_level least) {
    return {logger(least, [this](log_entry e) { add(std::string(name_of(e.level)) + " " + e.operator_name + ": " + e.text); }), [this] { add("ending"); }};
  }
  void add(std::string line) {
    std::lock_guard const guard(lock_);
    lines_.push_back(std::move(line));
  }
  std::vector<std::string> lines() const {
    std::lock_guard const guard(lock_);
    return lines_;
  }
  std::size_t count(std::string const& text) const {
    std::size_t n = 0;
    for (auto const& l : lines()) n += l.find(text) != std::string::npos;
    return n;
  }

 private:
  mutable std::mutex lock_;
  std::vector<std::string> lines_;
};

auto numbers(std::uint64_t count) {
  return memory::generate<std::int64_t>(count, [](std::uint64_t i) { return static_cast<std::int64_t>(i); }).splits(3);
}
struct told_writer final : writer<std::int64_t> {
  explicit told_writer(journal& j) : to(j) {}
  void write(batch<std::int64_t> const& b) override { bytes += 8 * b.size(); }
  void publish() override { to.add("published"); }
  std::uint64_t bytes_written() const override { return bytes; }
  journal& to;
  std::uint64_t bytes = 0;
};
sink<std::int64_t> told(journal& j) {
  return {[&j] { return std::make_unique<told_writer>(j); }};
}

}  // namespace

TEST_CASE("the log tells of a job's plan, splits and end, and the observer of the ending before anything is published") {
  journal log;
  job j("logged");
  j.source("numbers", numbers(100)).rebalance().sink("out", told(log)).with_parallelism(1);
  execute(j, settings{}.parallelism(2), log.watcher(log_level::info));
  auto const lines = log.lines();
  REQUIRE(lines.size() == 6);
  CHECK(lines[0] == "info : 2 tasks in 3 subtasks: numbers (x 2), out (x 1)");
  CHECK(lines[1] == "info numbers: 3 splits for 2 subtasks, 100 records");
  CHECK(lines[2] == "info : all input is processed, results are published");
  CHECK(lines[3] == "ending");
  CHECK(lines[4] == "published");
  CHECK_THAT(lines[5], Catch::StartsWith("info : finished after "));
}

TEST_CASE("the log tells each split, task and barrier at its finer levels") {
  journal log;
  job j("logged");
  j.source("numbers", numbers(100)).sink("out", told(log));
  execute(j, settings{}.parallelism(2), log.watcher(log_level::trace));
  CHECK(log.count("debug numbers: split '2' for subtask 0") == 1);
  CHECK(log.count("debug : task 'numbers -> out' (subtask 1) started") == 1);
  CHECK(log.count("has finished") == 2);
}

TEST_CASE("the log tells who failed, once the others are stopped; a job nobody observes fails alike") {
  journal log;
  job j("failing");
  j.source("numbers", numbers(100)).map([](std::int64_t n) { return n == 50 ? throw std::runtime_error("unlucky") : n; }).sink("out", told(log));
  CHECK_THROWS_WITH(execute(j, settings{}.parallelism(1), log.watcher(log_level::info)), Catch::Contains("unlucky"));
  CHECK(log.count("info map-1: failed, all tasks are stopped: the function threw: unlucky") == 1);
  CHECK(log.count("info : failed after") == 1);
  CHECK_THROWS_WITH(execute(j, settings{}.parallelism(1)), Catch::Contains("unlucky"));
}

TEST_CASE("the counters of a run say what its source holds in all, and whose operator is where") {
  journal log;
  job j("counted");
  j.source("numbers", numbers(1000)).rebalance().map([](std::int64_t n) { return n; }).with_parallelism(2).sink("out", told(log)).with_parallelism(2);
  auto const r = execute(j, settings{}.parallelism(3));
  REQUIRE(r.operators.size() == 3);
  CHECK(r.operators[0].is_source);
  CHECK(r.operators[0].kind == "source");
  CHECK(r.operators[0].expected.records == 1000);
  CHECK_FALSE(r.operators[0].expected.bytes);
  CHECK(r.operators[1].task == 1);
  CHECK_FALSE(r.operators[1].is_source);
  CHECK_FALSE(r.operators[1].is_sink);
  CHECK(r.operators[2].is_sink);
  CHECK(r.operators[2].task == 1);
  CHECK(r.operators[2].bytes == 8 * 1000);
}

TEST_CASE("a task that waits for a receiver is seen to wait while it does") {
  struct closed_writer final : writer<std::int64_t> {
    bool ready() const override { return false; }
    void write(batch<std::int64_t> const&) override {}
  };
  job j("held-back");
  j.source("numbers", numbers(memory::unbounded)).rebalance().sink("closed", sink<std::int64_t>{[] { return std::make_unique<closed_writer>(); }});
  auto running = start(j, settings{}.parallelism(1));
  std::chrono::nanoseconds first{0};
  while (first.count() == 0) first = running.counters().front().blocked;
  auto const records = running.counters().front().records_in;
  while (running.counters().front().blocked < first + 1ms) {
  }
  CHECK(running.counters().front().records_in == records);
  running.cancel();
  CHECK(running.await().end == job_result::how::cancelled);
}
