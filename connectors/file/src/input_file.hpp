#pragma once
// A file opened for reading, compressed by gzip or not: its first bytes tell.
//
// Offsets are of the content. In a compressed file a seek backward starts again at its beginning, and a seek forward reads
// what lies between.

#include <cstdint>
#include <memory>
#include <string>

namespace flow::file::detail {

class gzip_content;

class input_file {
 public:
  /// Throws `flow::error` for what cannot be read or is no regular file.
  explicit input_file(std::string path);
  input_file(input_file const&) = delete;
  input_file& operator=(input_file const&) = delete;
  ~input_file();

  bool compressed() const { return content_ != nullptr; }
  /// Reads at most `size` bytes; 0 at the end.
  std::size_t read(char* into, std::size_t size);
  /// Continues at an offset. Throws bad_record when the content ends before it.
  void seek(std::uint64_t offset);
  /// Bytes of the file that have been read; of a plain one, those before `offset`.
  std::uint64_t stored_offset(std::uint64_t offset) const;

 private:
  [[noreturn]] void too_short(std::uint64_t offset, std::uint64_t bytes) const;

  std::string path_;
  int file_ = -1;
  std::uint64_t offset_ = 0;  // of a plain file
  std::unique_ptr<gzip_content> content_;
};

/// Opens for reading; throws for what cannot be read or is no regular file.
int open_input(std::string const& path);

/// One read of the operating system, at most `size` bytes; throws what goes wrong, with the offset.
std::size_t read_some(int file, char* into, std::size_t size, std::string const& path, std::uint64_t offset);

}  // namespace flow::file::detail
