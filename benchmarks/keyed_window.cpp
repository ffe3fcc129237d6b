// A sum per key in event-time windows of one second, 100,000 keys, behind a hash exchange, against a loop on one
// thread. The goal is a ratio of at least 0.8, per core.

#include "compare.hpp"
#include "engine.hpp"

namespace {

using bench::reading;

bench::totals job(std::uint64_t records, std::uint32_t parallelism) {
  return bench::run_engine(flow::settings{}.parallelism(parallelism), [&](flow::job& job, auto into) {
    job.source("readings", flow::memory::generate<reading>(records, bench::readings{}).splits(parallelism))
        .event_time(&reading::time, flow::monotonous())
        .key_by(&reading::key)
        .window(flow::tumbling_windows(bench::keyed_window))
        .template aggregate<flow::sum<&reading::value>>("sums")
        .sink("totals", bench::totals_sink(into, [](auto const& result) { return result.value; }));
  });
}

void keyed_window(benchmark::State& state) {
  constexpr std::uint64_t records = 50'000'000;
  auto const parallelism = static_cast<std::uint32_t>(state.range(0));
  bench::compare_speed(
      state, records, [] { return bench::keyed_window_loop(records, {}); }, [&] { return job(records, parallelism); });
}

}  // namespace

BENCHMARK(keyed_window)->Apply(bench::once_per_repetition)->ArgName("parallelism")->Arg(1)->Arg(2);
BENCHMARK_MAIN();
