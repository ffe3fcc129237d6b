#include "part_file.hpp"

#include <fcntl.h>
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

part_file::part_file(output_settings settings, std::string extension)
    : settings_(std::move(settings)), extension_(std::move(extension)), file_(settings_.write_bytes) {}

void part_file::open(connector_context const& context) {
  subtask_ = context.subtask;
  parallelism_ = context.parallelism;
  std::string const file_name = "part-" + std::to_string(subtask_) + "." + extension_;
  name_ = settings_.folder + "/" + file_name;
  create_folder(settings_.folder);
  if (!settings_.overwrite) refuse_earlier_parts();
  // A job that ends between opening and locking renames what was opened: its published result.
  do file_.open(settings_.folder + "/." + file_name + ".in-progress", O_CREAT);
  while (!file_.has_its_name());
  stage_ = stage::writing;
  // Another job may have published its parts until the lock was had.
  if (!settings_.overwrite) refuse_earlier_parts();
  file_.truncate(0);
}

void part_file::refuse_earlier_parts() const {
  auto const parts = parts_in(settings_.folder, extension_);
  if (parts.empty()) return;
  throw error(error_code::usage, "expected a folder without results of an earlier run, found '" + parts.front().second +
                                     "'; choose another folder, remove its part files, or say .overwrite()");
}

void part_file::flush() {
  file_.append(buffer_);
  flushed_bytes_ += buffer_.size();
  buffer_.clear();
}

void part_file::finish() {
  if (stage_ != stage::writing) return;
  flush();
  file_.sync();
  stage_ = stage::finished;
}

void part_file::publish() {
  if (stage_ != stage::finished) return;
  if (::rename(file_.path().c_str(), name_.c_str()) != 0) throw system_error(errno, "cannot rename '" + file_.path() + "' to '" + name_ + "'");
  if (settings_.overwrite && subtask_ == 0) remove_surplus_parts();
  sync_folder(settings_.folder);
  stage_ = stage::published;
  file_.close();
}

/// Parts of an earlier run of more subtasks, which no subtask of this run replaces.
void part_file::remove_surplus_parts() const {
  for (auto const& [number, path] : parts_in(settings_.folder, extension_))
    if (number >= parallelism_ && ::unlink(path.c_str()) != 0 && errno != ENOENT)
      throw system_error(errno, "cannot remove '" + path + "' of an earlier run");
}

void part_file::abandon() noexcept {
  if (stage_ == stage::writing || stage_ == stage::finished) {
    ::unlink(file_.path().c_str());
    stage_ = stage::abandoned;
  }
  file_.close();
}

}  // namespace flow::file::detail
