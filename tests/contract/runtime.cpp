#include <catch2/catch.hpp>

#include <flow/flow.hpp>
#include <flow/memory.hpp>
#include <flow/testing.hpp>
#include <flow/testing/difference.hpp>

using namespace flow;
using namespace flow::testing;

namespace {

memory::collected<std::int64_t>& results(std::shared_ptr<memory::collected<std::int64_t>> const& r) { return *r; }

std::vector<std::int64_t> numbers(std::int64_t n) {
  std::vector<std::int64_t> all;
  for (std::int64_t i = 0; i < n; ++i) all.push_back(i);
  return all;
}

auto collected_numbers() { return std::make_shared<memory::collected<std::int64_t>>(); }

}  // namespace

TEST_CASE("a diamond of branch, map and union keeps every record once under every schedule") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    auto found = collected_numbers();
    job j("diamond");
    auto [even, odd] = j.source("numbers", memory::values(numbers(500), 4)).branch([](std::int64_t n) { return n % 2 == 0; });
    even.map([](std::int64_t n) { return n * 10; }).union_with(odd.map([](std::int64_t n) { return n + 1; }).unchained()).sink("found", memory::collect(found));
    auto const r = run(j, deterministic(seed), settings{}.parallelism(1 + seed % 3).batch_size(seed % 5 ? 7 : 1).task_buffer(1));
    REQUIRE(r.end == job_result::how::finished);
    std::vector<std::int64_t> expected;
    for (auto const n : numbers(500)) expected.push_back(n % 2 == 0 ? n * 10 : n + 1);
    CHECK(difference(expected, results(found).values()) == "");
  }
}

TEST_CASE("a stream that is read twice gives both readers every record, unchanged by the other") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    auto few = collected_numbers(), all = collected_numbers();
    job j("fork");
    auto s = j.source("numbers", memory::values(numbers(300), 2));
    s.filter([](std::int64_t n) { return n % 3 == 0; }).sink("few", memory::collect(few));
    auto plus = s.map([](std::int64_t n) { return n + 1; });
    plus.sink("all", memory::collect(all));
    auto const r = run(j, deterministic(seed), settings{}.parallelism(2).batch_size(16));
    CHECK(few->values().size() == 100);
    std::vector<std::int64_t> expected;
    for (auto const n : numbers(300)) expected.push_back(n + 1);
    CHECK(difference(expected, all->values()) == "");
  }
}

TEST_CASE("broadcast gives every subtask all records, rebalance and partition_by each record once") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    auto copies = collected_numbers(), once = collected_numbers(), dealt = collected_numbers();
    job j("partitioning");
    auto s = j.source("numbers", memory::values(numbers(200), 2)).with_parallelism(2);
    s.broadcast().map([](std::int64_t n) { return n; }).with_parallelism(3).sink("copies", memory::collect(copies)).with_parallelism(3);
    s.rebalance().map([](std::int64_t n) { return n; }).with_parallelism(3).sink("once", memory::collect(once)).with_parallelism(3);
    s.partition_by([](std::int64_t n) { return static_cast<std::uint64_t>(n % 5); }).map([](std::int64_t n) { return n; }).with_parallelism(3).sink("dealt", memory::collect(dealt)).with_parallelism(3);
    auto const r = run(j, deterministic(seed), settings{}.parallelism(2).batch_size(8).task_buffer(64));
    REQUIRE(r.end == job_result::how::finished);
    std::vector<std::int64_t> three_times;
    for (int i = 0; i < 3; ++i)
      for (auto const n : numbers(200)) three_times.push_back(n);
    CHECK(difference(three_times, copies->values()) == "");
    CHECK(difference(numbers(200), once->values()) == "");
    CHECK(difference(numbers(200), dealt->values()) == "");
  }
}

