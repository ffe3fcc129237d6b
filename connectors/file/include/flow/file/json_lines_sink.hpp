#pragma once
// Records into JSON: one part-<subtask>.json per subtask, one object per line, in a folder that is created.
//
// Written by flow::json_writer: fields by the names in T's `serialize`, doubles in the shortest form that reads back
// equal, NaN and infinities as null. Files appear complete, when the job has succeeded or was cancelled; in a job with
// checkpoints several per subtask, every record once, while the job runs (../README.md).
// `flow::file::json<T>` reads them back.

#include <optional>
#include <string>

#include <flow/file/detail/part_writer.hpp>
#include <flow/record/json_text.hpp>

namespace flow::file {

namespace detail {

template <class T>
class json_lines_format {
 public:
  static constexpr char const* extension = "json";
  explicit json_lines_format(std::string time_format) : time_format_(std::move(time_format)) {}
  void begin(std::string& out) { archive_.emplace(out, time_format_); }
  void append(std::string& out, T const& record) {
    archive_->begin();
    (*archive_)(record);
    out += '\n';
  }

 private:
  std::string time_format_;
  std::optional<json_writer> archive_;
};

}  // namespace detail

class json_lines_sink : public detail::part_options<json_lines_sink> {
 public:
  explicit json_lines_sink(std::string folder) : part_options(std::move(folder)) {}
  template <class T>
  sink<T> make() const {
    static_assert(describable<T>, "flow::file::json_lines: the records need a serialize member that names their fields");
    return detail::make_part_sink<T, detail::json_lines_format<T>>(settings_);
  }
};

/// Files of JSON lines in a folder.
inline json_lines_sink json_lines(std::string folder) { return json_lines_sink(std::move(folder)); }

}  // namespace flow::file
