#include <flow/file/detail/part_file.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <optional>
#include <vector>

#include <flow/error.hpp>

namespace flow::file::detail {
namespace {

namespace fs = std::filesystem;

template <class F>
auto uninterrupted(F call) {
  for (;;) {
    auto const result = call();
    if (result >= 0 || errno != EINTR) return result;
  }
}

/// The number of a part file's name, if it is one.
std::optional<std::uint32_t> part_number(std::string const& name, std::string const& extension) {
  std::string const prefix = "part-", suffix = "." + extension;
  if (name.size() <= prefix.size() + suffix.size() || name.rfind(prefix, 0) != 0) return {};
  if (name.compare(name.size() - suffix.size(), suffix.size(), suffix) != 0) return {};
  std::uint32_t number = 0;
  char const* const end = name.data() + name.size() - suffix.size();
  auto const [stop, problem] = std::from_chars(name.data() + prefix.size(), end, number);
  if (problem != std::errc{} || stop != end) return {};
  return number;
}

std::vector<std::pair<std::uint32_t, std::string>> parts_in(std::string const& folder, std::string const& extension) {
  std::vector<std::pair<std::uint32_t, std::string>> parts;
  std::error_code problem;
  for (fs::directory_iterator at(folder, problem), end; !problem && at != end; at.increment(problem))
    if (auto const number = part_number(at->path().filename().string(), extension)) parts.emplace_back(*number, at->path().string());
  if (problem) throw system_error(problem.value(), "cannot list the folder '" + folder + "'");
  std::sort(parts.begin(), parts.end());
  return parts;
}

}  // namespace

part_file::part_file(output_settings settings, std::string extension) : settings_(std::move(settings)), extension_(std::move(extension)) {
  if (!settings_.write_bytes) settings_.write_bytes = ::write;
}

part_file::~part_file() {
  if (file_ >= 0) ::close(file_);
}

void part_file::open(std::uint32_t subtask, std::uint32_t parallelism) {
  subtask_ = subtask;
  parallelism_ = parallelism;
  std::string const file_name = "part-" + std::to_string(subtask) + "." + extension_;
  name_ = settings_.folder + "/" + file_name;
  in_progress_ = settings_.folder + "/." + file_name + ".in-progress";
  std::error_code problem;
  fs::create_directories(settings_.folder, problem);
  if (problem) throw system_error(problem.value(), "cannot create the folder '" + settings_.folder + "'");
  if (!settings_.overwrite) refuse_earlier_parts();
  do {
    close_file();
    lock_in_progress();
  } while (!is_in_progress_file());
  stage_ = stage::writing;
  // Another job may have published its parts until the lock was had.
  if (!settings_.overwrite) refuse_earlier_parts();
  if (uninterrupted([&] { return ::ftruncate(file_, 0); }) != 0) throw system_error(errno, "cannot empty '" + in_progress_ + "'");
}

/// Opens the hidden file and locks it. The lock goes with the process: a file left by one that died can be taken, one of
/// a running job cannot.
void part_file::lock_in_progress() {
  file_ = uninterrupted([&] { return ::open(in_progress_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666); });
  if (file_ < 0) throw system_error(errno, "cannot create '" + in_progress_ + "'");
  if (::flock(file_, LOCK_EX | LOCK_NB) == 0) return;
  close_file();
  throw error(error_code::io, "cannot write '" + in_progress_ + "': another job is writing to this folder; choose another folder");
}

/// Whether the open file still has the hidden name: a job that ended between opening and locking has renamed it, and
/// what was opened is then its published result.
bool part_file::is_in_progress_file() const {
  struct stat opened {}, named {};
  return ::fstat(file_, &opened) == 0 && ::stat(in_progress_.c_str(), &named) == 0 && opened.st_ino == named.st_ino &&
         opened.st_dev == named.st_dev;
}

void part_file::refuse_earlier_parts() const {
  auto const parts = parts_in(settings_.folder, extension_);
  if (parts.empty()) return;
  throw error(error_code::usage, "expected a folder without results of an earlier run, found '" + parts.front().second +
                                     "'; choose another folder, remove its part files, or say .overwrite()");
}

void part_file::flush() {
  char const* next = buffer_.data();
  std::size_t left = buffer_.size();
  while (left > 0) {
    ssize_t const count = uninterrupted([&] { return settings_.write_bytes(file_, next, left); });
    if (count < 0) throw system_error(errno, "cannot write to '" + in_progress_ + "'");
    if (count == 0) throw system_error(ENOSPC, "cannot write to '" + in_progress_ + "'");
    next += count;
    left -= static_cast<std::size_t>(count);
  }
  flushed_bytes_ += buffer_.size();
  buffer_.clear();
}

void part_file::finish() {
  if (stage_ != stage::writing) return;
  flush();
  if (uninterrupted([&] { return ::fsync(file_); }) != 0) throw system_error(errno, "cannot make '" + in_progress_ + "' durable");
  stage_ = stage::finished;
}

void part_file::publish() {
  if (stage_ != stage::finished) return;
  if (::rename(in_progress_.c_str(), name_.c_str()) != 0) throw system_error(errno, "cannot rename '" + in_progress_ + "' to '" + name_ + "'");
  if (settings_.overwrite && subtask_ == 0) remove_surplus_parts();
  sync_folder();
  stage_ = stage::published;
  close_file();
}

/// Parts of an earlier run of more subtasks, which no subtask of this run replaces.
void part_file::remove_surplus_parts() const {
  for (auto const& [number, path] : parts_in(settings_.folder, extension_))
    if (number >= parallelism_ && ::unlink(path.c_str()) != 0 && errno != ENOENT)
      throw system_error(errno, "cannot remove '" + path + "' of an earlier run");
}

void part_file::sync_folder() const {
  int const folder = uninterrupted([&] { return ::open(settings_.folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
  if (folder < 0) throw system_error(errno, "cannot open the folder '" + settings_.folder + "'");
  int const result = uninterrupted([&] { return ::fsync(folder); });
  int const problem = errno;
  ::close(folder);
  if (result != 0) throw system_error(problem, "cannot make the folder '" + settings_.folder + "' durable");
}

void part_file::abandon() noexcept {
  if (stage_ == stage::writing || stage_ == stage::finished) {
    ::unlink(in_progress_.c_str());
    stage_ = stage::abandoned;
  }
  close_file();
}

void part_file::close_file() {
  if (file_ >= 0) ::close(file_);
  file_ = -1;
}

}  // namespace flow::file::detail
