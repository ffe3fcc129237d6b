#include <flow/file/csv_sink.hpp>

#include <flow/record/time_text.hpp>

namespace flow::file::detail {

void csv_cells::text(std::string_view value, bool optional) {
  separate();
  bool const quote_empty = value.empty() && (optional || only_column_);
  if (!quote_empty && value.find_first_of(",\"\r\n") == std::string_view::npos) {
    out_->append(value);
    return;
  }
  *out_ += '"';
  for (char const c : value) {
    if (c == '"') *out_ += '"';
    *out_ += c;
  }
  *out_ += '"';
}

void csv_cells::time(timestamp value) {
  scratch_.clear();
  append_time(scratch_, value, time_format_);
  text(scratch_, false);
}

void csv_cells::none() { separate(); }

}  // namespace flow::file::detail
