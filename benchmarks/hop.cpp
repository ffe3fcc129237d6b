// What a forward hop between two actors costs: a source and a sink in tasks of their own, against a loop through a
// buffer and against the same job chained.
//
// over_hand_ns and over_chained_ns are per 32-byte record. The goal is at most 1.5 ns at full batches of 1,024.

#include "compare.hpp"
#include "engine.hpp"

namespace {

using bench::reading;
using bench::totals;

totals job(std::uint64_t records, std::uint32_t batch_size, bool chained) {
  auto const settings = flow::settings{}.parallelism(1).batch_size(batch_size);
  return bench::run_engine(settings, [&](flow::job& job, auto into) {
    auto const sink = job.source("readings", flow::memory::generate<reading>(records, bench::readings{}))
                          .sink("totals", bench::totals_sink(into, bench::value_of));
    if (!chained) sink.unchained();
  });
}

void hop(benchmark::State& state) {
  auto const batch_size = static_cast<std::uint32_t>(state.range(0));
  constexpr std::uint64_t records = 51'200'000;
  constexpr double n = records;
  for (auto _ : state) {
    auto const hand = bench::measure([&] { return bench::buffered_loop(records, {}); });
    auto const chained = bench::measure([&] { return job(records, batch_size, true); });
    auto const hopping = bench::measure([&] { return job(records, batch_size, false); });
    if (chained.result != hand.result || hopping.result != hand.result)
      state.SkipWithError("the engine's result is not that of the loop");
    state.counters["hand_ns"] = hand.cpu_nanoseconds_per(n);
    state.counters["chained_ns"] = chained.cpu_nanoseconds_per(n);
    state.counters["hop_ns"] = hopping.cpu_nanoseconds_per(n);
    state.counters["over_hand_ns"] = hopping.cpu_nanoseconds_per(n) - hand.cpu_nanoseconds_per(n);
    state.counters["over_chained_ns"] = hopping.cpu_nanoseconds_per(n) - chained.cpu_nanoseconds_per(n);
    state.counters["ratio"] = hand.cpu_seconds / hopping.cpu_seconds;
  }
}

}  // namespace

BENCHMARK(hop)->Apply(bench::once_per_repetition)->ArgName("batch")->Arg(256)->Arg(1024)->Arg(4096);
BENCHMARK_MAIN();
