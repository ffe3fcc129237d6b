#include <cstddef>

#include "json_scan.hpp"

namespace flow::file::detail {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Whether the digits [first, last) of `text` are a whole number: nothing before or behind says otherwise.
bool stands_alone(std::string_view text, std::size_t first, std::size_t last) {
  char const before = first > 0 ? text[first - 1] : ' ';
  char const behind = last < text.size() ? text[last] : ' ';
  return before != '.' && before != '+' && behind != '.' && behind != 'e' && behind != 'E' &&
         !(before == '-' && first > 1 && (text[first - 2] == 'e' || text[first - 2] == 'E'));
}

}  // namespace

void copy_with_large_numbers(std::string_view text, std::string& copy) {
  constexpr std::size_t always_fits = 18;  // digits
  copy.clear();
  bool in_string = false;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t const first = at++;
    if (text[first] == '"') in_string = !in_string;
    if (in_string && text[first] == '\\' && at < text.size()) ++at;
    bool const digits = !in_string && is_digit(text[first]);
    while (digits && at < text.size() && is_digit(text[at])) ++at;
    copy += text.substr(first, at - first);
    // Only those that do not fit: int64 for a negative one, else uint64.
    if (digits && at - first > always_fits && stands_alone(text, first, at)) {
      bool const negative = first > 0 && text[first - 1] == '-';
      std::string_view const number = text.substr(first, at - first);
      std::string_view const most = negative ? "9223372036854775808" : "18446744073709551615";
      if (number.size() > most.size() || (number.size() == most.size() && number > most)) copy += "e0";
    }
  }
}

}  // namespace flow::file::detail
