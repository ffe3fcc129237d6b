#pragma once
// Scanning JSON text without parsing it: where a value ends, and, for messages, where and why it is malformed.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <flow/file/detail/json_records.hpp>

namespace flow::file::detail {

inline bool is_json_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

/// One past the value that begins at `begin`, which is no white space; null when it does not end before `end`.
/// Looks at brackets and quotes only: what lies between them is the parser's business. O(size).
char const* end_of_value(char const* begin, char const* end);

/// Writes a JSON text anew with its whole numbers beyond 64 bits, which simdjson refuses, as real numbers.
void copy_with_large_numbers(std::string_view text, std::string& copy);

struct json_mistake {
  char const* at;
  std::string message;  // "expected ..., found ..."
};

/// The first mistake in a text that is to be one JSON value (RFC 8259); nothing if there is none.
std::optional<json_mistake> find_mistake(std::string_view text);

/// Where the value at the end of the path begins, in a text without mistakes; the last that exists on the path.
char const* find_value(std::string_view text, std::vector<json_step> const& path);

}  // namespace flow::file::detail
