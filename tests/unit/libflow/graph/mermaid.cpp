#include <catch2/catch.hpp>

#include "nothing.hpp"

namespace {

std::string diagram(flow::job const& job, std::uint32_t parallelism = 2) {
  return flow::mermaid(job.graph(), flow::make_plan(job.graph(), flow::settings{}.parallelism(parallelism)));
}
auto const same = [](auto const& r) { return r; };

}  // namespace

TEST_CASE("a diagram has a subgraph per task, a node per operator and an edge per connection") {
  flow::job job{"j"};
  job.source("in", nothing::source<int>()).map(same).rebalance().map(same).named("second").with_parallelism(3).sink("out", nothing::sink{}).with_parallelism(3);
  CHECK(diagram(job) ==
        "flowchart TD\n"
        "  subgraph t0[\"task 0 x 2\"]\n"
        "    n0([\"source: in\"])\n"
        "    n1[\"map: map-1\"]\n"
        "    n0 --> n1\n"
        "  end\n"
        "  subgraph t1[\"task 1 x 3\"]\n"
        "    n2[\"map: second\"]\n"
        "    n3[[\"sink: out\"]]\n"
        "    n2 --> n3\n"
        "  end\n"
        "  n1 -- \"rebalance, 6 channels\" --> n2\n");
}

TEST_CASE("edges from side outputs bear their names") {
  flow::job job{"j"};
  auto [even, odd] = job.source("in", nothing::source<int>()).branch([](int n) { return n % 2 == 0; });
  even.sink("evens", nothing::sink{});
  odd.sink("odds", nothing::sink{}).unchained();
  auto const text = diagram(job, 1);
  INFO(text);
  auto const& outputs = job.graph().at(1).outputs;
  REQUIRE(outputs.size() == 2);
  CHECK_THAT(text, Catch::Contains("\"" + (outputs[1].name.empty() ? "" : outputs[1].name + ": ") + "forward, 1 channel\""));
}

TEST_CASE("names cannot break a diagram") {
  flow::job job{"j"};
  job.source("a\"]; b <i>#`\n", nothing::source<int>()).sink("out", nothing::sink{});
  CHECK_THAT(diagram(job), Catch::Contains("n0([\"source: a#34;]; b #60;i#62;#35;#96; \"])"));
}
