#include "input_window.hpp"

#include <algorithm>
#include <cstring>

#include "text_check.hpp"

namespace flow::file::detail {
namespace {

/// Counts in bytes first, as compilers vectorise it.
std::uint64_t count_lines(char const* from, char const* to) {
  constexpr std::ptrdiff_t block = 128;
  std::uint64_t lines = 0;
  for (; to - from >= block; from += block) {
    std::uint8_t in_block = 0;
    for (std::ptrdiff_t i = 0; i < block; ++i) in_block = static_cast<std::uint8_t>(in_block + (from[i] == '\n'));
    lines += in_block;
  }
  return lines + static_cast<std::uint64_t>(std::count(from, to, '\n'));
}

}  // namespace

input_window::input_window(input_settings settings) : settings_(std::move(settings)) {}

void input_window::seek(location const& at) {
  if (!file_) file_ = std::make_unique<input_file>(settings_.part.path);
  file_->seek(at.offset);
  if (!buffer_) make_room();
  begin_ = end_ = buffer_.get();
  base_ = at.offset;
  counted_ = at;
}

void input_window::seek_part() {
  if (settings_.part.begin == 0) return seek({});
  seek({settings_.part.begin - 1});  // the line begins here if the byte before is a new line
  skip_line();
  counted_ = {offset(), 1, offset()};
}

bool input_window::more() {
  if (size() > settings_.max_record_bytes + 2) too_long(size());  // a line's end may have been read with it
  make_room();
  std::size_t const wanted = std::min(std::max(size(), settings_.read_bytes), capacity_ - size());
  std::size_t const count = file_->read(end_, wanted);
  end_ += count;
  return count > 0;
}

/// Slides the bytes to the front, and doubles the buffer when they fill half of it.
void input_window::make_room() {
  std::size_t const held = size();
  std::size_t const needed = settings_.read_bytes + std::max(held, std::min(2 * held, settings_.max_record_bytes));
  if (begin_) counted_ = count_to(begin_);
  base_ = begin_ ? offset() : 0;
  if (needed > capacity_) {
    std::unique_ptr<char[]> larger(new char[needed + padding]);
    if (held > 0) std::memcpy(larger.get(), begin_, held);
    std::memset(larger.get() + needed, 0, padding);
    buffer_ = std::move(larger);
    capacity_ = needed;
  } else if (held > 0) {
    std::memmove(buffer_.get(), begin_, held);
  }
  begin_ = buffer_.get();
  end_ = begin_ + held;
}

void input_window::skip_byte_order_mark() {
  while (size() < 3 && more()) {}
  if (size() < 3 || std::memcmp(begin_, "\xEF\xBB\xBF", 3) != 0) return;
  consume(3);
  byte_order_mark_bytes_ = 3;
}

void input_window::skip_line() {
  for (;;) {
    auto const* newline = size() > 0 ? static_cast<char const*>(std::memchr(begin_, '\n', size())) : nullptr;
    consume(newline ? static_cast<std::size_t>(newline + 1 - begin_) : size());
    if (newline || !more()) return;
  }
}

location input_window::where(char const* byte) const {
  counted_ = count_to(begin_);
  return count_to(byte);
}

location input_window::count_to(char const* byte) const {
  location at = counted_;
  char const* const buffer = buffer_.get();
  char const* const from = buffer + (counted_.offset - base_);
  at.line += count_lines(from, byte);
  if (at.line != counted_.line) {
    auto const* newline = static_cast<char const*>(::memrchr(from, '\n', static_cast<std::size_t>(byte - from)));
    at.line_start = base_ + static_cast<std::uint64_t>(newline + 1 - buffer);
  }
  at.offset = base_ + static_cast<std::uint64_t>(byte - buffer);
  return at;
}

/// Reads the file up to the part: for messages only.
std::uint64_t input_window::lines_before_part() const {
  if (settings_.part.begin == 0) return 0;
  input_file file(settings_.part.path);
  std::unique_ptr<char[]> bytes(new char[settings_.read_bytes]);
  std::uint64_t lines = 1;  // the one that ends in the part, or right before it
  for (std::uint64_t left = settings_.part.begin - 1; left > 0;) {
    std::size_t const count = file.read(bytes.get(), std::min<std::uint64_t>(left, settings_.read_bytes));
    if (count == 0) break;
    lines += count_lines(bytes.get(), bytes.get() + count);
    left -= count;
  }
  return lines;
}

void input_window::fail(char const* at, std::string const& message, std::size_t record_bytes, error_code code) const {
  location const place = where(at);
  std::uint64_t const before = place.offset < settings_.part.begin ? 0 : lines_before_part();  // 0 in the header of a CSV file
  throw record_error(code, {settings_.part.path, before + place.line, place.column(), message, shown_text({begin_, record_bytes})});
}

void input_window::too_long(std::size_t record_bytes) const {
  fail(begin_, "expected a record of at most " + std::to_string(settings_.max_record_bytes) +
                   " bytes, found a longer one; check the format, or allow more with .max_record_bytes(n)",
       std::min(record_bytes, settings_.max_record_bytes + 1), error_code::limit_exceeded);  // the same text however the file was read
}

}  // namespace flow::file::detail
