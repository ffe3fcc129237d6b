#include "input_window.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <flow/file/detail/split_reader.hpp>

namespace flow::file::detail {
namespace {

/// Opens for reading; throws for what is not a regular file.
int open_input(std::string const& path, std::uint64_t& bytes) {
  // Without O_NONBLOCK the open of a pipe without a writer would wait for ever.
  int const file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) throw system_error(errno, "cannot open '" + path + "'");
  struct stat status {};
  ::fstat(file, &status);
  if (S_ISREG(status.st_mode)) {
    bytes = static_cast<std::uint64_t>(status.st_size);
    return file;
  }
  ::close(file);
  throw error(error_code::usage, "cannot read '" + path + "': expected a file, found " +
                                     (S_ISDIR(status.st_mode) ? "a directory; name one file in it" : "a device or pipe, which has no positions to return to"));
}

}  // namespace

std::uint64_t check_input(std::string const& path) {
  std::uint64_t bytes = 0;
  ::close(open_input(path, bytes));
  return bytes;
}

std::vector<split> one_file::discover() {
  return {split{path_, {}, check_input(path_)}};
}

input_window::input_window(input_settings settings) : settings_(std::move(settings)) {}

input_window::~input_window() {
  if (file_ >= 0) ::close(file_);
}

void input_window::seek(location const& at) {
  std::uint64_t bytes = 0;
  if (file_ >= 0) ::close(file_);
  file_ = -1;
  file_ = open_input(settings_.path, bytes);
  if (at.offset > bytes)
    throw error(error_code::bad_record, settings_.path + ": expected to continue at byte " + std::to_string(at.offset) + ", found a file of " +
                                            std::to_string(bytes) + " bytes; it is not the file that was read before");
  if (::lseek(file_, static_cast<off_t>(at.offset), SEEK_SET) < 0) throw system_error(errno, "cannot seek in '" + settings_.path + "'");
  if (!buffer_) make_room();
  begin_ = end_ = buffer_.get();
  base_ = at.offset;
  counted_ = at;
}

bool input_window::more() {
  if (size() > settings_.max_record_bytes + 2) too_long();  // a line's end may have been read with it
  make_room();
  std::size_t const wanted = std::min(std::max(size(), settings_.read_bytes), capacity_ - size());
  ssize_t count = 0;
  do count = ::read(file_, end_, wanted);
  while (count < 0 && errno == EINTR);
  if (count < 0) throw system_error(errno, "cannot read '" + settings_.path + "' at byte " + std::to_string(where(end_).offset));
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
  if (size() >= 3 && std::memcmp(begin_, "\xEF\xBB\xBF", 3) == 0) consume(3);
}

location input_window::where(char const* byte) const {
  counted_ = count_to(begin_);
  return count_to(byte);
}

location input_window::count_to(char const* byte) const {
  location at = counted_;
  char const* const buffer = buffer_.get();
  char const* next = buffer + (counted_.offset - base_);
  while (next < byte) {
    auto const* newline = static_cast<char const*>(std::memchr(next, '\n', static_cast<std::size_t>(byte - next)));
    if (!newline) break;
    next = newline + 1;
    ++at.line;
    at.line_start = base_ + static_cast<std::uint64_t>(next - buffer);
  }
  at.offset = base_ + static_cast<std::uint64_t>(byte - buffer);
  return at;
}

void input_window::fail(char const* at, std::string const& message, error_code code) const {
  location const place = where(at);
  throw error(code, settings_.path + ":" + std::to_string(place.line) + ":" + std::to_string(place.column()) + ": " + message);
}

void input_window::too_long() const {
  fail(begin_, "expected a record of at most " + std::to_string(settings_.max_record_bytes) +
                   " bytes, found a longer one; check the format, or allow more with .max_record_bytes(n)",
       error_code::limit_exceeded);
}

}  // namespace flow::file::detail
