#include "state/scratch_directory.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include <flow/error.hpp>

namespace flow::detail {
namespace {

constexpr char const* prefix = "flow-state-";

/// A file that is locked, or -1; `wait`: until nobody else has it.
int lock_file(std::string const& path, bool wait) {
  int const file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return -1;
  while (flock(file, LOCK_EX | (wait ? 0 : LOCK_NB)) != 0) {
    if (errno == EINTR) continue;
    close(file);
    return -1;
  }
  return file;
}

/// What cannot be removed is left to the next.
void remove_abandoned(std::string const& parent) {
  std::error_code ignored;
  for (auto const& entry : std::filesystem::directory_iterator(parent, ignored)) {
    if (!entry.is_directory(ignored) || !entry.path().filename().string().starts_with(prefix)) continue;
    int const lock = lock_file(entry.path() / "in-use", false);
    if (lock < 0) continue;
    std::filesystem::remove_all(entry.path(), ignored);
    close(lock);
  }
}

}  // namespace

scratch_directory::scratch_directory(std::string const& parent) {
  std::error_code failed;
  std::filesystem::create_directories(parent, failed);
  if (failed) throw system_error(failed.value(), "cannot make the directory '" + parent + "' for state");
  // Nobody takes a directory for abandoned that is being made.
  int const all = lock_file(parent + "/flow-state.lock", true);
  if (all < 0) throw system_error(errno, "cannot write to the directory '" + parent + "' for state");
  remove_abandoned(parent);
  path_ = parent + "/" + prefix + "XXXXXX";
  if (mkdtemp(path_.data())) lock_ = lock_file(path_ + "/in-use", false);
  int const problem = errno;
  close(all);
  if (lock_ < 0) throw system_error(problem, "cannot make a directory for state in '" + parent + "'");
}

scratch_directory::~scratch_directory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
  close(lock_);
}

}  // namespace flow::detail
