#pragma once
// What every file source can be told, and where in a file something is.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace flow::file::detail {

struct input_settings {
  std::string path;
  /// strftime's; empty for ISO 8601.
  std::string time_format{};
  std::size_t max_record_bytes = std::size_t{16} << 20;
  /// How much one call of the operating system reads.
  std::size_t read_bytes = std::size_t{64} << 10;
};

/// A place in a file: bytes from its start, the line's number (from 1), and where that line starts.
struct location {
  std::uint64_t offset = 0;
  std::uint64_t line = 1;
  std::uint64_t line_start = 0;

  std::uint64_t column() const { return offset - line_start + 1; }
  bool operator==(location const&) const = default;
};

/// `<offset> <line> <offset of the line's start>`: the position of a split, as snapshots store it.
std::string to_position(location const& at);
/// Reads it back; empty is the beginning. Throws `flow::error` (bad_record) for anything else.
location from_position(std::string_view position);

/// The options that all file sources share. Each returns a changed copy.
template <class Source>
class source_options {
 public:
  /// How times are written, in strftime's %Y %m %d %H %M %S; without it ISO 8601, or microseconds since the epoch.
  [[nodiscard]] Source time_format(std::string format) const {
    return changed([&](input_settings& s) { s.time_format = std::move(format); });
  }
  /// A longer record is an error, so that memory stays bounded. 16 MiB unless set.
  [[nodiscard]] Source max_record_bytes(std::size_t bytes) const {
    return changed([&](input_settings& s) { s.max_record_bytes = bytes; });
  }
  /// How much one call of the operating system reads: 64 KiB unless set.
  [[nodiscard]] Source read_bytes(std::size_t bytes) const {
    return changed([&](input_settings& s) { s.read_bytes = bytes > 0 ? bytes : 1; });
  }

 protected:
  explicit source_options(std::string path) { settings_.path = std::move(path); }
  input_settings settings_{};

 private:
  template <class F>
  Source changed(F change) const {
    Source copy = static_cast<Source const&>(*this);
    change(static_cast<source_options&>(copy).settings_);
    return copy;
  }
};

}  // namespace flow::file::detail
