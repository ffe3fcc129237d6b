// Event-time timers: each record of a process function sets one, each is called once.
//
// Keys are drawn uniformly; a timer is set for up to ten seconds after its record, in whole microseconds, while event time
// goes on by ten seconds in as many records as there are keys: about half as many timers as keys are set at any time. The
// watermark follows each batch. pairs_M/s is records by CPU second of the thread, setting and firing and all else that the
// operator does for a record together; the goal is 5. The loop by hand keeps its timers in a std::priority_queue and a
// set beside it (absl::flat_hash_set), so that each is set once per key and time.

#include <absl/container/flat_hash_set.h>

#include <queue>

#include "driven_operator.hpp"
#include "hand_loops.hpp"

namespace {

struct event {
  std::int64_t key = 0;
  flow::timestamp due{};
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(key), CEREAL_NVP(due)); }
};

constexpr std::int64_t horizon = 10'000'000;  // microseconds

struct events {
  std::int64_t keys;
  flow::timestamp time_of(std::uint64_t index) const {
    return bench::first_time + flow::duration(static_cast<std::int64_t>(index) * horizon / keys);
  }
  event operator()(std::uint64_t index) const {
    std::uint64_t const random = bench::mix(index);
    return {bench::below(random, keys), time_of(index) + flow::duration(1 + bench::below(random << 32, horizon))};
  }
};

std::int64_t micros(flow::timestamp t) { return t.time_since_epoch().count(); }

struct alarm {
  bench::totals* fired;
  void process(event const& e, auto& context, flow::output<std::int64_t>&) { context.event_timer(e.due); }
  void on_timer(flow::timestamp at, auto& context, flow::output<std::int64_t>&) { fired->add(context.key() ^ micros(at)); }
};

class hand_alarms {
 public:
  void set(std::int64_t key, flow::timestamp at) {
    if (set_.insert({micros(at), key}).second) order_.push({micros(at), key});
  }
  void fire(flow::timestamp until, bench::totals& fired) {
    while (!order_.empty() && order_.top().first <= micros(until)) {
      auto const [at, key] = order_.top();
      order_.pop();
      set_.erase({at, key});
      fired.add(key ^ at);
    }
  }

 private:
  using timer = std::pair<std::int64_t, std::int64_t>;
  absl::flat_hash_set<timer> set_;
  std::priority_queue<timer, std::vector<timer>, std::greater<>> order_;
};

struct outcome {
  bench::totals fired;
  double seconds = 0;
};

outcome by_hand(events make, std::uint64_t records) {
  outcome found;
  hand_alarms alarms;
  std::vector<event> round(bench::round_size);
  for (std::uint64_t first = 0; first < records; first += bench::round_size) {
    for (std::uint32_t i = 0; i < bench::round_size; ++i) round[i] = make(first + i);
    double const before = bench::cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
    for (std::uint32_t i = 0; i < bench::round_size; ++i) {
      alarms.set(round[i].key, round[i].due);
      if ((i + 1) % bench::batch_size == 0) alarms.fire(make.time_of(first + i), found.fired);
    }
    found.seconds += bench::cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - before;
  }
  double const before = bench::cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
  alarms.fire(flow::end_of_time, found.fired);
  found.seconds += bench::cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - before;
  return found;
}

outcome by_engine(events make, std::uint64_t records) {
  outcome found;
  bench::driven_operator<event, std::int64_t> alarms(&event::key, alarm{&found.fired});
  for (std::uint64_t first = 0; first < records; first += bench::round_size) {
    std::uint64_t given = first;
    found.seconds += alarms.give(first, make, make.time_of(first), [&] { alarms.advance(make.time_of((given += bench::batch_size) - 1)); });
  }
  double const before = bench::cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
  alarms.advance(flow::end_of_time);
  found.seconds += bench::cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - before;
  return found;
}

void timers(benchmark::State& state) {
  events const make{state.range(0)};
  std::uint64_t const records = std::max<std::uint64_t>(4 << 20, 4 * static_cast<std::uint64_t>(make.keys)) / bench::round_size * bench::round_size;
  for (auto _ : state) {
    outcome const hand = by_hand(make, records);
    outcome const engine = by_engine(make, records);
    if (hand.fired != engine.fired) state.SkipWithError("the engine's timers are not those of the loop");
    auto const pairs = static_cast<double>(engine.fired.rows);
    state.counters["hand_M/s"] = pairs / hand.seconds / 1e6;
    state.counters["pairs_M/s"] = pairs / engine.seconds / 1e6;
    state.counters["ratio"] = hand.seconds / engine.seconds;
  }
}

}  // namespace

BENCHMARK(timers)->Apply(bench::once_per_repetition)->ArgName("keys")->Arg(100'000)->Arg(1'000'000);
BENCHMARK_MAIN();