TEST_CASE("flat_map emits any number of records and side outputs, held up or not") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    auto many = collected_numbers(), odd = collected_numbers();
    tag<std::int64_t> const odd_ones{"odd"};
    job j("fan-out");
    auto s = j.source("numbers", memory::values(numbers(60), 2)).flat_map<std::int64_t>([odd_ones](std::int64_t n, output<std::int64_t>& out, side_outputs& side) {
      for (std::int64_t i = 0; i < n; ++i) out.emit(n);
      if (n % 2 == 1) side.emit(odd_ones, n);
    });
    s.rebalance().map([](std::int64_t n) { return n; }).with_parallelism(3).sink("many", memory::collect(many)).with_parallelism(1);
    s.side(odd_ones).sink("odd", memory::collect(odd));
    auto const r = run(j, deterministic(seed), settings{}.parallelism(2).batch_size(4).task_buffer(1));
    REQUIRE(r.end == job_result::how::finished);
    CHECK(many->values().size() == 59 * 60 / 2);
    CHECK(odd->values().size() == 30);
  }
}

TEST_CASE("a throwing function stops the job with an error that names operator and record, under every schedule") {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    INFO("seed " << seed);
    auto found = collected_numbers();
    job j("throwing");
    j.source("numbers", memory::values(numbers(300), 3))
        .rebalance()
        .map([](std::int64_t n) {
          if (n == 137) throw std::runtime_error("unlucky");
          return n;
        })
        .named("careful")
        .with_parallelism(3)
        .sink("found", memory::collect(found));
    auto const r = run(j, deterministic(seed), settings{}.parallelism(2).batch_size(5));
    REQUIRE(r.end == job_result::how::failed);
    REQUIRE(r.failure);
    CHECK(r.failure->operator_name() == "careful");
    CHECK_THAT(r.failure->what(), Catch::Contains("unlucky") && Catch::Contains("137"));
    CHECK(found->values().empty());
  }
}

TEST_CASE("a throwing function stops a job on threads, and no actor is left") {
  job j("throwing");
  auto found = collected_numbers();
  j.source("numbers", memory::generate<std::int64_t>(memory::unbounded, [](std::uint64_t i) { return static_cast<std::int64_t>(i); }))
      .map([](std::int64_t n) {
        if (n == 100'000) throw std::runtime_error("unlucky");
        return n;
      })
      .rebalance()
      .map([](std::int64_t n) { return n; })
      .unchained()
      .sink("found", memory::collect(found));
  CHECK_THROWS_WITH(execute(j, settings{}.parallelism(2)), Catch::Contains("unlucky") && Catch::Contains("100000"));
}

TEST_CASE("a cancelled job ends, and its sinks publish what they have received") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    auto found = collected_numbers();
    job j("endless");
    j.source("numbers", memory::generate<std::int64_t>(memory::unbounded, [](std::uint64_t i) { return static_cast<std::int64_t>(i); }))
        .rebalance()
        .map([](std::int64_t n) { return n; })
        .with_parallelism(3)
        .sink("found", memory::collect(found));
    schedule how = deterministic(seed);
    how.cancel_after = 200 + seed;
    auto const r = run(j, how, settings{}.parallelism(2).batch_size(16).task_buffer(1 << 12));
    CHECK(r.end == job_result::how::cancelled);
    CHECK(found->values().size() == found->seen());
  }
}

TEST_CASE("a job that fails while it is cancelled does not start again") {
  struct closing_writer final : writer<std::int64_t> {
    void write(batch<std::int64_t> const&) override {}
    void publish() override { throw error(error_code::no_space, "the device is full"); }
  };
  sink<std::int64_t> closing{[] { return std::make_unique<closing_writer>(); }};
  job j("endless");
  j.source("numbers", memory::generate<std::int64_t>(memory::unbounded, [](std::uint64_t i) { return static_cast<std::int64_t>(i); })).sink("full", closing);
  schedule how = deterministic(1);
  how.cancel_after = 100;
  auto const r = run(j, how, settings{}.parallelism(1).restart({.form = restart_form::exponential}));
  REQUIRE(r.failure);
  CHECK(r.failure->code() == error_code::no_space);
  CHECK(r.restarts == 0);
}

