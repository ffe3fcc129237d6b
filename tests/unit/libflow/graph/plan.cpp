#include <catch2/catch.hpp>

#include <set>

#include "nothing.hpp"

namespace {
using namespace std::chrono_literals;
using nothing::event;
using lines = std::vector<std::string>;

struct indescribable {
  template <class Archive>
  void serialize(Archive&) { throw 42; }
};

flow::plan plan_of(flow::job const& job, std::uint32_t parallelism = 2) {
  return flow::make_plan(job.graph(), flow::settings{}.parallelism(parallelism));
}
lines names(flow::plan const& p) {
  lines all;
  for (auto const& t : p.tasks) all.push_back(t.name + " x" + std::to_string(t.parallelism));
  return all;
}
lines exchanges(flow::plan const& p) {
  lines all;
  for (auto const& e : p.exchanges)
    all.push_back(std::to_string(e.from_task) + "->" + std::to_string(e.to_task) + "." + std::to_string(e.input) + " " + std::string(name_of(e.partitioning)));
  return all;
}
auto const same = [](auto const& r) { return r; };
auto counts(flow::stream<event> const& events) {
  return events.event_time(&event::at, flow::monotonous()).key_by(&event::id).window(flow::tumbling_windows(1s)).template aggregate<flow::count>("counts");
}
}  // namespace

TEST_CASE("operators are chained into one task up to the next exchange") {
  flow::job job{"j"};
  counts(job.source("in", nothing::source<event>()).map(same).filter([](event const&) { return true; })).map(same).sink("out", nothing::sink{});
  auto const p = plan_of(job);
  CHECK(names(p) == lines{"in -> map-1 -> filter-2 -> event_time-3 -> key_by-4 -> counts-partial x2", "counts -> map-6 -> out x2"});
  CHECK(exchanges(p) == lines{"0->1.0 hash", "0->1.1 hash"});
  CHECK(p.tasks[0].is_source);
  CHECK_FALSE(p.tasks[1].is_source);
  for (auto const& n : job.graph().nodes()) CHECK(p.task_of(n->id) == (n->id <= 4 ? 0u : 1u));
}

TEST_CASE("a hash exchange between single subtasks is chained") {
  flow::job job{"j"};
  counts(job.source("in", nothing::source<event>())).sink("out", nothing::sink{});
  CHECK(names(plan_of(job, 1)) == lines{"in -> key_by-1 -> counts -> out x1"});
  CHECK(plan_of(job, 1).exchanges.empty());
}

TEST_CASE("an unchained operator has a task of its own, forwarded to") {
  flow::job job{"j"};
  job.source("in", nothing::source<int>()).map(same).unchained().map(same).sink("out", nothing::sink{}).unchained();
  auto const p = plan_of(job);
  CHECK(names(p) == lines{"in x2", "map-1 -> map-2 x2", "out x2"});
  CHECK(exchanges(p) == lines{"0->1.0 forward", "1->2.0 forward"});
}

TEST_CASE("a change of parallelism divides tasks and rebalances") {
  flow::job job{"j"};
  job.source("in", nothing::source<int>()).with_parallelism(1).map(same).map(same).with_parallelism(3).sink("out", nothing::sink{}).with_parallelism(3);
  auto const p = plan_of(job);
  CHECK(names(p) == lines{"in x1", "map-1 x2", "map-2 -> out x3"});
  CHECK(exchanges(p) == lines{"0->1.0 rebalance", "1->2.0 rebalance"});
}

TEST_CASE("key_by follows the parallelism of its input") {
  flow::job job{"j"};
  job.source("in", nothing::source<event>()).with_parallelism(5).key_by(&event::id).window(flow::tumbling_windows(1s)).aggregate<flow::count>("c").sink("out", nothing::sink{});
  CHECK(names(plan_of(job)) == lines{"in -> key_by-1 -> c-partial x5", "c -> out x2"});
}

TEST_CASE("a union has a task of its own with an input per stream") {
  flow::job job{"j"};
  auto a = job.source("a", nothing::source<int>()), b = job.source("b", nothing::source<int>()).with_parallelism(1);
  a.union_with(b.broadcast()).sink("out", nothing::sink{});
  auto const p = plan_of(job);
  CHECK(names(p) == lines{"a x2", "b x1", "union-2 -> out x2"});
  CHECK(exchanges(p) == lines{"0->2.0 forward", "1->2.1 broadcast"});
}

