#include <catch2/catch.hpp>

#include <algorithm>
#include <random>
#include <set>
#include <tuple>

#include "task/blueprint.hpp"

#include "../../libflow/graph/nothing.hpp"

namespace {
/// A random job of ints: sources, and operators that read streams made before.
flow::job any_job(std::mt19937_64& random) {
  flow::job job{"j"};
  std::vector<flow::stream<int>> streams;
  auto name = [n = 0](std::string const& kind) mutable { return kind + "_" + std::to_string(n++); };
  for (auto n = random() % 3 + 1; n > 0; --n)
    streams.push_back(job.source(name("source"), nothing::source<int>()).with_parallelism(random() % 4 + 1));
  auto any = [&] { return streams[random() % streams.size()]; };
  for (auto n = random() % 12; n > 0; --n) {
    auto from = any();
    if (random() % 4 == 0) from = from.rebalance();
    if (random() % 6 == 0) from = from.broadcast();
    switch (random() % 4) {
      case 0: streams.push_back(from.map([](int i) { return i; })); break;
      case 1: streams.push_back(from.union_with(any())); break;
      case 2: {
        auto [a, b] = from.branch([](int i) { return i > 0; });
        streams.push_back(a);
        streams.push_back(b);
        break;
      }
      default: streams.push_back(from.partition_by([](int i) { return static_cast<std::uint64_t>(i); }).filter([](int) { return true; }));
    }
    if (random() % 3 == 0) streams.back().with_parallelism(random() % 4 + 1);
    if (random() % 4 == 0) streams.back().unchained();
  }
  for (auto const& s : streams) s.sink(name("sink"), nothing::sink{});
  return job;
}
}  // namespace

TEST_CASE("each end of a channel names the other, whatever the graph") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    auto const job = any_job(random);
    flow::settings s;
    s.parallelism(static_cast<std::uint32_t>(random() % 3 + 1)).task_buffer(random() % 2 ? 1'000 : 1);
    auto const plan = flow::make_plan(job.graph(), s);
    auto const all = flow::make_blueprints(job.graph(), plan, s);
    REQUIRE(all.size() == plan.tasks.size());
    std::size_t inputs = 0, outputs = 0, expected = 0, placed = 0;
    for (std::uint32_t t = 0; t < all.size(); ++t) {
      REQUIRE(all[t].size() == plan.tasks[t].parallelism);
      for (std::uint32_t i = 0; i < all[t].size(); ++i) {
        auto const& b = all[t][i];
        REQUIRE(std::tie(b.address.task, b.address.subtask) == std::tie(t, i));
        REQUIRE(b.parallelism == plan.tasks[t].parallelism);
        placed += i == 0 ? b.chain.size() : 0;
        for (std::uint32_t c = 0; c < b.inputs.size(); ++c, ++inputs) {
          auto const& in = b.inputs[c];
          auto const& target = all.at(in.sender.task).at(in.sender.subtask).outputs.at(in.exchange).targets.at(in.target);
          REQUIRE(std::tie(target.address.task, target.address.subtask, target.channel) == std::tie(t, i, c));
          REQUIRE(target.window == in.window);
          REQUIRE(in.window == std::max<std::size_t>(1, s.task_buffer() / b.inputs.size()));
        }
        for (auto const& o : b.outputs) {
          outputs += o.targets.size();
          REQUIRE(o.place < b.chain.size());
          REQUIRE(o.port < b.chain[o.place].what->outputs.size());
        }
      }
    }
    for (auto const& e : plan.exchanges) {
      auto const from = plan.tasks[e.from_task].parallelism, to = plan.tasks[e.to_task].parallelism;
      if (e.partitioning == flow::partitioning::forward) REQUIRE(from == to);
      expected += e.partitioning == flow::partitioning::forward ? from : from * to;
    }
    REQUIRE(inputs == expected);
    REQUIRE(outputs == expected);
    REQUIRE(placed == job.graph().nodes().size());
  }
}

TEST_CASE("every edge of a graph is either within a chain or an exchange") {
  for (std::uint64_t seed = 300; seed <= 400; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    auto const job = any_job(random);
    auto const s = flow::settings{}.parallelism(2);
    auto const plan = flow::make_plan(job.graph(), s);
    auto const all = flow::make_blueprints(job.graph(), plan, s);
    std::multiset<std::tuple<flow::node_id, std::uint32_t, flow::node_id>> found, edges;
    for (auto const& n : job.graph().nodes())
      for (auto const& e : n->inputs) edges.emplace(e.from, e.port, n->id);
    for (auto const& e : plan.exchanges) found.emplace(e.from_node, e.port, plan.tasks[e.to_task].nodes.front());
    for (auto const& t : all)
      for (auto const& c : t.front().chain)
        for (std::uint32_t port = 0; port < c.readers.size(); ++port)
          for (auto const r : c.readers[port]) found.emplace(c.what->id, port, t.front().chain.at(r).what->id);
    REQUIRE(found == edges);
  }
}
