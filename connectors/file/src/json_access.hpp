#pragma once
// What the handles of json_value.hpp mean to simdjson. Inline, so that reading a field costs no calls between files.

#include <simdjson.h>

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include <flow/file/detail/json_value.hpp>

#include "text_check.hpp"

namespace flow::file::detail {

namespace dom = simdjson::dom;

// A handle is the element or iterator itself: a pointer to the document and an index into its tape.
template <class T>
T opened(json_value value) {
  static_assert(sizeof(T) == sizeof(json_value) && std::is_trivially_copyable_v<T>);
  return std::bit_cast<T>(value);
}
template <class T>
json_value closed(T const& value) {
  static_assert(sizeof(T) == sizeof(json_value) && std::is_trivially_copyable_v<T>);
  return std::bit_cast<json_value>(value);
}

template <class T>
T get(json_value value) {
  return opened<dom::element>(value).get<T>().value_unsafe();
}

inline json_kind kind_of(json_value value) {
  switch (opened<dom::element>(value).type()) {
    case dom::element_type::ARRAY: return json_kind::array;
    case dom::element_type::OBJECT: return json_kind::object;
    case dom::element_type::INT64: return json_kind::integer;
    case dom::element_type::UINT64: return json_kind::large_integer;
    case dom::element_type::DOUBLE: return json_kind::real;
    case dom::element_type::STRING: return json_kind::string;
    case dom::element_type::BOOL: return json_kind::boolean;
    default: return json_kind::null;
  }
}

// Each requires the kind it names; a large integer is above the range of int64.
inline bool boolean_of(json_value value) { return get<bool>(value); }
inline std::int64_t integer_of(json_value value) { return get<std::int64_t>(value); }
inline std::uint64_t large_integer_of(json_value value) { return get<std::uint64_t>(value); }
inline double real_of(json_value value) { return get<double>(value); }
inline std::string_view string_of(json_value value) { return get<std::string_view>(value); }

inline std::size_t elements_of(json_value array) {
  auto const elements = get<dom::array>(array);
  constexpr std::size_t saturated = 0xFFFFFF;  // the tape counts no further
  if (elements.size() < saturated) return elements.size();
  std::size_t count = 0;
  for (auto const element : elements) {
    static_cast<void>(element);
    ++count;
  }
  return count;
}

/// "string \"abc\"", "an object": for messages.
inline std::string described(json_value value) {
  switch (kind_of(value)) {
    case json_kind::null: return "null";
    case json_kind::boolean: return boolean_of(value) ? "true" : "false";
    case json_kind::string: return "string " + in_quotes(string_of(value));
    case json_kind::array: return "an array";
    case json_kind::object: return "an object";
    default: return "number " + simdjson::minify(opened<dom::element>(value));
  }
}

inline json_members::json_members(json_value of, json_kind kind) : is_object_(kind == json_kind::object) {
  if (is_object_) {
    auto const object = get<dom::object>(of);
    first_ = closed(object.begin());
    end_ = closed(object.end());
  } else {
    auto const array = get<dom::array>(of);
    first_ = closed(array.begin());
    end_ = closed(array.end());
  }
  next_ = first_;
}

inline bool json_members::search(std::string_view name, json_value from, json_value to, json_value& found) {
  auto at = opened<dom::object::iterator>(from);
  auto const end = opened<dom::object::iterator>(to);
  for (; at != end; ++at) {
    if (!at.key_equals(name)) continue;
    found = closed(at.value());
    next_ = closed(++at);
    return true;
  }
  return false;
}

inline bool json_members::find(std::string_view name, json_value& found) {
  json_value const here = next_;
  return search(name, here, end_, found) || search(name, first_, here, found);
}

inline bool json_members::next(json_value& found) {
  auto at = opened<dom::array::iterator>(next_);
  if (!(at != opened<dom::array::iterator>(end_))) return false;
  found = closed(*at);
  next_ = closed(++at);
  return true;
}

}  // namespace flow::file::detail
