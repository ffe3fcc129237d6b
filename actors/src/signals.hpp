#pragma once
// SIGINT, SIGTERM and others that are asked for as values, while a job runs.

#include <chrono>
#include <csignal>
#include <optional>
#include <vector>

namespace flow {

/// Holds SIGINT, SIGTERM and `more` back from this thread and those it starts, and hands them out one by one. Holds back, too, the
/// signals that come with writes that fail. Restores the thread's signal mask at the end. Throws `flow::error` (io) when
/// the process may open no more files.
class signal_watch {
 public:
  explicit signal_watch(std::vector<int> const& more = {});
  ~signal_watch();
  signal_watch(signal_watch const&) = delete;
  signal_watch& operator=(signal_watch const&) = delete;

  /// The next signal within `d`; nothing when there was none, or when `wake` has been called since the last time.
  std::optional<int> wait_for(std::chrono::nanoseconds d);
  /// Ends a `wait_for`, the present one or the next. Callable from any thread.
  void wake();

 private:
  sigset_t watched_;
  sigset_t held_;
  sigset_t before_;
  int signals_ = -1;
  int wakes_ = -1;
};

}  // namespace flow
