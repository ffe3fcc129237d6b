#pragma once
// JSON into records: the Cereal input archive over a parsed record. One archive serves a whole file.
//
// Fields are found by name, in any order; members without a field are ignored. An optional field may be missing or null;
// any other that is missing, or is not of the field's kind, is an error that names it and its place.

#include <cereal/cereal.hpp>
#include <cereal/types/string.hpp>

#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include <flow/file/detail/json_records.hpp>
#include <flow/file/detail/json_value.hpp>
#include <flow/record/encoding.hpp>
#include <flow/record/json_text.hpp>
#include <flow/time.hpp>

namespace flow::file::detail {

class json_reader : public cereal::InputArchive<json_reader, cereal::AllowEmptyClassElision> {
 public:
  /// `records` outlives the archive.
  explicit json_reader(json_records const& records) : InputArchive(this), records_(records) {}

  /// Begins with the current record.
  void start() {
    levels_.clear();
    next_name_ = nullptr;
  }
  void name_next(char const* name) { next_name_ = name; }
  /// Of the type being read, as compiled.
  std::uint32_t class_version = 0;
  void enter();
  void leave();
  std::size_t elements();
  /// Whether there is a next value that is not null; if not, it is passed over.
  bool has_value();
  /// Cereal's own form of an optional, which other writers use: {"nullopt": ..., "data": ...}.
  bool is_wrapped_optional();

  void load(bool& value);
  void load(std::string& value);
  void load(timestamp& value);
  void load(double& value);
  std::int64_t signed_integer(std::int64_t least, std::int64_t most);
  std::uint64_t unsigned_integer(std::uint64_t most);

 private:
  struct level {
    json_members members;
    json_value value;
    json_step step;  // to the member or element last looked at
  };

  json_value next();
  bool find_next(json_value& found);
  /// The last value that `next` gave is not what was expected.
  [[noreturn]] void mismatch(std::string const& expected, json_value found) const;
  /// The object or array entered last is not what was expected.
  [[noreturn]] void mismatch_of_level(std::string const& expected);
  std::string field_phrase() const;
  std::vector<json_step> path() const;

  json_records const& records_;
  std::vector<level> levels_{};
  char const* next_name_ = nullptr;
};

template <plain_number T>
void CEREAL_LOAD_FUNCTION_NAME(json_reader& archive, T& value) {
  using limits = std::numeric_limits<T>;
  if constexpr (std::is_same_v<T, bool>) {
    archive.load(value);
  } else if constexpr (std::is_floating_point_v<T>) {
    double read = 0;
    archive.load(read);
    value = static_cast<T>(read);
  } else if constexpr (std::is_signed_v<T>) {
    value = static_cast<T>(archive.signed_integer(limits::min(), limits::max()));
  } else {
    value = static_cast<T>(archive.unsigned_integer(limits::max()));
  }
}
inline void CEREAL_LOAD_FUNCTION_NAME(json_reader& archive, std::string& value) { archive.load(value); }
inline void CEREAL_LOAD_FUNCTION_NAME(json_reader& archive, timestamp& value) { archive.load(value); }
template <class T>
void CEREAL_LOAD_FUNCTION_NAME(json_reader& archive, cereal::NameValuePair<T>& pair) {
  if constexpr (std::is_same_v<std::remove_cvref_t<T>, std::uint32_t>)
    if (is_class_version(pair)) return void(pair.value = archive.class_version);
  archive.name_next(pair.name);
  archive(pair.value);
}
template <class T>
void CEREAL_LOAD_FUNCTION_NAME(json_reader& archive, cereal::SizeTag<T>& tag) {
  tag.size = archive.elements();
}
template <class T>
void CEREAL_LOAD_FUNCTION_NAME(json_reader& archive, std::optional<T>& value) {
  if (!archive.has_value()) {
    value.reset();
  } else if (archive.is_wrapped_optional()) {
    bool none = false;
    archive.enter();
    archive(cereal::make_nvp("nullopt", none));
    if (none) value.reset(); else archive(cereal::make_nvp("data", value.emplace()));
    archive.leave();
  } else {
    archive(value.emplace());
  }
}

}  // namespace flow::file::detail

/// Cereal asks what wrote the values of types that load through another type (enums).
template <>
struct cereal::traits::detail::get_output_from_input<flow::file::detail::json_reader> {
  using type = flow::json_writer;
};

namespace flow::file::detail {

/// Types that are one JSON value, or pass their value through: no object or array is entered for them.
template <class T>
inline constexpr bool json_passes = plain_number<T> || std::is_same_v<T, std::string> || std::is_same_v<T, timestamp> ||
                                    cereal::traits::has_minimal_base_class_serialization<T, cereal::traits::has_minimal_input_serialization, json_reader>::value ||
                                    cereal::traits::has_minimal_input_serialization<T, json_reader>::value;
template <class T>
inline constexpr bool json_passes<cereal::NameValuePair<T>> = true;
template <class T>
inline constexpr bool json_passes<cereal::SizeTag<T>> = true;
template <class T>
inline constexpr bool json_passes<std::optional<T>> = true;

template <class T>
void prologue(json_reader& archive, T const&) {
  if constexpr (!json_passes<T>) {
    archive.class_version = cereal::detail::Version<T>::version;
    archive.enter();
  }
}
template <class T>
void epilogue(json_reader& archive, T const&) {
  if constexpr (!json_passes<T>) archive.leave();
}

/// A JSON file as records of type T.
template <class T>
class json_stream {
 public:
  explicit json_stream(input_settings settings) : records_(std::move(settings)), archive_(records_) {}
  bool read(T& record) {
    if (!records_.next()) return false;
    archive_.start();
    try {
      archive_(record);
    } catch (cereal::Exception const& problem) {  // of a type that Cereal brings or the user wrote
      records_.fail({}, std::string("expected a record that can be read, found: ") + problem.what());
    }
    return true;
  }
  bool recover() { return records_.recover(); }
  void seek(location const& at) { records_.seek(at); }
  std::uint64_t offset() const { return records_.offset(); }
  std::uint64_t stored_offset() const { return records_.stored_offset(); }
  location where() const { return records_.where(); }

 private:
  json_records records_;
  json_reader archive_;
};

}  // namespace flow::file::detail

CEREAL_REGISTER_ARCHIVE(flow::file::detail::json_reader)
