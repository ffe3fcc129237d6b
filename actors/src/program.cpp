// `run`: a job as a program. With `status/`, the only part of the library that prints, and that may end the process.

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include <fmt/format.h>

#include "signals.hpp"
#include "status/status_display.hpp"

#include <flow/graph/plan.hpp>
#include <flow/run.hpp>

namespace flow {
namespace {

/// Prints behind what the job has written there itself. Throws `flow::error` when standard output does not take it.
void say_on_stdout(std::string const& text) {
  std::cout.flush();
  bool const written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (!written || std::fflush(stdout) != 0) throw system_error(errno, "cannot write to standard output");
}

/// One run of a job, from its start to what is said at its end.
class program {
 public:
  program(job const& j, arguments const& a)
      : job_(j), arguments_(a), console_(STDERR_FILENO, [](char const* name) {
          char const* const value = std::getenv(name);
          return std::string(value ? value : "");
        }), display_(console_, a, j.name(), clock_, [] { return std::chrono::floor<duration>(std::chrono::system_clock::now()); }) {}

  int run() {
    began_ = clock_.now();
    auto running = start(job_, arguments_.settings(), display_.watcher([this] { signals_.wake(); }));
    auto const result = watch(running);
    display_.finish(true);
    return tell(result);
  }

 private:
  /// Waits for the end. The first signal cancels, the second ends the process at once.
  job_result watch(running_job& running) {
    while (!running.wait_for(std::chrono::nanoseconds{0})) {
      if (auto const signal = signals_.wait_for(display_.due_in())) take(*signal, running);
      if (auto const stuck = running.unresponsive()) give_up(*stuck, running);
      display_.update([&] { return run_counters{running.counters(), running.checkpoints(), running.restarts()}; }, signalled_ != 0);
    }
    return running.await();
  }

  void take(int signal, running_job& running) {
    if (signalled_ != 0) {
      display_.finish(false);
      _exit(exit_status::by_signal + signal);
    }
    signalled_ = signal;
    running.cancel();
    if (!arguments_.quiet() && console_.takes_text()) console_.print("cancelling; a second signal ends the process at once\n");
  }

  [[noreturn]] void give_up(error const& stuck, running_job& running) {
    display_.finish(true);
    job_result r;
    r.end = job_result::how::failed;
    r.failure = stuck;
    r.operators = running.counters();
    r.elapsed = clock_.now() - began_;
    r.restarts = running.restarts();
    r.checkpoints = running.checkpoints();
    try {
      tell(r);
    } catch (error const& e) {
      console_.print(std::string(e.what()) + "\n");
    }
    _exit(exit_status::not_responding);
  }

  int tell(job_result const& r) {
    bool const failed = r.end == job_result::how::failed, cancelled = r.end == job_result::how::cancelled;
    double const seconds = std::chrono::duration<double>(r.elapsed).count();
    if (failed)
      console_.print(fmt::format("job '{}' failed after {:.3f} s: {} [{}]\n", job_.name(), seconds, r.failure->what(), name_of(r.failure->code())));
    else if (arguments_.summary() == arguments::summary_form::table)
      console_.print(summary_table(r));
    if (!failed && !arguments_.quiet())
      console_.print(fmt::format("job '{}' {} after {:.3f} s\n", job_.name(), cancelled ? "was cancelled" : "finished", seconds));
    if (arguments_.summary() == arguments::summary_form::json) say_on_stdout(summary_json(r, job_.name()) + "\n");
    return failed ? exit_status::failed : cancelled ? exit_status::by_signal + signalled_ : exit_status::finished;
  }

  job const& job_;
  arguments const& arguments_;
  steady_clock clock_;
  signal_watch signals_;
  console console_;
  status_display display_;
  std::chrono::nanoseconds began_{0};
  int signalled_ = 0;
};

void print_plan(job const& j, arguments const& a) {
  auto const& s = a.settings();
  check(j, s);
  auto const p = make_plan(j.graph(), s);
  say_on_stdout(a.explain() == arguments::plan_form::mermaid ? mermaid(j.graph(), p) : explain(j.graph(), p, j.name()));
}

/// A standard stream that was closed before the program began would be given to the next file that is opened, and what is
/// printed would go there. Opened for the wrong direction, it refuses what is printed instead.
void open_standard_streams() {
  for (int const stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(stream, F_GETFD) < 0 && errno == EBADF) {
      [[maybe_unused]] int const opened = ::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);  // the lowest that is free: this one
    }
}

int wrong_usage(std::vector<std::string> const& mistakes) {
  for (auto const& m : mistakes) std::cerr << m << '\n';
  return exit_status::wrong_usage;
}

}  // namespace

int run(job const& j, arguments const& a) {
  open_standard_streams();
  try {
    if (a.help()) {
      say_on_stdout(a.help_text(j.name()));
      return exit_status::finished;
    }
    if (auto const mistakes = a.mistakes(); !mistakes.empty()) return wrong_usage(mistakes);
    if (a.explain() == arguments::plan_form::none) return program(j, a).run();
    print_plan(j, a);
    return exit_status::finished;
  } catch (...) {
    error const e = error_being_handled({});
    std::cerr << e.what() << '\n';
    return e.code() == error_code::invalid_job || e.code() == error_code::usage ? exit_status::wrong_usage : exit_status::failed;
  }
}

}  // namespace flow
