#pragma once
// What a signal means to a job under way: a plain state machine.
//
//   running --SIGUSR2; the first SIGINT or SIGTERM, where savepoints can be taken--> stopping --SIGINT or SIGTERM--> cancelling
//   running --the first SIGINT or SIGTERM, where none can--> cancelling --another--> the process ends at once
//   stopping --the savepoint was not taken--> cancelling after SIGINT or SIGTERM, which are to end the job; else running

#include <csignal>

namespace flow {

class signal_plan {
 public:
  enum class action { none, savepoint, stop_with_savepoint, cancel, end_process };

  /// `savepoints`: whether there is a directory for them.
  explicit signal_plan(bool savepoints) : savepoints_(savepoints) {}

  action take(int signal) {
    if (signal == SIGUSR1) return state_ == state::running ? action::savepoint : action::none;
    if (signal == SIGUSR2) return state_ == state::running ? stop() : action::none;
    by_ = signal;
    if (state_ == state::cancelling) return action::end_process;
    return state_ == state::running && savepoints_ ? stop() : cancel();
  }
  /// The savepoint that was to stop the job was not taken.
  action not_stopped() {
    if (state_ != state::stopping) return action::none;
    if (by_ != 0) return cancel();
    state_ = state::running;
    return action::none;
  }
  /// SIGINT or SIGTERM, whichever came last; 0: none did.
  int by() const { return by_; }
  /// For the status; empty while the job runs.
  char const* ending() const { return state_ == state::running ? "" : state_ == state::stopping ? "stopping" : "cancelling"; }

 private:
  enum class state { running, stopping, cancelling };
  action stop() {
    state_ = state::stopping;
    return action::stop_with_savepoint;
  }
  action cancel() {
    state_ = state::cancelling;
    return action::cancel;
  }

  bool savepoints_;
  state state_ = state::running;
  int by_ = 0;
};

}  // namespace flow
