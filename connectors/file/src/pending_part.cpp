#include "pending_part.hpp"

#include <algorithm>

namespace flow::file::detail {
namespace {

std::string escaped(std::string const& text) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (char const c : text) {
    bool const plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || (c == '.' && !out.empty());
    auto const byte = static_cast<unsigned char>(c);
    if (plain) out += c;
    else out += {'%', digits[byte >> 4], digits[byte & 15]};
  }
  return out;
}

std::string padded(std::uint64_t number, std::size_t digits) {
  auto const text = std::to_string(number);
  return std::string(digits - std::min(digits, text.size()), '0') + text;
}

}  // namespace

part_names::part_names(std::string const& sink, std::string const& extension) : prefix_(escaped(sink) + '-'), suffix_('.' + extension) {}

std::string part_names::name(std::uint32_t subtask, std::uint64_t attempt, std::uint64_t number) const {
  return prefix_ + padded(subtask, 4) + '-' + padded(attempt, 4) + '-' + padded(number, 6) + suffix_;
}

/// The prefix, three numbers, the suffix: a sink "a" does not take a file of sink "a-0000" for its own.
bool part_names::is_name(std::string_view text) const {
  if (!text.starts_with(prefix_) || !text.ends_with(suffix_) || text.size() < prefix_.size() + suffix_.size()) return false;
  text.remove_prefix(prefix_.size());
  text.remove_suffix(suffix_.size());
  int numbers = 1;
  std::size_t digits = 0;
  for (char const c : text) {
    if (c == '-' && digits > 0) {
      ++numbers;
      digits = 0;
    } else if (c >= '0' && c <= '9') {
      ++digits;
    } else {
      return false;
    }
  }
  return numbers == 3 && digits > 0;
}

bool part_names::is_hidden(std::string_view text) const {
  constexpr std::string_view end = ".in-progress";
  return text.starts_with('.') && text.ends_with(end) && text.size() > end.size() && is_name(text.substr(1, text.size() - 1 - end.size()));
}

}  // namespace flow::file::detail
