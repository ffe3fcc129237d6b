// A checkpoint under back-pressure: how long it takes and what it writes where the sink takes a hundredth of what the source gives, with
// barriers that wait for their turn and with barriers that overtake.
//
// The source gives a million records of 32 bytes a second, if it is let; two exchanges further on two sinks take 5,000 each. So all channels are
// full, always. `aligned_ms` and `overtaking_ms` are the mean durations of `count` checkpoints, from the begin of one to its manifest
// being durable; checkpoints begin one after the other. `logged_kB` is the most that one that overtook has written: there is no state but
// the sources' positions, the rest is what was on its way. `bound_kB` is the credit of all channels, what a channel may hold beyond it (a batch in
// flight, one that is put together) included.

#include <chrono>
#include <thread>

#include "compare.hpp"
#include "folder.hpp"

#include <flow/flow.hpp>
#include <flow/memory.hpp>
#include <flow/run.hpp>

namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t source_rate = 1'000'000, count = 5;
constexpr std::uint32_t subtasks = 2, hops = 2, batch_size = 64;
constexpr std::uint64_t buffer = 128 << 10;
constexpr std::chrono::nanoseconds sink_time = std::chrono::nanoseconds(1s) * 100 * subtasks / source_rate;  // per record

struct event {
  std::int64_t a = 0, b = 0, c = 0, d = 0;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(a), CEREAL_NVP(b), CEREAL_NVP(c), CEREAL_NVP(d)); }
};
struct events {
  event operator()(std::uint64_t i) const { return {static_cast<std::int64_t>(i), 1, 2, 3}; }
};

class slow_writer final : public flow::writer<event> {
 public:
  void write(flow::batch<event> const& records) override { std::this_thread::sleep_for(sink_time * records.size()); }
};

struct measured {
  double milliseconds = 0, most_bytes = 0;
};

measured run(std::optional<std::chrono::microseconds> aligned) {
  bench::folder const snapshots;
  flow::settings settings;
  settings.parallelism(subtasks).threads(2 * subtasks).batch_size(batch_size).task_buffer(buffer);
  settings.snapshots(snapshots.path()).checkpoint_interval(10ms).keep_cancelled(false).aligned_checkpoint_timeout(aligned);
  flow::job what{"benchmark"};
  what.source("events", flow::memory::generate<event>(flow::memory::unbounded, events{}).splits(subtasks).per_second(source_rate))
      .rebalance()
      .map([](event e) {
        ++e.b;
        return e;
      })
      .rebalance()
      .sink("slow", flow::sink<event>{.make_writer = [] { return std::make_unique<slow_writer>(); }});
  auto running = flow::start(what, settings);
  // The first finds empty channels.
  while (running.counters().back().records_in < 20 * batch_size) std::this_thread::sleep_for(10ms);
  auto seen = running.checkpoints().completed + 1;
  while (running.checkpoints().completed < seen) std::this_thread::sleep_for(1ms);
  measured m;
  for (std::uint64_t n = 0; n < count; ++n) {
    seen = running.checkpoints().completed;
    while (running.checkpoints().completed == seen) std::this_thread::sleep_for(1ms);
    auto const now = running.checkpoints();
    m.milliseconds += std::chrono::duration<double, std::milli>(now.duration).count() / count;
    m.most_bytes = std::max(m.most_bytes, static_cast<double>(now.written_bytes));
  }
  running.cancel();
  if (auto const end = running.await(); end.failure) throw *end.failure;
  return m;
}

void slow_sink(benchmark::State& state) {
  constexpr double beyond = 2.0 * batch_size * sizeof(event);  // per channel
  for (auto _ : state) {
    auto const aligned = run({}), overtaking = run(0us);
    state.counters["aligned_ms"] = aligned.milliseconds;
    state.counters["overtaking_ms"] = overtaking.milliseconds;
    state.counters["logged_kB"] = overtaking.most_bytes / 1e3;
    state.counters["bound_kB"] = (hops * subtasks * static_cast<double>(buffer) + hops * subtasks * subtasks * beyond) / 1e3;
    if (overtaking.most_bytes / 1e3 > state.counters["bound_kB"]) state.SkipWithError("a checkpoint is larger than what may be on its way");
  }
}

}  // namespace

BENCHMARK(slow_sink)->Iterations(1)->Repetitions(3)->ReportAggregatesOnly()->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK_MAIN();
