#include <charconv>

#include <flow/error.hpp>
#include <flow/file/detail/input_settings.hpp>

namespace flow::file::detail {

std::string to_text(split_position const& position) {
  auto const& at = position.at;
  std::string text = std::to_string(at.offset) + ' ' + std::to_string(at.line) + ' ' + std::to_string(at.line_start);
  return position.fingerprint.empty() ? text : text + ' ' + position.fingerprint;
}

split_position from_position(std::string_view text) {
  if (text.empty()) return {};
  std::uint64_t numbers[5] = {};  // offset, line, line's start; bytes and checksum of the fingerprint
  std::size_t count = 0;
  char const* next = text.data();
  char const* const end = next + text.size();
  char const* fingerprint = end;
  bool good = true;
  for (; good && count < 5 && (count == 0 || next != end); ++count) {
    if (count > 0) good = *next++ == ' ';
    if (count == 3) fingerprint = next;
    auto const [stop, problem] = std::from_chars(next, end, numbers[count]);
    good = good && problem == std::errc{};
    next = stop;
  }
  location const at{numbers[0], numbers[1], numbers[2]};
  if (!good || next != end || (count != 3 && count != 5) || at.line_start > at.offset)
    throw error(error_code::bad_record, "expected a position in a file like \"120 3 80\", found \"" + std::string(text) + "\"");
  return {at, std::string(fingerprint, end)};
}

}  // namespace flow::file::detail
