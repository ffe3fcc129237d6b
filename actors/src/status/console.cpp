#include "console.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <ctime>

namespace flow {
namespace {

bool can_draw(int file, std::function<std::string(char const*)> const& environment) {
  auto const terminal = environment("TERM");
  return ::isatty(file) == 1 && !terminal.empty() && terminal != "dumb" && environment("NO_COLOR").empty();
}

/// While it lives, writing to a pipe that nobody reads is an error and not the end of the process.
class without_sigpipe {
 public:
  without_sigpipe() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~without_sigpipe() {
    timespec const at_once{};
    if (broken) sigtimedwait(&pipe_, nullptr, &at_once);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  bool broken = false;

 private:
  sigset_t pipe_, before_;
};

constexpr char const* clear = "\r\x1b[J";  // from the line's first column to the end of the screen

}  // namespace

console::console(int file, std::function<std::string(char const*)> environment)
    : file_(file), environment_(std::move(environment)), has_line_(can_draw(file_, environment_)) {}

std::size_t console::width() const {
  winsize size{};
  if (::ioctl(file_, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  std::size_t columns = 0;
  auto const text = environment_("COLUMNS");
  std::from_chars(text.data(), text.data() + text.size(), columns);
  return columns > 0 ? columns : 80;
}

bool console::takes_text() const {
  pollfd p{file_, POLLOUT, 0};
  return ::poll(&p, 1, 0) == 1;
}

/// A job started with `&` does not draw into what the user is doing now.
bool console::in_foreground() const {
  pid_t const group = ::tcgetpgrp(file_);
  return group < 0 || group == ::getpgrp();
}

void console::draw(std::string const& line) {
  std::lock_guard const guard(lock_);
  if (!has_line_ || rests_ || !takes_text()) return;
  if (!in_foreground()) {
    line_.clear();  // it belongs to the shell's screen by now
    return;
  }
  write(clear + line + '\r');
  line_ = line;
}

void console::print(std::string_view text) {
  std::lock_guard const guard(lock_);
  if (line_.empty()) return write(text);
  std::string all = clear;
  all += text;
  all += line_;
  write(all + '\r');
}

void console::rest() {
  std::lock_guard const guard(lock_);
  rests_ = true;
  if (!line_.empty() && takes_text() && in_foreground()) write(clear);
  line_.clear();
}

void console::write(std::string_view text) {
  without_sigpipe guard;
  while (!text.empty() && !is_gone_) {
    auto const n = ::write(file_, text.data(), text.size());
    if (n >= 0) {
      text.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN) {
      pollfd p{file_, POLLOUT, 0};
      ::poll(&p, 1, -1);
    } else if (errno != EINTR) {
      guard.broken = errno == EPIPE;
      is_gone_ = true;
    }
  }
}

}  // namespace flow
