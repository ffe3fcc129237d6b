#pragma once
// A window onto a file or a part of it: the bytes read but not yet consumed, in one buffer that slides forward.
//
// The buffer holds at most `max_record_bytes` and one read; it grows by doubling, so that scanning a long record anew
// after each `more` stays linear. `padding` readable bytes follow the data, as simdjson wants them.

#include <memory>
#include <string>
#include <string_view>

#include <flow/file/detail/input_settings.hpp>
#include <flow/file/detail/record_error.hpp>

#include "input_file.hpp"

namespace flow::file::detail {

class input_window {
 public:
  static constexpr std::size_t padding = 64;

  explicit input_window(input_settings settings);
  input_window(input_window const&) = delete;
  input_window& operator=(input_window const&) = delete;

  /// Opens the file if it is not, and empties the window at `at`.
  void seek(location const& at);
  /// Goes to the first line that begins in the part.
  void seek_part();

  char* begin() { return begin_; }
  char* end() { return end_; }
  std::size_t size() const { return static_cast<std::size_t>(end_ - begin_); }
  /// Reads on behind `end()`, which moves the bytes. False at the end of the file. Throws when the bytes held, which are
  /// of one unfinished record, are more than `max_record_bytes`.
  bool more();
  void consume(std::size_t bytes) { begin_ += bytes; }
  /// Consumes a byte order mark at the beginning of the file.
  void skip_byte_order_mark();
  /// Consumes the rest of the line, however long it is.
  void skip_line();
  /// Whether what begins here is another part's: a record belongs to the part in which its line begins.
  bool behind_part() const {
    std::uint64_t const line = offset();
    return (line == byte_order_mark_bytes_ ? 0 : line) >= settings_.part.end;
  }

  /// The file's offset of `begin()`.
  std::uint64_t offset() const { return base_ + static_cast<std::uint64_t>(begin_ - buffer_.get()); }
  /// How much of the file has been read, at an offset of the content: about as much where the file is compressed.
  std::uint64_t stored_offset(std::uint64_t offset) const { return file_ ? file_->stored_offset(offset) : offset; }
  location where() const { return where(begin_); }
  /// The place of a byte at or behind `begin()`. Counts the lines since the last call.
  location where(char const* byte) const;
  input_settings const& settings() const { return settings_; }

  /// Throws for the record if it is longer than allowed; `begin()` is its first byte.
  void check_size(std::size_t record_bytes) const {
    if (record_bytes > settings_.max_record_bytes) too_long(record_bytes);
  }
  /// Throws a record_error at a byte of the record, `record_bytes` from `begin()`; its line is the file's.
  [[noreturn]] void fail(char const* at, std::string const& message, std::size_t record_bytes, error_code code = error_code::bad_record) const;

 private:
  [[noreturn]] void too_long(std::size_t record_bytes) const;
  void make_room();
  location count_to(char const* byte) const;
  std::uint64_t lines_before_part() const;

  input_settings settings_;
  std::unique_ptr<input_file> file_;
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;
  char* begin_ = nullptr;
  char* end_ = nullptr;
  std::uint64_t base_ = 0;  // the file's offset of buffer_[0]
  std::uint64_t byte_order_mark_bytes_ = 0;
  mutable location counted_{};  // lines are counted up to here, at or before begin_
};

}  // namespace flow::file::detail
