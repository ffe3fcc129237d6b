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
  bool restores;  // after each batch, from what is declared
};

std::size_t entries_of(operator_base& o, std::string const& name) {
  for (auto const& s : o.state().objects())
    if (s->name() == name) return s->entries();
  FAIL("no state " << name);
  return 0;
}

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
    if (how.restores) h.restore();
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
  for (std::size_t i = 0; i < h.output().size(); ++i) CHECK(h.main().times[i] == h.output()[i].end - duration{1});
  if (p.kind != placing::global) CHECK(entries_of(h.tested(), "windows") == 0);
  CHECK(h.main().watermarks.back() == end_of_time);
  if (how.restores) return;  // which begins the counters anew
  auto const& c = h.tested().counters();
  CHECK(c.late.value() == expected.late.size());
  CHECK(c.filtered.value() == expected.in_no_window);
  CHECK(c.records_in.value() == c.processed.value() + c.late.value() + c.filtered.value());
}

timestamp micros(std::int64_t n) { return timestamp{duration{n}}; }

}  // namespace

TEST_CASE("windows of all kinds with all triggers give what lists of records give") {
  for (std::uint64_t seed = 1; seed <= 1500; ++seed) {
    std::mt19937_64 random(seed);
    auto const p = random_plan(random);
    INFO("seed " << seed << ": " << text(p));
    std::uint32_t const batch_sizes[] = {1, 7, 1024};
    compare(p, {batch_sizes[seed % 3], seed % 2 == 0, seed % 5 == 0, seed % 5 == 1}, random);
  }
}

TEST_CASE("a session is from its first record to its last plus the gap: what comes at its end begins the next") {
  job j("sessions");
  auto h = harness_of(j, session_windows(duration{10}), 1024);
  h.process({{micros(0), 1, 1}, {micros(9), 1, 2}, {micros(19), 1, 4}, {micros(28), 1, 8}, {micros(0), 2, 16}}, {micros(0), micros(9), micros(19), micros(28), micros(0)});
  h.advance_watermark(micros(17));
  CHECK(h.output() == std::vector<window_result>{{2, micros(0), micros(10), {1, 16}}});
  h.advance_watermark(micros(18));
  REQUIRE(h.output().size() == 2);
  CHECK(h.output()[1] == window_result{1, micros(0), micros(19), {2, 3}});
  h.end();
  REQUIRE(h.output().size() == 3);
  CHECK(h.output()[2] == window_result{1, micros(19), micros(38), {2, 12}});
  CHECK(h.late().empty());
}

TEST_CASE("a record between two sessions makes one of them, also when one has fired and is kept for late records") {
  job j("sessions");
  auto h = harness_of(j, session_windows(duration{10}).allowed_lateness(duration{20}), 1024);
  h.process({{micros(0), 1, 1}, {micros(15), 1, 2}}, {micros(0), micros(15)}).advance_watermark(micros(10));
  CHECK(h.output() == std::vector<window_result>{{1, micros(0), micros(10), {1, 1}}});
  h.process({micros(7), 1, 4}, micros(7));
  CHECK(h.output().size() == 1);  // the session they make has not ended
  h.advance_watermark(micros(24));
  REQUIRE(h.output().size() == 2);
  CHECK(h.output()[1] == window_result{1, micros(0), micros(25), {3, 7}});
  h.process({micros(3), 1, 8}, micros(3));
  REQUIRE(h.output().size() == 3);
  CHECK(h.output()[2] == window_result{1, micros(0), micros(25), {4, 15}});
  h.advance_watermark(micros(44)).process({micros(3), 1, 16}, micros(3));
  CHECK(h.late() == std::vector<reading>{{micros(3), 1, 16}});
  CHECK(entries_of(h.tested(), "windows") == 0);
}

TEST_CASE("windows of processing time need no event time, and those that are open at the end of the input fire in order") {
  job j("processing");
  auto results = j.source("readings", memory::values(std::vector<reading>{})).key_by(&reading::key).window(session_windows(duration{10}).processing_time()).aggregate<fingerprint>("windows");
  CHECK(j.graph().mistakes(1, 128).size() == 1);
  alone h(results, &reading::key, 1024);
  auto const key = [](reading const& r) { return hash_of(r.key); };
  h.give<reading>(0, {{micros(77), 1, 1}}, {}, key);
  h.advance_time(std::chrono::microseconds(9)).give<reading>(0, {{micros(55), 1, 2}, {micros(55), 2, 4}}, {}, key);
  h.advance_time(std::chrono::microseconds(9));
  CHECK(h.output().empty());
  h.give<reading>(0, {{micros(3), 2, 8}}, {}, key).advance_time(std::chrono::microseconds(1));
  CHECK(h.output() == std::vector<window_result>{{1, micros(0), micros(19), {2, 3}}});
  h.give<reading>(0, {{micros(3), 1, 16}}, {}, key).end();
  REQUIRE(h.output().size() == 3);
  CHECK(h.output()[1] == window_result{2, micros(9), micros(28), {2, 12}});
  CHECK(h.output()[2] == window_result{1, micros(19), micros(29), {1, 16}});
}

