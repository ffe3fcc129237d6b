#include <cerrno>
#include <cmath>
#include <cstdio>
#include <iostream>

#include <flow/error.hpp>
#include <flow/file/console_table.hpp>
#include <flow/record/time_text.hpp>

namespace flow::file::detail {
namespace {

/// Characters of UTF-8 text, which are taken to be one column wide each.
std::size_t width(std::string_view text) {
  std::size_t characters = 0;
  for (char const c : text) characters += (c & 0xC0) != 0x80 ? 1 : 0;
  return characters;
}

void append_padded(std::string& line, std::string_view text, std::size_t columns, bool right) {
  std::string const space(columns - width(text), ' ');
  if (!line.empty()) line += "  ";
  if (right) line += space;
  line += text;
  if (!right) line += space;
}

std::string trimmed(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

}  // namespace

void table_cells::time(timestamp value) {
  std::string text;
  append_time(text, value, time_format_);
  add(std::move(text), false);
}

/// At most three decimals, for reading; very small and very large numbers with an exponent.
std::string table_cells::real(double value) {
  char text[64];
  double const size = std::fabs(value);
  if (!std::isfinite(value) || (size != 0 && (size < 0.001 || size >= 1e15))) {
    std::snprintf(text, sizeof text, "%.4g", value);
    return text;
  }
  std::snprintf(text, sizeof text, "%.3f", value);
  std::string shown = text;
  shown.erase(shown.find_last_not_of('0') + 1);
  if (shown.back() == '.') shown.pop_back();
  return shown == "-0" ? "0" : shown;
}

/// Control characters would break the table, or command the terminal.
std::string table_cells::one_line(std::string_view text) {
  std::string line(text);
  for (char& c : line)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  return line;
}

void table_cells::print(table_settings const& settings, std::string const& title, std::uint64_t records) const {
  std::size_t const count = columns_.size(), rows = cells_.size() / count;
  std::vector<std::size_t> widths;
  for (auto const& column : columns_) widths.push_back(width(column));
  for (std::size_t i = 0; i < cells_.size(); ++i) widths[i % count] = std::max(widths[i % count], width(cells_[i]));
  std::string text = title.empty() ? "" : title + "\n";
  auto const add_line = [&](auto cell) {
    std::string line;
    for (std::size_t c = 0; c < count; ++c) append_padded(line, cell(c), widths[c], right_[c]);
    text += trimmed(line) + "\n";
  };
  add_line([&](std::size_t c) { return columns_[c]; });
  add_line([&](std::size_t c) { return std::string(widths[c], '-'); });
  for (std::size_t row = 0; row < rows; ++row) add_line([&](std::size_t c) { return cells_[row * count + c]; });
  if (records > rows) text += "(" + std::to_string(rows) + " of " + std::to_string(records) + " records)\n";
  std::ostream& out = settings.out ? *settings.out : std::cout;
  errno = 0;
  if (!(out << text << std::flush)) throw system_error(errno != 0 ? errno : EIO, "cannot print the table '" + title + "'");
}

}  // namespace flow::file::detail
