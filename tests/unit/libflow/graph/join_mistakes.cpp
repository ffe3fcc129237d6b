#include <catch2/catch.hpp>

#include "nothing.hpp"

namespace {
using namespace std::chrono_literals;
using nothing::event;
using lines = std::vector<std::string>;

lines mistakes(flow::job const& job) { return job.graph().mistakes(2, 128); }
auto timed(flow::job& job, std::string name) {
  return job.source(std::move(name), nothing::source<event>()).event_time(&event::at, flow::monotonous()).key_by(&event::id);
}
auto untimed(flow::job& job, std::string name) { return job.source(std::move(name), nothing::source<event>()).key_by(&event::id); }
constexpr auto pair = [](event const& l, event const&) { return l; };

}  // namespace

TEST_CASE("right joins have no mistakes, and their late records may stay unread") {
  flow::job job{"j"};
  auto const left = timed(job, "left"), right = timed(job, "right");
  left.interval_join(right).between(-1min, 1h).select("interval", pair).sink("out-1", nothing::sink{});
  left.interval_join(right).between(5s, 5s).select("point", pair).sink("out-2", nothing::sink{});
  left.window_join(right, flow::tumbling_windows(1s)).select("window", pair).sink("out-3", nothing::sink{});
  left.temporal_join(left).select("temporal", pair).sink("out-4", nothing::sink{});
  CHECK(mistakes(job).empty());
}

TEST_CASE("an interval whose lower bound is above its upper one is a mistake, and one out of all bounds") {
  flow::job job{"j"};
  auto const left = timed(job, "left"), right = timed(job, "right");
  left.interval_join(right).between(1s, -1s).select("empty", pair).sink("out-1", nothing::sink{});
  left.interval_join(right).between(1us, 1us).upper_bound_exclusive().select("open", pair).sink("out-2", nothing::sink{});
  left.interval_join(right).between(0s, flow::longest_window + 1us).select("long", pair).sink("out-3", nothing::sink{});
  left.interval_join(right).between(flow::duration::min(), flow::duration::max()).lower_bound_exclusive().upper_bound_exclusive().select("all", pair).sink("out-4", nothing::sink{});
  std::string const rest = "; say between(lower, upper), bounds of the right record's time minus the left one's";
  CHECK(mistakes(job) == lines{"interval_join 'empty': the interval is empty: its lower bound, 1000000 us, is above its upper one, -1000000 us" + rest,
                               "interval_join 'open': the interval is empty: its lower bound, 1 us, is above its upper one, 0 us" + rest,
                               "interval_join 'long': the bounds of an interval must be within 9,000 years", "interval_join 'all': the bounds of an interval must be within 9,000 years"});
}

TEST_CASE("a join needs event time on both sides") {
  flow::job job{"j"};
  timed(job, "left").interval_join(untimed(job, "right")).between(0s, 1s).select("interval", pair).sink("out-1", nothing::sink{});
  untimed(job, "orders").temporal_join(timed(job, "rates")).select("temporal", pair).sink("out-2", nothing::sink{});
  auto const found = mistakes(job);
  REQUIRE(found.size() == 2);
  CHECK_THAT(found[0], Catch::Contains("interval_join 'interval': it joins by event time, which 'key_by-") && Catch::Contains("has not"));
  CHECK_THAT(found[1], Catch::Contains("temporal_join 'temporal': it joins by event time"));
}

TEST_CASE("a join of streams of two jobs is a mistake, and one without a name") {
  flow::job job{"j"}, other{"o"};
  auto const left = timed(job, "left");
  left.window_join(timed(other, "right"), flow::tumbling_windows(1s)).select("window", pair).sink("out", nothing::sink{});
  left.co_group(left, flow::tumbling_windows(1s)).select("", [](auto const&, auto, auto) { return 1; }).sink("out-2", nothing::sink{});
  CHECK(mistakes(job) == lines{"window_join 'window': the streams belong to two jobs; a join is of two streams of one",
                               "co_group '': the name is empty; a name is the operator's identity in every snapshot and counter"});
}

TEST_CASE("windows of joins have the mistakes that windows have") {
  flow::job job{"j"};
  auto const left = timed(job, "left");
  left.window_join(left, flow::tumbling_windows(0s).allowed_lateness(-1s)).select("window", pair).sink("out", nothing::sink{});
  auto const found = mistakes(job);
  REQUIRE(found.size() == 3);
  CHECK_THAT(found[0], Catch::Contains("window_join 'window': the window's size must be above 0"));
  CHECK_THAT(found[2], Catch::Contains("lateness"));
}
