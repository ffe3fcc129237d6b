#pragma once
// Encoded values as JSON by their schema alone, for tools that do not have their C++ types.
//
// As json_text.hpp writes them, with what only types know left out: fields of pairs and tuples are named by their positions,
// enums are their numbers. What is opaque is a string of hexadecimal digits; what a schema does not describe is an error.

#include <string>
#include <string_view>

#include <flow/record/json_text.hpp>
#include <flow/record/layout.hpp>

namespace flow {

/// Writes the value at `at`, and moves behind it. Throws `flow::error` (bad_record) where the bytes are not such a value.
void write_json(json_writer& out, layout::node const& what, byte_cursor& at);

/// `text` where it is UTF-8, as JSON must be; else each of its bytes as the character of that number (U+0000 to U+00FF).
std::string as_utf8(std::string_view text);

}  // namespace flow
