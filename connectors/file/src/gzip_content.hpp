#pragma once
// The content of a gzip file (RFC 1952), of one member or several.

#include <zlib.h>

#include <cstdint>
#include <string>
#include <vector>

namespace flow::file::detail {

/// Inflates a file that stays open and whose offset is this object's business. Checksums are checked; what is truncated or
/// corrupt is a flow::error (bad_record) with the offsets in the file and in its content.
class gzip_content {
 public:
  gzip_content(std::string const& path, int file);
  gzip_content(gzip_content const&) = delete;
  gzip_content& operator=(gzip_content const&) = delete;
  ~gzip_content();

  /// Reads at most `size` bytes; 0 at the end.
  std::size_t read(char* into, std::size_t size);
  /// False when the content ends before the offset; then `offset` is its size.
  bool seek(std::uint64_t offset);
  /// Of the next byte of the content.
  std::uint64_t offset() const { return offset_; }
  /// Of the next byte of the file.
  std::uint64_t stored_offset() const { return taken_ - stream_.avail_in; }

 private:
  void begin();
  bool fill();
  bool next_member();
  [[noreturn]] void fail(std::string const& expected_and_found) const;

  std::string const& path_;
  int file_;
  z_stream stream_{};
  std::vector<unsigned char> compressed_;
  std::uint64_t taken_ = 0;   // bytes of the file that have been read
  std::uint64_t offset_ = 0;
  bool member_ended_ = false;
};

}  // namespace flow::file::detail
