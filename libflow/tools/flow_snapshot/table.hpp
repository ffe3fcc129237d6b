#pragma once
// A table of text for people: columns as wide as their longest cell; names are cut where that is wider than the terminal.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace flow::tools {

class table {
 public:
  enum class content {
    name,    // cut where the terminal is too narrow
    word,    // of few letters, never cut
    number,  // the same, and to the right
  };
  struct column {
    std::string title;
    table::content content;
  };
  explicit table(std::vector<column> columns) : columns_(std::move(columns)) {}

  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  /// A line of its own below the last row: `label` and what goes with it.
  void add_note(std::string label, std::string text) { rows_.push_back({"  " + label + " ", std::move(text)}); }
  /// With an end of line each. `width`: of the terminal; 0 where nothing is to be cut.
  std::string text(std::size_t width) const;

 private:
  bool is_note(std::vector<std::string> const& row) const { return row.size() != columns_.size(); }
  std::vector<std::size_t> widths(std::size_t width) const;

  std::vector<column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// As it may be shown on a terminal: UTF-8, without control characters.
std::string printable(std::string_view text);
/// "1,234,567"
std::string grouped(std::uint64_t n);

}  // namespace flow::tools
