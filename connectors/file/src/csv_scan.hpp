#pragma once
// The syntax of a CSV row: where its cells are, before anything is copied or changed.

#include <cstddef>
#include <string>
#include <vector>

namespace flow::file::detail {

/// A cell's text within its row, quotes around it excluded.
struct csv_span {
  std::size_t first;
  std::size_t size;
  bool quoted;
  bool escaped;  // holds doubled quotes
};

struct csv_mistake {
  std::size_t at = 0;
  std::string message{};
};

enum class csv_scan { row, incomplete, mistake };

/// Finds the cells of the row at the front of [begin, end) and, with `row`, how many bytes it has with and without the end of its
/// line. `*end` must be a new line, which spares looking for the end at every byte. `last` says that the file ends at `end`;
/// without `quoted_new_lines` a new line in quotes is a mistake. O(size).
csv_scan scan_row(char const* begin, char const* end, bool last, bool quoted_new_lines, std::vector<csv_span>& cells, std::size_t& row_bytes,
                  std::size_t& taken_bytes, csv_mistake& mistake);

}  // namespace flow::file::detail
