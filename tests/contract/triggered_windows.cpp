#include <catch2/catch.hpp>

#include <flow/job.hpp>
#include <flow/memory.hpp>
#include <flow/testing.hpp>
#include <flow/testing/difference.hpp>

#include "contract/trigger_reference.hpp"

// Windows that are kept one by one, of all kinds and with all triggers, against a reference that keeps lists.

using namespace flow;
using namespace flow::testing;

namespace {

using alone = harness<reading, window_result>;

template <class Spec>
alone harness_of(job& j, Spec const& spec, std::uint32_t batch_size) {
  auto results = j.source("readings", memory::values(std::vector<reading>{}))
                     .event_time(&reading::at, monotonous())
                     .key_by(&reading::key)
                     .window(spec)
                     .template aggregate<fingerprint>("windows");
  REQUIRE(j.graph().mistakes(1, 128).size() == 1);  // nobody reads it
  return alone(results, &reading::key, batch_size);
}

template <class Spec>
alone with_options(job& j, window_plan const& p, Spec const& spec, std::uint32_t batch_size) {
  auto const kept = spec.allowed_lateness(duration{p.lateness});
  return harness_of(j, p.discarding ? kept.discarding() : kept.accumulating(), batch_size);
}
template <class Spec>
alone with_trigger(job& j, window_plan const& p, Spec const& spec, std::uint32_t batch_size) {
  if (p.trigger == firing::counted) return with_options(j, p, spec.trigger(on_count(p.count)), batch_size);
  if (p.trigger == firing::at_end) return with_options(j, p, spec.trigger(end_trigger{}), batch_size);
  timed_trigger t(false);
  if (p.early) t = t.early_every(duration{*p.early});
  if (p.late) t = t.late_every(duration{*p.late});
  return with_options(j, p, spec.trigger(t), batch_size);
}
template <class Spec>
alone with_time(job& j, window_plan const& p, Spec const& spec, std::uint32_t batch_size) {
  return p.processing_time ? with_trigger(j, p, spec.processing_time(), batch_size) : with_trigger(j, p, spec, batch_size);
}
alone windows_alone(job& j, window_plan const& p, std::uint32_t batch_size) {
  if (p.kind == placing::aligned) return with_time(j, p, p.spec.trigger(end_trigger{}), batch_size);
  if (p.kind == placing::global) return with_trigger(j, p, global_window().trigger(on_count(1)), batch_size);
  if (p.gap != 0) return with_time(j, p, session_windows(duration{p.gap}), batch_size);
  return with_time(j, p, session_windows([p](reading const& r) { return duration{p.gap_of(r)}; }), batch_size);
}

window_plan random_plan(std::mt19937_64& random) {
  window_plan p;
  p.kind = static_cast<placing>(random() % 3);
  p.processing_time = p.kind != placing::global && random() % 3 == 0;
  p.spec = random_windows(random);
  p.gap = static_cast<std::int64_t>(random() % 8);
  p.trigger = p.kind == placing::global ? static_cast<firing>(1 + random() % 2) : static_cast<firing>(random() % 3);
  if (p.trigger == firing::timed) {
    if (random() % 4 || p.kind == placing::global) p.early = 1 + random() % 12;
    if (random() % 2 && p.kind != placing::global && !p.processing_time) p.late = 1 + random() % 12;
  }
  p.count = 1 + random() % 4;
  if (p.kind != placing::global && !p.processing_time && random() % 2) p.lateness = random() % 30;
  p.discarding = random() % 2;
  return p;
}

std::string text(window_plan const& p) {
  auto const number = [](auto n) { return std::to_string(n); };
  return std::string(p.kind == placing::aligned ? "aligned" : p.kind == placing::sessions ? "sessions" : "global") + (p.processing_time ? ", processing time" : "") +
         ", size " + number(p.spec.size.count()) + " slide " + number(p.spec.slide.count()) + " offset " + number(p.spec.offset.count()) + " gap " + number(p.gap) +
         (p.trigger == firing::at_end ? ", at end" : p.trigger == firing::counted ? ", every " + number(p.count) : ", timed") +
         (p.early ? ", early " + number(*p.early) : "") + (p.late ? ", late " + number(*p.late) : "") + ", lateness " + number(p.lateness) +
         (p.discarding ? ", discarding" : "");
}

struct feeding {
  std::uint32_t batch_size;
  bool held_up;
  bool barriers;
};

/// Feeds the operator and the reference with the same random batches, watermarks and time.
void compare(window_plan const& p, feeding const& how, std::mt19937_64& random) {
  job j("windows");
  auto h = windows_alone(j, p, how.batch_size);
  if (how.held_up) h.hold_up();
  trigger_reference expected(p);
  auto now = static_cast<std::int64_t>(random() % 200) - 100;
  std::int64_t wall = 0;
  for (int round = 0; round < 40; ++round) {
    std::vector<reading> records;
    std::vector<timestamp> times;
    for (std::size_t i = random() % 12; i > 0; --i) {
      reading const r{timestamp{duration{now + static_cast<std::int64_t>(random() % 60) - 40}}, static_cast<std::int32_t>(random() % 4), static_cast<std::int64_t>(random() % 1000)};
      records.push_back(r);
      times.push_back(r.at);
      expected.process(r, wall);
    }
    if (!records.empty()) h.process(records, times);
    if (how.barriers) h.pass({static_cast<std::uint64_t>(round + 1), 0});
    for (auto steps = random() % 6; steps > 0; --steps) expected.advance_wall(++wall);
    h.advance_time(std::chrono::microseconds(wall) - h.clock().now());
    now += static_cast<std::int64_t>(random() % 20);
    h.advance_watermark(timestamp{duration{now - 15}});
    expected.advance(now - 15);
  }
  h.end();
  expected.finish();
  CHECK(difference(expected.results, h.output()) == "");
  CHECK(difference(expected.late, h.late()) == "");
  auto const& c = h.tested().counters();
  CHECK(c.late.value() == expected.late.size());
  CHECK(c.filtered.value() == expected.in_no_window);
  CHECK(c.records_in.value() == c.processed.value() + c.late.value() + c.filtered.value());
  for (std::size_t i = 0; i < h.output().size(); ++i) CHECK(h.main().times[i] == h.output()[i].end - duration{1});
}

std::size_t entries(operator_base& o, std::string const& name) {
  for (auto const& s : o.state().objects())
    if (s->name() == name) return s->entries();
  FAIL("no state " << name);
  return 0;
}

}  // namespace

TEST_CASE("windows of all kinds with all triggers give what lists of records give") {
  for (std::uint64_t seed = 1; seed <= 1500; ++seed) {
    std::mt19937_64 random(seed);
    auto const p = random_plan(random);
    INFO("seed " << seed << ": " << text(p));
    std::uint32_t const batch_sizes[] = {1, 7, 1024};
    compare(p, {batch_sizes[seed % 3], seed % 2 == 0, seed % 5 == 0}, random);
  }
}
