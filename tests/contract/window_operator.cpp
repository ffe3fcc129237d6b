#include <catch2/catch.hpp>

#include <flow/job.hpp>
#include <flow/testing.hpp>
#include <flow/testing/difference.hpp>
#include <flow/memory.hpp>

#include "contract/window_reference.hpp"

using namespace flow;
using namespace flow::testing;

namespace {

/// Throws on one value.
struct fragile {
  std::int64_t n = 0;
  void add(reading const& r) {
    if (r.value == 13) throw std::runtime_error("unlucky");
    ++n;
  }
  void merge(fragile const&) {}
  std::int64_t result() const { return n; }
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(n)); }
};

/// The window operator of a small job, alone.
harness<reading, window_result> window_alone(job& j, window_spec const& spec, std::uint32_t batch_size) {
  auto results = j.source("readings", memory::values(std::vector<reading>{}))
                     .event_time(&reading::at, monotonous())
                     .key_by(&reading::key)
                     .window(spec)
                     .aggregate<fingerprint>("windows");
  return harness<reading, window_result>(results, &reading::key, batch_size);
}

struct trial {
  window_spec spec;
  std::uint32_t batch_size;
  bool held_up;
  bool barriers;
  bool restores;  // after each batch, from what is declared
};

/// Feeds the operator and the reference with the same random batches and watermarks.
void compare(trial const& how, std::mt19937_64& random) {
  job j("windows");
  auto h = window_alone(j, how.spec, how.batch_size);
  if (how.held_up) h.hold_up();
  window_reference expected(how.spec);
  std::int64_t now = static_cast<std::int64_t>(random() % 200) - 100;
  for (int round = 0; round < 40; ++round) {
    std::vector<reading> records;
    std::vector<timestamp> times;
    for (std::size_t i = random() % 30; i > 0; --i) {
      reading const r{timestamp{duration{now + static_cast<std::int64_t>(random() % 60) - 40}}, static_cast<std::int32_t>(random() % 5), static_cast<std::int64_t>(random() % 1000)};
      records.push_back(r);
      times.push_back(r.at);
      expected.process(r);
    }
    if (!records.empty()) h.process(records, times);
    if (how.barriers) h.pass({static_cast<std::uint64_t>(round + 1), 0});
    if (how.restores) h.restore();
    now += static_cast<std::int64_t>(random() % 20);
    h.advance_watermark(timestamp{duration{now - 15}});
    expected.advance(timestamp{duration{now - 15}});
  }
  h.end();
  expected.advance(end_of_time);
  CHECK(difference(expected.results, h.output()) == "");
  CHECK(difference(expected.late, h.late()) == "");
  for (std::size_t i = 0; i < h.output().size(); ++i) CHECK(h.main().times[i] == h.output()[i].end - duration{1});
  if (how.restores) return;  // which begins the counters anew
  auto const& c = h.tested().counters();
  CHECK(c.late.value() == expected.late.size());
  CHECK(c.filtered.value() == expected.in_no_window);
  CHECK(c.records_in.value() == c.processed.value() + c.late.value() + c.filtered.value());
}

}  // namespace

TEST_CASE("windows give what trying every window of every record gives, late records and re-firing included") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    auto spec = random_windows(random);
    if (random() % 2) spec = spec.allowed_lateness(duration{static_cast<std::int64_t>(random() % 30)});
    INFO("size " << spec.size.count() << " slide " << spec.slide.count() << " offset " << spec.offset.count() << " lateness " << spec.lateness.count());
    std::uint32_t const batch_sizes[] = {1, 7, 1024};
    compare({spec, batch_sizes[seed % 3], seed % 2 == 0, seed % 5 == 0, seed % 5 == 1}, random);
  }
}

TEST_CASE("a late record within the allowed lateness updates its window and the window is given out again") {
  job j("windows");
  auto h = window_alone(j, tumbling_windows(duration{10}).allowed_lateness(duration{5}), 1024);
  h.process({at(duration{1}), 7, 100}, at(duration{1})).advance_watermark(at(duration{9}));
  REQUIRE(h.output().size() == 1);
  h.process({at(duration{2}), 7, 11}, at(duration{2}));
  REQUIRE(h.output().size() == 2);
  CHECK(h.output()[1].value == fingerprint{2, 111});
  h.advance_watermark(at(duration{14})).process({at(duration{3}), 7, 1}, at(duration{3}));
  CHECK(h.output().size() == 2);
  CHECK(h.late() == std::vector<reading>{{at(duration{3}), 7, 1}});
}

