#include <catch2/catch.hpp>

#include "nothing.hpp"

namespace {
using namespace std::chrono_literals;
using nothing::event;
using lines = std::vector<std::string>;

lines mistakes(flow::job const& job, std::uint32_t parallelism = 2, std::uint32_t max_parallelism = 128) {
  return job.graph().mistakes(parallelism, max_parallelism);
}
}  // namespace

TEST_CASE("a right job has no mistakes") {
  flow::job job{"j"};
  auto windows = job.source("events", nothing::source<event>())
                     .event_time(&event::at, flow::out_of_order_by(1s))
                     .filter([](event const& e) { return e.id > 0; })
                     .key_by(&event::id)
                     .window(flow::tumbling_windows(1s))
                     .aggregate<flow::count>("counts");
  windows.sink("out", nothing::sink{});
  CHECK(mistakes(job).empty());
  windows.late().sink("late", nothing::sink{});
  CHECK(mistakes(job).empty());
}

TEST_CASE("a job without a source is a mistake") {
  flow::job job{"j"};
  CHECK(mistakes(job) == lines{"the job has no source; begin with job.source(name, ...)"});
}

TEST_CASE("an output that nobody reads is a mistake, named where there are several") {
  flow::job job{"j"};
  auto [even, odd] = job.source("events", nothing::source<int>()).branch([](int n) { return n % 2 == 0; });
  even.sink("out", nothing::sink{});
  CHECK(mistakes(job) == lines{"branch 'branch-1': nobody reads its output 'other'; end the stream in a sink or leave the operator out"});
  flow::job bare{"j"};
  bare.source("events", nothing::source<int>());
  CHECK(mistakes(bare) == lines{"source 'events': nobody reads its output; end the stream in a sink or leave the operator out"});
}

TEST_CASE("late records and a window's results: the first may stay unread, the second not") {
  flow::job job{"j"};
  job.source("events", nothing::source<event>())
      .event_time(&event::at, flow::monotonous())
      .key_by(&event::id)
      .window(flow::tumbling_windows(1s))
      .aggregate<flow::count>("counts");
  CHECK(mistakes(job) == lines{"window 'counts': nobody reads its output; end the stream in a sink or leave the operator out"});
}

TEST_CASE("an empty name of a source, sink or window is a mistake") {
  flow::job job{"j"};
  auto events = job.source("", nothing::source<event>()).event_time(&event::at, flow::monotonous());
  events.sink("", nothing::sink{});
  events.key_by(&event::id).window(flow::tumbling_windows(1s)).aggregate<flow::count>("").sink("out", nothing::sink{});
  auto const said = std::string("the name is empty; a name is the operator's identity in every snapshot and counter");
  CHECK(mistakes(job) == lines{"source '': " + said, "sink '': " + said, "window '': " + said});
}

TEST_CASE("a name used twice is a mistake that tells the other") {
  flow::job job{"j"};
  auto events = job.source("events", nothing::source<int>());
  events.sink("events", nothing::sink{});
  events.map([](int n) { return n; }).named("m").sink("m", nothing::sink{});
  CHECK(mistakes(job) == lines{"sink 'events': the name is used twice, also by a source; a name is an operator's identity, give each its own",
                               "sink 'm': the name is used twice, also by a map; a name is an operator's identity, give each its own"});
}

TEST_CASE("parallelism 0 is a mistake") {
  flow::job job{"j"};
  job.source("events", nothing::source<int>()).with_parallelism(0).sink("out", nothing::sink{});
  CHECK(mistakes(job) == lines{"source 'events': parallelism 0; it must be at least 1"});
}

TEST_CASE("more subtasks of a keyed operator than key groups are a mistake") {
  flow::job job{"j"};
  job.source("events", nothing::source<event>())
      .event_time(&event::at, flow::monotonous())
      .key_by(&event::id)
      .window(flow::tumbling_windows(1s))
      .aggregate<flow::count>("counts")
      .with_parallelism(9)
      .sink("out", nothing::sink{});
  CHECK(mistakes(job, 2, 9).empty());
  CHECK(mistakes(job, 2, 8) == lines{"window 'counts': parallelism 9 exceeds max-parallelism 8, the number of key groups; lower the one or raise the other"});
  CHECK(mistakes(job, 100, 9).size() == 0);
}

