#pragma once
// A file or a part of one: what a split of a file source is.

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace flow::file::detail {

/// The records that begin in the bytes [begin, end) of a file; all of them unless said otherwise.
struct file_part {
  static constexpr std::uint64_t to_the_end = std::numeric_limits<std::uint64_t>::max();

  std::string path;
  std::uint64_t begin = 0;
  std::uint64_t end = to_the_end;

  bool operator==(file_part const&) const = default;
};

/// The split's id: the path, and for a part `#bytes=<begin>-<end>`, where the last part has no end. A path that looks like
/// that by itself is followed by `#bytes=0-`.
std::string to_split_id(file_part const& part);
/// Reads it back; anything without such an ending is the path of a whole file.
file_part from_split_id(std::string_view id);

/// "<bytes> <checksum>" of the first bytes of a file, at most 4096, by which it is known again. Throws what opening it throws.
std::string fingerprint_of(std::string const& path);
/// Throws bad_record when the file does not begin as it did when the fingerprint was taken. It may have become longer.
void check_fingerprint(std::string const& path, std::string const& fingerprint);

}  // namespace flow::file::detail
