#include "signals.hpp"

#include <cerrno>

namespace flow {

signal_watch::signal_watch() {
  sigemptyset(&watched_);
  sigaddset(&watched_, SIGINT);
  sigaddset(&watched_, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &watched_, &before_);
}

signal_watch::~signal_watch() {
  // A signal that came when there was nothing left to cancel must not end a program that has finished.
  while (wait_for(std::chrono::milliseconds(0))) {
  }
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

std::optional<int> signal_watch::wait_for(std::chrono::milliseconds d) {
  timespec const limit{d.count() / 1000, (d.count() % 1000) * 1'000'000};
  int const signal = sigtimedwait(&watched_, nullptr, &limit);
  return signal > 0 ? std::optional(signal) : std::nullopt;
}

}  // namespace flow
