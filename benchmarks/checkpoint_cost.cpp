// What a checkpoint a second costs: the throughput of a job with checkpoints, written to RocksDB, to that of the same job
// without.
//
// Both run in turn in one process, each until its state has its full size and at least one checkpoint is complete, and then for
// `seconds`, which count. `ratio` is of CPU time per record, of all threads, those of RocksDB among them: where the job keeps all
// cores busy that is the ratio of the throughputs, and other programs do not count. `clock_ratio` is that of records by the
// clock. per_second is how many checkpoints were completed by the clock, written_MB what each had to write.

#include <algorithm>
#include <functional>
#include <thread>

#include "compare.hpp"
#include "folder.hpp"
#include "jobs.hpp"

#include <flow/run.hpp>

namespace {

using namespace std::chrono_literals;
using into = std::shared_ptr<bench::shared_totals>;
using builder = std::function<void(flow::job&, std::uint32_t splits, into const&)>;

constexpr std::chrono::milliseconds measured_time{4000};
constexpr std::uint64_t endless = flow::memory::unbounded;

struct rate {
  double cpu_ns = 0, clock_ns = 0;  // per record
  double checkpoints = 0;           // per second
  double written_bytes = 0;         // of the last
};

std::uint64_t records_of(flow::running_job const& job) { return job.counters().front().records_out; }

rate run(builder const& build, std::uint32_t parallelism, std::uint64_t warm, bool checkpoints) {
  bench::folder const snapshots;
  flow::settings settings;
  settings.parallelism(parallelism);
  if (checkpoints) settings.snapshots(snapshots.path()).checkpoint_interval(1s).keep_cancelled(false);
  flow::job what{"benchmark"};
  build(what, parallelism, std::make_shared<bench::shared_totals>());
  auto running = flow::start(what, settings);
  while (records_of(running) < warm || (checkpoints && running.checkpoints().completed < 1)) std::this_thread::sleep_for(10ms);
  auto const began = std::chrono::steady_clock::now();
  auto const cpu = bench::cpu_seconds(CLOCK_PROCESS_CPUTIME_ID);
  auto const first = records_of(running), completed = running.checkpoints().completed;
  std::this_thread::sleep_for(measured_time);
  auto const n = static_cast<double>(records_of(running) - first);
  auto const seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  auto const now = running.checkpoints();
  rate r{(bench::cpu_seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu) / n * 1e9, seconds / n * 1e9, static_cast<double>(now.completed - completed) / seconds,
         static_cast<double>(now.written_bytes)};
  running.cancel();
  if (auto const end = running.await(); end.failure) throw *end.failure;
  return r;
}

void compare(benchmark::State& state, std::uint64_t warm, builder const& build) {
  auto const parallelism = static_cast<std::uint32_t>(state.range(0));
  for (auto _ : state) {
    rate const without = run(build, parallelism, warm, false), with = run(build, parallelism, warm, true);
    state.counters["cpu_ns"] = with.cpu_ns;
    state.counters["cpu_ns_without"] = without.cpu_ns;
    state.counters["ratio"] = without.cpu_ns / with.cpu_ns;
    state.counters["clock_ratio"] = without.clock_ns / with.clock_ns;
    state.counters["busy"] = without.cpu_ns / without.clock_ns;
    state.counters["per_second"] = with.checkpoints;
    state.counters["written_MB"] = with.written_bytes / 1e6;
  }
}

void ysb(benchmark::State& state) {
  compare(state, 1'000'000, [](flow::job& job, std::uint32_t splits, into const& to) { bench::add_ysb(job, endless, splits, to); });
}
void keyed_window(benchmark::State& state) {
  compare(state, 10'000'000, [](flow::job& job, std::uint32_t splits, into const& to) { bench::add_keyed_window(job, endless, splits, to); });
}
void running_sums(benchmark::State& state) {
  std::int64_t const keys = state.range(1);
  compare(state, 4 * static_cast<std::uint64_t>(keys),
          [keys](flow::job& job, std::uint32_t splits, into const& to) { bench::add_running_sums(job, endless, keys, splits, to); });
}

}  // namespace

BENCHMARK(ysb)->Apply(bench::once_per_repetition)->ArgName("parallelism")->Arg(1)->Arg(2);
BENCHMARK(keyed_window)->Apply(bench::once_per_repetition)->ArgName("parallelism")->Arg(1)->Arg(2);
BENCHMARK(running_sums)->Apply(bench::once_per_repetition)->ArgNames({"parallelism", "keys"})->Args({2, 1'000'000})->Args({2, 10'000'000});
BENCHMARK_MAIN();
