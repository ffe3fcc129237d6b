#include <flow/file/detail/file_enumerator.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include <flow/error.hpp>

#include "file_walk.hpp"
#include "input_file.hpp"
#include "json_scan.hpp"

namespace flow::file::detail {
namespace {

constexpr std::chrono::milliseconds most_per_call{10};

/// Whether a file's records end with its lines and its bytes are those of its records.
bool can_be_divided(std::string const& path, division by) {
  input_file file(path);
  if (file.compressed()) return false;
  if (by == division::lines) return true;
  std::array<char, 4096> bytes;
  bool first = true;
  while (std::size_t const count = file.read(bytes.data(), bytes.size())) {
    std::string_view text(bytes.data(), count);
    if (std::exchange(first, false) && text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    auto const value = std::find_if_not(text.begin(), text.end(), is_json_space);
    if (value != text.end()) return *value != '[';
  }
  return true;
}

}  // namespace

file_enumerator::file_enumerator(listing_settings settings) : settings_(std::move(settings)) {}
file_enumerator::~file_enumerator() = default;

std::vector<split> file_enumerator::discover() {
  if (complete_) return {};
  if (phase_ == phase::resting) {
    found_.clear();
    next_path_ = next_found_ = 0;
    phase_ = phase::listing;
  }
  if (clock_) call_until_ = clock_->now() + most_per_call;
  list();
  while (phase_ == phase::dividing && next_found_ < found_.size() && !time_is_up()) divide(found_[next_found_++]);
  if (phase_ == phase::listing || next_found_ < found_.size()) return {};
  phase_ = phase::resting;
  complete_ = !settings_.watch;
  return std::exchange(splits_, {});
}

std::optional<std::chrono::nanoseconds> file_enumerator::look_again() const {
  if (phase_ != phase::resting) return std::chrono::nanoseconds{0};
  return complete_ ? std::nullopt : settings_.watch;
}

bool file_enumerator::time_is_up() const { return clock_ && clock_->now() >= call_until_; }

void file_enumerator::list() {
  auto const& given = settings_.paths.given();
  while (phase_ == phase::listing) {
    if (next_path_ == given.size()) return choose();
    if (!walk_) {
      walk_ = std::make_unique<file_walk>(given[next_path_]);
      found_before_ = found_.size();
    }
    while (walk_->step(found_))
      if (time_is_up()) return;
    if (found_.size() == found_before_ && !settings_.watch)
      throw error(error_code::not_found, "expected at least one file in '" + given[next_path_] + "', found none; check the path");
    walk_.reset();
    ++next_path_;
  }
}

/// Puts what has been found in order and keeps what is new.
void file_enumerator::choose() {
  auto const by_path = [](found_file const& a, found_file const& b) { return a.path < b.path; };
  std::sort(found_.begin(), found_.end(), by_path);
  found_.erase(std::unique(found_.begin(), found_.end(), [](auto const& a, auto const& b) { return a.path == b.path; }), found_.end());
  std::erase_if(known_, [&](auto const& known) { return !std::binary_search(found_.begin(), found_.end(), found_file{known.first}, by_path); });
  std::erase_if(found_, [&](found_file const& f) { return check_unchanged(f), known_.contains(f.path); });
  for (auto const& f : found_) known_[f.path] = f.bytes;
  if (settings_.order == by_time) std::stable_sort(found_.begin(), found_.end(), [](auto const& a, auto const& b) { return a.changed < b.changed; });
  phase_ = phase::dividing;
}

void file_enumerator::check_unchanged(found_file const& file) const {
  auto const known = known_.find(file.path);
  if (known == known_.end() || known->second == file.bytes) return;
  throw error(error_code::bad_record, "'" + file.path + "' had " + std::to_string(known->second) + " bytes when it was found, and has " +
                                          std::to_string(file.bytes) + " now: what has changed would not be read; write files "
                                          "elsewhere, or under a name that begins with '.', and move them into a watched folder when they are complete");
}

void file_enumerator::divide(found_file const& file) {
  std::uint64_t parts = 1;
  if (settings_.divide != division::none && settings_.split_bytes > 0 && file.bytes > settings_.split_bytes &&
      can_be_divided(file.path, settings_.divide))
    parts = (file.bytes + settings_.split_bytes - 1) / settings_.split_bytes;
  std::uint64_t const each = file.bytes / parts;
  for (std::uint64_t i = 0; i < parts; ++i) {
    bool const last = i + 1 == parts;
    std::uint64_t const begin = i * each, end = last ? file_part::to_the_end : begin + each;
    splits_.push_back({to_split_id({file.path, begin, end}), {}, last ? file.bytes - begin : each});
  }
}

// ---- what has been found, as text: whether it is all, then per file "<size> <length of the path> <path>\n"

std::string file_enumerator::position() const {
  std::string text = complete_ ? "complete\n" : "watching\n";
  for (auto const& [path, bytes] : known_) text += std::to_string(bytes) + ' ' + std::to_string(path.size()) + ' ' + path + '\n';
  return text;
}

void file_enumerator::restore(std::string const& position) {
  std::string_view rest = position;
  auto const take = [&](std::string_view expected) {
    if (!rest.starts_with(expected)) throw error(error_code::bad_record, "expected what has been found of a file source, found \"" + position.substr(0, 40) + "\"");
    rest.remove_prefix(expected.size());
  };
  auto const number = [&] {
    std::uint64_t value = 0;
    auto const [stop, problem] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    take(problem == std::errc{} ? rest.substr(0, static_cast<std::size_t>(stop - rest.data())) : "a number");
    take(" ");
    return value;
  };
  bool const complete = rest.starts_with("complete");
  take(complete ? "complete\n" : "watching\n");
  known_.clear();
  while (!rest.empty()) {
    std::uint64_t const bytes = number();
    std::uint64_t const length = number();
    std::string const path(rest.substr(0, length));
    take(path);
    take("\n");
    known_[path] = bytes;
  }
  complete_ = complete && !settings_.watch;
}

}  // namespace flow::file::detail
