// What a chained stateless operator costs: source, four times map and filter, sink, in one task, against one loop.
//
// over_hand_ns: what the engine takes longer than the loop, per record and operator, without what source and sink take
// longer. The goal is at most 1 ns.

#include "compare.hpp"
#include "engine.hpp"

namespace {

using bench::reading;
using bench::totals;

constexpr int pairs = 4;

reading scrambled(reading r) {
  r.value = r.value * 5 + r.key;
  return r;
}
bool is_kept(reading const& r) { return r.value % 64 != 0; }

template <int Pairs>
[[gnu::noinline]] totals loop(std::uint64_t records, bench::readings make) {
  totals result;
  for (std::uint64_t i = 0; i < records; ++i) {
    reading r = make(i);
    bool kept = true;
    for (int pair = 0; pair < Pairs && kept; ++pair) kept = is_kept(r = scrambled(r));
    if (kept) result.add(r.value);
  }
  return result;
}

totals job(std::uint64_t records, int operator_pairs) {
  return bench::run_engine(flow::settings{}.parallelism(1), [&](flow::job& job, auto into) {
    auto stream = job.source("readings", flow::memory::generate<reading>(records, bench::readings{}));
    for (int pair = 0; pair < operator_pairs; ++pair)
      stream =
          stream.map([](reading const& r) { return scrambled(r); }).filter([](reading const& r) { return is_kept(r); });
    stream.sink("totals", bench::totals_sink(into, [](reading const& r) { return r.value; }));
  });
}

void chained(benchmark::State& state) {
  auto const records = static_cast<std::uint64_t>(state.range(0));
  auto const n = static_cast<double>(records);
  for (auto _ : state) {
    auto const hand_none = bench::measure([&] { return loop<0>(records, {}); });
    auto const engine_none = bench::measure([&] { return job(records, 0); });
    auto const hand = bench::measure([&] { return loop<pairs>(records, {}); });
    auto const engine = bench::measure([&] { return job(records, pairs); });
    if (engine.result != hand.result || engine_none.result != hand_none.result)
      state.SkipWithError("the engine's result is not that of the loop");
    state.counters["hand_ns"] = hand.cpu_nanoseconds_per(n);
    state.counters["engine_ns"] = engine.cpu_nanoseconds_per(n);
    state.counters["ratio"] = hand.cpu_seconds / engine.cpu_seconds;
    state.counters["source_and_sink_ns"] = engine_none.cpu_nanoseconds_per(n) - hand_none.cpu_nanoseconds_per(n);
    double const over = engine.cpu_seconds - hand.cpu_seconds - (engine_none.cpu_seconds - hand_none.cpu_seconds);
    state.counters["over_hand_ns"] = over / n / (2 * pairs) * 1e9;
  }
}

}  // namespace

BENCHMARK(chained)->Apply(bench::once_per_repetition)->Arg(50'000'000);
BENCHMARK_MAIN();
