#include "signals.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

#include <flow/error.hpp>

namespace flow {
namespace {

/// A write beyond the limit on the size of files, or to a pipe that nobody reads: an error of the write, which fails the
/// job in order, and not the end of the process.
constexpr int failed_writes[] = {SIGXFSZ, SIGPIPE};

}  // namespace

signal_watch::signal_watch(std::vector<int> const& more) {
  sigemptyset(&watched_);
  sigaddset(&watched_, SIGINT);
  sigaddset(&watched_, SIGTERM);
  for (int const signal : more) sigaddset(&watched_, signal);
  held_ = watched_;
  for (int const signal : failed_writes) sigaddset(&held_, signal);
  signals_ = ::signalfd(-1, &watched_, SFD_NONBLOCK | SFD_CLOEXEC);
  if (signals_ < 0) throw system_error(errno, "cannot watch for signals");
  wakes_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (wakes_ < 0) {
    int const problem = errno;
    ::close(signals_);
    throw system_error(problem, "cannot watch for the end of the job");
  }
  pthread_sigmask(SIG_BLOCK, &held_, &before_);
}

signal_watch::~signal_watch() {
  // A signal that came when there was nothing left to cancel must not end a program that has finished.
  timespec const at_once{};
  while (sigtimedwait(&held_, nullptr, &at_once) > 0) {
  }
  ::close(signals_);
  ::close(wakes_);
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

std::optional<int> signal_watch::wait_for(std::chrono::nanoseconds d) {
  pollfd files[] = {{signals_, POLLIN, 0}, {wakes_, POLLIN, 0}};
  auto const most = std::chrono::nanoseconds(std::chrono::hours(1));
  ::poll(files, 2, static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(std::min(d, most)).count()));
  std::uint64_t wakes = 0;
  [[maybe_unused]] auto const n = ::read(wakes_, &wakes, sizeof wakes);
  signalfd_siginfo signal;
  return ::read(signals_, &signal, sizeof signal) > 0 ? std::optional(static_cast<int>(signal.ssi_signo)) : std::nullopt;
}

void signal_watch::wake() {
  std::uint64_t const one = 1;
  [[maybe_unused]] auto const n = ::write(wakes_, &one, sizeof one);
}

}  // namespace flow