TEST_CASE("an error that an enumerator or a sink throws names its operator") {
  struct broken_writer final : writer<std::int64_t> {
    void write(batch<std::int64_t> const&) override { throw error(error_code::no_space, "the device is full"); }
  };
  sink<std::int64_t> broken{[] { return std::make_unique<broken_writer>(); }};
  job j("broken");
  j.source("numbers", memory::values(numbers(10))).sink("full", broken);
  auto const r = run(j, deterministic(1));
  REQUIRE(r.failure);
  CHECK(r.failure->operator_name() == "full");
  CHECK(r.failure->code() == error_code::no_space);
}

TEST_CASE("sources drift apart by no more than their bound") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    INFO("seed " << seed);
    struct reading {
      timestamp at;
      std::uint32_t who;
    };
    // Two sources: the schedule favours now the one, now the other. What arrives shows how far apart they are.
    auto slow_seen = std::make_shared<std::int64_t>(0), fast_seen = std::make_shared<std::int64_t>(0), worst = std::make_shared<std::int64_t>(0);
    job j("drift");
    auto const make = [](std::uint64_t i) { return reading{timestamp{duration{static_cast<std::int64_t>(i)}}, 0}; };
    auto left = j.source("left", memory::generate<reading>(4000, make)).with_parallelism(1).event_time(&reading::at, monotonous().max_drift(duration{100}));
    auto right = j.source("right", memory::generate<reading>(4000, make)).with_parallelism(1).event_time(&reading::at, monotonous().max_drift(duration{100}));
    auto note = [worst](std::shared_ptr<std::int64_t> mine, std::shared_ptr<std::int64_t> theirs) {
      return [=](reading const& r) {
        *mine = r.at.time_since_epoch().count();
        *worst = std::max(*worst, *mine - *theirs);
        return *mine;
      };
    };
    auto found = collected_numbers();
    left.map(note(slow_seen, fast_seen)).with_parallelism(1).union_with(right.map(note(fast_seen, slow_seen)).with_parallelism(1)).sink("found", memory::collect(found));
    auto const r = run(j, deterministic(seed), settings{}.parallelism(1).batch_size(10));
    REQUIRE(r.end == job_result::how::finished);
    CHECK(found->values().size() == 8000);
    CHECK(*worst <= 100 + 2 * 10);  // the bound counts from the first watermark, and is noticed after the batch that crosses it
    CHECK(*worst > 50);
  }
}

TEST_CASE("bytes on their way stay within the buffers of the tasks while a sink stands still") {
  struct stopped_writer final : writer<std::int64_t> {
    bool ready() const override { return false; }
    void write(batch<std::int64_t> const&) override {}
  };
  sink<std::int64_t> stopped{[] { return std::make_unique<stopped_writer>(); }};
  job j("stopped");
  j.source("numbers", memory::generate<std::int64_t>(memory::unbounded, [](std::uint64_t i) { return static_cast<std::int64_t>(i); }))
      .rebalance()
      .map([](std::int64_t n) { return n; })
      .with_parallelism(3)
      .rebalance()
      .sink("stopped", stopped)
      .with_parallelism(2);
  constexpr std::uint64_t buffer = 1 << 14;
  constexpr std::uint64_t batch_bytes = 128 * sizeof(std::int64_t);  // 64 records and their slack
  schedule how = deterministic(3);
  how.cancel_after = 20000;
  auto const r = run(j, how, settings{}.parallelism(2).batch_size(64).task_buffer(buffer));
  CHECK(r.end == job_result::how::cancelled);
  // Five receiving subtasks; each channel may exceed its share by one batch.
  CHECK(r.most_bytes_in_flight <= 5 * buffer + (2 * 3 + 3 * 2) * batch_bytes);
  CHECK(r.most_bytes_in_flight > buffer);
  CHECK(r.operators.front().records_out < 20000);
}
