// The longest stops of a task: while its state grows to its full size, and then by barriers, with a checkpoint a second in both.
//
// The task makes records of random keys, adds up in keyed state, and notes the time at each 1,024th record: what lies between
// two is a stop when it is longer than usual, whatever it came from: a barrier, the writing of state between records, growth of the table, or
// the machine. idle_ is a loop that only computes, for as long and with about as many notes, behind the job: the machine's own
// noise. Microseconds by the clock: 99.9 % of all are shorter than p999_us. The goal is 1,000.

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "compare.hpp"
#include "folder.hpp"
#include "jobs.hpp"

#include <flow/run.hpp>

namespace {

using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;

/// The time between notes, in microseconds.
class notes {
 public:
  notes() { all_.reserve(4'000'000); }
  void note() {
    auto const now = clock_type::now();
    if (last_ != clock_type::time_point{} && all_.size() < all_.capacity()) all_.push_back(std::chrono::duration<float, std::micro>(now - last_).count());
    last_ = now;
  }
  std::size_t size() const { return all_.size(); }
  /// Of those from a number on: the longest, and what 99.9 % are shorter than.
  std::pair<double, double> stops(std::size_t from, std::size_t to) const {
    std::vector<float> some(all_.begin() + static_cast<std::ptrdiff_t>(from), all_.begin() + static_cast<std::ptrdiff_t>(to));
    std::sort(some.begin(), some.end());
    return {some.back(), some[some.size() * 999 / 1000]};
  }

 private:
  std::vector<float> all_;
  clock_type::time_point last_{};
};

struct watched_sum {
  notes* to;
  std::atomic<std::size_t>* noted;
  flow::value_state<std::int64_t> sum;
  void open(flow::open_context& context) { sum = context.state().value<std::int64_t>("sum"); }
  void process(bench::reading const& r, auto&, flow::output<std::int64_t>&) {
    sum.change() += r.value;
    if ((r.index & 1023) != 0) return;
    to->note();
    noted->store(to->size(), std::memory_order_relaxed);
  }
};

/// Computes for as long as `goes_on`, about 20 us between notes.
void compute(notes& to, std::atomic<bool> const& goes_on) {
  std::uint64_t value = 1;
  while (goes_on) {
    for (int i = 0; i < 8'000; ++i) value = bench::mix(value);
    benchmark::DoNotOptimize(value);
    to.note();
  }
}

void stops(benchmark::State& state) {
  std::int64_t const keys = state.range(0);
  for (auto _ : state) {
    bench::folder const snapshots;
    auto const task = std::make_unique<notes>(), idle = std::make_unique<notes>();
    std::atomic<std::size_t> noted{0};
    bench::readings make;
    make.keys = keys;
    flow::job job{"benchmark"};
    job.source("readings", flow::memory::generate<bench::reading>(flow::memory::unbounded, make))
        .key_by(&bench::reading::key)
        .process("sums", watched_sum{task.get(), &noted, {}})
        .sink("totals", bench::totals_sink(std::make_shared<bench::shared_totals>(), [](std::int64_t sum) { return sum; }));
    auto running = flow::start(job, flow::settings{}.parallelism(1).snapshots(snapshots.path()).checkpoint_interval(1s).keep_cancelled(false));
    while (noted < static_cast<std::size_t>(6 * keys / 1024)) std::this_thread::sleep_for(1ms);
    std::size_t const grown = noted;
    auto const before = running.checkpoints().completed;
    std::this_thread::sleep_for(6s);
    std::size_t const end = noted;
    auto const completed = running.checkpoints().completed - before;
    running.cancel();
    if (auto const ended = running.await(); ended.failure) throw *ended.failure;

    std::atomic<bool> goes_on{true};
    std::thread loop([&] { compute(*idle, goes_on); });
    std::this_thread::sleep_for(6s);
    goes_on = false;
    loop.join();

    auto const growth = task->stops(0, grown), barriers = task->stops(grown, end), noise = idle->stops(0, idle->size());
    state.counters["growth_longest_us"] = growth.first;
    state.counters["growth_p999_us"] = growth.second;
    state.counters["barriers_longest_us"] = barriers.first;
    state.counters["barriers_p999_us"] = barriers.second;
    state.counters["idle_longest_us"] = noise.first;
    state.counters["idle_p999_us"] = noise.second;
    state.counters["checkpoints"] = static_cast<double>(completed);
  }
}

}  // namespace

BENCHMARK(stops)->Apply(bench::once_per_repetition)->ArgName("keys")->Arg(1'000'000)->Arg(5'000'000)->Arg(10'000'000);
BENCHMARK_MAIN();
