#include <flow/file/detail/csv_rows.hpp>

#include <algorithm>
#include <cstring>

#include "csv_scan.hpp"
#include "input_window.hpp"
#include "text_check.hpp"

namespace flow::file::detail {

struct csv_rows::state {
  state(input_settings settings, std::vector<std::string> columns) : window(std::move(settings)), wanted(std::move(columns)) {}

  input_window window;
  std::vector<std::string> wanted;
  std::vector<std::size_t> place{};  // of each wanted column in a row
  std::size_t width = 0;             // fields of the header
  std::vector<csv_span> cells{};
  std::size_t taken_bytes = 0;  // of the current row, at the front of the window

  std::string_view text(csv_span const& cell) { return {window.begin() + cell.first, cell.size}; }

  /// Takes the row at the front of the window; false at the end of the file.
  bool next_row() {
    window.consume(taken_bytes);
    taken_bytes = 0;
    if (window.size() == 0 && !window.more()) return false;
    scan();
    for (auto& cell : cells)
      if (cell.escaped) unescape(cell);
    return true;
  }

  void scan() {
    csv_mistake mistake;
    std::size_t row_bytes = 0;
    bool last = false;
    for (;;) {
      auto const outcome = scan_row(window.begin(), window.end(), last, cells, row_bytes, taken_bytes, mistake);
      if (outcome == csv_scan::row) break;
      if (outcome == csv_scan::mistake) window.fail(window.begin() + mistake.at, mistake.message);
      last = !window.more();
    }
    window.check_size(row_bytes);
    if (char const* const bad = first_bad_byte({window.begin(), row_bytes})) window.fail(bad, bad_byte_message(*bad));
  }

  /// Makes one quote of two, in place; the bytes left over become quotes, so that lines are still counted right.
  void unescape(csv_span& cell) {
    char* const first = window.begin() + cell.first;
    char* const last = first + cell.size;
    char* to = first;
    for (char const* from = first; from < last; ++from) {
      *to++ = *from;
      if (*from == '"') ++from;
    }
    cell.size = static_cast<std::size_t>(to - first);
    std::fill(to, last, '"');
    cell.escaped = false;
  }

  void read_header() {
    taken_bytes = 0;
    window.seek({});
    window.skip_byte_order_mark();
    if (!next_row()) window.fail(window.begin(), "expected a header row with the columns " + listed(wanted) + ", found the end of the file");
    width = cells.size();
    std::vector<std::string> names;
    for (auto const& cell : cells) names.emplace_back(text(cell));
    place.clear();
    for (auto const& name : wanted) {
      auto const found = std::find(names.begin(), names.end(), name);
      if (found == names.end()) window.fail(window.begin(), "expected a column '" + name + "' in the header, found " + listed(names));
      if (std::find(found + 1, names.end(), name) != names.end())
        window.fail(window.begin(), "expected one column '" + name + "' in the header, found several");
      place.push_back(static_cast<std::size_t>(found - names.begin()));
    }
  }

  static std::string listed(std::vector<std::string> const& names) {
    std::string list;
    for (auto const& name : names) list += (list.empty() ? "'" : ", '") + name + "'";
    return list;
  }

  void check_width() {
    if (cells.size() == width) return;
    bool const blank = cells.size() == 1 && cells[0].size == 0 && !cells[0].quoted;
    window.fail(window.begin(), "expected " + std::to_string(width) + " fields, as in the header, found " +
                                    (blank ? "an empty line" : std::to_string(cells.size())));
  }
};

csv_rows::csv_rows(input_settings settings, std::vector<std::string> wanted)
    : state_(std::make_unique<state>(std::move(settings), std::move(wanted))) {}
csv_rows::~csv_rows() = default;

void csv_rows::seek(location const& at) {
  state_->read_header();
  if (at.offset == 0) return;
  state_->taken_bytes = 0;
  state_->window.seek(at);
}

bool csv_rows::next() {
  if (!state_->next_row()) return false;
  state_->check_width();
  return true;
}

csv_cell csv_rows::cell(std::size_t column) const {
  auto const& span = state_->cells[state_->place[column]];
  return {state_->text(span), span.quoted};
}

std::uint64_t csv_rows::offset() const { return state_->window.offset() + state_->taken_bytes; }
location csv_rows::where() const { return state_->window.where(state_->window.begin() + state_->taken_bytes); }
std::string const& csv_rows::time_format() const { return state_->window.settings().time_format; }

void csv_rows::mismatch(std::size_t column, std::string const& expected) const {
  auto const found = cell(column);
  state_->window.fail(found.text.data(), "expected " + expected + " for column '" + state_->wanted[column] + "', found " +
                                             (found.text.empty() ? "an empty field" : in_quotes(found.text)));
}

}  // namespace flow::file::detail
