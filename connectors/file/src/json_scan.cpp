#include "json_scan.hpp"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace flow::file::detail {
namespace {

enum : unsigned char { other, opens, closes, quote };

constexpr std::array<unsigned char, 256> brackets = [] {
  std::array<unsigned char, 256> table{};
  table['{'] = table['['] = opens;
  table['}'] = table[']'] = closes;
  table['"'] = quote;
  return table;
}();

unsigned char kind(char c) { return brackets[static_cast<unsigned char>(c)]; }

/// One past the closing quote of the string whose opening quote is at `begin`; null when there is none.
char const* end_of_string(char const* begin, char const* end) {
  for (char const* at = begin + 1; at < end; ++at) {
    if (*at == '"') return at + 1;
    if (*at == '\\') ++at;
  }
  return nullptr;
}

/// Follows the brackets outside strings from `at`, where `depth` of them are open.
struct bracket_walk {
  char const* at;
  std::size_t depth = 0;
  bool in_string = false;

  /// True behind the bracket that closes the first; false at `end`, or one behind it after an escape.
  bool step(char const* end) {
    while (at < end) {
      char const c = *at;
      if (in_string) {
        if (c == '\\') ++at;
        if (c == '"') in_string = false;
      } else {
        switch (kind(c)) {
          case quote: in_string = true; break;
          case opens: ++depth; break;
          case closes:
            if (--depth == 0) return ++at, true;
            break;
          default: break;
        }
      }
      ++at;
    }
    return false;
  }
};

#ifdef __SSE2__

struct block_masks {
  std::uint64_t quotes = 0, opening = 0, closing = 0, backslashes = 0;
};

/// A bit per byte of the 64 at `block`.
block_masks classify(char const* block) {
  block_masks masks;
  for (int i = 0; i < 4; ++i) {
    __m128i const text = _mm_loadu_si128(reinterpret_cast<__m128i const*>(block + 16 * i));
    __m128i const folded = _mm_or_si128(text, _mm_set1_epi8(0x20));  // '[' and '{' differ in this bit only, as do ']' and '}'
    auto const bits = [&](__m128i bytes, char c) {
      return static_cast<std::uint64_t>(static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(c))))) << (16 * i);
    };
    masks.quotes |= bits(text, '"');
    masks.backslashes |= bits(text, '\\');
    masks.opening |= bits(folded, '{');
    masks.closing |= bits(folded, '}');
  }
  return masks;
}

/// All ones from each odd bit on until the next: what lies within quotes.
std::uint64_t within(std::uint64_t quotes) {
  for (int shift = 1; shift < 64; shift *= 2) quotes ^= quotes << shift;
  return quotes;
}

/// Walks whole blocks without backslashes, 64 bytes at a time.
bool walk_block(bracket_walk& walk) {
  block_masks const masks = classify(walk.at);
  if (masks.backslashes != 0) return walk.step(walk.at + 64);
  std::uint64_t const strings = within(masks.quotes) ^ (walk.in_string ? ~std::uint64_t{0} : 0);
  for (std::uint64_t rest = (masks.opening | masks.closing) & ~strings; rest != 0; rest &= rest - 1) {
    std::uint64_t const lowest = rest & (~rest + 1);
    if (masks.opening & lowest) {
      ++walk.depth;
    } else if (--walk.depth == 0) {
      walk.at += std::countr_zero(rest) + 1;
      return true;
    }
  }
  walk.in_string = (strings >> 63) != 0;
  walk.at += 64;
  return false;
}

#else

bool walk_block(bracket_walk& walk) { return walk.step(walk.at + 64); }

#endif

char const* end_of_container(char const* begin, char const* end) {
  bracket_walk walk{begin};
  while (end - walk.at >= 64)
    if (walk_block(walk)) return walk.at;
  return walk.step(end) ? walk.at : nullptr;
}

}  // namespace

char const* end_of_value(char const* begin, char const* end) {
  if (kind(*begin) == quote) return end_of_string(begin, end);
  if (kind(*begin) != opens) {
    for (char const* at = begin; at < end; ++at)
      if (*at == ',' || is_json_space(*at) || kind(*at) == closes) return at;
    return nullptr;
  }
  return end_of_container(begin, end);
}

char const* find_value(std::string_view text, std::vector<json_step> const& path) {
  char const* at = text.data();
  char const* const end = at + text.size();
  auto const skip_space = [&] { while (at < end && is_json_space(*at)) ++at; };
  auto const skip_value = [&] {
    char const* const stop = end_of_value(at, end);
    at = stop ? stop : end;
    skip_space();
  };
  skip_space();
  for (auto const& step : path) {
    char const* const outer = at;
    bool found = false;
    ++at;
    skip_space();
    for (std::size_t index = 0; at < end && kind(*at) != closes && !found; ++index) {
      if (index > 0 && at < end && *at == ',') ++at, skip_space();
      if (step.name) {
        // The parser has read the names; only ones written with escapes are not found here.
        std::string_view const name(at + 1, static_cast<std::size_t>(end - at - 1));
        found = name.substr(0, std::strlen(step.name)) == step.name && name.substr(std::strlen(step.name), 1) == "\"";
        skip_value();
        ++at;  // the colon
        skip_space();
      } else {
        found = index == step.index;
      }
      if (!found) skip_value();
    }
    if (!found) return outer;
  }
  return at;
}

}  // namespace flow::file::detail
