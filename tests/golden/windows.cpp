#include <catch2/catch.hpp>

#include <numeric>

#include "golden/random_jobs.hpp"

using namespace flow;
using namespace flow::testing;

namespace {

std::vector<window_result> all_windows(std::vector<reading> const& readings, window_spec const& spec) {
  window_reference expected(spec);
  for (auto const& r : readings) expected.process(r);
  expected.advance(end_of_time);
  return expected.results;
}

}  // namespace

TEST_CASE("keyed windows of a whole job are the same under every schedule, parallelism and batch size") {
  std::size_t with_barriers = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    std::mt19937_64 random(seed);
    auto const spec = random_windows(random);
    auto const readings = random_readings(random, random() % 400, 4);
    auto const s = random_settings(random);
    INFO("seed " << seed << " " << text(s));
    schedule how = deterministic(seed);
    how.barrier_every = seed % 3 == 0 ? 50 : 0;
    with_barriers += check_under(how, s, readings, spec, all_windows(readings, spec)).last_barrier > 0;
  }
  CHECK(with_barriers > 5);
}

TEST_CASE("keyed windows of a job that crashes and is restored with another parallelism are the same") {
  int restored = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    auto const spec = random_windows(random);
    auto const readings = random_readings(random, random() % 400, 4);
    restored += check_with_crashes(random, readings, spec, all_windows(readings, spec));
  }
  CHECK(restored > 30);
}

TEST_CASE("windows over the whole stream merge the parts of all subtasks") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    std::mt19937_64 random(seed);
    auto const spec = random_windows(random);
    auto readings = random_readings(random, random() % 400, 4);
    for (auto& r : readings) r.key = 0;
    auto const s = random_settings(random);
    INFO("seed " << seed << " " << text(s));
    using result = windowed<whole_stream, fingerprint>;
    auto found = std::make_shared<memory::collected<result>>();
    job j("windows");
    j.source("readings", memory::values(readings, 3))
        .event_time(&reading::at, out_of_order_by(duration{60}))
        .window(spec)
        .aggregate<fingerprint>("all")
        .sink("found", memory::collect(found));
    if (seed % 2) REQUIRE(testing::run(j, deterministic(seed), s).end == job_result::how::finished);
    else run_with_crashes(j, random);
    std::vector<result> expected;
    for (auto const& w : all_windows(readings, spec)) expected.push_back({w.start, w.end, w.value});
    CHECK(difference(expected, found->values()) == "");
  }
}

TEST_CASE("over the whole stream, reduced and processed windows hold all records under every schedule") {
  using total = windowed<whole_stream, std::int64_t>;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    std::mt19937_64 random(seed);
    auto const spec = random_windows(random);
    auto readings = random_readings(random, random() % 400, 4);
    for (auto& r : readings) r.key = 0;
    auto const s = random_settings(random);
    INFO("seed " << seed << " " << text(s));
    job j("windows");
    auto const all = j.source("readings", memory::values(readings, 3)).event_time(&reading::at, out_of_order_by(duration{60}));
    all.window(spec).reduce("reduced", [](reading const& a, reading const& b) { return reading{{}, 0, a.value + b.value}; })
        .map([](auto const& w) { return total{w.start, w.end, w.value.value}; })
        .sink("reduced-sums", memory::discard());
    all.window(spec).process("processed", [](auto const& w, std::span<reading const> of, output<total>& out) {
      out.emit({w.start, w.end, std::accumulate(of.begin(), of.end(), std::int64_t{0}, [](std::int64_t sum, reading const& r) { return sum + r.value; })});
    }).sink("processed-sums", memory::discard());
    all.window(spec).aggregate<fingerprint>("aggregated", [](auto const& w, fingerprint const& f, output<total>& out) {
      out.emit({w.start, w.end, f.sum});
    }).sink("aggregated-sums", memory::discard());
    auto const results = testing::run(j, deterministic(seed), s);
    REQUIRE(results.end == job_result::how::finished);
    std::vector<total> expected;
    for (auto const& w : all_windows(readings, spec)) expected.push_back({w.start, w.end, w.value.sum});
    for (auto const* name : {"reduced-sums", "processed-sums", "aggregated-sums"}) {
      INFO(name);
      CHECK(difference(expected, results.of<total>(name)) == "");
    }
  }
}

TEST_CASE("the same job gives the same windows on threads") {
  std::mt19937_64 random(5);
  auto const readings = random_readings(random, 20000, 4);
  auto const spec = sliding_windows(duration{40}, duration{7});
  check_on_threads(readings, spec, all_windows(readings, spec));
}

TEST_CASE("windows that fire more than a call gives out, chained to their source, fire whole") {
  std::vector<reading> readings;
  for (std::int32_t key = 0; key < 300; ++key) readings.push_back({timestamp{duration{key / 100 * 1'000}}, key, key});
  auto const spec = tumbling_windows(duration{1'000});
  for (std::uint32_t const parallelism : {1u, 2u})
    for (std::uint64_t const barrier_every : {0, 7}) {
      INFO("parallelism " << parallelism << ", a barrier every " << barrier_every << " steps");
      auto found = std::make_shared<memory::collected<window_result>>();
      job j("long-firing");
      j.source("readings", memory::values(readings, 1))
          .event_time(&reading::at, monotonous())
          .key_by(&reading::key)
          .window(spec)
          .aggregate<fingerprint>("windows")
          .sink("found", memory::collect(found));
      schedule how = deterministic(1);
      how.barrier_every = barrier_every;
      testing::run(j, how, settings{}.parallelism(parallelism).batch_size(1));
      CHECK(difference(all_windows(readings, spec), found->values()) == "");
    }
}