TEST_CASE("windows without event time are a mistake, also when one of two joined streams lacks it") {
  auto const said = "window 'counts': event-time windows need event time; say .event_time(...) on the stream before key_by or window, or .processing_time() of the windows";
  flow::job job{"j"};
  job.source("events", nothing::source<event>()).key_by(&event::id).window(flow::tumbling_windows(1s)).aggregate<flow::count>("counts").sink("out", nothing::sink{});
  CHECK(mistakes(job) == lines{said});
  flow::job joined{"j"};
  auto with = joined.source("a", nothing::source<event>()).event_time(&event::at, flow::monotonous());
  auto without = joined.source("b", nothing::source<event>());
  with.union_with(without).key_by(&event::id).window(flow::tumbling_windows(1s)).aggregate<flow::count>("counts").sink("out", nothing::sink{});
  CHECK(mistakes(joined) == lines{said});
}

TEST_CASE("windows of no size, no slide or negative lateness are mistakes") {
  flow::job job{"j"};
  job.source("events", nothing::source<event>())
      .event_time(&event::at, flow::monotonous())
      .key_by(&event::id)
      .window(flow::sliding_windows(0s, -1s).allowed_lateness(-1s))
      .aggregate<flow::count>("counts")
      .sink("out", nothing::sink{});
  CHECK(mistakes(job) == lines{"window 'counts': the window's size must be above 0", "window 'counts': the windows' slide must be above 0",
                               "window 'counts': the allowed lateness must not be negative"});
}

TEST_CASE("a side output of an operator that has none and a union of two jobs are mistakes") {
  flow::job job{"j"}, other{"k"};
  auto events = job.source("events", nothing::source<int>());
  auto foreign = other.source("events", nothing::source<int>());
  events.union_with(foreign).sink("out", nothing::sink{});
  events.side(flow::tag<int>{"odd"}).sink("odd", nothing::sink{});
  CHECK(mistakes(job) == lines{"source 'events': a source has no side output 'odd'",
                               "union 'union-1': the streams belong to two jobs; a union joins streams of one"});
}

TEST_CASE("all mistakes are told together") {
  flow::job job{"j"};
  auto events = job.source("a", nothing::source<event>()).with_parallelism(0);
  events.map([](event const& e) { return e; }).named("unread");
  events.key_by(&event::id).window(flow::tumbling_windows(0s)).aggregate<flow::count>("counts").with_parallelism(500).sink("a", nothing::sink{});
  auto const said = mistakes(job);
  REQUIRE(said.size() == 8);
  std::string text;
  for (auto const& s : said) text += s + "\n";
  for (auto const* part : {"source 'a': parallelism 0", "key_by 'key_by-2': parallelism 0", "map 'unread': nobody reads", "size must be above 0", "slide must be above 0",
                           "parallelism 500 exceeds max-parallelism 128", "need event time", "sink 'a': the name is used twice"}) {
    INFO(part);
    CHECK_THAT(text, Catch::Contains(part));
  }
}

TEST_CASE("two side outputs of one name and different types are a mistake") {
  flow::job job{"j"};
  auto sorted = job.source("events", nothing::source<int>()).flat_map<int>([](int, flow::output<int>&, flow::side_outputs&) {});
  sorted.sink("out", nothing::sink{});
  sorted.side(flow::tag<std::string>{"odd"}).sink("texts", nothing::sink{});
  sorted.side(flow::tag<int>{"odd"}).sink("numbers", nothing::sink{});
  CHECK_FALSE(mistakes(job).empty());
}

TEST_CASE("a sink may have any name, one that looks generated too") {
  flow::job job{"j"};
  job.source("source-0", nothing::source<int>()).sink("sink-1", nothing::sink{});
  CHECK(mistakes(job) == lines{});
}

TEST_CASE("a name taken away later is as empty as one never given, and one given later counts") {
  flow::job job{"j"};
  auto const said = std::string("the name is empty; a name is the operator's identity in every snapshot and counter");
  job.source("events", nothing::source<int>()).named("").map([](int n) { return n; }).named("").sink("out", nothing::sink{});
  CHECK(mistakes(job) == lines{"source '': " + said, "map '': " + said});
  flow::job later{"j"};
  later.source("", nothing::source<int>()).named("events").sink("out", nothing::sink{});
  CHECK(mistakes(later).empty());
}

TEST_CASE("windows over the whole stream are merged by one subtask: more are a mistake") {
  flow::job job{"j"};
  job.source("events", nothing::source<event>())
      .event_time(&event::at, flow::monotonous())
      .window(flow::tumbling_windows(1s))
      .aggregate<flow::count>("counts")
      .with_parallelism(4)
      .sink("out", nothing::sink{});
  CHECK(mistakes(job) == lines{"window 'counts': parallelism 4; windows over the whole stream are merged by one subtask, their parts before in parallel"});
}

