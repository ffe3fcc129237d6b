// `run`: a job as a program. With `status/`, the only part of the library that prints, and that may end the process.

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include <fmt/format.h>

#include "savepoint_name.hpp"
#include "signal_plan.hpp"
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
      : job_(j), arguments_(a), signals_(signals_of(a.settings())), plan_(!a.settings().savepoint().empty()), console_(STDERR_FILENO, [](char const* name) {
          char const* const value = std::getenv(name);
          return std::string(value ? value : "");
        }), display_(console_, a, j.name(), clock_, &wall) {}

  int run() {
    began_ = clock_.now();
    auto running = start(job_, arguments_.settings(), display_.watcher([this] { signals_.wake(); }));
    auto const result = watch(running);
    display_.finish(true);
    tell_savepoints(running);
    return tell(result);
  }

 private:
  struct savepoint {
    std::string path;
    bool stops = false;
    std::future<std::uint64_t> id;
  };

  static timestamp wall() { return std::chrono::floor<duration>(std::chrono::system_clock::now()); }
  /// Without a directory for savepoints the other signals are left to the program.
  static std::vector<int> signals_of(settings const& s) { return s.savepoint().empty() ? std::vector<int>{} : std::vector{SIGUSR1, SIGUSR2}; }

  /// Waits for the end.
  job_result watch(running_job& running) {
    while (!running.wait_for(std::chrono::nanoseconds{0})) {
      if (auto const signal = signals_.wait_for(display_.due_in())) act(plan_.take(*signal), running);
      if (auto const stuck = running.unresponsive()) give_up(*stuck, running);
      tell_savepoints(running);
      display_.update([&] { return run_counters{running.counters(), running.checkpoints(), running.restarts()}; }, plan_.ending());
    }
    return running.await();
  }

  void act(signal_plan::action what, running_job& running) {
    switch (what) {
      case signal_plan::action::none: return;
      case signal_plan::action::savepoint: return take_savepoint(false, running);
      case signal_plan::action::stop_with_savepoint: return take_savepoint(true, running);
      case signal_plan::action::cancel:
        running.cancel();
        return note(fmt::format("cancelling; {} signal ends the process at once\n", arguments_.settings().savepoint().empty() ? "a second" : "another"));
      case signal_plan::action::end_process:
        display_.finish(false);
        _exit(exit_status::by_signal + plan_.by());
    }
  }

  void take_savepoint(bool stop, running_job& running) {
    auto const path = new_savepoint(arguments_.settings().savepoint(), job_.name(), wall());
    savepoints_.push_back({path, stop, stop ? running.stop_with_savepoint(path, arguments_.settings().drain()) : running.savepoint(path)});
    note(stop ? fmt::format("stopping with a savepoint in '{}'; a second signal cancels, a third ends the process at once\n", path)
              : fmt::format("taking a savepoint in '{}'\n", path));
  }

  /// Those that have been taken, or have not.
  void tell_savepoints(running_job& running) {
    for (std::size_t i = 0; i < savepoints_.size();) {
      if (savepoints_[i].id.wait_for(std::chrono::seconds{0}) != std::future_status::ready) {
        ++i;
        continue;
      }
      auto s = std::move(savepoints_[i]);
      savepoints_.erase(savepoints_.begin() + static_cast<std::ptrdiff_t>(i));
      tell(s, running);
    }
  }
  void tell(savepoint& s, running_job& running) try {
    note(fmt::format("savepoint {} is in '{}'; go on from it with --restore '{}'\n", s.id.get(), s.path, s.path));
  } catch (...) {
    if (console_.takes_text()) console_.print(std::string(error_being_handled({}).what()) + "\n");
    if (s.stops) act(plan_.not_stopped(), running);
  }

  void note(std::string const& text) {
    if (!arguments_.quiet() && console_.takes_text()) console_.print(text);
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
    bool const failed = r.end == job_result::how::failed;
    double const seconds = std::chrono::duration<double>(r.elapsed).count();
    if (failed)
      console_.print(fmt::format("job '{}' failed after {:.3f} s: {} [{}]\n", job_.name(), seconds, r.failure->what(), name_of(r.failure->code())));
    else if (arguments_.summary() == arguments::summary_form::table)
      console_.print(summary_table(r));
    if (!failed && !arguments_.quiet())
      console_.print(fmt::format("job '{}' {} after {:.3f} s\n", job_.name(), in_words(r.end), seconds));
    if (arguments_.summary() == arguments::summary_form::json) say_on_stdout(summary_json(r, job_.name()) + "\n");
    if (failed) return exit_status::failed;
    return r.end == job_result::how::finished || plan_.by() == 0 ? exit_status::finished : exit_status::by_signal + plan_.by();
  }
  static char const* in_words(job_result::how end) {
    return end == job_result::how::finished ? "finished" : end == job_result::how::stopped ? "has stopped with a savepoint" : "was cancelled";
  }

  job const& job_;
  arguments const& arguments_;
  steady_clock clock_;
  signal_watch signals_;
  signal_plan plan_;
  console console_;
  status_display display_;
  std::chrono::nanoseconds began_{0};
  std::vector<savepoint> savepoints_;  // that are under way
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
