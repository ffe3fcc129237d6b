#include "signals.hpp"

#include <cerrno>

namespace flow {
namespace {

/// A write beyond the limit on the size of files, or to a pipe that nobody reads: an error of the write, which fails the
/// job in order, and not the end of the process.
constexpr int failed_writes[] = {SIGXFSZ, SIGPIPE};

}  // namespace

signal_watch::signal_watch() {
  sigemptyset(&watched_);
  sigaddset(&watched_, SIGINT);
  sigaddset(&watched_, SIGTERM);
  held_ = watched_;
  for (int const signal : failed_writes) sigaddset(&held_, signal);
  pthread_sigmask(SIG_BLOCK, &held_, &before_);
}

signal_watch::~signal_watch() {
  // A signal that came when there was nothing left to cancel must not end a program that has finished.
  timespec const at_once{};
  while (sigtimedwait(&held_, nullptr, &at_once) > 0) {
  }
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

std::optional<int> signal_watch::wait_for(std::chrono::milliseconds d) {
  timespec const limit{d.count() / 1000, (d.count() % 1000) * 1'000'000};
  int const signal = sigtimedwait(&watched_, nullptr, &limit);
  return signal > 0 ? std::optional(signal) : std::nullopt;
}

}  // namespace flow
