#include <catch2/catch.hpp>

#include <flow/window/functions.hpp>
#include <flow/window/per_window_operator.hpp>

#include "../recording.hpp"

// How the operator of windows that are kept one by one behaves when its receivers take no more and when clocks move; what it
// computes is told by the contract tests.

namespace {
using recording::at;
using recording::batch_of;
using flow::duration;

struct self {
  std::int64_t operator()(std::int64_t const& r) const { return r; }
};
using fold = flow::keyed_fold<self, flow::aggregate_function<std::int64_t, std::int64_t, flow::count>>;
using result = flow::windowed<std::int64_t, std::int64_t>;

/// Both of its times are set by hand.
struct two_clocks final : flow::clock {
  std::chrono::nanoseconds now() const override { return steady; }
  flow::timestamp wall() const override { return of_day; }
  std::chrono::nanoseconds steady{0};
  flow::timestamp of_day{};
};

template <class Placement, class Trigger>
struct windows {
  explicit windows(flow::triggered_windows<Placement, Trigger> const& spec) : op("windows", spec, fold(self{}, {})) {
    op.port(0).connect(results);
    op.port(1).connect(late);
    auto context = recording::context(1);
    context.clock = &clock;
    op.start(context);
  }
  /// Records that are their own keys.
  void give(std::vector<std::int64_t> const& keys, std::vector<std::int64_t> const& times) {
    std::vector<std::uint64_t> hashes;
    for (auto const k : keys) hashes.push_back(flow::hash_of(k));
    auto b = batch_of(keys, times, hashes);
    op.receive(b);
  }
  void look() { if (op.look_is_due(clock.steady)) op.look_now(clock.steady); }
  /// Resumes with room for a batch at a time; calls `between` each time it is held up.
  template <class F>
  void resume(F between) {
    while (op.suspended()) {
      between();
      results.room = 1;
      op.resume();
    }
  }

  two_clocks clock;
  flow::per_window_operator<Placement, Trigger, fold> op;
  recording::recorder<result> results;
  recording::recorder<std::int64_t> late;
};
template <class Placement, class Trigger>
windows(flow::triggered_windows<Placement, Trigger>) -> windows<Placement, Trigger>;
}  // namespace

TEST_CASE("a firing of many windows of one key stops when the receivers take no more, and a barrier passes when it is complete") {
  windows w(flow::sliding_windows(duration{100}, duration{1}).trigger(flow::on_processing_time(duration{5})));
  w.give({7}, {1'000});
  w.clock.of_day = at(5);
  w.clock.steady = std::chrono::microseconds(5);
  w.results.room = 1;
  w.look();
  REQUIRE(w.op.suspended());
  w.resume([&] { CHECK_FALSE(w.op.may_pass_barrier()); });
  CHECK(w.op.may_pass_barrier());
  CHECK(w.results.records.size() == 100);
}

TEST_CASE("a record that fires many windows waits with the rest of its batch, in windows of the time when it came") {
  windows w(flow::sliding_windows(duration{10}, duration{1}).trigger(flow::on_count(1)).processing_time());
  w.clock.of_day = at(100);
  w.results.room = 1;
  w.give({7, 8}, {0, 0});
  REQUIRE(w.op.suspended());
  w.resume([&] {
    CHECK_FALSE(w.op.may_pass_barrier());
    w.clock.of_day += duration{1};
  });
  REQUIRE(w.results.records.size() == 20);
  for (std::size_t i = 0; i < 10; ++i) CHECK(w.results.records[i] == result{7, at(91 + static_cast<std::int64_t>(i)), at(101 + static_cast<std::int64_t>(i)), 1});
  for (std::size_t i = 10; i < 20; ++i) CHECK(w.results.records[i].key == 8);
}

TEST_CASE("where the time of day is set, what is due by it is done within the hour") {
  windows w(flow::tumbling_windows(std::chrono::hours(24)).processing_time());
  w.give({7}, {0});
  w.clock.of_day = at(0) + std::chrono::hours(24);
  w.clock.steady = std::chrono::hours(1) - std::chrono::microseconds(1);
  w.look();
  CHECK(w.results.records.empty());
  w.clock.steady = std::chrono::hours(1);
  w.look();
  CHECK(w.results.records == std::vector<result>{{7, at(0), at(0) + std::chrono::hours(24), 1}});
}

TEST_CASE("a time of day that is set back does not open windows that have fired") {
  windows w(flow::tumbling_windows(duration{10}).processing_time());
  w.clock.of_day = at(15);
  w.give({7}, {0});
  w.clock.of_day = at(20);
  w.clock.steady = std::chrono::microseconds(5);
  w.look();
  CHECK(w.results.records.size() == 1);
  w.clock.of_day = at(12);
  w.give({7}, {0});
  w.op.watermark(flow::end_of_time);
  CHECK(w.results.records == std::vector<result>{{7, at(10), at(20), 1}, {7, at(20), at(30), 1}});
}

TEST_CASE("late records that wait for their time are no early firing of the session that they end up in") {
  windows w(flow::session_windows(duration{10}).allowed_lateness(duration{100}).trigger(flow::on_event_time().late_every(duration{5})));
  w.give({7}, {0});
  w.op.watermark(at(9));
  CHECK(w.results.records == std::vector<result>{{7, at(0), at(10), 1}});
  w.give({7}, {1});  // late: the session [0, 11) has not ended
  w.op.watermark(at(10));
  w.give({7}, {0});  // late, waits
  CHECK(w.results.records.size() == 2);
  w.give({7}, {10});  // and the session goes on
  w.clock.of_day = at(50);
  w.clock.steady = std::chrono::microseconds(50);
  w.look();
  CHECK(w.results.records.size() == 2);
  w.op.watermark(at(19));
  REQUIRE(w.results.records.size() == 3);
  CHECK(w.results.records[2] == result{7, at(0), at(20), 4});
}

TEST_CASE("what is stored of windows is described by names, and is read back as it was written") {
  windows w(flow::session_windows(duration{10}).trigger(flow::on_event_time().early_every(duration{5})));
  auto const& stored = *w.op.state().objects().front();
  CHECK(stored.name() == "windows");
  std::string const text = to_string(stored.value_schema());
  INFO(text);
  for (auto const* name : {"open", "start", "end", "value", "records", "ended", "holds", "state", "due", "event_timers", "processing_timers"})
    CHECK(text.find(std::string("\"") + name + "\"") != std::string::npos);

  using window = flow::open_window<flow::count, flow::timed_trigger>;
  flow::windows_of_key<window, true, true, true> of_key, read;
  of_key.records = 17;
  for (std::int64_t i = 0; i < 3; ++i) {
    auto& made = of_key.open.insert(static_cast<std::size_t>(i), {});
    made.start = at(10 * i);
    made.end = at(10 * i + 5);
    made.value.records = i;
    made.ended = i == 0;
    made.holds = i != 0;
    made.state.due = at(i);
    for (std::int64_t t = 3; t > 0; --t) made.event_timers.set(at(t * i));
    made.processing_timers.set(at(-i));
  }
  flow::bytes encoded, again;
  flow::encoder{encoded}(of_key);
  flow::decoder{encoded}(read);
  REQUIRE(read.open.size() == 3);
  CHECK(read.records == 17);
  CHECK(read.open[2].event_timers.first() == at(2));
  CHECK(read.open[2].value.records == 2);
  flow::encoder{again}(read);
  CHECK(again == encoded);
}
