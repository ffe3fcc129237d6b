#pragma once
// Which files a source reads, and how they are given out.

#include <chrono>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <flow/source.hpp>

namespace flow::file {

/// One or several of: the path of a file; that of a folder, for all files in it and below; a pattern such as
/// `logs/2024-*/*.json` or `logs/**/*.json`, where `*`, `?` and `[a-z]` stay within a name and `**` is any number of folders.
/// Files and folders whose names begin with '.' count only where a pattern has the dot; in a folder, '_' is like '.'.
class paths {
 public:
  paths(char const* path) : given_{path} {}
  paths(std::string path) : given_{std::move(path)} {}
  paths(std::initializer_list<std::string> several) : given_(several) {}
  paths(std::vector<std::string> several) : given_(std::move(several)) {}

  std::vector<std::string> const& given() const { return given_; }

 private:
  std::vector<std::string> given_;
};

/// In which order files are opened.
enum class order_of_files {
  names,  // of their paths, byte by byte
  times,  // of their last changes, the oldest first; equal ones by name
};
inline constexpr order_of_files by_name = order_of_files::names;
inline constexpr order_of_files by_time = order_of_files::times;

/// What happens at input that is no record: see flow::bad_record_policy.
inline constexpr bad_record_policy fail = bad_record_policy::fail;
inline constexpr bad_record_policy divert = bad_record_policy::divert;

namespace detail {

/// What large files of a format are divided by.
enum class division {
  none,       // a file is read whole
  lines,      // records end with their lines
  json,       // the same, unless the file is one array
};

struct listing_settings {
  file::paths paths;
  order_of_files order = by_name;
  bool in_time_order = false;
  std::optional<std::chrono::nanoseconds> watch{};
  division divide = division::none;
  /// A file of more is divided into parts of about this; 0: never.
  std::uint64_t split_bytes = std::uint64_t{64} << 20;
};

}  // namespace detail
}  // namespace flow::file
