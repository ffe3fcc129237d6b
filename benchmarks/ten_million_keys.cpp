// The table that keyed state lies in, at 10 million keys drawn uniformly, against one absl::flat_hash_map.
//
// Change tracking is on, as it always is, and an epoch begins every million records. insert_ns and steady_ns are per
// record: while the keys come in, and when they are there. The goal is at most 40 ns steady. The stalls are those of
// batches of 1,024 records while the table grows, the longest and the 99.9th percentile in microseconds; the goals are
// 1,000 and 200. All is CPU time of the thread, page faults included: another process does not count, and neither does the
// thread that makes memory ready; what it takes is ahead_ns, per key.

#include <flow/state/table.hpp>

#include <algorithm>
#include <vector>

#include "compare.hpp"
#include "touched_ahead.hpp"

namespace {

constexpr std::int64_t keys = 10'000'000;
constexpr std::uint64_t records = 4 * keys;  // by then all but a few keys have come
constexpr std::uint32_t batch_size = 1024;
constexpr std::uint32_t portion = 64;  // look-ups whose memory is loaded ahead

struct add_to_absl {
  absl::flat_hash_map<std::int64_t, std::int64_t> sums;

  void operator()(std::vector<std::int64_t> const& batch) {
    for (std::int64_t const key : batch) sums[key] += key & 1023;
  }
  void begin_epoch() {}
  double ahead_seconds() { return 0; }
  bench::totals result() const {
    bench::totals all;
    for (auto const& [key, sum] : sums) all.add(sum);
    return all;
  }
};

struct add_to_table {
  bench::touched_ahead memory;
  flow::table<std::int64_t, std::int64_t> sums{&memory.chunks};
  std::uint64_t hashes[portion];

  void operator()(std::vector<std::int64_t> const& batch) {
    for (std::size_t first = 0; first < batch.size(); first += portion) {
      std::size_t const count = std::min<std::size_t>(portion, batch.size() - first);
      for (std::size_t i = 0; i < count; ++i) sums.prefetch(hashes[i] = flow::hash_of(batch[first + i]));
      for (std::size_t i = 0; i < count; ++i)
        sums.find_or_insert(batch[first + i], hashes[i]) += batch[first + i] & 1023;
    }
  }
  void begin_epoch() { sums.begin_epoch(); }
  double ahead_seconds() { return memory.seconds(); }
  bench::totals result() const {
    bench::totals all;
    sums.for_each([&](std::int64_t, std::int64_t sum) { all.add(sum); });
    return all;
  }
};

struct outcome {
  bench::totals result;
  double insert_ns = 0, steady_ns = 0;
  double longest_us = 0, permille_999_us = 0;
  double ahead_seconds = 0;
};

/// Adds to one map: phase 0 while it fills, phase 1 when it is full. Making the keys is not in the times.
template <class Map>
outcome run() {
  auto const map = std::make_unique<Map>();
  outcome found;
  std::vector<double> stalls;
  std::vector<std::int64_t> batch(batch_size);
  std::uint64_t next = 0;
  for (double* const phase_ns : {&found.insert_ns, &found.steady_ns}) {
    double seconds = 0;
    std::uint64_t const first = next;
    for (std::uint64_t const end = next + records / 2; next < end; next += batch_size) {
      for (std::uint32_t i = 0; i < batch_size; ++i) batch[i] = bench::below(bench::mix(next + i), keys);
      if (next % (1 << 20) == 0) map->begin_epoch();
      double const before = bench::cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
      (*map)(batch);
      double const took = bench::cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - before;
      seconds += took;
      if (phase_ns == &found.insert_ns) stalls.push_back(took * 1e6);
    }
    *phase_ns = seconds / static_cast<double>(next - first) * 1e9;
  }
  std::sort(stalls.begin(), stalls.end());
  found.longest_us = stalls.back();
  found.permille_999_us = stalls[stalls.size() * 999 / 1000];
  found.result = map->result();
  found.ahead_seconds = map->ahead_seconds();
  return found;
}

void ten_million_keys(benchmark::State& state) {
  for (auto _ : state) {
    outcome const hand = run<add_to_absl>();
    outcome const engine = run<add_to_table>();
    if (hand.result != engine.result) state.SkipWithError("the table's result is not that of the map");
    state.counters["absl_insert_ns"] = hand.insert_ns;
    state.counters["absl_steady_ns"] = hand.steady_ns;
    state.counters["absl_longest_us"] = hand.longest_us;
    state.counters["insert_ns"] = engine.insert_ns;
    state.counters["steady_ns"] = engine.steady_ns;
    state.counters["ahead_ns"] = engine.ahead_seconds / static_cast<double>(keys) * 1e9;
    state.counters["longest_us"] = engine.longest_us;
    state.counters["p999_us"] = engine.permille_999_us;
    state.counters["ratio"] = hand.steady_ns / engine.steady_ns;
  }
}

}  // namespace

BENCHMARK(ten_million_keys)->Apply(bench::once_per_repetition);
BENCHMARK_MAIN();
