#include <catch2/catch.hpp>

#include "contract/trigger_reference.hpp"
#include "golden/random_jobs.hpp"

// Whole jobs with windows that are kept one by one, under schedules picked by seeds and on threads.

using namespace flow;
using namespace flow::testing;

namespace {

std::vector<window_result> all_windows(std::vector<reading> const& readings, window_plan const& p) {
  trigger_reference expected(p);
  for (auto const& r : readings) expected.process(r, 0);
  expected.finish();
  return expected.results;
}

}  // namespace

TEST_CASE("sessions of a whole job are the same under every schedule, parallelism and batch size") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    std::mt19937_64 random(seed);
    auto const readings = random_readings(random, random() % 400, 1);
    auto const s = random_settings(random);
    INFO("seed " << seed << " " << text(s));
    schedule how = deterministic(seed);
    how.barrier_every = seed % 3 == 0 ? 50 : 0;
    window_plan p;
    p.kind = placing::sessions;
    p.gap = static_cast<std::int64_t>(random() % 20);
    auto const expected = all_windows(readings, p);
    if (p.gap != 0) check_under(how, s, readings, session_windows(duration{p.gap}), expected);
    else check_under(how, s, readings, session_windows([p](reading const& r) { return duration{p.gap_of(r)}; }), expected);
  }
}

TEST_CASE("sessions of a job that crashes and is restored with another parallelism are the same") {
  int restored = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    auto const readings = random_readings(random, random() % 400, 1);
    window_plan p;
    p.kind = placing::sessions;
    p.gap = 1 + static_cast<std::int64_t>(random() % 20);
    restored += check_with_crashes(random, readings, session_windows(duration{p.gap}), all_windows(readings, p));
  }
  CHECK(restored > 15);
}

TEST_CASE("the same job gives the same sessions on threads") {
  std::mt19937_64 random(7);
  auto const readings = random_readings(random, 5000, 1);
  window_plan p;
  p.kind = placing::sessions;
  p.gap = 30;
  check_on_threads(readings, session_windows(duration{30}), all_windows(readings, p));
}

TEST_CASE("windows of processing time hold each record once, whenever they end, and the last ones fire at the end of the input") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    auto const readings = random_readings(random, 300, 1);
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
    auto const readings = random_readings(random, random() % 400, 1);
    auto const s = random_settings(random);
    INFO("seed " << seed << " " << text(s));
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
