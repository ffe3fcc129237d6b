#include "rolled_parts.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include <flow/error.hpp>

namespace flow::file::detail {
rolled_parts::rolled_parts(output_settings settings, std::string extension)
    : settings_(std::move(settings)), extension_(std::move(extension)), names_("", extension_), file_(settings_.write_bytes) {}

void rolled_parts::open(connector_context const& context) {
  names_ = part_names(context.operator_name, extension_);
  clock_ = context.clock;
  subtask_ = context.subtask;
  attempt_ = context.attempt;
  create_folder(settings_.folder);
}

void rolled_parts::begin_file() {
  auto const name = names_.name(subtask_, attempt_, next_number_++);
  std::string const path = settings_.folder + '/' + name, hidden = settings_.folder + '/' + part_names::hidden(name);
  for (auto const& taken : {path, hidden})
    if (size_of(taken))
      throw error(error_code::usage, "expected no file '" + taken + "' before this attempt of the job makes it, found one; another job writes to this folder from a sink "
                                     "of the same name: choose another folder, or give one of the sinks another name");
  file_.open(hidden, O_CREAT | O_EXCL);
  current_.described = {name, false, 0, subtask_, attempt_};
  current_.path = hidden;
  current_.prepared = false;
  folder_changed_ = true;
  bound_buffer();
  begun_ = now();
  in_file_ = true;
}

// ---- writing and rolling

void rolled_parts::before_records() {
  auto const time = now();
  if (in_file_ && is_due(time)) roll();
  last_records_ = time;
}

bool rolled_parts::is_due(std::chrono::nanoseconds now) const {
  auto const passed = [now](std::chrono::nanoseconds since, std::chrono::nanoseconds limit) { return limit.count() > 0 && now - since >= limit; };
  return passed(begun_, settings_.roll.age) || passed(last_records_, settings_.roll.inactivity);
}

void rolled_parts::full() {
  flush();
  if (settings_.roll.bytes > 0 && current_.described.bytes >= settings_.roll.bytes) roll();
}

/// Full is what brings the file to its size, whenever it was flushed before; the next record, where that has brought it there.
void rolled_parts::bound_buffer() {
  auto const limit = settings_.roll.bytes, written = current_.described.bytes;
  full_bytes_ = limit == 0 ? most_buffered : std::min<std::uint64_t>(most_buffered, std::max<std::uint64_t>(limit, written + 1) - written);
}

void rolled_parts::flush() {
  if (buffer_.empty()) return;
  file_.append(buffer_);
  flushed_bytes_ += buffer_.size();
  current_.described.bytes += buffer_.size();
  buffer_.clear();
  unsynced_ = true;
  bound_buffer();
}

/// Ends the current file; the next record begins another.
void rolled_parts::roll() {
  flush();
  if (std::exchange(unsynced_, false)) file_.sync();
  file_.close();
  current_.described.closed = true;
  closed_.push_back(std::move(current_));
  in_file_ = false;
}

void rolled_parts::finish() {
  if (in_file_) roll();
}

// ---- checkpoints

std::vector<bytes> rolled_parts::prepare(checkpoint_id) {
  if (in_file_ && (settings_.roll.every_checkpoint || is_due(now()))) roll();
  if (in_file_) {
    flush();
    if (std::exchange(unsynced_, false)) file_.sync();
  }
  if (std::exchange(folder_changed_, false)) sync_folder(settings_.folder);
  std::vector<bytes> committables;
  for (auto const& p : closed_) committables.push_back(encode_value(p.described));
  closed_.clear();
  if (in_file_) {
    committables.push_back(encode_value(current_.described));
    current_.prepared = true;
  }
  return committables;
}

void rolled_parts::abandon() noexcept {
  for (auto const& p : closed_)
    if (!p.prepared) ::unlink(p.path.c_str());
  closed_.clear();
  if (in_file_ && !current_.prepared) ::unlink(current_.path.c_str());
  in_file_ = false;
  file_.close();
}

}  // namespace flow::file::detail
