// An interval join of two streams with 100,000 keys, about one partner for each record, behind a hash exchange, against loops on one
// thread: one that keeps its records in the containers of the engine, one with abseil's map and vectors, as one would write it.
//
// over_containers is CPU time over that of the first loop: the goal is at most 3. over_absl is over the second.

#include <deque>

#include "compare.hpp"
#include "engine.hpp"

namespace {

using bench::totals;

/// A reading that is described, since a join keeps it as state.
struct reading : bench::reading {
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(key), CEREAL_NVP(index), CEREAL_NVP(value), CEREAL_NVP(time)); }
};
struct left_readings {
  bench::readings make;
  reading operator()(std::uint64_t index) const { return {make(index)}; }
};

flow::duration const reach{bench::as_setting<std::int64_t>(50'000)};  // before and after

/// The right records: the times of the left ones, other keys.
struct right_readings {
  left_readings left;
  reading operator()(std::uint64_t index) const {
    reading r = left(index);
    r.key = bench::below(bench::mix(index ^ 0x5555555555555555), left.make.keys);
    return r;
  }
};
struct pair_value {
  std::int64_t value = 0;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(value)); }
};
std::int64_t value_of(reading const& l, reading const& r) { return l.value ^ r.value; }

/// The containers of the engine: rows by key and span of time, dropped in the order in which the spans began.
class engine_rows {
 public:
  engine_rows() { rows_.attach(table_); }
  void add(reading const& r) {
    std::uint64_t const hash = flow::hash_of(r.key);
    if (rows_.add(r.key, hash, bucket_of(r.time), r) == flow::row_place{}) order_.push_back({bucket_of(r.time), r.key});
  }
  template <class F>
  void partners(reading const& r, F f) {
    std::uint64_t const hash = flow::hash_of(r.key);
    for (auto b = bucket_of(r.time - reach); b <= bucket_of(r.time + reach); ++b) {
      flow::row_place from;
      rows_.walk(r.key, hash, b, from, [&](reading const& other, auto const&) {
        if (other.time >= r.time - reach && other.time <= r.time + reach) f(other);
        return true;
      });
    }
  }
  void advance(flow::timestamp now) {
    for (auto const open = bucket_of(now - reach); !order_.empty() && order_.front().first < open; order_.pop_front())
      rows_.drop(order_.front().second, flow::hash_of(order_.front().second), order_.front().first);
  }

 private:
  static std::int64_t bucket_of(flow::timestamp t) { return t.time_since_epoch().count() >> 17; }
  flow::keyed_rows<std::int64_t, reading>::table_type table_{"rows"};
  flow::keyed_rows<std::int64_t, reading> rows_;
  std::deque<std::pair<std::int64_t, std::int64_t>> order_;
};

/// A vector per key, whose old records go when it is looked at.
class absl_rows {
 public:
  void add(reading const& r) { rows_[r.key].push_back(r); }
  template <class F>
  void partners(reading const& r, F f) {
    auto const found = rows_.find(r.key);
    if (found == rows_.end()) return;
    auto& rows = found->second;
    auto first = rows.begin();
    while (first != rows.end() && first->time < r.time - reach) ++first;
    rows.erase(rows.begin(), first);
    for (reading const& other : rows)
      if (other.time <= r.time + reach) f(other);
  }
  void advance(flow::timestamp) {}

 private:
  absl::flat_hash_map<std::int64_t, std::vector<reading>> rows_;
};

/// The two streams in the order of time, in turn.
template <class Rows>
[[gnu::noinline]] totals loop(std::uint64_t records, left_readings left, right_readings right) {
  Rows lefts, rights;
  totals result;
  for (std::uint64_t i = 0; i < records; ++i) {
    reading const l = left(i), r = right(i);
    rights.partners(l, [&](reading const& other) { result.add(value_of(l, other)); });
    lefts.add(l);
    lefts.partners(r, [&](reading const& other) { result.add(value_of(other, r)); });
    rights.add(r);
    if (i % 1024 != 0) continue;
    lefts.advance(l.time);
    rights.advance(r.time);
  }
  return result;
}

totals job(std::uint64_t records, std::uint32_t parallelism) {
  return bench::run_engine(flow::settings{}.parallelism(parallelism), [&](flow::job& job, auto into) {
    auto const lefts = job.source("lefts", flow::memory::generate<reading>(records, left_readings{}).splits(parallelism))
                           .event_time([](reading const& r) { return r.time; }, flow::monotonous());
    auto const rights = job.source("rights", flow::memory::generate<reading>(records, right_readings{}).splits(parallelism))
                            .event_time([](reading const& r) { return r.time; }, flow::monotonous());
    auto const key = [](reading const& r) { return r.key; };
    lefts.key_by(key)
        .interval_join(rights.key_by(key))
        .between(-reach, reach)
        .select("pairs", [](reading const& l, reading const& r) { return pair_value{value_of(l, r)}; })
        .sink("totals", bench::totals_sink(into, [](pair_value const& p) { return p.value; }));
  });
}

void interval_join(benchmark::State& state) {
  constexpr std::uint64_t records = 2'000'000;  // of each stream
  auto const parallelism = static_cast<std::uint32_t>(state.range(0));
  for (auto _ : state) {
    auto const containers = bench::measure([] { return loop<engine_rows>(records, {}, {}); });
    auto const absl = bench::measure([] { return loop<absl_rows>(records, {}, {}); });
    auto const engine = bench::measure([&] { return job(records, parallelism); });
    if (engine.result != absl.result || engine.result != containers.result) state.SkipWithError("the engine's result is not that of the loops");
    state.counters["containers_ns"] = containers.cpu_nanoseconds_per(2.0 * records);
    state.counters["absl_ns"] = absl.cpu_nanoseconds_per(2.0 * records);
    state.counters["engine_ns"] = engine.cpu_nanoseconds_per(2.0 * records);
    state.counters["over_containers"] = engine.cpu_seconds / containers.cpu_seconds;
    state.counters["over_absl"] = engine.cpu_seconds / absl.cpu_seconds;
    state.counters["pairs_per_record"] = static_cast<double>(engine.result.rows) / (2.0 * records);
  }
}

}  // namespace

BENCHMARK(interval_join)->Apply(bench::once_per_repetition)->ArgName("parallelism")->Arg(1)->Arg(2);
BENCHMARK_MAIN();
