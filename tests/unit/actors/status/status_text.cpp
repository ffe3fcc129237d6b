#include <catch2/catch.hpp>

#include "status/log_queue.hpp"
#include "status/status_text.hpp"

using namespace flow;
using namespace std::chrono_literals;

namespace {

timestamp const noon{std::chrono::sys_days{std::chrono::year{2026} / 2 / 28} + 12h};

status_view busy() {
  status_view v;
  v.job = "flights";
  v.elapsed = 72s;
  v.records_in = {12'345'678, 456'000};
  v.bytes_in = {1.2e9, 45.6e6};
  v.records_out = {9'000, 12};
  v.bytes_out = {80'000, 90};
  v.watermark = noon - 12s;
  v.held_up = {{"departures", 0.664}, {"other", 0.2}};
  v.done = 0.429;
  v.left = 63s;
  return v;
}
std::string line(status_view const& v, std::size_t width = 1'000) { return status_line(v, noon, width); }

}  // namespace

TEST_CASE("a status line tells everything when there is room") {
  CHECK(line(busy()) ==
        "flights | 1:12 | 42%, 1:03 left | in 12.3M (456k/s), 1.20 GB (45.6 MB/s) | out 9.00k (12/s), 80.0 kB (90 B/s) | "
        "watermark 2026-02-28T11:59:48Z, 0:12 behind | held back: departures 66%, other 20%");
}

TEST_CASE("what matters least is left out first, and a line is never wider than allowed") {
  auto const v = busy();
  CHECK(line(v, 80) == "1:12 | 42%, 1:03 left | in 12.3M (456k/s) | out 9.00k (12/s)");
  CHECK(line(v, 60) == "1:12 | 42%, 1:03 left | in 12.3M (456k/s) | out 9.00k (12/s)");
  CHECK(line(v, 59) == "1:12 | 42%, 1:03 left | in 12.3M (456k/s)");
  CHECK(line(v, 30) == "1:12 | 42%, 1:03 left");
  CHECK(line(v, 12) == "1:12 | 42%");
  CHECK(line(v, 7) == "1:12 | ");
  for (std::size_t width = 0; width < 250; ++width) {
    INFO("width " << width);
    CHECK(columns_of(line(v, width)) <= width);
    if (width > 0) CHECK(columns_of(line(v, width)) >= columns_of(line(v, width - 1)));
  }
}

TEST_CASE("a status line tells how old, large and slow the newest checkpoint is, of failures and of restarts") {
  status_view v;
  v.checkpoints.on = true;
  CHECK(line(v) == "0:00 | in 0 (0/s) | out 0 (0/s) | no checkpoint yet");
  v.checkpoints = {.on = true, .completed = 3, .last = 14, .age = 67s, .duration = 312ms, .bytes = 12'000'000, .written_bytes = 3'400'000};
  v.held_up = {{"departures", 0.664}};
  CHECK(line(v) == "0:00 | in 0 (0/s) | out 0 (0/s) | checkpoint 14, 1:07 ago, 3.40 MB in 0.3 s | held back: departures 66%");
  CHECK(line(v, 90) == "0:00 | in 0 (0/s) | out 0 (0/s) | checkpoint 14, 1:07 ago | held back: departures 66%");
  CHECK(line(v, 70) == "0:00 | in 0 (0/s) | out 0 (0/s) | held back: departures 66%");
  v.checkpoints.failed = 2;
  v.restarts = 1;
  CHECK(line(v) == "0:00 | in 0 (0/s) | out 0 (0/s) | 1 restart | checkpoint 14, 1:07 ago, 3.40 MB in 0.3 s, 2 failed | held back: departures 66%");
}

TEST_CASE("what is not known is not told") {
  status_view v;
  v.job = "j";
  CHECK(line(v) == "j | 0:00 | in 0 (0/s) | out 0 (0/s)");
  v.watermark = end_of_time;
  CHECK(line(v) == "j | 0:00 | in 0 (0/s) | out 0 (0/s)");
  v.ending = "cancelling";
  CHECK(line(v) == "j | cancelling | 0:00 | in 0 (0/s) | out 0 (0/s)");
  CHECK(line(v, 20) == "cancelling | 0:00");
}

TEST_CASE("a watermark is behind the wall clock only where it is of this week") {
  CHECK(behind(noon - 5s, noon) == 5s);
  CHECK(behind(noon - 7 * 24h, noon) == 7 * 24h);
  CHECK(behind(noon - 7 * 24h - 1us, noon) == std::nullopt);
  CHECK(behind(noon + 30s, noon) == 0s);
  CHECK(behind(noon + 61s, noon) == std::nullopt);
  CHECK(behind(no_watermark, noon) == std::nullopt);
  CHECK(behind(end_of_time, noon) == std::nullopt);
  auto v = busy();
  v.watermark = timestamp{1s} + 500ms;
  CHECK_THAT(line(v), Catch::Contains("watermark 1970-01-01T00:00:01Z | held back"));
}

TEST_CASE("names are shown by characters, and cannot command the terminal") {
  CHECK(columns_of("Zürich") == 6);
  CHECK(printable("a\nb\x1b[2Jc\x7f") == "a b [2Jc ");
  CHECK(printable("a\xC2\x9B" "2Jb \xC3\xBC") == "a 2Jb \xC3\xBC");
  status_view v;
  v.job = "Zürich\x1b[31m";
  CHECK(line(v) == "Zürich [31m | 0:00 | in 0 (0/s) | out 0 (0/s)");
}

TEST_CASE("a log line has a time, a level, a subject and one line of text") {
  CHECK(log_line(noon + 7ms + 9us, "info", "departures", "4 splits\nfor 2") == "2026-02-28T12:00:00.007Z info    departures: 4 splits for 2\n");
}

TEST_CASE("log entries come out in order, and those beyond the limit are counted") {
  log_queue q;
  CHECK_FALSE(q.next());
  for (std::size_t i = 0; i < log_queue::limit + 3; ++i) q.push(noon, {log_level::info, "", std::to_string(i)});
  for (std::size_t i = 0; i < log_queue::limit; ++i) REQUIRE(q.next()->entry.text == std::to_string(i));
  auto const last = q.next();
  REQUIRE(last);
  CHECK(last->entry.level == log_level::warning);
  CHECK_THAT(last->entry.text, Catch::Contains("3 entries are left out"));
  CHECK_FALSE(q.next());
  q.push(noon, {log_level::info, "", "again"});
  CHECK(q.next()->entry.text == "again");
}
