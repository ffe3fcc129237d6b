#pragma once
// Runs a loop written by hand and the engine in turn and reports both per core, and their ratio.
//
// "Per core" is records by CPU second of the whole process, all threads counted: an engine that keeps two cores busy to
// be as fast as a loop on one has a ratio of 0.5. Start and end of the job are in the engine's time. Both run in every
// repetition, so what else the machine does hits both; the median of the repetitions is what counts.

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdint>
#include <ctime>

#include "hand_loops.hpp"

namespace bench {

struct measured {
  totals result;
  double cpu_seconds = 0;
  double wall_seconds = 0;

  double cpu_nanoseconds_per(double records) const { return cpu_seconds / records * 1e9; }
};

inline double cpu_seconds(clockid_t of) {
  timespec time{};
  clock_gettime(of, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

/// Runs `work`, a function that gives `totals`.
template <class F>
measured measure(F work) {
  auto const wall = std::chrono::steady_clock::now();
  double const cpu = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID);
  measured m;
  m.result = work();
  benchmark::DoNotOptimize(m.result);
  m.cpu_seconds = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
  m.wall_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - wall).count();
  return m;
}

/// Measures both in one iteration and sets the counters of a comparison by speed.
template <class Hand, class Engine>
void compare_speed(benchmark::State& state, std::uint64_t records, Hand hand, Engine engine) {
  for (auto _ : state) {
    measured const h = measure(hand);
    measured const e = measure(engine);
    if (h.result != e.result) state.SkipWithError("the engine's result is not that of the loop");
    auto const n = static_cast<double>(records);
    state.counters["hand_M/s/core"] = n / h.cpu_seconds / 1e6;
    state.counters["engine_M/s/core"] = n / e.cpu_seconds / 1e6;
    state.counters["engine_M/s"] = n / e.wall_seconds / 1e6;
    state.counters["ratio"] = h.cpu_seconds / e.cpu_seconds;
  }
}

/// How every benchmark here is run: one iteration is a whole job, and the median of the repetitions is reported.
inline void once_per_repetition(benchmark::internal::Benchmark* b) {
  b->Iterations(1)->Repetitions(5)->ReportAggregatesOnly()->MeasureProcessCPUTime()->UseRealTime()->Unit(
      benchmark::kMillisecond);
}

}  // namespace bench
