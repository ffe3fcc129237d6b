#include <flow/record/json_by_schema.hpp>

namespace flow {
namespace {

using kind = layout::kind;

/// The length of the UTF-8 character at the front; 0 where there is none.
std::size_t character_length(std::string_view text) {
  auto const byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  auto const follows = [&](std::size_t i, unsigned least = 0x80, unsigned most = 0xBF) { return byte(i) >= least && byte(i) <= most; };
  unsigned const first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) return follows(1, first == 0xE0 ? 0xA0 : 0x80, first == 0xED ? 0x9F : 0xBF) && follows(2) ? 3 : 0;
  if (first >= 0xF0 && first <= 0xF4) return follows(1, first == 0xF0 ? 0x90 : 0x80, first == 0xF4 ? 0x8F : 0xBF) && follows(2) && follows(3) ? 4 : 0;
  return 0;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    auto const length = character_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string digits(std::byte const* data, std::size_t size) {
  static constexpr char hex[] = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < size; ++i) {
    text += hex[static_cast<unsigned>(data[i]) >> 4];
    text += hex[static_cast<unsigned>(data[i]) & 15];
  }
  return text;
}

void write_elements(json_writer& out, layout::node const& what, byte_cursor& at) {
  auto const count = count_of(what, at);
  out.open();
  out.make_array();
  for (std::uint64_t i = 0; i < count; ++i) write_json(out, what.element(), at);
  out.close();
}

void write_fields(json_writer& out, layout::node const& what, byte_cursor& at) {
  out.open();
  for (std::size_t i = 0; i < what.fields.size(); ++i) {
    out.name_next(what.names[i].c_str());
    write_json(out, *what.fields[i], at);
  }
  out.close();
}

void write_variant(json_writer& out, layout::node const& what, byte_cursor& at) {
  byte_cursor ahead = at;
  out.open();
  out.name_next("index");
  out.number(ahead.number<std::int32_t>());
  out.name_next("data");
  write_json(out, alternative(what, at), at);
  out.close();
}

}  // namespace

std::string as_utf8(std::string_view text) {
  if (is_utf8(text)) return std::string(text);
  std::string wide;
  for (unsigned char const c : text) {
    if (c < 0x80) {
      wide += static_cast<char>(c);
    } else {
      wide += static_cast<char>(0xC0 | c >> 6);
      wide += static_cast<char>(0x80 | (c & 0x3F));
    }
  }
  return wide;
}

void write_json(json_writer& out, layout::node const& what, byte_cursor& at) {
  switch (what.kind) {
    case kind::boolean: return out.number(at.number<std::uint8_t>() != 0);
    case kind::i8: return out.number(at.number<std::int8_t>());
    case kind::i16: return out.number(at.number<std::int16_t>());
    case kind::i32: return out.number(at.number<std::int32_t>());
    case kind::i64: return out.number(at.number<std::int64_t>());
    case kind::u8: return out.number(at.number<std::uint8_t>());
    case kind::u16: return out.number(at.number<std::uint16_t>());
    case kind::u32: return out.number(at.number<std::uint32_t>());
    case kind::u64: return out.number(at.number<std::uint64_t>());
    case kind::f32: return out.number(at.number<float>());
    case kind::f64: return out.number(at.number<double>());
    case kind::string: return out.text(as_utf8(at.text()));
    case kind::timestamp: return out.time(timestamp{duration{at.number<timestamp::rep>()}});
    case kind::opaque: return out.text(digits(at.take(what.size), what.size));
    case kind::list:
    case kind::array: return write_elements(out, what, at);
    case kind::optional:
    case kind::pointer: return has_value(what, at) ? write_json(out, what.element(), at) : out.null();
    case kind::variant: return write_variant(out, what, at);
    case kind::structure: return write_fields(out, what, at);
    case kind::undescribed: return skip(what, at);  // which says that it cannot be
  }
}

}  // namespace flow