TEST_CASE("a forked stream stays in one task as far as it is forwarded") {
  flow::job job{"j"};
  auto in = job.source("in", nothing::source<int>());
  auto [low, high] = in.branch([](int n) { return n < 0; });
  low.sink("low", nothing::sink{});
  high.rebalance().sink("high", nothing::sink{});
  in.broadcast().map(same).sink("copy", nothing::sink{});
  auto const p = plan_of(job);
  CHECK(names(p) == lines{"in -> branch-1 -> low x2", "high x2", "map-4 -> copy x2"});
  CHECK(exchanges(p) == lines{"0->1.0 rebalance", "0->2.0 broadcast"});
  CHECK(p.exchanges[0].from_node == 1);
  CHECK(p.exchanges[0].port == 1);
}

TEST_CASE("windows over a whole stream are computed in two phases, the second by one subtask") {
  flow::job job{"j"};
  job.source("in", nothing::source<event>()).event_time(&event::at, flow::monotonous()).window(flow::tumbling_windows(1s)).aggregate<flow::count>("all").sink("out", nothing::sink{}).with_parallelism(1);
  auto const p = plan_of(job, 3);
  CHECK(names(p) == lines{"in -> all-partial x3", "all -> out x1"});
  CHECK(exchanges(p) == lines{"0->1.0 rebalance"});
}

TEST_CASE("senders aggregate ahead of the exchange of windows: not where that is said, nor where late records are read, nor for what needs order or all records") {
  auto tasks = [](auto build) {
    flow::job job{"j"};
    build(job.source("in", nothing::source<event>()).event_time(&event::at, flow::monotonous()).key_by(&event::id).window(flow::tumbling_windows(1s)));
    return names(plan_of(job)).front();
  };
  auto const sum = [](event const& a, event const& b) { return event{a.id + b.id, a.at}; };
  CHECK(tasks([](auto const& w) { w.template aggregate<flow::count>("c").sink("out", nothing::sink{}); }) == "in -> key_by-1 -> c-partial x2");
  CHECK(tasks([](auto const& w) { w.pre_aggregate(true).template aggregate<flow::count>("c").sink("out", nothing::sink{}); }) == "in -> key_by-1 -> c-partial x2");
  CHECK(tasks([](auto const& w) { w.pre_aggregate(false).template aggregate<flow::count>("c").sink("out", nothing::sink{}); }) == "in -> key_by-1 x2");
  CHECK(tasks([](auto const& w) {
          auto const counts = w.template aggregate<flow::count>("c");
          counts.sink("out", nothing::sink{});
          counts.late().sink("late", nothing::sink{});
        }) == "in -> key_by-1 x2");
  CHECK(tasks([&](auto const& w) { w.reduce("c", sum).sink("out", nothing::sink{}); }) == "in -> key_by-1 x2");
  CHECK(tasks([](auto const& w) {
          w.process("c", [](auto const&, std::span<event const> all, flow::output<event>& out) { out.emit(all.front()); }).sink("out", nothing::sink{});
        }) == "in -> key_by-1 x2");
  CHECK(tasks([](auto const& w) { w.template aggregate<flow::approximate_distinct_count<&event::id>>("c").sink("out", nothing::sink{}); }) == "in -> key_by-1 x2");
}

TEST_CASE("two windows of one keyed stream each have an operator ahead of them, in the task of their sender") {
  flow::job job{"j"};
  auto const keyed = job.source("in", nothing::source<event>()).event_time(&event::at, flow::monotonous()).key_by(&event::id);
  keyed.window(flow::tumbling_windows(1s)).aggregate<flow::count>("a").sink("out-a", nothing::sink{});
  keyed.window(flow::tumbling_windows(2s)).aggregate<flow::count>("b").sink("out-b", nothing::sink{});
  auto const p = plan_of(job);
  CHECK(names(p) == lines{"in -> key_by-1 -> a-partial -> b-partial x2", "a -> out-a x2", "b -> out-b x2"});
  CHECK(exchanges(p) == lines{"0->1.0 hash", "0->1.1 hash", "0->2.0 hash", "0->2.1 hash"});
  CHECK(p.fingerprint == plan_of(job, 1).fingerprint);
  CHECK(flow::explain(job.graph(), p, job.name()) ==
        "job j\n"
        "\ntask 0  x 2\n"
        "  source      in  (watermarks per split)\n"
        "  key_by      key_by-1\n"
        "  partial     a-partial\n"
        "  partial     b-partial\n"
        "\ntask 1  x 2\n"
        "  from task 0 'a-partial' output 'records', hash, 4 channels\n"
        "  from task 0 'a-partial' output 'partials', hash, 4 channels\n"
        "  window      a\n"
        "  sink        out-a\n"
        "\ntask 2  x 2\n"
        "  from task 0 'b-partial' output 'records', hash, 4 channels\n"
        "  from task 0 'b-partial' output 'partials', hash, 4 channels\n"
        "  window      b\n"
        "  sink        out-b\n");
}

