#include <flow/file/detail/csv_rows.hpp>

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

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
  std::string unescaped{};      // the last text with doubled quotes that was asked for
  std::size_t row_bytes = 0;    // of the current row, at the front of the window
  std::size_t taken_bytes = 0;  // the same and the end of its line
  std::optional<std::size_t> lost_at{};  // the row's end is not known: the mistake is at this byte of it

  std::string_view text(csv_span const& cell) {
    std::string_view written{window.begin() + cell.first, cell.size};
    if (!cell.escaped) return written;
    unescaped.clear();  // the window keeps the row as it is
    for (auto quote = written.find('"'); quote != std::string_view::npos; quote = written.find('"')) {
      unescaped += written.substr(0, quote + 1);
      written.remove_prefix(quote + 2);
    }
    return unescaped += written;
  }

  /// Takes the row at the front of the window; false at the end of the part.
  bool next_row() {
    window.consume(std::exchange(taken_bytes, 0));
    if (window.behind_part() || (window.size() == 0 && !window.more())) return false;
    scan();
    return true;
  }

  void scan() {
    csv_mistake mistake;
    bool last = false;
    lost_at = 0;
    for (;;) {
      *window.end() = '\n';
      auto const outcome =
          scan_row(window.begin(), window.end(), last, window.settings().quoted_new_lines, cells, row_bytes, taken_bytes, mistake);
      if (outcome == csv_scan::row) break;
      if (outcome == csv_scan::mistake) {
        taken_bytes = 0;
        lost_at = mistake.at;
        auto const bytes = to_line_end(mistake.at);
        window.fail(window.begin() + mistake.at, mistake.message, bytes);
      }
      last = !window.more();
    }
    lost_at.reset();
    window.check_size(row_bytes);
    if (char const* const bad = first_bad_byte({window.begin(), row_bytes})) window.fail(bad, bad_byte_message(*bad), row_bytes);
  }
  /// As far as a message shows it: the same however the file was read.
  std::size_t to_line_end(std::size_t at) {
    for (;;) {
      void const* const newline = at < window.size() ? std::memchr(window.begin() + at, '\n', window.size() - at) : nullptr;
      if (newline) return static_cast<std::size_t>(static_cast<char const*>(newline) - window.begin());
      if (window.size() > std::min(bad_record::most_text_bytes, window.settings().max_record_bytes + 1) || !window.more()) return window.size();
    }
  }

  void read_header() {
    taken_bytes = 0;
    window.seek({});
    window.skip_byte_order_mark();
    if (!next_row()) header_fails("expected a header row with the columns " + listed(wanted) + ", found the end of the file");
    width = cells.size();
    std::vector<std::string> names;
    for (auto const& cell : cells) names.emplace_back(text(cell));
    place.clear();
    for (auto const& name : wanted) {
      auto const found = std::find(names.begin(), names.end(), name);
      if (found == names.end()) header_fails("expected a column '" + name + "' in the header, found " + listed(names));
      if (std::find(found + 1, names.end(), name) != names.end())
        header_fails("expected one column '" + name + "' in the header, found several");
      place.push_back(static_cast<std::size_t>(found - names.begin()));
    }
  }

  [[noreturn]] void header_fails(std::string const& message) { window.fail(window.begin(), message, row_bytes); }
  static std::string listed(std::vector<std::string> const& names) {
    std::string list;
    for (auto const& name : names) list += (list.empty() ? "'" : ", '") + name + "'";
    return list;
  }

  void check_width() {
    if (cells.size() == width) return;
    bool const blank = cells.size() == 1 && cells[0].size == 0 && !cells[0].quoted;
    window.fail(window.begin(), "expected " + std::to_string(width) + " fields, as in the header, found " +
                                    (blank ? "an empty line" : std::to_string(cells.size())),
                row_bytes);
  }
};

csv_rows::csv_rows(input_settings settings, std::vector<std::string> wanted)
    : state_(std::make_unique<state>(std::move(settings), std::move(wanted))) {}
csv_rows::~csv_rows() = default;

void csv_rows::seek(location const& at) {
  auto& s = *state_;
  s.read_header();
  auto const begin = s.window.settings().part.begin;
  if (at.offset <= begin && begin == 0) return;
  s.taken_bytes = 0;
  if (at.offset > begin) s.window.seek(at);
  else s.window.seek_part();
}

bool csv_rows::next() {
  if (!state_->next_row()) return false;
  state_->check_width();
  return true;
}

/// Goes on with the line after the one that the mistake is in, or with the next row where this one's end is known.
bool csv_rows::recover() {
  auto& s = *state_;
  if (!s.lost_at) return true;
  s.window.consume(*std::exchange(s.lost_at, std::nullopt));
  s.window.skip_line();
  return true;
}

csv_cell csv_rows::cell(std::size_t column) const {
  auto const& span = state_->cells[state_->place[column]];
  return {state_->text(span), span.quoted};
}

std::uint64_t csv_rows::offset() const { return state_->window.offset() + state_->taken_bytes; }
std::uint64_t csv_rows::stored_offset() const { return state_->window.stored_offset(offset()); }
location csv_rows::where() const { return state_->window.where(state_->window.begin() + state_->taken_bytes); }
std::string const& csv_rows::time_format() const { return state_->window.settings().time_format; }

void csv_rows::mismatch(std::size_t column, std::string const& expected) const {
  auto& s = *state_;
  auto const& span = s.cells[s.place[column]];
  auto const text = s.text(span);
  s.window.fail(s.window.begin() + span.first,
                "expected " + expected + " for column '" + s.wanted[column] + "', found " + (text.empty() ? "an empty field" : in_quotes(text)),
                s.row_bytes);
}

}  // namespace flow::file::detail
