#pragma once
// What every file source can be told, and where in a file something is.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <flow/error.hpp>
#include <flow/file/detail/file_part.hpp>
#include <flow/file/paths.hpp>

namespace flow::file::detail {

struct input_settings {
  /// What is read; set by the reader for each split.
  file_part part{};
  /// strftime's; empty for ISO 8601.
  std::string time_format{};
  std::size_t max_record_bytes = std::size_t{16} << 20;
  /// How much one call of the operating system reads.
  std::size_t read_bytes = std::size_t{64} << 10;
  /// Of CSV: whether a quoted field may hold new lines.
  bool quoted_new_lines = true;
};

/// A place in a file: bytes from its start, the line's number (from 1), and where that line starts. In a part that does not
/// begin the file, lines are counted from the first that belongs to the part. In a compressed file all are of its content.
struct location {
  std::uint64_t offset = 0;
  std::uint64_t line = 1;
  std::uint64_t line_start = 0;

  std::uint64_t column() const { return offset - line_start + 1; }
  bool operator==(location const&) const = default;
};

/// Where a split stands, as snapshots store it: `<byte offset> <line> <offset of the line's start>`, and behind them the
/// fingerprint of the file where it has been opened.
struct split_position {
  location at{};
  std::string fingerprint{};
};
std::string to_text(split_position const& position);
/// Reads it back; empty is the beginning. Throws `flow::error` (bad_record) for anything else.
split_position from_position(std::string_view text);

/// The options that all file sources share. Each returns a changed copy.
template <class Source>
class source_options {
 public:
  /// How times are written, in strftime's %Y %m %d %H %M %S; without it ISO 8601, or microseconds since the epoch.
  [[nodiscard]] Source time_format(std::string format) const {
    return changed([&](source_options& o) { o.settings_.time_format = std::move(format); });
  }
  /// A longer record is an error, so that memory stays bounded. 16 MiB unless set.
  [[nodiscard]] Source max_record_bytes(std::size_t bytes) const {
    return changed([&](source_options& o) { o.settings_.max_record_bytes = bytes; });
  }
  /// How much one call of the operating system reads: 64 KiB unless set.
  [[nodiscard]] Source read_bytes(std::size_t bytes) const {
    return changed([&](source_options& o) { o.settings_.read_bytes = bytes > 0 ? bytes : 1; });
  }
  /// In which order files are opened, and given to the subtasks: `by_name` unless set, or `by_time`.
  [[nodiscard]] Source in_order(order_of_files order) const {
    return changed([&](source_options& o) { o.listing_.order = order; });
  }
  /// Says that the files, and the parts of a divided one, are in the order of event time when taken in their order. Files
  /// not yet opened then do not hold the watermark; a file that is not behind the ones before gives late records.
  [[nodiscard]] Source in_time_order() const {
    return changed([&](source_options& o) { o.listing_.in_time_order = true; });
  }
  /// Looks for new files again and again, `interval` after each look: the source never ends. Files are read once and must
  /// be complete when they appear; the job fails when one has another size later. Throws `flow::error` (usage) unless
  /// the interval is above 0.
  [[nodiscard]] Source watch(std::chrono::nanoseconds interval) const {
    if (interval.count() <= 0) throw error(error_code::usage, "a file source's watch(interval): expected an interval above 0");
    return changed([&](source_options& o) { o.listing_.watch = interval; });
  }
  /// A file that can be divided and has more bytes is read in parts of about as many, by several subtasks: 64 MiB unless
  /// set; 0 for never.
  [[nodiscard]] Source split_bytes(std::uint64_t bytes) const {
    return changed([&](source_options& o) { o.listing_.split_bytes = bytes; });
  }
  /// What happens at a record that cannot be read: `fail`, unless set, or `divert`.
  [[nodiscard]] Source on_bad_record(bad_record_policy policy) const {
    return changed([&](source_options& o) { o.policy_ = policy; });
  }

 protected:
  source_options(file::paths paths, division divide) {
    listing_.paths = std::move(paths);
    listing_.divide = divide;
  }
  input_settings settings_{};
  listing_settings listing_{""};
  bad_record_policy policy_ = fail;

 private:
  template <class F>
  Source changed(F change) const {
    Source copy = static_cast<Source const&>(*this);
    change(static_cast<source_options&>(copy));
    return copy;
  }
};

}  // namespace flow::file::detail
