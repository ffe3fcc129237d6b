#pragma once
// CSV files (RFC 4180) as a source, or read at once into a table.
//
// The first row names the columns, in any order; T's fields are found by name, a struct's in a struct as `outer.inner`;
// other columns are ignored. An empty field is a missing optional, or an empty string. Bool is true, false, 1 or 0; times
// are read with `.time_format(...)`. Anything that does not fit is a flow::error (bad_record) with file, line and column.
// Large files are divided where `.no_quoted_new_lines()` has been said.

#include <string>
#include <vector>

#include <flow/file/detail/csv_reader.hpp>
#include <flow/file/detail/split_reader.hpp>

namespace flow::file {

template <class T>
class csv_source : public detail::source_options<csv_source<T>> {
 public:
  using record_type = T;
  explicit csv_source(file::paths from) : detail::source_options<csv_source>(std::move(from), detail::division::none) {}

  /// Says that no quoted field holds a new line, so that large files can be divided; one that does is a bad record.
  [[nodiscard]] csv_source no_quoted_new_lines() const {
    csv_source copy = *this;
    copy.settings_.quoted_new_lines = false;
    copy.listing_.divide = detail::division::lines;
    return copy;
  }
  /// Throws `flow::error` (invalid_job) when two columns of T have one name.
  source<T> make() const {
    detail::columns_of<T>();
    return detail::make_source<T, detail::csv_stream<T>>(this->settings_, this->listing_, this->policy_);
  }
  /// All records at once, whatever the options say of bad ones and of new files.
  std::vector<T> read() const {
    auto listing = this->listing_;
    listing.watch.reset();
    std::vector<T> records;
    for (auto const& found : detail::file_enumerator(listing).discover()) {
      auto mine = this->settings_;
      mine.part = detail::from_split_id(found.id);
      detail::csv_stream<T> stream(mine);
      stream.seek({});
      for (T record{}; stream.read(record); record = T{}) records.push_back(std::move(record));
    }
    return records;
  }
};

/// The records of CSV files. Without the record type, `flow::file::csv(folder)` is the sink.
template <class T>
csv_source<T> csv(paths from) {
  static_assert(cereal::traits::is_input_serializable<T, detail::csv_reader>::value,
                "flow::file::csv<T>: T needs a serialize member that names its fields with CEREAL_NVP or make_nvp");
  return csv_source<T>(std::move(from));
}

/// All records of a small CSV file, such as a reference table.
template <class T>
std::vector<T> read_csv(paths from) {
  return csv<T>(std::move(from)).read();
}

}  // namespace flow::file
