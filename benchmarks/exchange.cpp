// What a hash exchange costs: one source sends 32-byte records to several sinks, by the hash of their key, against a
// loop through a buffer.
//
// over_hand_ns is per record: the hash, the scattering, the messages, and the reading of the batches. The goal is at
// most 3.5 ns.

#include "compare.hpp"
#include "engine.hpp"

namespace {

using bench::reading;
using bench::totals;

totals job(std::uint64_t records, std::uint32_t receivers) {
  return bench::run_engine(flow::settings{}.parallelism(1), [&](flow::job& job, auto into) {
    auto keyed = job.source("readings", flow::memory::generate<reading>(records, bench::readings{}))
                     .partition_by([](reading const& r) { return flow::hash_of(r.key); })
                     .end();
    keyed.partitioning = flow::partitioning::hash;  // as behind key_by, which a sink cannot follow
    flow::stream<reading>(keyed).sink("totals", bench::totals_sink(into, bench::value_of)).with_parallelism(receivers);
  });
}

void exchange(benchmark::State& state) {
  auto const receivers = static_cast<std::uint32_t>(state.range(0));
  constexpr std::uint64_t records = 51'200'000;
  constexpr double n = records;
  for (auto _ : state) {
    auto const hand = bench::measure([&] { return bench::buffered_loop(records, {}); });
    auto const engine = bench::measure([&] { return job(records, receivers); });
    if (engine.result != hand.result) state.SkipWithError("the engine's result is not that of the loop");
    state.counters["hand_ns"] = hand.cpu_nanoseconds_per(n);
    state.counters["engine_ns"] = engine.cpu_nanoseconds_per(n);
    state.counters["over_hand_ns"] = engine.cpu_nanoseconds_per(n) - hand.cpu_nanoseconds_per(n);
    state.counters["ratio"] = hand.cpu_seconds / engine.cpu_seconds;
  }
}

}  // namespace

BENCHMARK(exchange)->Apply(bench::once_per_repetition)->ArgName("receivers")->Arg(2)->Arg(8);
BENCHMARK_MAIN();