TEST_CASE("a task with a blocking operator blocks") {
  flow::job job{"j"};
  job.source("in", nothing::source<int>(true)).map(same).unchained().map(same).unchained().sink("out", nothing::sink{true});
  auto const p = plan_of(job);
  REQUIRE(p.tasks.size() == 3);
  CHECK(p.tasks[0].blocking);
  CHECK_FALSE(p.tasks[1].blocking);
  CHECK(p.tasks[2].blocking);
}

TEST_CASE("equal graphs have one fingerprint, whatever the parallelism, and different graphs have different ones") {
  auto build = [](int change) {
    flow::job job{"j"};
    auto in = job.source(change == 1 ? "other" : "in", nothing::source<int>());
    auto mapped = change == 2 ? in.filter([](int) { return true; }) : in.map(same);
    if (change == 3) mapped = mapped.map(same);
    if (change == 4) mapped = mapped.rebalance();
    if (change == 5) mapped.map([](int n) { return n * 1.5; }).sink("more", nothing::sink{});
    if (change == 6) mapped.map([](int n) { return std::to_string(n); }).sink("more", nothing::sink{});
    if (change == 7) in.sink("out", nothing::sink{});
    else mapped.sink("out", nothing::sink{});
    return job;
  };
  std::set<std::uint64_t> different;
  for (int change = 0; change < 8; ++change) {
    auto const job = build(change);
    CHECK(plan_of(job).fingerprint == plan_of(build(change), 7).fingerprint);
    different.insert(plan_of(job).fingerprint);
  }
  CHECK(different.size() == 8);
}

TEST_CASE("explain tells tasks, parallelism, channels, operators and where watermarks are made") {
  flow::job job{"flights"};
  auto in = job.source("in", nothing::source<event>(true)).with_parallelism(3).event_time(&event::at, flow::monotonous());
  auto results = in.key_by(&event::id).window(flow::tumbling_windows(1s)).aggregate<flow::count>("counts");
  results.sink("out", nothing::sink{}).unchained();
  results.late().sink("late", nothing::sink{}).with_parallelism(1);
  auto const p = plan_of(job);
  CHECK(flow::explain(job.graph(), p, job.name()) ==
        "job flights\n"
        "\ntask 0  x 3  (own thread)\n"
        "  source      in  (watermarks per split)\n"
        "  key_by      key_by-1\n"
        "\ntask 1  x 2\n"
        "  from task 0 'key_by-1', hash, 6 channels\n"
        "  window      counts\n"
        "\ntask 2  x 2\n"
        "  from task 1 'counts', forward, 2 channels\n"
        "  sink        out\n"
        "\ntask 3  x 1\n"
        "  from task 1 'counts' output 'late', rebalance, 2 channels\n"
        "  sink        late\n");
  flow::job later{"j"};
  later.source("in", nothing::source<event>()).map(same).event_time(&event::at, flow::monotonous()).sink("out", nothing::sink{});
  CHECK_THAT(flow::explain(later.graph(), plan_of(later, 1), "j"), Catch::Contains("event_time  event_time-2  (watermarks per subtask)"));
}

TEST_CASE("a record whose description throws is an error that names the operator that gives it") {
  flow::job job{"j"};
  job.source("in", nothing::source<int>()).map([](int) { return indescribable{}; }).named("odd").sink("out", nothing::sink{});
  CHECK_THROWS_WITH(flow::make_plan(job.graph(), flow::settings{}), Catch::Contains("operator 'odd'") && Catch::Contains("no std::exception"));
}
