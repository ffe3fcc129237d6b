#include <flow/file/detail/file_part.hpp>

#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <optional>

#include <flow/error.hpp>

#include "input_file.hpp"

namespace flow::file::detail {
namespace {

constexpr std::string_view mark = "#bytes=";

/// The numbers of `<begin>-<end>` or `<begin>-`.
std::optional<file_part> part_of(std::string_view text) {
  file_part part;
  char const* const end = text.data() + text.size();
  auto const first = std::from_chars(text.data(), end, part.begin);
  if (first.ec != std::errc{} || first.ptr == end || *first.ptr != '-') return {};
  if (first.ptr + 1 == end) return part;
  auto const second = std::from_chars(first.ptr + 1, end, part.end);
  if (second.ec != std::errc{} || second.ptr != end || part.end <= part.begin) return {};
  return part;
}

/// Checksum of the first bytes of a file, at most `limit`; says how many there were.
std::uint32_t checksum_of(std::string const& path, std::size_t limit, std::size_t& bytes) {
  int const file = open_input(path);
  std::array<unsigned char, 4096> first;
  ssize_t const count = ::pread(file, first.data(), std::min(limit, first.size()), 0);
  int const problem = errno;
  ::close(file);
  if (count < 0) throw system_error(problem, "cannot read '" + path + "'");
  bytes = static_cast<std::size_t>(count);
  return static_cast<std::uint32_t>(crc32(0, first.data(), static_cast<uInt>(bytes)));
}

}  // namespace

std::string to_split_id(file_part const& part) {
  if (part.begin == 0 && part.end == file_part::to_the_end && from_split_id(part.path).path == part.path) return part.path;
  std::string id = part.path + std::string(mark) + std::to_string(part.begin) + "-";
  return part.end == file_part::to_the_end ? id : id + std::to_string(part.end);
}

file_part from_split_id(std::string_view id) {
  if (auto const at = id.rfind(mark); at != std::string_view::npos) {
    if (auto part = part_of(id.substr(at + mark.size()))) {
      part->path = id.substr(0, at);
      return *part;
    }
  }
  return {std::string(id)};
}

std::string fingerprint_of(std::string const& path) {
  std::size_t bytes = 0;
  std::uint32_t const checksum = checksum_of(path, 4096, bytes);
  return std::to_string(bytes) + " " + std::to_string(checksum);
}

void check_fingerprint(std::string const& path, std::string const& fingerprint) {
  std::size_t wanted = 0, bytes = 0;
  std::from_chars(fingerprint.data(), fingerprint.data() + fingerprint.size(), wanted);
  std::uint32_t const checksum = checksum_of(path, wanted, bytes);
  if (std::to_string(bytes) + " " + std::to_string(checksum) != fingerprint)
    throw error(error_code::bad_record, path + ": expected the file that was read before, found one that begins differently; "
                                            "put the old one back, or start without the old positions");
}

}  // namespace flow::file::detail
