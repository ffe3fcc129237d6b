#include "part_committer.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>

#include "part_file.hpp"
#include "rolled_parts.hpp"

#include <flow/error.hpp>

namespace flow::file::detail {
namespace {

std::string to_string(pending_part const& part) {
  return "the file '" + part.file + "' of subtask " + std::to_string(part.subtask) + ", attempt " + std::to_string(part.attempt);
}

/// Gives a file another name that nothing has; false where something has it.
bool rename_to_free_name(std::string const& from, std::string const& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return true;
  if (errno == EINVAL || errno == ENOSYS) {  // the file system cannot tell
    if (size_of(to)) return false;
    if (::rename(from.c_str(), to.c_str()) == 0) return true;
  }
  if (errno == EEXIST) return false;
  throw system_error(errno, "cannot rename '" + from + "' to '" + to + "'");
}

}  // namespace

part_committer::part_committer(output_settings settings, std::string extension)
    : settings_(std::move(settings)), extension_(std::move(extension)), names_("", extension_) {}

void part_committer::open(connector_context const& context) {
  names_ = part_names(context.operator_name, extension_);
  attempt_ = context.attempt;
  accept_duplicates_ = context.accept_duplicates;
}

void part_committer::commit(std::span<bytes const> committables) {
  bool published = false;
  for (auto const& c : committables) {
    auto const part = decode_value<pending_part>(c);
    if (part.attempt != attempt_)
      throw error(error_code::internal, "expected to commit files of attempt " + std::to_string(attempt_) + ", found " + to_string(part) +
                                            "; those of earlier attempts are committed when the job starts");
    if (!part.closed) continue;
    publish(part);
    published = true;
  }
  if (published) sync_folder(settings_.folder);
}

void part_committer::recover(std::span<bytes const> committables) {
  std::map<std::string, pending_part> last;  // what was said last of each file
  for (auto const& c : committables) {
    auto const part = decode_value<pending_part>(c);
    last[part.file] = part;
  }
  for (auto const& [name, part] : last) {
    if (!part.closed) cut(part);
    publish(part);
  }
  auto const names = names_in_folder();
  if (committables.empty() && attempt_ == 1) remove_earlier_results(names);
  remove_hidden(names);
  if (!last.empty() || !names.empty()) sync_folder(settings_.folder);
}

// ---- publishing

void part_committer::publish(pending_part const& part) const {
  std::string const hidden = path(part_names::hidden(part.file)), visible = path(part.file);
  auto const size = size_of(hidden);
  auto const expected = "expected " + to_string(part) + ", with " + std::to_string(part.bytes) + " bytes as prepared for the checkpoint; ";
  if (size && *size != part.bytes)
    throw error(error_code::bad_record, expected + "'" + hidden + "' has " + std::to_string(*size) + ": another program has changed it");
  if (size && !rename_to_free_name(hidden, visible))
    throw error(error_code::usage, expected + "it cannot be published because another file has the name '" + visible + "'; move that away and start the job again");
  if (size) return;
  auto const already = size_of(visible);
  if (!already)
    throw error(error_code::not_found, expected + "neither '" + hidden + "' nor '" + visible +
                                           "' is there: it was removed, the folder is another, or a later attempt of the job runs; bring the file back");
  if (accept_duplicates_ && *already > part.bytes) return;  // a later checkpoint than the one gone back to has published it
  if (*already != part.bytes)
    throw error(error_code::bad_record, expected + "'" + visible + "' has " + std::to_string(*already) +
                                            ": another program has changed it, or a later checkpoint has published it; restore that, cut the file to the length expected, or take what is behind it twice with --accept-duplicates");
}

/// An open file ends where the checkpoint was: what was written behind that is written again.
void part_committer::cut(pending_part const& part) const {
  auto const hidden = path(part_names::hidden(part.file));
  auto const size = size_of(hidden);
  if (!size || *size <= part.bytes) return;
  growing_file file({});
  file.open(hidden, 0);
  file.truncate(part.bytes);
  file.sync();
}

// ---- what earlier attempts and runs have left

std::vector<std::string> part_committer::names_in_folder() const {
  namespace fs = std::filesystem;
  std::vector<std::string> names;
  std::error_code problem;
  if (!fs::exists(settings_.folder, problem)) return names;
  for (fs::directory_iterator at(settings_.folder, problem), end; !problem && at != end; at.increment(problem))
    if (auto name = at->path().filename().string(); names_.is_name(name) || names_.is_hidden(name)) names.push_back(std::move(name));
  if (problem) throw system_error(problem.value(), "cannot list the folder '" + settings_.folder + "'");
  std::sort(names.begin(), names.end());
  return names;
}

void part_committer::remove_earlier_results(std::vector<std::string> const& names) const {
  for (auto const& name : names) {
    if (!names_.is_name(name)) continue;
    if (!settings_.overwrite)
      throw error(error_code::usage, "expected a folder without results of an earlier run of this sink, found '" + path(name) +
                                         "'; choose another folder, remove its part files, or say .overwrite()");
    if (::unlink(path(name).c_str()) != 0 && errno != ENOENT) throw system_error(errno, "cannot remove '" + path(name) + "' of an earlier run");
  }
}

/// All that is hidden still: no checkpoint names it.
void part_committer::remove_hidden(std::vector<std::string> const& names) const {
  for (auto const& name : names) {
    if (!names_.is_hidden(name)) continue;
    growing_file file({});
    file.open(path(name), 0);  // refuses one that another job is writing
    if (::unlink(path(name).c_str()) != 0 && errno != ENOENT) throw system_error(errno, "cannot remove '" + path(name) + "', which an earlier attempt has left");
  }
}

// ---- what the sinks are made of

std::unique_ptr<part_output> make_part_output(output_settings const& settings, std::string const& extension, bool checkpoints) {
  if (checkpoints) return std::make_unique<rolled_parts>(settings, extension);
  return std::make_unique<part_file>(settings, extension);
}
std::unique_ptr<committer> make_part_committer(output_settings const& settings, std::string const& extension) {
  return std::make_unique<part_committer>(settings, extension);
}
schema part_committable_schema() { return schema_of<pending_part>(); }

}  // namespace flow::file::detail
