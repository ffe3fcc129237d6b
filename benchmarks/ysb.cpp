// The Yahoo! Streaming Benchmark in memory: filter, join with a table, count per campaign in event-time windows of 10 s
// behind a hash exchange, against a loop on one thread. The goal is a ratio of at least 1, per core.

#include <memory>

#include "compare.hpp"
#include "engine.hpp"

namespace {

using bench::ad_event;

struct campaign_view {
  std::int64_t campaign;
};

bench::totals job(std::uint64_t records, std::uint32_t parallelism) {
  return bench::run_engine(flow::settings{}.parallelism(parallelism), [&](flow::job& job, auto into) {
    auto const table = std::make_shared<bench::campaign_table const>(bench::campaigns());
    job.source("events", flow::memory::generate<ad_event>(records, bench::ad_events{}).splits(parallelism))
        .event_time(&ad_event::time, flow::monotonous())
        .filter([](ad_event const& e) { return e.event_type == ad_event::view; })
        .template flat_map<campaign_view>([table](ad_event const& e, flow::output<campaign_view>& out) {
          auto const found = table->find(e.ad);
          if (found != table->end()) out.emit({found->second});
        })
        .key_by(&campaign_view::campaign)
        .window(flow::tumbling_windows(bench::ysb_window))
        .template aggregate<flow::count>("views")
        .sink("totals", bench::totals_sink(into, [](auto const& result) { return result.value; }));
  });
}

void ysb(benchmark::State& state) {
  constexpr std::uint64_t records = 100'000'000;
  auto const parallelism = static_cast<std::uint32_t>(state.range(0));
  bench::compare_speed(
      state, records, [] { return bench::ysb_loop(records, {}); }, [&] { return job(records, parallelism); });
}

}  // namespace

BENCHMARK(ysb)->Apply(bench::once_per_repetition)->ArgName("parallelism")->Arg(1)->Arg(2);
BENCHMARK_MAIN();
