#include <charconv>

#include <flow/error.hpp>
#include <flow/file/detail/input_settings.hpp>

namespace flow::file::detail {

std::string to_position(location const& at) {
  return std::to_string(at.offset) + ' ' + std::to_string(at.line) + ' ' + std::to_string(at.line_start);
}

location from_position(std::string_view position) {
  if (position.empty()) return {};
  location at;
  char const* next = position.data();
  char const* const end = next + position.size();
  bool good = true;
  for (auto* number : {&at.offset, &at.line, &at.line_start}) {
    if (number != &at.offset) good = good && next != end && *next++ == ' ';
    auto const [stop, problem] = std::from_chars(next, end, *number);
    good = good && problem == std::errc{};
    next = stop;
  }
  if (!good || next != end || at.line_start > at.offset)
    throw error(error_code::bad_record, "expected a position in a file like \"120 3 80\", found \"" + std::string(position) + "\"");
  return at;
}

}  // namespace flow::file::detail
