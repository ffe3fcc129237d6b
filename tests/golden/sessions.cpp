#include <catch2/catch.hpp>

#include <flow/flow.hpp>
#include <flow/memory.hpp>
#include <flow/testing.hpp>
#include <flow/testing/difference.hpp>

#include "contract/trigger_reference.hpp"

// Whole jobs with windows that are kept one by one, under schedules picked by seeds and on threads.

using namespace flow;
using namespace flow::testing;

namespace {

std::vector<reading> random_readings(std::mt19937_64& random, std::size_t n) {
  std::vector<reading> all;
  for (std::size_t i = 0; i < n; ++i)
    all.push_back({timestamp{duration{static_cast<std::int64_t>(i) - 100 + static_cast<std::int64_t>(random() % 50)}},
                   static_cast<std::int32_t>(random() % 20), static_cast<std::int64_t>(random() % 1000)});
  return all;
}

std::vector<window_result> all_windows(std::vector<reading> const& readings, window_plan const& p) {
  trigger_reference expected(p);
  for (auto const& r : readings) expected.process(r, 0);
  expected.finish();
  return expected.results;
}

settings random_settings(std::mt19937_64& random) {
  std::uint32_t const batch_sizes[] = {1, 7, 1024};
  settings s;
  s.parallelism(1 + random() % 4).batch_size(batch_sizes[random() % 3]).task_buffer(random() % 2 ? 1 : 1 << 20);
  return s;
}

template <class Spec>
void run_sessions(std::vector<reading> const& readings, Spec const& spec, window_plan const& p, schedule const& how, settings const& s) {
  auto found = std::make_shared<memory::collected<window_result>>();
  auto late = std::make_shared<memory::collected<reading>>();
  job j("sessions");
  auto windows = j.source("readings", memory::values(readings, 3))
                     .event_time(&reading::at, out_of_order_by(duration{60}))
                     .key_by(&reading::key)
                     .window(spec)
                     .template aggregate<fingerprint>("windows");
  windows.sink("found", memory::collect(found));
  windows.late().sink("late", memory::collect(late));
  auto const r = testing::run(j, how, s);
  REQUIRE(r.end == job_result::how::finished);
  CHECK(difference(all_windows(readings, p), found->values()) == "");
  CHECK(late->values().empty());
  for (auto const& o : r.operators) CHECK(o.records_in == o.processed + o.late + o.filtered);
}

}  // namespace

TEST_CASE("sessions of a whole job are the same under every schedule, parallelism and batch size") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    std::mt19937_64 random(seed);
    auto const readings = random_readings(random, random() % 400);
    auto const s = random_settings(random);
    INFO("seed " << seed << " parallelism " << s.parallelism() << " batch size " << s.batch_size() << " task buffer " << s.task_buffer());
    schedule how = deterministic(seed);
    how.barrier_every = seed % 3 == 0 ? 50 : 0;
    window_plan p;
    p.kind = placing::sessions;
    p.gap = static_cast<std::int64_t>(random() % 20);
    if (p.gap != 0) run_sessions(readings, session_windows(duration{p.gap}), p, how, s);
    else run_sessions(readings, session_windows([p](reading const& r) { return duration{p.gap_of(r)}; }), p, how, s);
  }
}

TEST_CASE("the same job gives the same sessions on threads") {
  std::mt19937_64 random(7);
  auto const readings = random_readings(random, 5000);
  window_plan p;
  p.kind = placing::sessions;
  p.gap = 30;
  auto const expected = all_windows(readings, p);
  for (std::uint32_t const batch_size : {1u, 7u, 1024u})
    for (std::uint32_t const parallelism : {1u, 2u, 4u}) {
      INFO("parallelism " << parallelism << " batch size " << batch_size);
      auto found = std::make_shared<memory::collected<window_result>>();
      job j("sessions");
      j.source("readings", memory::values(readings, 4))
          .event_time(&reading::at, out_of_order_by(duration{60}))
          .key_by(&reading::key)
          .window(session_windows(duration{30}))
          .aggregate<fingerprint>("windows")
          .sink("found", memory::collect(found));
      execute(j, settings{}.parallelism(parallelism).batch_size(batch_size));
      CHECK(difference(expected, found->values()) == "");
    }
}

TEST_CASE("windows of processing time hold each record once, whenever they end, and the last ones fire at the end of the input") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    auto const readings = random_readings(random, 300);
    auto found = std::make_shared<memory::collected<window_result>>();
    auto all = std::make_shared<memory::collected<windowed<whole_stream, fingerprint>>>();
    job j("processing");
    auto in = j.source("readings", memory::values(readings, 3));
    in.key_by(&reading::key).window(tumbling_windows(std::chrono::milliseconds(1)).processing_time()).aggregate<fingerprint>("windows").sink("found", memory::collect(found));
    in.window(session_windows(std::chrono::hours(1)).processing_time()).aggregate<fingerprint>("whole").sink("all", memory::collect(all));
    auto const r = testing::run(j, deterministic(seed), random_settings(random));
    REQUIRE(r.end == job_result::how::finished);
    fingerprint expected, sum;
    for (auto const& each : readings) expected.add(each);
    for (auto const& w : found->values()) sum.merge(w.value);
    CHECK(sum == expected);
    REQUIRE(all->values().size() == 1);
    CHECK(all->values().front().value == expected);
  }
}


TEST_CASE("windows that fire early end with what they give without, under every schedule") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    std::mt19937_64 random(seed);
    auto const readings = random_readings(random, random() % 400);
    auto const s = random_settings(random);
    INFO("seed " << seed << " parallelism " << s.parallelism() << " batch size " << s.batch_size() << " task buffer " << s.task_buffer());
    auto found = std::make_shared<memory::collected<window_result>>();
    auto parts = std::make_shared<memory::collected<window_result>>();
    job j("early");
    auto const keyed = j.source("readings", memory::values(readings, 3)).event_time(&reading::at, out_of_order_by(duration{60})).key_by(&reading::key);
    auto const windows = sliding_windows(duration{40}, duration{20});
    keyed.window(windows.trigger(on_event_time().early_every(duration{1}))).aggregate<fingerprint>("windows").sink("found", memory::collect(found));
    keyed.window(windows.trigger(on_event_time().early_every(duration{1})).discarding()).aggregate<fingerprint>("parts").sink("parts-found", memory::collect(parts));
    schedule how = deterministic(seed);
    how.barrier_every = seed % 3 == 0 ? 50 : 0;
    REQUIRE(testing::run(j, how, s).end == job_result::how::finished);
    window_plan p;
    p.spec = windows;
    std::map<std::pair<std::int32_t, timestamp>, window_result> last, sums;
    for (auto const& w : found->values()) last[{w.key, w.start}] = w;
    for (auto const& w : parts->values()) {
      auto& sum = sums.try_emplace({w.key, w.start}, window_result{w.key, w.start, w.end, {}}).first->second;
      sum.value.merge(w.value);
    }
    std::vector<window_result> of_last, of_sums;
    for (auto const& [_, w] : last) of_last.push_back(w);
    for (auto const& [_, w] : sums) of_sums.push_back(w);
    CHECK(difference(all_windows(readings, p), of_last) == "");
    CHECK(difference(all_windows(readings, p), of_sums) == "");
  }
}