TEST_CASE("the watermark is passed on when the firing that it caused is complete, and not before") {
  job j("windows");
  auto h = window_alone(j, tumbling_windows(duration{10}), 1);
  for (std::int32_t k = 0; k < 100; ++k) h.process({at(duration{1}), k, k}, at(duration{1}));
  h.hold_up();
  h.tested().watermark(at(duration{20}));
  CHECK(h.tested().suspended());
  CHECK(h.main().watermarks.empty());
  h.advance_watermark(at(duration{20}));
  CHECK(h.output().size() == 100);
  CHECK(h.main().watermarks == std::vector<timestamp>{at(duration{20})});
}

TEST_CASE("an exception in an aggregate names the operator and the record") {
  job j("windows");
  using result = windowed<std::int32_t, std::int64_t>;
  auto stream = j.source("readings", memory::values(std::vector<reading>{})).key_by(&reading::key).window(tumbling_windows(duration{10})).aggregate<fragile>("fragile-windows");
  harness<reading, result> h(stream, &reading::key);
  CHECK_THROWS_WITH(h.process({at(duration{1}), 7, 13}, at(duration{1})),
                    Catch::Contains("'fragile-windows'") && Catch::Contains("unlucky") && Catch::Contains("\"value\":13"));
}

TEST_CASE("an event time too far from any date is an error that names the record, and the furthest that is not has windows") {
  for (auto const spec : {tumbling_windows(duration{10}), sliding_windows(duration{25}, duration{10}), sliding_windows(longest_window, longest_window, longest_window)}) {
    for (auto const t : {timestamp::max(), timestamp::min(), timestamp{2 * longest_window} + duration{1}}) {
      job j("windows");
      auto h = window_alone(j, spec, 8);
      CHECK_THROWS_WITH(h.process({t, 7, 13}, t), Catch::Contains("'windows'") && Catch::Contains("event time") && Catch::Contains("\"value\":13"));
    }
    for (auto const t : {timestamp{2 * longest_window}, timestamp{-2 * longest_window}}) {
      job j("windows");
      auto h = window_alone(j, spec, 8);
      h.process({t, 7, 13}, t).end();
      REQUIRE(!h.output().empty());
      for (auto const& w : h.output()) CHECK((w.start <= t && t < w.end && w.end - w.start == spec.size));
    }
  }
}

TEST_CASE("no barrier passes within a firing, and one passes when it is complete") {
  job j("windows");
  auto h = window_alone(j, tumbling_windows(duration{10}), 1);
  for (std::int32_t k = 0; k < 5'000; ++k) h.process({at(duration{1}), k, k}, at(duration{1}));
  h.hold_up();
  h.tested().watermark(at(duration{20}));
  REQUIRE(h.tested().suspended());
  for (; h.tested().suspended(); h.resume()) CHECK_FALSE(h.tested().may_pass_barrier());
  CHECK(h.tested().may_pass_barrier());
  CHECK(h.output().size() == 5'000);
  h.restore().end();
  CHECK(h.output().size() == 5'000);
}

TEST_CASE("restored windows say again how far they have fired, and do not go back to what they hear first") {
  job j("windows");
  auto h = window_alone(j, tumbling_windows(duration{10}), 1024);
  h.process({{at(duration{1}), 7, 1}, {at(duration{21}), 7, 2}}, {at(duration{1}), at(duration{21})}).advance_watermark(at(duration{15}));
  REQUIRE(h.output().size() == 1);
  h.restore();
  CHECK(h.main().watermarks == std::vector<timestamp>{at(duration{15}), at(duration{15})});
  h.restore().process({at(duration{2}), 7, 4}, at(duration{2})).advance_watermark(at(duration{5}));
  CHECK(h.late() == std::vector<reading>{{at(duration{2}), 7, 4}});
  CHECK(h.main().watermarks.back() == at(duration{15}));
  h.advance_watermark(at(duration{29}));
  REQUIRE(h.output().size() == 2);
  CHECK(h.output()[1].value == fingerprint{1, 2});
  CHECK(h.main().watermarks.back() == at(duration{29}));
}
