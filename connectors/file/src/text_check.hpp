#pragma once
// Is this text? And how it is shown in messages.

#include <string>
#include <string_view>

namespace flow::file::detail {

/// Null when `text` is UTF-8 without NUL bytes, else the first byte that is wrong.
char const* first_bad_byte(std::string_view text);
/// "expected UTF-8 text, found the byte 0xFF", or "... a NUL byte".
std::string bad_byte_message(char byte);
/// The beginning of `text` in quotes, what cannot be printed escaped.
std::string in_quotes(std::string_view text);

/// The beginning of input that is no record, as UTF-8 without NUL bytes: what is not is replaced by U+FFFD.
std::string shown_text(std::string_view text);

}  // namespace flow::file::detail
