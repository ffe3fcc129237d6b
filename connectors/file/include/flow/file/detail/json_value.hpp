#pragma once
// A look into parsed JSON, without simdjson's headers: handles of two words onto the parser's document.
//
// A handle is valid until the parser is given its next record.

#include <cstddef>
#include <string_view>

namespace flow::file::detail {

/// A value in a parsed document (simdjson's dom::element, opaque).
struct json_value {
  void const* document = nullptr;
  std::size_t index = 0;
};

enum class json_kind : unsigned char { null, boolean, integer, large_integer, real, string, array, object };

/// The members of an object or the elements of an array, found fastest in the order of the text.
class json_members {
 public:
  /// `of` is an object or an array.
  json_members(json_value of, json_kind kind);
  bool is_object() const { return is_object_; }
  /// The member `name` of the object; the first, if there are several. False when there is none.
  bool find(std::string_view name, json_value& found);
  /// The next element of the array; false at the end.
  bool next(json_value& found);

 private:
  bool search(std::string_view name, json_value from, json_value to, json_value& found);

  json_value first_, next_, end_;
  bool is_object_;
};

}  // namespace flow::file::detail