TEST_CASE("options of watermarks: negative ones, and those of splits where there are none, are mistakes") {
  flow::job job{"j"};
  auto const windows = [](auto const& s, std::string const& name) {
    s.key_by(&event::id).window(flow::tumbling_windows(1s)).template aggregate<flow::count>(name).sink(name + "-out", nothing::sink{});
  };
  windows(job.source("negative", nothing::source<event>()).event_time(&event::at, flow::monotonous().idle_after(-1s).max_drift(-1s)), "a");
  auto read = job.source("read", nothing::source<event>());
  read.sink("raw", nothing::sink{});
  windows(read.event_time(&event::at, flow::monotonous().idle_after(1s)).named("later"), "b");
  CHECK(mistakes(job) == lines{"source 'negative': idle_after must not be negative", "source 'negative': max_drift must not be negative",
                               "event_time 'later': idle_after and max_drift are of the splits of a source; say event_time(...) on the source, before anything else reads it"});
}

TEST_CASE("sources may be made first and given their event time afterwards: watermarks stay per split") {
  flow::job job{"j"};
  auto first = job.source("first", nothing::source<event>()), second = job.source("second", nothing::source<event>());
  first.event_time(&event::at, flow::monotonous().idle_after(1s)).sink("a", nothing::sink{});
  second.event_time(&event::at, flow::monotonous().idle_after(1s)).sink("b", nothing::sink{});
  CHECK(mistakes(job).empty());
  CHECK(job.graph().nodes().size() == 4);
}

TEST_CASE("windows longer than time can be counted are a mistake") {
  flow::job job{"j"};
  job.source("events", nothing::source<event>())
      .event_time(&event::at, flow::monotonous())
      .key_by(&event::id)
      .window(flow::tumbling_windows(flow::duration::max()))
      .aggregate<flow::count>("counts")
      .sink("out", nothing::sink{});
  auto const found = mistakes(job);
  REQUIRE(!found.empty());
  CHECK(found.front() == "window 'counts': size, slide, offset and allowed lateness of windows must be at most 9,000 years");
}

TEST_CASE("bad records may stay unread, and are a mistake where there are none") {
  auto diverting = nothing::source<event>();
  diverting.on_bad_record = flow::bad_record_policy::divert;
  flow::job job{"j"};
  auto events = job.source("events", diverting).event_time(&event::at, flow::monotonous());
  events.sink("out", nothing::sink{});
  CHECK(mistakes(job).empty());
  events.bad_records().sink("bad", nothing::sink{});
  CHECK(mistakes(job).empty());
  flow::job fails{"j"};
  auto all = fails.source("events", nothing::source<event>());
  all.bad_records().sink("bad", nothing::sink{});
  all.map([](event const& e) { return e.id; }).bad_records().sink("none", nothing::sink{});
  CHECK(mistakes(fails) ==
        lines{"source 'events': its bad records are asked for, but it fails at the first; make the source with .on_bad_record(divert)",
              "map 'map-2': a map has no bad records; ask the stream that job.source or its event_time gave"});
}

TEST_CASE("bad records have no event time, also where the source's records have it") {
  auto diverting = nothing::source<event>();
  diverting.on_bad_record = flow::bad_record_policy::divert;
  flow::job job{"j"};
  auto events = job.source("events", diverting).event_time(&event::at, flow::monotonous());
  events.sink("out", nothing::sink{});
  events.bad_records().window(flow::tumbling_windows(1s)).aggregate<flow::count>("counts").sink("bad", nothing::sink{});
  REQUIRE_FALSE(mistakes(job).empty());
  CHECK_THAT(mistakes(job).at(0), Catch::Contains("'counts-partial'") && Catch::Contains("event-time windows need event time"));
}

TEST_CASE("a sink whose results become visible with checkpoints only is refused where there are none") {
  flow::job job{"j"};
  job.source("events", nothing::source<event>()).sink("out", nothing::sink{.needs_checkpoints = true});
  CHECK(job.graph().mistakes(1, 128, true).empty());
  CHECK(job.graph().mistakes(1, 128, false) ==
        lines{"sink 'out': its results become visible with checkpoints only, and the job has none; name a directory for them with --snapshots"});
}
