#include <catch2/catch.hpp>

#include <cmath>

#include "status/meter.hpp"

using namespace flow;
using namespace std::chrono_literals;

namespace {

operator_summary source(std::uint64_t records, std::uint64_t bytes = 0, input_size expected = {}) {
  operator_summary s;
  s.name = "in";
  s.is_source = true;
  s.parallelism = 2;
  s.records_in = records;
  s.bytes = bytes;
  s.expected = expected;
  return s;
}
operator_summary sink(std::uint64_t records, std::uint64_t bytes, timestamp watermark = no_watermark) {
  operator_summary s;
  s.name = "out";
  s.is_sink = true;
  s.task = 1;
  s.parallelism = 1;
  s.records_in = records;
  s.bytes = bytes;
  s.watermark = watermark;
  return s;
}

struct metered {
  manual_clock clock;
  status_meter meter{"j", 0s};
  status_view const& after(std::chrono::nanoseconds d, std::vector<operator_summary> const& operators) {
    clock.advance(d);
    return meter.update(operators, clock.now());
  }
};

}  // namespace

TEST_CASE("totals are those of all sources and all sinks, whatever lies between") {
  metered m;
  auto middle = source(1'000'000);
  middle.is_source = false;
  auto const& v = m.after(2s, {source(100, 1'000), source(50, 500), middle, sink(30, 60), sink(3, 6)});
  CHECK(v.job == "j");
  CHECK(v.elapsed == 2s);
  CHECK(v.records_in.total == 150);
  CHECK(v.bytes_in.total == 1'500);
  CHECK(v.records_out.total == 33);
  CHECK(v.bytes_out.total == 66);
}

TEST_CASE("the first rate is the average since the start") {
  metered m;
  auto const& v = m.after(4s, {source(100, 1'000)});
  CHECK(v.records_in.per_second == Approx(25));
  CHECK(v.bytes_in.per_second == Approx(250));
}

TEST_CASE("a steady rate stays what it is, however often one looks") {
  metered m;
  std::uint64_t records = 0;
  for (int i = 1; i <= 100; ++i) {
    auto const every = i % 3 == 0 ? 500ms : 100ms;
    records += static_cast<std::uint64_t>(every.count()) * 7;
    CHECK(m.after(every, {source(records)}).records_in.per_second == Approx(7'000));
  }
}

TEST_CASE("a rate that changes has come 63 percent of the way after the smoothing time") {
  metered m;
  m.after(1s, {source(1'000)});
  double per_second = 0;
  for (int i = 0; i < 20; ++i) per_second = m.after(100ms, {source(1'000)}).records_in.per_second;
  CHECK(per_second == Approx(1'000 * std::exp(-1.0)));
  for (int i = 0; i < 300; ++i) per_second = m.after(100ms, {source(1'000)}).records_in.per_second;
  CHECK(per_second < 0.001);
}

TEST_CASE("looking twice at one time changes nothing") {
  metered m;
  m.after(1s, {source(1'000)});
  CHECK(m.after(0s, {source(1'000)}).records_in.per_second == Approx(1'000));
}

TEST_CASE("what is done is told in bytes where their number is known, else in records") {
  metered m;
  CHECK(m.after(1s, {source(5, 25, {100, {}})}).done == 0.25);
  CHECK(m.after(1s, {source(30, 0, {{}, 60})}).done == 0.5);
  CHECK(m.after(1s, {source(30, 30, {{}, {}})}).done == std::nullopt);
}

TEST_CASE("the source that is farthest from its end counts, and one without an end leaves no percentage") {
  metered m;
  CHECK(m.after(1s, {source(0, 90, {100, {}}), source(10, 0, {{}, 100})}).done == 0.1);
  CHECK(m.after(1s, {source(0, 90, {100, {}}), source(10)}).done == std::nullopt);
  CHECK(m.after(1s, {sink(1, 1)}).done == std::nullopt);
}

TEST_CASE("a source that has ended, or had nothing to read, is done") {
  metered m;
  CHECK(m.after(1s, {source(0, 0, {0, {}})}).done == 1.0);
  auto ended = source(9, 98, {100, {}});
  ended.watermark = end_of_time;
  CHECK(m.after(1s, {ended}).done == 1.0);
  auto const& grown = m.after(1s, {source(9, 150, {100, {}})});
  CHECK(grown.done == 1.0);
  CHECK(grown.left == std::nullopt);
}

TEST_CASE("the time left follows from the speed") {
  metered m;
  CHECK(m.after(10s, {source(0, 100, {1'000, {}})}).left == 90s);
  CHECK(m.after(10s, {source(0, 200, {1'000, {}})}).left == 80s);
  auto const& slower = m.after(10s, {source(0, 210, {1'000, {}})});
  CHECK(*slower.left > 79s);
  double const speed = 10 + (1 - std::exp(-1.0)) * (1 - 10);  // bytes a second
  CHECK(std::chrono::duration<double>(*slower.left).count() == Approx(790 / speed));
}

TEST_CASE("there is no time left to tell before anything has been read, nor of more than a hundred days") {
  metered m;
  CHECK(m.after(10s, {source(0, 0, {1'000, {}})}).left == std::nullopt);
  CHECK(m.after(10s, {source(0, 1, {1'000'000'000, {}})}).left == std::nullopt);
}

TEST_CASE("the watermark is the lowest of all sinks") {
  metered m;
  timestamp const early{5s}, late{9s};
  CHECK(m.after(1s, {sink(1, 1, late), sink(1, 1, early)}).watermark == early);
  CHECK(m.after(1s, {sink(1, 1, late), sink(1, 1)}).watermark == no_watermark);
  CHECK(m.after(1s, {sink(1, 1, end_of_time), sink(1, 1, late)}).watermark == late);
}

TEST_CASE("a task that waits for its receivers is named by its first operator, with its share of the time") {
  metered m;
  auto waiting = source(1);
  waiting.blocked = 1s;  // of two subtasks, in one second
  auto chained = waiting;
  chained.is_source = false;
  chained.name = "chained";
  auto free = sink(1, 1);
  free.blocked = 50ms;
  auto const& v = m.after(1s, {waiting, chained, free});
  REQUIRE(v.held_up.size() == 1);
  CHECK(v.held_up[0].name == "in");
  CHECK(v.held_up[0].share == Approx(0.5));
  for (int i = 0; i < 10; ++i) m.after(1s, {waiting, chained, free});
  CHECK(m.after(1s, {waiting, chained, free}).held_up.empty());
}

TEST_CASE("a counter of waiting that was read in the moment of its change does not show for long") {
  metered m;
  auto waiting = source(1);
  waiting.blocked = 200s;  // of two subtasks, in one second
  CHECK(m.after(1s, {waiting}).held_up.at(0).share == Approx(1));
  waiting.blocked = 1s;
  for (int i = 0; i < 5; ++i) m.after(1s, {waiting});
  CHECK(m.after(1s, {waiting}).held_up.empty());
}
