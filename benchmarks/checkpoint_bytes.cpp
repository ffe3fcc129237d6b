// What a checkpoint writes when one in a hundred of 5 million keys has changed since the one before, other keys each time.
//
// First all keys come in and a checkpoint has them all: full_MB. Then 130 checkpoints follow, twice as many as it takes until each
// part of the state has been written whole again in rotation. mean_percent is what they have written of the full size, most_percent
// the most that one has. total_percent is what the newest names of the full size, at the end.

#include <algorithm>
#include <atomic>
#include <thread>

#include "compare.hpp"
#include "folder.hpp"
#include "jobs.hpp"

#include <flow/run.hpp>

namespace {

using namespace std::chrono_literals;

constexpr std::int64_t keys = 5'000'000, changed = keys / 100;
constexpr int checkpoints = 130;
constexpr std::int64_t all_keys = -1, none = -2;  // in place of the number of a round

/// Takes a checkpoint, which begins behind all records that are there now, and returns what it wrote.
double next_checkpoint(flow::running_job& job) {
  auto const before = job.checkpoints().completed;
  job.trigger_barrier();
  while (job.checkpoints().completed == before) std::this_thread::sleep_for(1ms);
  return static_cast<double>(job.checkpoints().written_bytes);
}
void let_pass(flow::running_job const& job, std::int64_t records) {
  auto const until = job.counters().front().records_out + static_cast<std::uint64_t>(records);
  while (job.counters().front().records_out < until) std::this_thread::sleep_for(1ms);
}

void bytes_of_one_percent(benchmark::State& state) {
  for (auto _ : state) {
    bench::folder const snapshots;
    std::atomic<std::int64_t> round{all_keys};
    flow::job job{"benchmark"};
    job.source("readings", flow::memory::generate<bench::reading>(flow::memory::unbounded, bench::readings{}))
        .filter([&round](bench::reading const&) { return round.load(std::memory_order_relaxed) != none; })
        .map([&round](bench::reading r) {
          auto const now = round.load(std::memory_order_relaxed);
          r.key = now < 0 ? r.index % keys : static_cast<std::int64_t>(bench::mix(static_cast<std::uint64_t>(now * changed + r.index % changed)) % keys);
          return r;
        })
        .key_by(&bench::reading::key)
        .process("sums", bench::running_sum{})
        .sink("totals", bench::totals_sink(std::make_shared<bench::shared_totals>(), [](std::int64_t sum) { return sum; }));
    auto running = flow::start(job, flow::settings{}.parallelism(1).snapshots(snapshots.path()).checkpoint_interval(0s).keep_cancelled(false));
    auto const rest = [&] {
      round = none;
      let_pass(running, 100'000);
    };
    let_pass(running, keys + 1'000'000);
    rest();
    double const full = next_checkpoint(running);
    double sum = 0, most = 0;
    for (int i = 0; i < checkpoints; ++i) {
      round = i;
      let_pass(running, 4 * changed);
      rest();
      double const written = next_checkpoint(running);
      sum += written;
      most = std::max(most, written);
    }
    auto const named = static_cast<double>(running.checkpoints().bytes);
    running.cancel();
    if (auto const end = running.await(); end.failure) throw *end.failure;
    state.counters["full_MB"] = full / 1e6;
    state.counters["mean_percent"] = sum / checkpoints / full * 100;
    state.counters["most_percent"] = most / full * 100;
    state.counters["total_percent"] = named / full * 100;
  }
}

}  // namespace

BENCHMARK(bytes_of_one_percent)->Apply(bench::once_per_repetition)->Repetitions(3);
BENCHMARK_MAIN();
