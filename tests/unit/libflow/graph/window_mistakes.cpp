#include <catch2/catch.hpp>

#include <flow/job.hpp>

#include "nothing.hpp"

// Wrong windows that compile: the check of the job tells them.

namespace {
using namespace std::chrono_literals;
using lines = std::vector<std::string>;

using nothing::event;

template <class Windows>
lines mistakes_of(Windows const& windows) {
  flow::job job{"j"};
  job.source("events", nothing::source<event>())
      .event_time(&event::at, flow::monotonous())
      .key_by(&event::id)
      .window(windows)
      .template aggregate<flow::count>("w")
      .sink("out", nothing::sink{});
  return job.graph().mistakes(1, 128);
}
lines const none{};
}  // namespace

TEST_CASE("a gap that is not above 0, or longer than any history, is a mistake") {
  CHECK(mistakes_of(flow::session_windows(1us)) == none);
  CHECK(mistakes_of(flow::session_windows(0s)) == lines{"window 'w': the gap between sessions must be above 0"});
  CHECK(mistakes_of(flow::session_windows(-1s).processing_time()) == lines{"window 'w': the gap between sessions must be above 0"});
  CHECK(mistakes_of(flow::session_windows(flow::duration::max())) == lines{"window 'w': the gap between sessions must be at most 9,000 years"});
}

TEST_CASE("windows of no records and no slide are mistakes") {
  CHECK(mistakes_of(flow::count_windows(1)) == none);
  CHECK(mistakes_of(flow::count_windows(0, 1)) == lines{"window 'w': a window must hold at least 1 record"});
  CHECK(mistakes_of(flow::count_windows(3, 0)) == lines{"window 'w': the windows' slide must be at least 1 record"});
  CHECK(mistakes_of(flow::count_windows(-1)) == lines{"window 'w': a window must hold at least 1 record", "window 'w': the windows' slide must be at least 1 record"});
  CHECK(mistakes_of(flow::sliding_windows(10s, 0s).processing_time()) == lines{"window 'w': the windows' slide must be above 0"});
}

TEST_CASE("a global window that nothing fires is a mistake") {
  lines const said{"window 'w': a global window never fires by itself; say .trigger(...)"};
  CHECK(mistakes_of(flow::global_window()) == said);
  CHECK(mistakes_of(flow::global_window().trigger(flow::end_trigger{})) == said);
  CHECK(mistakes_of(flow::global_window().discarding().trigger(flow::on_count(1))) == none);
}

TEST_CASE("a trigger of event time for windows that have no end in it is a mistake") {
  lines const said{
      "window 'w': on_event_time() is of windows that end in event time, which these do not; say .trigger(flow::on_processing_time(...)) or "
      ".trigger(flow::on_count(...))"};
  CHECK(mistakes_of(flow::global_window().trigger(flow::on_event_time())) == said);
  CHECK(mistakes_of(flow::count_windows(3).trigger(flow::on_event_time().early_every(1s))) == said);
  CHECK(mistakes_of(flow::session_windows(3s).processing_time().trigger(flow::on_event_time())) == said);
  CHECK(mistakes_of(flow::tumbling_windows(3s).trigger(flow::on_event_time().late_every(1s))) == none);
  CHECK(mistakes_of(flow::tumbling_windows(3s).trigger(flow::on_event_time())) == none);
}

TEST_CASE("intervals of firings that are not above 0 and counts below 1 are mistakes") {
  auto const windows = flow::tumbling_windows(3s);
  CHECK(mistakes_of(windows.trigger(flow::on_event_time().early_every(0s).late_every(-1s))) ==
        lines{"window 'w': the interval of early firings must be above 0", "window 'w': the interval of late firings must be above 0"});
  CHECK(mistakes_of(windows.trigger(flow::on_processing_time(0s))) == lines{"window 'w': the interval of processing-time firings must be above 0"});
  CHECK(mistakes_of(windows.trigger(flow::on_processing_time(flow::duration::max()))) ==
        lines{"window 'w': the interval of processing-time firings must be at most 9,000 years"});
  CHECK(mistakes_of(windows.trigger(flow::on_count(0))) == lines{"window 'w': on_count needs a number of records of at least 1"});
}

TEST_CASE("allowed lateness where no record is late, or below 0, is a mistake") {
  lines const said{"window 'w': allowed lateness is of windows of event time; records are never late for these"};
  CHECK(mistakes_of(flow::tumbling_windows(3s).allowed_lateness(1s).processing_time()) == said);
  CHECK(mistakes_of(flow::count_windows(3).allowed_lateness(1s)) == said);
  CHECK(mistakes_of(flow::session_windows(3s).allowed_lateness(1s)) == none);
  CHECK(mistakes_of(flow::session_windows(3s).allowed_lateness(-1s)) == lines{"window 'w': the allowed lateness must not be negative"});
}

TEST_CASE("sessions and windows with triggers need event time unless they are of processing time, counted or global") {
  auto const needs = [](auto const& windows) {
    flow::job job{"j"};
    job.source("events", nothing::source<event>()).window(windows).template aggregate<flow::count>("w").sink("out", nothing::sink{});
    return job.graph().mistakes(1, 128).size();
  };
  CHECK(needs(flow::session_windows(3s)) == 1);
  CHECK(needs(flow::tumbling_windows(3s).trigger(flow::on_count(1))) == 1);
  CHECK(needs(flow::session_windows(3s).processing_time()) == 0);
  CHECK(needs(flow::sliding_windows(3s, 1s).processing_time()) == 0);
  CHECK(needs(flow::count_windows(3)) == 0);
  CHECK(needs(flow::global_window().trigger(flow::on_count(1))) == 0);
}
