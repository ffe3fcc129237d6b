#pragma once
// What a job shows on standard error while it runs: its status and its log. Run by the thread that waits in flow::run.
//
// On a terminal the status is a line that is drawn five times a second; elsewhere a line of text that stays, every
// `status-interval`. What the log holds is printed when `update` is called.

#include <set>

#include "console.hpp"
#include "log_queue.hpp"
#include "meter.hpp"

#include <flow/arguments.hpp>
#include <flow/run.hpp>

namespace flow {

/// What a run tells of itself while it runs.
struct run_counters {
  std::vector<operator_summary> operators;
  checkpoint_summary checkpoints;
  std::uint64_t restarts = 0;
};

class status_display {
 public:
  static constexpr std::chrono::milliseconds redraw_every{200};

  /// The wall clock is asked for times to print, the other one for rates.
  status_display(console& to, arguments const& a, std::string const& job_name, clock const& c, std::function<timestamp()> wall);

  status_display(status_display const&) = delete;
  status_display& operator=(status_display const&) = delete;

  /// For the run, which must end before this: fills the log, and takes the line away before sinks may print. `wake` is
  /// called, from any thread, when there is a reason to `update` or the run has ended.
  observer watcher(std::function<void()> wake);
  /// How long until there is something to be shown, unless `wake` is called before.
  std::chrono::nanoseconds due_in();
  /// Shows what there is to be shown by now. `counters()` is called when it is time for a status; `ending` says how a job that is about
  /// to end does.
  void update(std::function<run_counters()> const& counters, std::string const& ending);
  /// Takes the line away and prints the rest of the log; `waits` for a slow reader of standard error or leaves it out.
  void finish(bool waits);

 private:
  bool follows_status() const { return interval_.count() > 0 && (shows_status_ || log_.takes(log_level::info)); }
  void print_log(bool waits);
  void show(status_view const& view, timestamp wall);
  void log_held_up(status_view const& view);

  console& console_;
  clock const& clock_;
  std::function<timestamp()> wall_;
  settings const settings_;
  std::string job_name_;
  log_queue queue_;
  std::function<void()> wake_ = [] {};
  logger log_;
  status_meter meter_;
  bool shows_status_;
  std::chrono::nanoseconds interval_;
  std::chrono::nanoseconds last_, held_up_logged_;
  std::set<std::string> held_up_;
};

}  // namespace flow
