#include <catch2/catch.hpp>

#include <functional>
#include <map>

#include <flow/window/functions.hpp>
#include <flow/window/window_operator.hpp>

#include "../recording.hpp"

// How the operator of windows behaves when its receivers take no more; what it computes is told by the contract tests.

namespace {
using recording::at;
using recording::batch_of;
using times = std::vector<std::int64_t>;

struct self {
  std::int64_t operator()(std::int64_t const& r) const { return r; }
};
using fold = flow::keyed_fold<self, flow::aggregate_function<std::int64_t, std::int64_t, flow::count>>;
using result = flow::windowed<std::int64_t, std::int64_t>;

struct windows {
  explicit windows(flow::window_spec const& spec) : op("windows", spec, fold{{}, {}}) {
    op.port(0).connect(results);
    op.port(1).connect(late);
    op.start(recording::context(2));
  }
  /// Records that are their own keys.
  void give(times const& keys, times const& at) {
    std::vector<std::uint64_t> hashes;
    for (auto const k : keys) hashes.push_back(flow::hash_of(k));
    auto b = batch_of(keys, at, hashes);
    op.receive(b);
  }
  flow::window_operator<fold> op;
  recording::recorder<result> results;
  recording::recorder<std::int64_t> late;
};
}  // namespace

TEST_CASE("a firing that is stopped anywhere goes on there, and the watermark follows when it is complete") {
  std::vector<result> whole;
  for (std::size_t first_room = 100; first_room-- > 1;) {
    INFO("room for " << first_room << " batches");
    windows w(flow::sliding_windows(flow::duration{20}, flow::duration{10}));
    for (std::int64_t k = 0; k < 9; ++k) w.give({k, k, k}, {5, 15, 16});
    w.results.room = first_room;
    w.op.watermark(at(100));
    for (int rounds = 0; w.op.suspended(); ++rounds) {
      REQUIRE(rounds < 100);
      REQUIRE(w.results.log.back() != "watermark 100");
      w.results.room = 1;
      w.op.resume();
    }
    REQUIRE(w.results.log.back() == "watermark 100");
    REQUIRE(w.results.received_unready == 0);
    if (whole.empty()) whole = w.results.records;
    REQUIRE(w.results.records == whole);
  }
  std::map<std::pair<std::int64_t, std::int64_t>, std::int64_t> counts;
  for (auto const& r : whole) REQUIRE(counts.emplace(std::pair{recording::micros(r.end), r.key}, r.value).second);
  CHECK(counts.size() == 27);
  for (std::int64_t k = 0; k < 9; ++k) {
    CHECK(counts[{10, k}] == 1);
    CHECK(counts[{20, k}] == 3);
    CHECK(counts[{30, k}] == 2);
  }
}

TEST_CASE("no barrier passes a batch that is held up") {
  windows w(flow::tumbling_windows(flow::duration{10}).allowed_lateness(flow::duration{1'000}));
  w.give({1, 2}, {5, 5});
  w.op.watermark(at(50));
  w.results.room = 1;
  w.give({1, 2, 1, 2}, {6, 6, 6, 6});
  REQUIRE(w.op.suspended());
  CHECK_FALSE(w.op.may_pass_barrier());
  w.results.room = 100;
  w.op.resume();
  CHECK_FALSE(w.op.suspended());
  CHECK(w.op.may_pass_barrier());
  std::vector<std::int64_t> values;
  for (auto const& r : w.results.records) values.push_back(r.value);
  CHECK(values == times{1, 1, 2, 2, 3, 3});
}

TEST_CASE("late records wait while their receivers take no more") {
  windows w(flow::tumbling_windows(flow::duration{10}));
  w.op.watermark(at(50));
  w.late.room = 1;
  w.give({1, 2, 3, 4, 5}, {5, 5, 5, 5, 5});
  CHECK(w.late.received_unready == 0);
}

TEST_CASE("an input that was idle holds the watermark of windows again, also before anything fires") {
  windows w(flow::tumbling_windows(flow::duration{10}));
  w.op.watermark(at(5));
  w.op.idle();
  w.op.watermark(at(5));
  CHECK(w.results.log == std::vector<std::string>{"watermark 5", "idle", "watermark 5"});
  w.op.idle();
  w.give({1}, {7});
  CHECK(w.results.log == std::vector<std::string>{"watermark 5", "idle", "watermark 5", "idle", "watermark 5"});
}
