#include "gzip_content.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <new>

#include <flow/error.hpp>

#include "input_file.hpp"

namespace flow::file::detail {
namespace {

constexpr std::size_t read_bytes = std::size_t{64} << 10;
constexpr int gzip_only = 15 + 16;  // zlib's way to say it: the largest window, and a gzip header

}  // namespace

gzip_content::gzip_content(std::string const& path, int file) : path_(path), file_(file), compressed_(read_bytes) {
  if (inflateInit2(&stream_, gzip_only) != Z_OK) throw std::bad_alloc();
}

gzip_content::~gzip_content() { inflateEnd(&stream_); }

void gzip_content::begin() {
  if (::lseek(file_, 0, SEEK_SET) < 0) throw system_error(errno, "cannot seek in '" + path_ + "'");
  inflateReset(&stream_);
  stream_.avail_in = 0;
  taken_ = offset_ = 0;
  member_ended_ = false;
}

/// Sees to it that there are compressed bytes; false at the end of the file.
bool gzip_content::fill() {
  if (stream_.avail_in > 0) return true;
  auto* const bytes = reinterpret_cast<char*>(compressed_.data());
  std::size_t const count = read_some(file_, bytes, compressed_.size(), path_, taken_);
  taken_ += count;
  stream_.next_in = compressed_.data();
  stream_.avail_in = static_cast<uInt>(count);
  return count > 0;
}

/// Begins with the member behind one that has ended; false when there is none. Zeros may fill the file up.
bool gzip_content::next_member() {
  while (fill() && *stream_.next_in == 0) ++stream_.next_in, --stream_.avail_in;
  if (!fill()) return false;
  if (*stream_.next_in != 0x1F) fail("expected the end of the file or another gzip member, found something else");
  inflateReset(&stream_);
  member_ended_ = false;
  return true;
}

std::size_t gzip_content::read(char* into, std::size_t size) {
  if (size == 0) return 0;
  stream_.next_out = reinterpret_cast<unsigned char*>(into);
  stream_.avail_out = static_cast<uInt>(std::min<std::size_t>(size, std::numeric_limits<uInt>::max()));
  uInt const wanted = stream_.avail_out;
  while (stream_.avail_out == wanted) {
    if (member_ended_ && !next_member()) return 0;
    if (!fill()) fail("expected more compressed data, found the end of the file; it is truncated");
    int const outcome = inflate(&stream_, Z_NO_FLUSH);
    if (outcome == Z_STREAM_END) member_ended_ = true;
    else if (outcome == Z_MEM_ERROR) throw std::bad_alloc();
    else if (outcome != Z_OK && outcome != Z_BUF_ERROR)
      fail(std::string("expected gzip data, found a mistake in it: ") + (stream_.msg ? stream_.msg : "unknown") + "; the file is corrupt");
  }
  offset_ += wanted - stream_.avail_out;
  return wanted - stream_.avail_out;
}

bool gzip_content::seek(std::uint64_t offset) {
  if (offset < offset_ || taken_ == 0) begin();
  std::vector<char> passed_over(std::min<std::uint64_t>(read_bytes, offset - offset_));
  while (offset_ < offset)
    if (read(passed_over.data(), std::min<std::uint64_t>(passed_over.size(), offset - offset_)) == 0) return false;
  return true;
}

void gzip_content::fail(std::string const& expected_and_found) const {
  std::uint64_t const produced = offset_;
  throw error(error_code::bad_record, path_ + ": at byte " + std::to_string(taken_ - stream_.avail_in) + " of the compressed file (byte " +
                                          std::to_string(produced) + " of its content): " + expected_and_found);
}

}  // namespace flow::file::detail
