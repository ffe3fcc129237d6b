#include "file_walk.hpp"

#include <fnmatch.h>
#include <sys/stat.h>

#include <cerrno>
#include <optional>

#include <flow/error.hpp>

#include "input_file.hpp"

namespace flow::file::detail {
namespace {

namespace fs = std::filesystem;

/// A regular file; nothing when it is none, or is gone.
std::optional<found_file> regular(std::string const& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  return found_file{path, static_cast<std::uint64_t>(status.st_size),
                    std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec};
}

bool has_wildcard(std::string const& name) { return name.find_first_of("*?[") != std::string::npos; }

std::vector<std::string> names_in(std::string const& path) {
  std::vector<std::string> names;
  std::size_t begin = 0;
  for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', begin)) {
    if (slash > begin) names.push_back(path.substr(begin, slash - begin));
    begin = slash + 1;
  }
  if (begin < path.size()) names.push_back(path.substr(begin));
  return names;
}

}  // namespace

file_walk::file_walk(std::string const& given) {
  std::error_code problem;
  auto const status = fs::status(given, problem);
  if (fs::is_directory(status)) {
    names_ = {"**", "*"};
    skip_underscore_ = true;
    enter(given.ends_with('/') ? given : given + "/", 0);
    return;
  }
  if (fs::exists(status) || !has_wildcard(given)) {  // opening it tells what is wrong with it
    if (!fs::exists(status)) throw system_error(problem ? problem.value() : ENOENT, "cannot open '" + given + "'");
    file_ = given;
    return;
  }
  names_ = names_in(given);
  std::string base = given.starts_with('/') ? "/" : "";
  while (!has_wildcard(names_.front())) {
    base += names_.front() + "/";
    names_.erase(names_.begin());
  }
  if (names_.back() == "**") names_.push_back("*");
  enter(base, 0);
}

void file_walk::enter(std::string const& path, std::size_t depth) {
  std::error_code problem;
  fs::directory_iterator entries(path.empty() ? "." : path, problem);
  bool const vanished = problem == std::errc::no_such_file_or_directory && !folders_.empty();
  if (problem && !vanished) throw system_error(problem.value(), "cannot list the folder '" + path + "'");
  if (!problem) folders_.push_back({std::move(entries), path, depth});
}

bool file_walk::step(std::vector<found_file>& found) {
  if (!file_.empty()) {
    input_file const opened(file_);  // or throws why it cannot be read
    if (auto const file = regular(file_)) found.push_back(*file);
    file_.clear();
    return false;
  }
  while (!folders_.empty() && folders_.back().next == fs::directory_iterator()) folders_.pop_back();
  if (folders_.empty()) return false;
  auto& here = folders_.back();
  fs::directory_entry const entry = *here.next;
  std::string const path = here.path + entry.path().filename().string();
  std::size_t const depth = here.depth;
  std::error_code problem;
  here.next.increment(problem);
  if (problem) throw system_error(problem.value(), "cannot list the folder '" + here.path + "'");
  look_at(entry, path, depth, found);
  return true;
}

void file_walk::look_at(fs::directory_entry const& entry, std::string const& path, std::size_t depth, std::vector<found_file>& found) {
  std::error_code gone;
  std::string const name = entry.path().filename().string();
  bool const last = depth + 1 == names_.size();
  if (names_[depth] == "**") {  // links to folders are not followed: they may lead back
    if (!hidden(name) && entry.is_directory(gone) && !entry.is_symlink(gone)) enter(path + "/", depth);
    return look_at(entry, path, depth + 1, found);
  }
  if (::fnmatch(names_[depth].c_str(), name.c_str(), FNM_PERIOD) != 0 || (skip_underscore_ && name.starts_with('_'))) return;
  if (!last) {
    if (entry.is_directory(gone)) enter(path + "/", depth + 1);
  } else if (auto const file = regular(path)) {
    found.push_back(*file);
  }
}

bool file_walk::hidden(std::string const& name) const { return name.starts_with('.') || (skip_underscore_ && name.starts_with('_')); }

}  // namespace flow::file::detail
