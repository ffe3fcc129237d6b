#pragma once
// CSV into records: the Cereal input archive over a row. Cells come in the order of T's fields, whatever the file's.

#include <limits>
#include <optional>
#include <string>
#include <type_traits>

#include <flow/file/detail/cell_archive.hpp>
#include <flow/file/detail/csv_rows.hpp>

namespace flow::file::detail {

class csv_reader : public cereal::InputArchive<csv_reader, cereal::AllowEmptyClassElision> {
 public:
  /// `rows` outlives the archive.
  explicit csv_reader(csv_rows const& rows) : InputArchive(this), rows_(rows) {}

  void start() { column_ = 0; }
  /// Of the type being read, as compiled.
  std::uint32_t class_version = 0;
  /// Whether the next cell holds a value; if not, it is passed over.
  bool has_value();
  void load(bool& value);
  void load(double& value);
  void load(float& value);
  void load(std::string& value);
  void load(timestamp& value);
  std::int64_t signed_integer(std::int64_t least, std::int64_t most);
  std::uint64_t unsigned_integer(std::uint64_t most);

 private:
  template <class T>
  bool parse(T& value);

  csv_rows const& rows_;
  std::size_t column_ = 0;  // of the next cell
};

template <plain_number T>
void CEREAL_LOAD_FUNCTION_NAME(csv_reader& archive, T& value) {
  using limits = std::numeric_limits<T>;
  if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, double> || std::is_same_v<T, float>) {
    archive.load(value);
  } else if constexpr (std::is_floating_point_v<T>) {
    double read = 0;
    archive.load(read);
    value = read;
  } else if constexpr (std::is_signed_v<T>) {
    value = static_cast<T>(archive.signed_integer(limits::min(), limits::max()));
  } else {
    value = static_cast<T>(archive.unsigned_integer(limits::max()));
  }
}
inline void CEREAL_LOAD_FUNCTION_NAME(csv_reader& archive, std::string& value) { archive.load(value); }
inline void CEREAL_LOAD_FUNCTION_NAME(csv_reader& archive, timestamp& value) { archive.load(value); }
template <class T>
void CEREAL_LOAD_FUNCTION_NAME(csv_reader& archive, cereal::NameValuePair<T>& pair) {
  if constexpr (std::is_same_v<std::remove_cvref_t<T>, std::uint32_t>)
    if (is_class_version(pair)) return void(pair.value = archive.class_version);
  archive(pair.value);
}
template <class T>
void CEREAL_LOAD_FUNCTION_NAME(csv_reader&, cereal::SizeTag<T>&) {
  static_assert(!std::is_same_v<T, T>, "CSV cannot hold a container: leave it out of serialize, or use flow::file::json");
}
template <class T>
void CEREAL_LOAD_FUNCTION_NAME(csv_reader& archive, std::optional<T>& value) {
  if (archive.has_value()) archive(value.emplace()); else value.reset();
}
template <class T>
void prologue(csv_reader& archive, T const&) {
  if constexpr (!passes_through<T>) archive.class_version = cereal::detail::Version<T>::version;
}
template <class T>
void epilogue(csv_reader&, T const&) {}

}  // namespace flow::file::detail

/// Cereal asks what wrote the values of types that load through another type (enums).
template <>
struct cereal::traits::detail::get_output_from_input<flow::file::detail::csv_reader> {
  using type = flow::file::detail::cell_archive<flow::file::detail::column_names>;
};

namespace flow::file::detail {

/// A CSV file as records of type T.
template <class T>
class csv_stream {
 public:
  explicit csv_stream(input_settings settings) : rows_(std::move(settings), columns_of<T>()), archive_(rows_) {}
  bool read(T& record) {
    if (!rows_.next()) return false;
    archive_.start();
    archive_(record);
    return true;
  }
  bool recover() { return rows_.recover(); }
  void seek(location const& at) { rows_.seek(at); }
  std::uint64_t offset() const { return rows_.offset(); }
  std::uint64_t stored_offset() const { return rows_.stored_offset(); }
  location where() const { return rows_.where(); }

 private:
  csv_rows rows_;
  csv_reader archive_;
};

}  // namespace flow::file::detail

CEREAL_REGISTER_ARCHIVE(flow::file::detail::csv_reader)
