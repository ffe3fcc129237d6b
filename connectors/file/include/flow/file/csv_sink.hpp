#pragma once
// Records into CSV files: one part-<subtask>.csv per subtask, in a folder that is created.
//
// RFC 4180 with a header row; columns are T's fields, a struct's in a struct as `outer.inner`. Doubles are written in the
// shortest form that reads back equal, a missing optional as an empty field, bool as true or false. Files appear complete,
// when the job has succeeded or was cancelled; in a job with checkpoints several per subtask, each with a header and every
// record once, while the job runs (../README.md). `flow::file::csv<T>` reads them back.

#include <charconv>
#include <string>
#include <string_view>

#include <flow/file/detail/cell_archive.hpp>
#include <flow/file/detail/part_writer.hpp>

namespace flow::file {

namespace detail {

/// Appends the cells of one row.
class csv_cells {
 public:
  csv_cells(std::string const& time_format) : time_format_(time_format) {}

  void begin_row(std::string& out, bool only_column) {
    out_ = &out;
    only_column_ = only_column;
    first_ = true;
  }
  void name(char const*) {}
  void enter() {}
  void leave() {}
  template <class T>
  void number(T value) {
    separate();
    if constexpr (std::is_same_v<T, bool>) {
      *out_ += value ? "true" : "false";
    } else {
      char digits[64];
      using printed = std::conditional_t<(std::is_integral_v<T> && sizeof(T) == 1), int, T>;
      out_->append(digits, std::to_chars(digits, digits + sizeof digits, static_cast<printed>(value)).ptr);
    }
  }
  /// An empty text is quoted where an empty field would mean something else: no value, or an empty line.
  void text(std::string_view value, bool optional);
  void time(timestamp value);
  void none();

 private:
  void separate() {
    if (!first_) *out_ += ',';
    first_ = false;
  }

  std::string const& time_format_;
  std::string scratch_{};
  std::string* out_ = nullptr;
  bool first_ = true;
  bool only_column_ = false;
};

template <class T>
class csv_format {
 public:
  static constexpr char const* extension = "csv";
  explicit csv_format(std::string time_format) : columns_(columns_of<T>()), time_format_(std::move(time_format)) {}
  csv_format(csv_format const&) = delete;
  csv_format& operator=(csv_format const&) = delete;

  void begin(std::string& out) {
    cells_.begin_row(out, columns_.size() == 1);
    for (auto const& name : columns_) cells_.text(name, false);
    out += '\n';
  }
  void append(std::string& out, T const& record) {
    cells_.begin_row(out, columns_.size() == 1);
    archive_(record);
    out += '\n';
  }

 private:
  std::vector<std::string> columns_;
  std::string time_format_;
  csv_cells cells_{time_format_};
  cell_archive<csv_cells> archive_{cells_};
};

}  // namespace detail

class csv_sink : public detail::part_options<csv_sink> {
 public:
  explicit csv_sink(std::string folder) : part_options(std::move(folder)) {}
  /// Throws `flow::error` (invalid_job) when two columns of T have one name.
  template <class T>
  sink<T> make() const {
    detail::columns_of<T>();
    return detail::make_part_sink<T, detail::csv_format<T>>(settings_);
  }
};

/// CSV files in a folder. With a record type, `flow::file::csv<T>(path)` is the source.
inline csv_sink csv(std::string folder) { return csv_sink(std::move(folder)); }

}  // namespace flow::file
