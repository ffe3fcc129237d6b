#pragma once
// SIGINT and SIGTERM as values, while a job runs.

#include <csignal>
#include <chrono>
#include <optional>

namespace flow {

/// Holds SIGINT and SIGTERM back from this thread and those it starts, and hands them out one by one. Holds back, too, the
/// signals that come with writes that fail. Restores the thread's signal mask at the end.
class signal_watch {
 public:
  signal_watch();
  ~signal_watch();
  signal_watch(signal_watch const&) = delete;
  signal_watch& operator=(signal_watch const&) = delete;

  /// The next signal within `d`, or nothing.
  std::optional<int> wait_for(std::chrono::milliseconds d);

 private:
  sigset_t watched_;
  sigset_t held_;
  sigset_t before_;
};

}  // namespace flow
