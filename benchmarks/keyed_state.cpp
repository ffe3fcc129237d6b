// What a process function's state costs per record, against a look-up in one absl::flat_hash_map.
//
// A running sum per key: `sum.change() += value` of a value_state in the operator, `map[key] += value` in the loop. Both are given the
// same batches; making them is not in the times, hashing their keys is. absl_ns and engine_ns are CPU time per record once
// all keys have come: of the engine the whole operator, all that it does for a record. mortal_ns is that with a time to
// live, stateless_ns that of a function that uses no state: access_ratio compares the look-up with what the state adds to
// it. Its goal is at least 0.67: not more than one and a half times the look-up.

#include "driven_operator.hpp"
#include "hand_loops.hpp"

namespace {

constexpr std::uint64_t records = 8 << 20;

template <class Key>
struct payment {
  Key account{};
  std::int64_t cents = 0;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(account), CEREAL_NVP(cents)); }
};

template <class Key>
Key account_of(std::int64_t number) {
  if constexpr (std::is_same_v<Key, std::string>) return "account number " + std::to_string(number);
  else return number;
}

template <class Key>
struct payments {
  std::int64_t keys;
  payment<Key> operator()(std::uint64_t index) const {
    std::uint64_t const random = bench::mix(index);
    return {account_of<Key>(bench::below(random, keys)), static_cast<std::int64_t>(random & 1023)};
  }
};

template <class Key>
struct running_sum {
  bench::totals* seen;
  bool mortal;
  flow::value_state<std::int64_t> sum;
  void open(flow::open_context& context) {
    auto& state = context.state();
    sum = mortal ? state.value<std::int64_t>("sum", flow::time_to_live(std::chrono::hours(1))) : state.value<std::int64_t>("sum");
  }
  void process(payment<Key> const& p, auto&, flow::output<std::int64_t>&) {
    std::int64_t const now = sum.change() += p.cents;
    seen->add(now);
  }
};

/// The same operator around a function without state: what a record costs in any case.
template <class Key>
struct plain_sum {
  bench::totals* seen;
  void process(payment<Key> const& p, auto&, flow::output<std::int64_t>&) { seen->add(p.cents); }
};

struct outcome {
  bench::totals result;
  double ns = 0;
};

/// Gives all records in rounds to `take`, which says how long it took; the time of the second half counts.
template <class Take>
double steady_ns(Take take) {
  double seconds = 0;
  for (std::uint64_t first = 0; first < records; first += bench::round_size) {
    double const took = take(first);
    if (first >= records / 2) seconds += took;
  }
  return seconds / (records / 2) * 1e9;
}

template <class Key>
outcome by_hand(payments<Key> make) {
  outcome found;
  absl::flat_hash_map<Key, std::int64_t> sums;
  std::vector<payment<Key>> round(bench::round_size);
  found.ns = steady_ns([&](std::uint64_t first) {
    for (std::uint64_t i = 0; i < round.size(); ++i) round[i] = make(first + i);
    double const before = bench::cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
    for (auto const& p : round) found.result.add(sums[p.account] += p.cents);
    return bench::cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - before;
  });
  return found;
}

template <class Key, class F>
outcome by_engine(payments<Key> make, F function) {
  outcome found;
  function.seen = &found.result;
  bench::driven_operator<payment<Key>, Key> sums(&payment<Key>::account, function);
  found.ns = steady_ns([&](std::uint64_t first) { return sums.give(first, make, bench::first_time, [] {}); });
  return found;
}

template <class Key>
void keyed_state(benchmark::State& state) {
  payments<Key> const make{state.range(0)};
  for (auto _ : state) {
    outcome const hand = by_hand<Key>(make);
    outcome const engine = by_engine(make, running_sum<Key>{nullptr, false, {}});
    outcome const mortal = by_engine(make, running_sum<Key>{nullptr, true, {}});
    outcome const without = by_engine(make, plain_sum<Key>{nullptr});
    if (hand.result != engine.result || hand.result != mortal.result) state.SkipWithError("the engine's result is not that of the loop");
    state.counters["absl_ns"] = hand.ns;
    state.counters["engine_ns"] = engine.ns;
    state.counters["mortal_ns"] = mortal.ns;
    state.counters["stateless_ns"] = without.ns;
    state.counters["ratio"] = hand.ns / engine.ns;
    state.counters["access_ratio"] = hand.ns / (engine.ns - without.ns);
  }
}

}  // namespace

BENCHMARK(keyed_state<std::int64_t>)->Apply(bench::once_per_repetition)->ArgName("keys")->Arg(1'000)->Arg(100'000)->Arg(1'000'000);
BENCHMARK(keyed_state<std::string>)->Apply(bench::once_per_repetition)->ArgName("keys")->Arg(1'000)->Arg(100'000)->Arg(1'000'000);
BENCHMARK_MAIN();
