#include "growing_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include <flow/error.hpp>

namespace flow::file::detail {
namespace {

template <class F>
auto uninterrupted(F call) {
  for (;;) {
    auto const result = call();
    if (result >= 0 || errno != EINTR) return result;
  }
}

}  // namespace

growing_file::growing_file(write_function write_bytes) : write_bytes_(write_bytes ? std::move(write_bytes) : ::write) {}

void growing_file::open(std::string path, int flags) {
  close();
  path_ = std::move(path);
  file_ = uninterrupted([&] { return ::open(path_.c_str(), O_WRONLY | O_CLOEXEC | flags, 0666); });
  if (file_ < 0) throw system_error(errno, std::string(flags & O_CREAT ? "cannot create '" : "cannot open '") + path_ + "'");
  if (::flock(file_, LOCK_EX | LOCK_NB) == 0) return;
  close();
  throw error(error_code::io, "cannot write '" + path_ + "': another job is writing to this folder; choose another folder");
}

bool growing_file::has_its_name() const {
  struct stat opened {}, named {};
  return ::fstat(file_, &opened) == 0 && ::stat(path_.c_str(), &named) == 0 && opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

void growing_file::truncate(std::uint64_t bytes) {
  if (uninterrupted([&] { return ::ftruncate(file_, static_cast<off_t>(bytes)); }) != 0)
    throw system_error(errno, "cannot cut '" + path_ + "' to " + std::to_string(bytes) + " bytes");
}

void growing_file::append(std::string_view text) {
  while (!text.empty()) {
    ssize_t const count = uninterrupted([&] { return write_bytes_(file_, text.data(), text.size()); });
    if (count < 0) throw system_error(errno, "cannot write to '" + path_ + "'");
    if (count == 0) throw system_error(ENOSPC, "cannot write to '" + path_ + "'");
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

void growing_file::sync() {
  if (uninterrupted([&] { return ::fsync(file_); }) != 0) throw system_error(errno, "cannot make '" + path_ + "' durable");
}

void growing_file::close() noexcept {
  if (file_ >= 0) ::close(file_);
  file_ = -1;
}

void create_folder(std::string const& folder) {
  auto const path = std::filesystem::absolute(folder).lexically_normal();
  std::error_code problem;
  if (std::filesystem::is_directory(path, problem)) return;
  if (path.has_parent_path() && path.has_relative_path()) create_folder(path.parent_path().string());
  std::filesystem::create_directory(path, problem);
  if (problem) throw system_error(problem.value(), "cannot create the folder '" + folder + "'");
  sync_folder(path.parent_path().string());
}

void sync_folder(std::string const& folder) {
  int const opened = uninterrupted([&] { return ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
  if (opened < 0) throw system_error(errno, "cannot open the folder '" + folder + "'");
  int const result = uninterrupted([&] { return ::fsync(opened); });
  int const problem = errno;
  ::close(opened);
  if (result != 0) throw system_error(problem, "cannot make the folder '" + folder + "' durable");
}

std::optional<std::uint64_t> size_of(std::string const& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) == 0) return static_cast<std::uint64_t>(found.st_size);
  if (errno == ENOENT) return {};
  throw system_error(errno, "cannot look at '" + path + "'");
}

}  // namespace flow::file::detail
