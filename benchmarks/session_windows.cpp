// A sum per key in session windows, 100,000 keys, against a loop on one thread that keeps its sessions in the same kind of
// table. With a gap of 300 ms a session has 20 records, with one of 100 ms 2.7, so that ending sessions is most of the work.
// The bound is three times the loop: a ratio of at least 0.33, per core.

#include <algorithm>

#include <flow/state/table.hpp>

#include "compare.hpp"
#include "engine.hpp"

namespace {

using bench::reading;
using bench::totals;

/// Sessions in a table, and a heap of when to look at which: sessions that have grown since are put back. Input comes in
/// order, so the watermark is just behind the record; it is looked at every millisecond of event time.
class session_sums {
 public:
  explicit session_sums(flow::duration gap) : gap_(gap) {}

  void add(std::int64_t key, flow::timestamp time, std::int64_t value) {
    advance(time);
    session& s = open_.find_or_insert(key, flow::hash_of(key));
    if (s.records > 0 && time >= s.last + gap_) close(s);
    if (s.records++ == 0) put(time + gap_, key);
    s.last = time;
    s.sum += value;
  }
  totals finish() {
    open_.for_each([this](std::int64_t, session const& s) { results_.add(s.sum); });
    return results_;
  }

 private:
  struct session {
    flow::timestamp last{};
    std::int64_t records = 0;
    std::int64_t sum = 0;
  };
  struct wake {
    flow::timestamp at;
    std::int64_t key;
  };
  static bool later(wake const& a, wake const& b) { return a.at > b.at; }

  void put(flow::timestamp at, std::int64_t key) {
    wakes_.push_back({at, key});
    std::push_heap(wakes_.begin(), wakes_.end(), later);
  }
  void close(session& s) {
    results_.add(s.sum);
    s = {};
  }
  void advance(flow::timestamp now) {
    if (now < next_look_) return;
    next_look_ = now + std::chrono::milliseconds(1);
    while (!wakes_.empty() && wakes_.front().at <= now) {
      std::int64_t const key = wakes_.front().key;
      std::pop_heap(wakes_.begin(), wakes_.end(), later);
      wakes_.pop_back();
      session const* const s = open_.find(key, flow::hash_of(key));
      if (!s) continue;
      if (s->last + gap_ > now) {
        put(s->last + gap_, key);
        continue;
      }
      results_.add(s->sum);
      open_.erase(key, flow::hash_of(key));
    }
  }

  flow::duration gap_;
  flow::timestamp next_look_ = flow::no_watermark;
  flow::table<std::int64_t, session> open_;
  std::vector<wake> wakes_;
  totals results_;
};

totals hand_loop(std::uint64_t records, flow::duration gap) {
  session_sums sessions(gap);
  bench::readings make;
  for (std::uint64_t i = 0; i < records; ++i) {
    reading const r = make(i);
    sessions.add(r.key, r.time, r.value);
  }
  return sessions.finish();
}

totals job(std::uint64_t records, flow::duration gap) {
  return bench::run_engine(flow::settings{}.parallelism(1), [&](flow::job& job, auto into) {
    job.source("readings", flow::memory::generate<reading>(records, bench::readings{}))
        .event_time(&reading::time, flow::monotonous())
        .key_by(&reading::key)
        .window(flow::session_windows(gap))
        .template aggregate<flow::sum<&reading::value>>("sums")
        .sink("totals", bench::totals_sink(into, [](auto const& result) { return result.value; }));
  });
}

void session_windows(benchmark::State& state) {
  constexpr std::uint64_t records = 10'000'000;
  flow::duration const gap = std::chrono::milliseconds(state.range(0));
  bench::compare_speed(
      state, records, [&] { return hand_loop(records, gap); }, [&] { return job(records, gap); });
}

}  // namespace

BENCHMARK(session_windows)->Apply(bench::once_per_repetition)->ArgName("gap_ms")->Arg(100)->Arg(300);
BENCHMARK_MAIN();
