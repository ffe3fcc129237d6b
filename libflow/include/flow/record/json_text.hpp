#pragma once
// Records as JSON text: the output archive behind error messages, the JSON-lines sink and tools.
//
// Doubles are written in the shortest form that reads back equal; what JSON cannot say (NaN, infinities) is null.
// Times are ISO 8601 strings, or in a given format.

#include <cereal/cereal.hpp>
#include <cereal/types/string.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <flow/record/encoding.hpp>
#include <flow/record/shape.hpp>
#include <flow/record/time_text.hpp>

namespace flow {

/// Appends `text` with JSON's escapes, without the quotes around it.
void append_json_escaped(std::string& out, std::string_view text);

class json_writer : public cereal::OutputArchive<json_writer, cereal::AllowEmptyClassElision> {
 public:
  /// Both outlive the writer; `time_format` is strftime's, or empty for ISO 8601.
  explicit json_writer(std::string& out, std::string_view time_format = {})
      : OutputArchive(this), out_(out), time_format_(time_format) {}

  /// Begins the next text: one writer can write many, one after the other.
  void begin() {
    any_ = false;
    next_name_ = nullptr;
    pointers_.clear();
  }
  /// In place of Cereal's, which remembers pointers for the life of the archive: a text is complete in itself.
  std::uint32_t registerSharedPointer(std::shared_ptr<void const> const& pointer) {
    if (!pointer) return 0;
    auto const known = std::find(pointers_.begin(), pointers_.end(), pointer);
    auto const number = static_cast<std::uint32_t>(known - pointers_.begin() + 1);
    if (known != pointers_.end()) return number;
    pointers_.push_back(pointer);
    return number | cereal::detail::msb_32bit;
  }

  void name_next(char const* name) { next_name_ = name; }
  void open() {
    separate();
    levels_ += '{';
    opened_ = true;
    any_ = false;
  }
  void make_array() { levels_.back() = '['; }
  void close() {
    begin_level();
    out_ += levels_.back() == '[' ? ']' : '}';
    levels_.pop_back();
    any_ = true;
  }

  template <plain_number T>
  void number(T value) {
    separate();
    if constexpr (std::is_same_v<T, bool>) {
      out_ += value ? "true" : "false";
    } else {
      if constexpr (std::is_floating_point_v<T>)
        if (!std::isfinite(value)) {
          out_ += "null";
          return;
        }
      char text[40];
      using printed = std::conditional_t<(std::is_integral_v<T> && sizeof(T) == 1), int, T>;
      auto const end = std::to_chars(text, text + sizeof text, static_cast<printed>(value)).ptr;
      out_.append(text, end);
    }
  }
  void text(std::string_view value) {
    separate();
    out_ += '"';
    append_json_escaped(out_, value);
    out_ += '"';
  }
  /// A value that is JSON already.
  void json(std::string_view value) {
    separate();
    out_ += value;
  }
  void null() {
    separate();
    out_ += "null";
  }
  void time(timestamp value) {
    separate();
    out_ += '"';
    append_time(out_, value, time_format_);
    out_ += '"';
  }

 private:
  /// Writes the bracket of a level just opened: only now is it known whether it is an array.
  void begin_level() {
    if (opened_) out_ += levels_.back();
    opened_ = false;
  }
  void separate() {
    begin_level();
    if (any_) out_ += ',';
    any_ = true;
    if (!levels_.empty() && levels_.back() == '{') {
      out_ += '"';
      if (next_name_)
        append_json_escaped(out_, next_name_);
      else
        out_ += "value";
      out_ += "\":";
    }
    next_name_ = nullptr;
  }

  std::string& out_;
  std::string_view time_format_;
  std::string levels_;
  std::vector<std::shared_ptr<void const>> pointers_;  // in this text
  char const* next_name_ = nullptr;
  bool opened_ = false;
  bool any_ = false;
};

template <plain_number T>
void CEREAL_SAVE_FUNCTION_NAME(json_writer& archive, T const& value) { archive.number(value); }
inline void CEREAL_SAVE_FUNCTION_NAME(json_writer& archive, std::string const& value) { archive.text(value); }
inline void CEREAL_SAVE_FUNCTION_NAME(json_writer& archive, timestamp const& value) { archive.time(value); }
template <class T>
void CEREAL_SAVE_FUNCTION_NAME(json_writer& archive, cereal::NameValuePair<T> const& pair) {
  if (is_class_version(pair)) return;
  archive.name_next(pair.name);
  archive(pair.value);
}
template <class T>
void CEREAL_SAVE_FUNCTION_NAME(json_writer& archive, cereal::SizeTag<T> const&) { archive.make_array(); }
/// An optional is its value or null.
template <class T>
void CEREAL_SAVE_FUNCTION_NAME(json_writer& archive, std::optional<T> const& value) {
  if (value) archive(*value); else archive.null();
}

/// Types that are one JSON value: they open no object of their own.
template <class T>
concept json_scalar = plain_number<T> || std::is_same_v<T, std::string> || std::is_same_v<T, timestamp> ||
                      cereal::traits::has_minimal_base_class_serialization<T, cereal::traits::has_minimal_output_serialization, json_writer>::value ||
                      cereal::traits::has_minimal_output_serialization<T, json_writer>::value;

template <class T>
void prologue(json_writer& archive, T const&) {
  if constexpr (!json_scalar<T>) archive.open();
  if constexpr (detail::is_array<T>) archive.make_array();  // it has no count to tell
}
template <class T>
void epilogue(json_writer& archive, T const&) { if constexpr (!json_scalar<T>) archive.close(); }
template <class T>
void prologue(json_writer&, std::optional<T> const&) {}
template <class T>
void epilogue(json_writer&, std::optional<T> const&) {}
template <class T>
void prologue(json_writer&, cereal::NameValuePair<T> const&) {}
template <class T>
void epilogue(json_writer&, cereal::NameValuePair<T> const&) {}
template <class T>
void prologue(json_writer&, cereal::SizeTag<T> const&) {}
template <class T>
void epilogue(json_writer&, cereal::SizeTag<T> const&) {}

/// "(16 bytes)": a record that cannot be described.
std::string opaque_text(std::size_t bytes);

/// One record as one line of JSON; "(n bytes)" for a type without a description.
template <class T>
std::string to_json(T const& value) {
  std::string text;
  if constexpr (describable<T>) {
    json_writer archive(text);
    archive(value);
  } else {
    text = opaque_text(sizeof(T));
  }
  return text;
}

}  // namespace flow

CEREAL_REGISTER_ARCHIVE(flow::json_writer)
