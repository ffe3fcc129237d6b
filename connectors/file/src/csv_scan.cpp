#include "csv_scan.hpp"

#include <array>
#include <cstring>
#include <string_view>

#include "text_check.hpp"

namespace flow::file::detail {
namespace {

constexpr std::array<bool, 256> ends_plain_text = [] {
  std::array<bool, 256> table{};
  for (unsigned char const c : {',', '\n', '\r', '"'}) table[c] = true;
  return table;
}();

class row_scanner {
 public:
  row_scanner(char const* begin, char const* end, bool last, bool quoted_new_lines, csv_mistake& mistake)
      : begin_(begin), next_(begin), end_(end), last_(last), quoted_new_lines_(quoted_new_lines), mistake_(mistake) {}

  csv_scan scan(std::vector<csv_span>& cells, std::size_t& row_bytes, std::size_t& taken_bytes) {
    cells.clear();
    for (;;) {
      csv_span cell{};
      auto const outcome = *next_ == '"' ? quoted(cell) : plain(cell);
      if (outcome != csv_scan::row) return outcome;
      cells.push_back(cell);
      if (next_ < end_ && *next_ == ',') {
        ++next_;
        continue;
      }
      row_bytes = here();
      return end_of_line(taken_bytes);
    }
  }

 private:
  std::size_t here() const { return static_cast<std::size_t>(next_ - begin_); }
  csv_scan wrong(std::string message) {
    mistake_ = {here(), std::move(message)};
    return csv_scan::mistake;
  }

  csv_scan plain(csv_span& cell) {
    cell.first = here();
    while (!ends_plain_text[static_cast<unsigned char>(*next_)]) ++next_;
    if (next_ == end_ && !last_) return csv_scan::incomplete;
    if (next_ < end_ && *next_ == '"')
      return wrong("expected quotes around the whole field, found a quote within it; write a quote as two, in a quoted field");
    cell.size = here() - cell.first;
    return csv_scan::row;
  }

  csv_scan quoted(csv_span& cell) {
    char const* const opening = next_++;
    cell.first = here();
    cell.quoted = true;
    for (;; next_ += 2) {
      auto const* quote = static_cast<char const*>(std::memchr(next_, '"', static_cast<std::size_t>(end_ - next_)));
      if (!quoted_new_lines_ && has_new_line(quote ? quote : end_)) {
        next_ = opening;
        return wrong("expected a closing quote on the same line, as the file is said to have no quoted new lines, found a new line");
      }
      if (!quote && !last_) return csv_scan::incomplete;
      if (!quote) {
        next_ = opening;
        return wrong("expected a closing quote for the field that begins here, found the end of the file");
      }
      next_ = quote;
      if (next_ + 1 == end_ && !last_) return csv_scan::incomplete;
      if (next_ + 1 == end_ || next_[1] != '"') break;
      cell.escaped = true;
    }
    cell.size = here() - cell.first;
    ++next_;
    if (next_ < end_ && *next_ != ',' && *next_ != '\n' && *next_ != '\r')
      return wrong("expected ',' or the end of the line after a closing quote, found " + quoted_text());
    return csv_scan::row;
  }
  bool has_new_line(char const* before) const { return std::memchr(next_, '\n', static_cast<std::size_t>(before - next_)) != nullptr; }
  std::string quoted_text() const { return in_quotes({next_, 1}); }

  csv_scan end_of_line(std::size_t& taken_bytes) {
    if (next_ < end_ && *next_ == '\r') {
      if (next_ + 1 == end_ && !last_) return csv_scan::incomplete;
      if (next_ + 1 == end_ || next_[1] != '\n')
        return wrong("expected a line feed after a carriage return, found none; quote a field that holds one");
      ++next_;
    }
    if (next_ < end_) ++next_;
    taken_bytes = here();
    return csv_scan::row;
  }

  char const* begin_;
  char const* next_;
  char const* end_;
  bool last_;
  bool quoted_new_lines_;
  csv_mistake& mistake_;
};

}  // namespace

csv_scan scan_row(char const* begin, char const* end, bool last, bool quoted_new_lines, std::vector<csv_span>& cells,
                  std::size_t& row_bytes, std::size_t& taken_bytes, csv_mistake& mistake) {
  return row_scanner(begin, end, last, quoted_new_lines, mistake).scan(cells, row_bytes, taken_bytes);
}

}  // namespace flow::file::detail
