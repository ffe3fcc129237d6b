#pragma once
// One JSON file, cut into its records and parsed one at a time.
//
// The file is one array, whose elements are the records, or holds one record per line (blank lines hold none); its first
// character tells. Memory is bounded by `max_record_bytes`: an array is never held as a whole.

#include <memory>
#include <string>
#include <vector>

#include <flow/file/detail/input_settings.hpp>
#include <flow/file/detail/json_value.hpp>

namespace flow::file::detail {

struct json_step;

class json_records {
 public:
  explicit json_records(input_settings settings);
  ~json_records();

  void seek(location const& at);
  /// Parses the next record, whose value is then `root()`; false at the end of the file.
  bool next();
  /// After an error of a record: whether `next` can go on with the one behind it.
  bool recover();
  json_value root() const;

  std::uint64_t offset() const;
  std::uint64_t stored_offset() const;
  location where() const;
  std::string const& time_format() const;
  /// Throws bad_record at the value of the current record that the path leads to.
  [[noreturn]] void fail(std::vector<json_step> const& path, std::string const& message) const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// A step from a value to one within it: a member's name, or without a name an element's index.
struct json_step {
  char const* name;
  std::size_t index;
};

}  // namespace flow::file::detail
