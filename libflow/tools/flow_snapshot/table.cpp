#include "table.hpp"

#include <flow/record/json_by_schema.hpp>

#include <algorithm>
#include <numeric>

namespace flow::tools {
namespace {

constexpr std::size_t least_width = 8, gap = 2;

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

/// Characters, each taken to be one column wide.
std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return !continues(c); }));
}

std::string cut(std::string const& text, std::size_t width) {
  if (columns_of(text) <= width) return text;
  std::size_t end = 0, columns = 0;
  while (end < text.size() && (continues(text[end]) || ++columns < width)) ++end;
  return text.substr(0, end) + "…";
}

std::string padded(std::string const& text, std::size_t width, bool right) {
  std::string const space(width - std::min(width, columns_of(text)), ' ');
  return right ? space + text : text + space;
}

void add_line(std::string& out, std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  out += line + '\n';
}

}  // namespace

std::vector<std::size_t> table::widths(std::size_t width) const {
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    all.push_back(columns_of(columns_[i].title));
    for (auto const& row : rows_)
      if (!is_note(row)) all[i] = std::max(all[i], columns_of(row[i]));
  }
  auto const needed = [&] { return std::accumulate(all.begin(), all.end(), gap * (all.size() - 1)); };
  while (width > 0 && needed() > width) {
    std::size_t widest = columns_.size();
    for (std::size_t i = 0; i < columns_.size(); ++i)
      if (columns_[i].content == content::name && all[i] > least_width && (widest == columns_.size() || all[i] > all[widest])) widest = i;
    if (widest == columns_.size()) break;
    --all[widest];
  }
  return all;
}

std::string table::text(std::size_t width) const {
  auto const w = widths(width);
  std::string out;
  auto const add = [&](auto const& cell) {
    std::string line;
    for (std::size_t i = 0; i < columns_.size(); ++i) line += (i > 0 ? std::string(gap, ' ') : "") + padded(cut(cell(i), w[i]), w[i], columns_[i].content == content::number);
    add_line(out, line);
  };
  add([&](std::size_t i) { return columns_[i].title; });
  for (auto const& row : rows_) {
    if (is_note(row)) add_line(out, width > 0 ? cut(row[0] + row[1], width) : row[0] + row[1]);
    else add([&](std::size_t i) { return row[i]; });
  }
  return out;
}

std::string printable(std::string_view text) {
  std::string out = as_utf8(text);
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  return out;
}

std::string grouped(std::uint64_t n) {
  std::string digits = std::to_string(n);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits;
}

}  // namespace flow::tools
