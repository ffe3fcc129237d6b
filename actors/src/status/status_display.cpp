#include "status_display.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "status_text.hpp"

namespace flow {

status_display::status_display(console& to, arguments const& a, std::string const& job_name, clock const& c, std::function<timestamp()> wall)
    : console_(to), clock_(c), wall_(std::move(wall)), settings_(a.settings()), job_name_(job_name),
      log_(a.least_log_level(), [this](log_entry e) {
        queue_.push(wall_(), std::move(e));
        wake_();
      }), meter_(job_name, c.now()),
      shows_status_(!a.quiet()), interval_(to.has_line() ? redraw_every : a.settings().status_interval()), last_(c.now()), held_up_logged_(last_) {}

observer status_display::watcher(std::function<void()> wake) {
  wake_ = wake;
  return {log_, [this] { console_.rest(); }, std::move(wake)};
}

std::chrono::nanoseconds status_display::due_in() {
  using namespace std::chrono_literals;
  auto const until_status = follows_status() ? std::max<std::chrono::nanoseconds>(last_ + interval_ - clock_.now(), 0s) : 1h;
  return queue_.is_empty() ? until_status : std::min<std::chrono::nanoseconds>(until_status, redraw_every);  // it waits for standard error
}

void status_display::update(std::function<run_counters()> const& counters, std::string const& ending) {
  auto const now = clock_.now();
  if (follows_status() && now - last_ >= interval_) {
    last_ = now;
    auto const found = counters();
    auto view = meter_.update(found.operators, now);
    view.checkpoints = found.checkpoints;
    view.restarts = found.restarts;
    view.ending = ending;
    if (auto const every = settings_.status_interval(); every.count() > 0 && now - held_up_logged_ >= every) {
      held_up_logged_ = now;
      log_held_up(view);
    }
    if (shows_status_) show(view, wall_());
  }
  print_log(false);
}

void status_display::show(status_view const& view, timestamp wall) {
  if (console_.has_line()) {
    console_.draw(status_line(view, wall, console_.width() - 1));
  } else if (console_.takes_text()) {
    auto without_name = view;
    without_name.job.clear();
    console_.print(log_line(wall, "status", job_name_, status_line(without_name, wall, std::string::npos)));
  }
}

/// Tells who is held back for more than half of the time, and when it is less than a quarter again.
void status_display::log_held_up(status_view const& view) {
  std::set<std::string> still;
  for (auto const& h : view.held_up) {
    if (h.share >= 0.25 && held_up_.contains(h.name)) still.insert(h.name);
    if (h.share < 0.5 || held_up_.contains(h.name)) continue;
    still.insert(h.name);
    log_(log_level::info, h.name, [&] { return fmt::format("waits {:.0f}% of its time for slower operators that read from it", h.share * 100); });
  }
  for (auto const& name : held_up_)
    if (!still.contains(name)) log_(log_level::info, name, [] { return "waits no more for those that read from it"; });
  held_up_ = std::move(still);
}

void status_display::print_log(bool waits) {
  while (waits || console_.takes_text()) {
    auto const next = queue_.next();
    if (!next) return;
    auto const& e = next->entry;
    console_.print(log_line(next->time, name_of(e.level), e.operator_name.empty() ? job_name_ : e.operator_name, e.text));
  }
}

void status_display::finish(bool waits) {
  console_.rest();
  print_log(waits);
}

}  // namespace flow
