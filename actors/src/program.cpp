// `run`: a job as a program. The only file of the library that prints, and that may end the process.

#include <unistd.h>

#include <cstdio>

#include <fmt/format.h>

#include "signals.hpp"

#include <flow/graph/plan.hpp>
#include <flow/run.hpp>

namespace flow {
namespace {

void say(std::FILE* to, std::string const& text) {
  std::fwrite(text.data(), 1, text.size(), to);
  std::fflush(to);
}

int wrong_usage(std::vector<std::string> const& mistakes) {
  for (auto const& m : mistakes) say(stderr, m + "\n");
  return exit_status::wrong_usage;
}

/// Waits for the end; the first signal cancels, the second ends the process at once.
job_result watch(running_job& running, signal_watch& signals, int& signalled) {
  using namespace std::chrono_literals;
  while (!running.wait_for(0ms)) {
    if (auto const signal = signals.wait_for(20ms)) {
      if (signalled != 0) _exit(exit_status::by_signal + *signal);
      signalled = *signal;
      say(stderr, "cancelling; a second signal ends the process at once\n");
      running.cancel();
    }
    if (auto const stuck = running.unresponsive(); !stuck.empty()) {
      say(stderr, "did not end in time: " + stuck + "; ending the process\n");
      _exit(exit_status::not_responding);
    }
  }
  return running.await();
}

int tell(job_result const& r, std::string const& job_name, int signalled) {
  double const seconds = std::chrono::duration<double>(r.elapsed).count();
  if (r.end == job_result::how::failed) {
    say(stderr, fmt::format("job '{}' failed after {:.3f} s: {}\n", job_name, seconds, r.failure->what()));
    return exit_status::failed;
  }
  say(stderr, summary_table(r));
  bool const cancelled = r.end == job_result::how::cancelled;
  say(stderr, fmt::format("job '{}' {} after {:.3f} s\n", job_name, cancelled ? "was cancelled" : "finished", seconds));
  return cancelled ? exit_status::by_signal + signalled : exit_status::finished;
}

}  // namespace

int run(job const& j, arguments const& a) {
  if (a.help()) {
    say(stdout, a.help_text(j.name()));
    return exit_status::finished;
  }
  if (auto const mistakes = a.mistakes(); !mistakes.empty()) return wrong_usage(mistakes);
  try {
    if (a.explain()) {
      auto const& s = a.settings();
      if (auto const mistakes = j.graph().mistakes(s.parallelism(), s.max_parallelism()); !mistakes.empty()) return wrong_usage(mistakes);
      say(stdout, explain(j.graph(), make_plan(j.graph(), s), j.name()));
      return exit_status::finished;
    }
    signal_watch signals;
    auto running = start(j, a.settings());
    int signalled = 0;
    auto const result = watch(running, signals, signalled);
    return tell(result, j.name(), signalled);
  } catch (error const& e) {
    say(stderr, std::string(e.what()) + "\n");
    return e.code() == error_code::invalid_job || e.code() == error_code::usage ? exit_status::wrong_usage : exit_status::failed;
  }
}

}  // namespace flow