TEST_CASE("a global window that is purged is no longer stored") {
  job j("global");
  auto h = harness_of(j, global_window().trigger(on_count(2)).discarding(), 1024);
  for (std::int32_t k = 0; k < 100; ++k) h.process({micros(k), k, k}, micros(k));
  CHECK(entries_of(h.tested(), "windows") == 100);
  for (std::int32_t k = 0; k < 100; ++k) h.process({micros(50), k, 1}, micros(50));
  CHECK(entries_of(h.tested(), "windows") == 0);
  REQUIRE(h.output().size() == 100);
  CHECK(h.output()[10] == window_result{10, micros(10), micros(51), {2, 11}});
  CHECK(h.output()[60] == window_result{60, micros(50), micros(61), {2, 61}});
  h.process({micros(99), 1, 1}, micros(99)).end();
  CHECK(h.output().size() == 100);
}

TEST_CASE("no barrier passes within a firing of sessions, and one passes when it is complete") {
  job j("sessions");
  auto h = harness_of(j, session_windows(duration{10}), 1);
  for (std::int32_t k = 0; k < 500; ++k) h.process({micros(k), k, k}, micros(k));
  h.hold_up();
  h.tested().watermark(micros(2'000));
  REQUIRE(h.tested().suspended());
  for (; h.tested().suspended(); h.resume()) {
    CHECK(h.main().watermarks.empty());
    CHECK_FALSE(h.tested().may_pass_barrier());
  }
  CHECK(h.tested().may_pass_barrier());
  CHECK(entries_of(h.tested(), "windows") == 0);
  CHECK(h.output().size() == 500);
  for (std::size_t i = 0; i < 500; ++i) CHECK(h.output()[i].key == static_cast<std::int32_t>(i));  // in the order of their ends
  CHECK(h.main().watermarks == std::vector<timestamp>{micros(2'000)});
}

TEST_CASE("restored windows of processing time end when their time has come, without a record") {
  job j("windows");
  auto h = harness_of(j, tumbling_windows(duration{10}).processing_time(), 1024);
  h.give<reading>(0, {{micros(77), 1, 1}}, {}, [](reading const& r) { return hash_of(r.key); });
  h.advance_time(std::chrono::microseconds(4)).restore().advance_time(std::chrono::microseconds(5));
  CHECK(h.output().empty());
  h.advance_time(std::chrono::microseconds(1));
  CHECK(h.output() == std::vector<window_result>{{1, micros(0), micros(10), {1, 1}}});
}

TEST_CASE("a gap that is not above 0 is an error that names the record, and so is a time too far from any date") {
  job j("sessions");
  auto h = harness_of(j, session_windows([](reading const& r) { return duration{r.value}; }), 1024);
  CHECK_THROWS_WITH(h.process({micros(1), 7, 0}, micros(1)), Catch::Contains("'windows'") && Catch::Contains("gap") && Catch::Contains("\"key\":7"));
  job other("sessions");
  auto far = harness_of(other, session_windows(duration{5}), 1024);
  CHECK_THROWS_WITH(far.process({timestamp::max(), 7, 0}, timestamp::max()), Catch::Contains("event time") && Catch::Contains("\"key\":7"));
}

TEST_CASE("a key that gets ever earlier windows is woken for each of them") {
  job j("earlier");
  auto h = harness_of(j, tumbling_windows(duration{1}).trigger(on_event_time().late_every(duration{5})), 1024);
  constexpr std::int64_t n = 5'000;
  for (std::int64_t t = n; t-- > 0;) h.process({micros(t), 1, t}, micros(t));
  CHECK(entries_of(h.tested(), "windows") == 1);
  h.advance_watermark(micros(n / 2 - 1));
  REQUIRE(h.output().size() == n / 2);
  for (std::int64_t t = 0; t < n / 2; ++t) REQUIRE(h.output()[static_cast<std::size_t>(t)].start == micros(t));
  h.end();
  CHECK(h.output().size() == n);
  CHECK(entries_of(h.tested(), "windows") == 0);
}

TEST_CASE("what is to be done by the machine's clock in many hours is done then") {
  job j("hours");
  auto h = harness_of(j, global_window().trigger(on_processing_time(std::chrono::hours(5))), 1024);
  h.process({micros(1), 1, 1}, micros(1)).advance_time(std::chrono::hours(5) - std::chrono::microseconds(1));
  CHECK(h.output().empty());
  h.advance_time(std::chrono::microseconds(1));
  CHECK(h.output().size() == 1);
}

TEST_CASE("a function of a session's records gets those of all that it was merged from") {
  job j("records");
  auto results = j.source("readings", memory::values(std::vector<reading>{}))
                     .event_time(&reading::at, monotonous())
                     .key_by(&reading::key)
                     .window(session_windows(duration{10}))
                     .process("sessions", [](auto const& window, std::span<reading const> all, output<reading>& out) {
                       for (auto const& r : all) out.emit({window.start, window.key, r.value});
                     });
  harness<reading, reading> h(results, &reading::key);
  std::vector<reading> const all{{micros(20), 1, 20}, {micros(0), 1, 0}, {micros(40), 2, 40}, {micros(28), 1, 28}, {micros(9), 1, 9}, {micros(15), 1, 15}};
  for (auto const& r : all) h.process(r, r.at);
  h.end();
  std::vector<reading> expected;
  for (std::int64_t v : {0, 9, 20, 28, 15}) expected.push_back({micros(0), 1, v});
  expected.push_back({micros(40), 2, 40});
  CHECK(difference(expected, h.output()) == "");
}
