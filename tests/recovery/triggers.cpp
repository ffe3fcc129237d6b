// Windows with triggers, sessions, counted windows, and event time that is given in mid-stream.

#include <catch2/catch.hpp>

#include <flow/flow.hpp>

#include "recovery/attack.hpp"

namespace {

using namespace flow;
using namespace flow::testing;
using namespace std::chrono_literals;

constexpr auto to_row = [](auto const& r) { return row_of(r); };
constexpr auto of_whole = [](auto const& r) { return row{0, r.value, r.end.time_since_epoch().count()}; };

void build(job& j, world& w, inputs const& in) {
  auto all = left(j, w, in);
  auto by_user = all.key_by(&click::user);
  by_user.window(session_windows(60us)).aggregate<count>("sessions").map(to_row).sink("sessions-out", w.sink("sessions-out"));
  by_user.window(session_windows([&w](click const& c) {
            w.user("gap");
            return duration{20 + c.amount % 80};
          }).allowed_lateness(30us)).aggregate<sum<&click::amount>>("own-gaps").map(to_row).sink("own-gaps-out", w.sink("own-gaps-out"));
  by_user.window(count_windows(5)).aggregate<sum<&click::amount>>("five").map([](auto const& r) { return row{r.key, r.value, 0}; }).sink("five-out", w.sink("five-out"));
  by_user.window(count_windows(6, 2)).aggregate<sum<&click::amount>>("six-by-two").map([](auto const& r) { return row{r.key, r.value, 0}; }).sink("six-out", w.sink("six-out"));
  by_user.window(global_window().trigger(on_count(4))).aggregate<count>("fours").map([](auto const& r) { return row{r.key, r.value, 0}; }).sink("fours-out", w.sink("fours-out"));
  by_user.window(tumbling_windows(200us)).aggregate<count>("at-end").map(to_row).sink("at-end-out", w.sink("at-end-out"));
  by_user.window(tumbling_windows(200us).trigger(on_event_time().early_every(50us).late_every(20us)).allowed_lateness(50us).discarding())
      .aggregate<count>("early").map(to_row).sink("early-out", w.sink("early-out"));
  all.window(session_windows(3us)).aggregate<count>("whole-sessions").map(of_whole).sink("whole-sessions-out", w.sink("whole-sessions-out"));
  auto const again = all.map([](click const& c) { return c; });
  again.event_time(&click::time, out_of_order_by(1h)).window(tumbling_windows(100us)).aggregate<count>("patient").map(of_whole).sink("patient-out", w.sink("patient-out"));
  auto hasty = again.event_time(&click::time, monotonous()).key_by(&click::user).window(tumbling_windows(100us)).aggregate<count>("hasty");
  hasty.map(to_row).sink("hasty-out", w.sink("hasty-out"));
  hasty.late().map([](click const& c) { return row{c.user, c.id, c.at}; }).sink("late", w.sink("late"));
}

/// What early firings give out in parts is what the window has at its end; a record counts in a window or is late.
void holds(world const& w) {
  std::map<std::pair<std::uint32_t, std::int64_t>, std::int64_t> parts, whole;
  for (auto const& r : w.sorted("early-out")) parts[{r.key, r.at}] += r.value;
  for (auto const& r : w.sorted("at-end-out")) whole[{r.key, r.at}] += r.value;
  if (parts != whole) throw std::runtime_error("early firings do not add up to what the windows have");
  std::int64_t on_time = 0;
  for (auto const& r : w.sorted("hasty-out")) on_time += r.value;
  auto const late = w.sorted("late"), read = w.sorted("read-left");
  if (on_time + static_cast<std::int64_t>(late.size()) != static_cast<std::int64_t>(read.size()))
    throw std::runtime_error(std::to_string(on_time) + " records in windows and " + std::to_string(late.size()) + " late ones are not " + std::to_string(read.size()));
}

}  // namespace

TEST_CASE("sessions, counted windows and triggers give each result once, wherever a job is disturbed") {
  attack({build, {"early-out", "hasty-out", "late"}, holds});
}
