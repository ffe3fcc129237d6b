#include "input_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include <flow/error.hpp>

#include "gzip_content.hpp"

namespace flow::file::detail {
int open_input(std::string const& path) {
  // Without O_NONBLOCK the open of a pipe without a writer would wait for ever.
  int const file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) throw system_error(errno, "cannot open '" + path + "'");
  struct stat status {};
  ::fstat(file, &status);
  if (S_ISREG(status.st_mode)) return file;
  ::close(file);
  throw error(error_code::usage, "cannot read '" + path + "': expected a file, found " +
                                     (S_ISDIR(status.st_mode) ? "a directory" : "a device or pipe, which has no positions to return to"));
}

std::size_t read_some(int file, char* into, std::size_t size, std::string const& path, std::uint64_t offset) {
  ssize_t count = 0;
  do count = ::read(file, into, size);
  while (count < 0 && errno == EINTR);
  if (count < 0) throw system_error(errno, "cannot read '" + path + "' at byte " + std::to_string(offset));
  return static_cast<std::size_t>(count);
}

input_file::input_file(std::string path) : path_(std::move(path)), file_(open_input(path_)) {
  unsigned char magic[2] = {};
  if (::pread(file_, magic, 2, 0) == 2 && magic[0] == 0x1F && magic[1] == 0x8B) content_ = std::make_unique<gzip_content>(path_, file_);
}

input_file::~input_file() { ::close(file_); }

std::size_t input_file::read(char* into, std::size_t size) {
  if (content_) return content_->read(into, size);
  std::size_t const count = read_some(file_, into, size, path_, offset_);
  offset_ += count;
  return count;
}

void input_file::seek(std::uint64_t offset) {
  if (content_) {
    if (!content_->seek(offset)) too_short(offset, content_->offset());
    return;
  }
  struct stat status {};
  ::fstat(file_, &status);
  auto const bytes = static_cast<std::uint64_t>(status.st_size);
  if (offset > bytes) too_short(offset, bytes);
  if (::lseek(file_, static_cast<off_t>(offset), SEEK_SET) < 0) throw system_error(errno, "cannot seek in '" + path_ + "'");
  offset_ = offset;
}

std::uint64_t input_file::stored_offset(std::uint64_t offset) const { return content_ ? content_->stored_offset() : offset; }

void input_file::too_short(std::uint64_t offset, std::uint64_t bytes) const {
  throw error(error_code::bad_record, path_ + ": expected to continue at byte " + std::to_string(offset) + ", found a file of " +
                                          std::to_string(bytes) + " bytes" + (compressed() ? ", uncompressed" : "") +
                                          "; it is not the file that was read before");
}

}  // namespace flow::file::detail
