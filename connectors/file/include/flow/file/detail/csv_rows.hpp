#pragma once
// One CSV file (RFC 4180), cut into rows whose cells are found by the columns wanted.
//
// The header row is mandatory; columns that are not wanted are passed over. A row of another number of fields than the
// header is an error. A cell is valid until the next is asked for.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <flow/file/detail/input_settings.hpp>

namespace flow::file::detail {

struct csv_cell {
  std::string_view text;
  bool quoted;
};

class csv_rows {
 public:
  csv_rows(input_settings settings, std::vector<std::string> wanted);
  ~csv_rows();

  void seek(location const& at);
  /// Takes the next row; false at the end of the file.
  bool next();
  /// After an error of a record: whether `next` can go on with the one behind it.
  bool recover();
  /// The row's cell of the wanted column of that number.
  csv_cell cell(std::size_t column) const;

  std::uint64_t offset() const;
  std::uint64_t stored_offset() const;
  location where() const;
  std::string const& time_format() const;
  /// Throws bad_record: "expected ... for column '...', found ...".
  [[noreturn]] void mismatch(std::size_t column, std::string const& expected) const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace flow::file::detail
