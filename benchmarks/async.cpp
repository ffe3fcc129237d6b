// What asking outside costs: source, `async`, sink, against the same with a `map`, per record of 32 bytes.
//
// `at_once`: the function answers during the call, by which the operator itself is seen. `by_thread`: another thread answers
// what has come together, with 1,000 requests in flight; its own time is in the figures, as CPU of the process.
// `cached`: a look-up join all of whose keys are in the cache.

#include <condition_variable>
#include <mutex>
#include <thread>

#include "compare.hpp"
#include "engine.hpp"

namespace {

using bench::totals;

struct reading : bench::reading {  // what waits for an answer is state, so it is described
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(key), CEREAL_NVP(index), CEREAL_NVP(value), CEREAL_NVP(time)); }
};
reading make_reading(std::uint64_t i) { return {bench::readings{}(i)}; }

std::int64_t scored(reading const& r) { return r.value * 5 + r.key; }

template <class Build>
totals job(std::uint64_t records, Build build) {
  return bench::run_engine(flow::settings{}.parallelism(1), [&](flow::job& job, auto into) {
    build(job.source("readings", flow::memory::generate<reading>(records, make_reading))).sink("totals", bench::totals_sink(into, [](std::int64_t v) { return v; }));
  });
}

/// A thread that takes all requests that have come, and answers them.
class answering_thread {
 public:
  answering_thread() : thread_([this] { work(); }) {}
  ~answering_thread() {
    {
      std::lock_guard const lock(mutex_);
      ends_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }
  void ask(std::int64_t answer, flow::reply<std::int64_t> r) {
    std::lock_guard const lock(mutex_);
    waiting_.emplace_back(answer, std::move(r));
    if (waiting_.size() == 1) changed_.notify_one();
  }

 private:
  void work() {
    std::vector<std::pair<std::int64_t, flow::reply<std::int64_t>>> taken;
    for (std::unique_lock lock(mutex_);;) {
      changed_.wait(lock, [this] { return ends_ || !waiting_.empty(); });
      if (ends_) return;
      std::swap(taken, waiting_);
      lock.unlock();
      for (auto& [answer, reply] : taken) reply.answer(answer);
      taken.clear();
      lock.lock();
    }
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::pair<std::int64_t, flow::reply<std::int64_t>>> waiting_;
  bool ends_ = false;
  std::thread thread_;
};

template <class Build>
void compare(benchmark::State& state, Build build) {
  auto const records = static_cast<std::uint64_t>(state.range(0));
  for (auto _ : state) {
    auto const mapped = bench::measure([&] { return job(records, [](auto s) { return s.map(scored); }); });
    auto const asked = bench::measure([&] { return job(records, build); });
    if (mapped.result != asked.result) state.SkipWithError("the results differ");
    auto const n = static_cast<double>(records);
    state.counters["map_ns"] = mapped.cpu_nanoseconds_per(n);
    state.counters["async_ns"] = asked.cpu_nanoseconds_per(n);
    state.counters["over_map_ns"] = asked.cpu_nanoseconds_per(n) - mapped.cpu_nanoseconds_per(n);
    state.counters["async_M/s"] = n / asked.wall_seconds / 1e6;
  }
}

void at_once(benchmark::State& state) {
  compare(state, [](auto s) { return s.async("ask", [](reading const& r, flow::reply<std::int64_t> reply) { reply.answer(scored(r)); }); });
}
void at_once_unordered(benchmark::State& state) {
  compare(state, [](auto s) { return s.async("ask", [](reading const& r, flow::reply<std::int64_t> reply) { reply.answer(scored(r)); }, flow::unordered); });
}
void by_thread(benchmark::State& state) {
  auto const server = std::make_shared<answering_thread>();
  auto const ask = [server](reading const& r, flow::reply<std::int64_t> reply) { server->ask(scored(r), std::move(reply)); };
  compare(state, [&](auto s) { return s.async("ask", ask, flow::in_flight(1'000)); });
}
void cached(benchmark::State& state) {
  compare(state, [](auto s) {
    auto const find = [](std::int64_t key, flow::reply<std::int64_t> reply) { reply.answer(key); };
    auto const small_key = [](reading const& r) { return r.key % 1'000; };
    return s.lookup_join(small_key, find, flow::cache(10'000, std::chrono::hours(1))).select("ask", [](reading const& r, std::int64_t) { return scored(r); });
  });
}

}  // namespace

BENCHMARK(at_once)->Apply(bench::once_per_repetition)->Arg(10'000'000);
BENCHMARK(at_once_unordered)->Apply(bench::once_per_repetition)->Arg(10'000'000);
BENCHMARK(cached)->Apply(bench::once_per_repetition)->Arg(10'000'000);
BENCHMARK(by_thread)->Apply(bench::once_per_repetition)->Arg(2'000'000);
BENCHMARK_MAIN();
