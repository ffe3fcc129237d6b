#include "text_check.hpp"

#include <simdjson.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include <flow/record/json_text.hpp>
#include <flow/source.hpp>

namespace flow::file::detail {
namespace {

/// Whether all bytes are ASCII and none is NUL.
bool plain(std::string_view text) {
  constexpr std::uint64_t ones = 0x0101010101010101, high = 0x8080808080808080;
  std::uint64_t bad = 0;
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, 8);
    bad |= (word | (word - ones)) & high;  // the subtraction borrows into the high bit of a zero byte
  }
  for (; at < text.size(); ++at) bad |= text[at] <= 0 ? high : 0;
  return bad == 0;
}

/// Bytes of the well-formed sequence at the front of `text` (Unicode 15, table 3-7); 0 when there is none.
std::size_t sequence_bytes(std::string_view text) {
  auto const byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  auto const continues = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
  unsigned const first = byte(0);
  if (first > 0 && first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return continues(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    bool const overlong = first == 0xE0 && byte(1) < 0xA0, surrogate = first == 0xED && byte(1) > 0x9F;
    return continues(1) && continues(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    bool const overlong = first == 0xF0 && byte(1) < 0x90, too_large = first == 0xF4 && byte(1) > 0x8F;
    return continues(1) && continues(2) && continues(3) && !overlong && !too_large ? 4 : 0;
  }
  return 0;
}

}  // namespace

char const* first_bad_byte(std::string_view text) {
  if (plain(text)) return nullptr;
  if (std::memchr(text.data(), 0, text.size()) == nullptr && simdjson::validate_utf8(text.data(), text.size())) return nullptr;
  while (!text.empty()) {
    std::size_t const bytes = sequence_bytes(text);
    if (bytes == 0) return text.data();
    text.remove_prefix(bytes);
  }
  return nullptr;
}

std::string bad_byte_message(char byte) {
  if (byte == 0) return "expected UTF-8 text, found a NUL byte";
  static constexpr char hex[] = "0123456789ABCDEF";
  return std::string("expected UTF-8 text, found the byte 0x") + hex[(byte >> 4) & 15] + hex[byte & 15] +
         "; convert the file to UTF-8";
}

std::string shown_text(std::string_view text) {
  constexpr std::string_view replacement = "\xEF\xBF\xBD";
  std::string shown;
  while (!text.empty()) {
    std::size_t const bytes = sequence_bytes(text);
    std::string_view const next = bytes > 0 ? text.substr(0, bytes) : replacement;
    if (shown.size() + next.size() > bad_record::most_text_bytes) break;
    shown += next;
    text.remove_prefix(bytes > 0 ? bytes : 1);
  }
  return shown;
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t shown = 40;
  std::string result = "\"";
  std::size_t length = std::min(text.size(), shown);
  while (length > 0 && length < text.size() && (text[length] & 0xC0) == 0x80) --length;  // not within a character
  append_json_escaped(result, text.substr(0, length));
  return result + (length < text.size() ? "...\"" : "\"");
}

}  // namespace flow::file::detail
