#include "job_process.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <new>
#include <thread>

#include "results.hpp"

#include <flow/run.hpp>

using namespace std::chrono_literals;

void unmap_notes::operator()(run_notes* notes) const { ::munmap(notes, sizeof *notes); }

shared_notes map_notes(std::string const& file) {
  int const opened = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  bool const sized = opened >= 0 && ::ftruncate(opened, sizeof(run_notes)) == 0;
  void* const memory = sized ? ::mmap(nullptr, sizeof(run_notes), PROT_READ | PROT_WRITE, MAP_SHARED, opened, 0) : MAP_FAILED;
  int const problem = errno;
  if (opened >= 0) ::close(opened);
  if (memory == MAP_FAILED) throw flow::system_error(problem, "cannot take notes in '" + file + "'");
  return shared_notes(new (memory) run_notes);
}

namespace {

pid_t start(std::vector<std::string> words) {
  std::vector<char*> argv;
  for (auto& w : words) argv.push_back(w.data());
  argv.push_back(nullptr);
  auto const process = ::fork();
  if (process < 0) throw flow::system_error(errno, "cannot start a process");
  if (process > 0) return process;
  ::execv("/proc/self/exe", argv.data());
  ::_exit(127);
}

std::vector<std::string> command_line(options const& o, std::vector<std::string> more) {
  more.insert(more.begin(), {"crash_and_recover", "--quiet", "--input", o.input, "--out", o.out, "--notes", o.notes, "--rate", std::to_string(o.rate), "--crash-after",
                             std::to_string(o.crash_after)});
  return more;
}

}  // namespace

job_process::job_process(options const& o, std::vector<std::string> more) : out_(o.out), notes_(map_notes(o.notes)), process_(start(command_line(o, std::move(more)))) {}

void job_process::watch() {
  std::optional<std::size_t> at_start;
  for (bool running = true; running;) {
    running = ::waitpid(process_, &status_, WNOHANG) == 0;
    if (!at_start && notes_->read > 0) at_start = files_in(out_);
    else if (at_start && !first_result_ && files_in(out_) > *at_start)
      first_result_ = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began_);
    if (running) std::this_thread::sleep_for(2ms);
  }
}

bool job_process::killed() const { return WIFSIGNALED(status_) && WTERMSIG(status_) == SIGKILL; }
bool job_process::finished() const { return WIFEXITED(status_) && WEXITSTATUS(status_) == flow::exit_status::finished; }
std::string job_process::end_in_words() const {
  return WIFSIGNALED(status_) ? "was ended by signal " + std::to_string(WTERMSIG(status_)) : "ended with status " + std::to_string(WEXITSTATUS(status_));
}
