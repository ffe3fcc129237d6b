#include <flow/file/detail/json_records.hpp>

#include <simdjson.h>

#include <bit>
#include <cstring>
#include <optional>

#include "input_window.hpp"
#include "json_scan.hpp"
#include "text_check.hpp"

namespace flow::file::detail {
namespace {

enum class form { lines, array };

}  // namespace

struct json_records::state {
  explicit state(input_settings settings) : window(std::move(settings)) {}

  input_window window;
  simdjson::dom::parser parser{};
  simdjson::dom::element root{};
  std::string rewritten{};  // a record of large numbers
  form is = form::lines;
  std::size_t record_bytes = 0;  // of the current record, at the front of the window
  std::size_t taken_bytes = 0;   // the same and the end of its line
  bool taken = false;            // the end of the current record has been found
  bool any = false;              // whether a record was taken since the array's bracket
  std::optional<location> bracket{};  // the array's closing one, when it has been reached

  void take(std::size_t record, std::size_t with_line_end) {
    record_bytes = record;
    taken_bytes = with_line_end;
    taken = true;
  }
  [[noreturn]] void fail(char const* at, std::string const& message) {
    window.fail(at, message, record_bytes > 0 ? record_bytes : window.size());
  }

  /// Consumes white space; false at the end of the file.
  bool skip_space() {
    for (;;) {
      char* at = window.begin();
      while (at < window.end() && is_json_space(*at)) ++at;
      window.consume(static_cast<std::size_t>(at - window.begin()));
      if (window.size() > 0) return true;
      if (!window.more()) return false;
    }
  }

  /// Goes to the beginning of the part. Only a file that is read from its beginning can be an array.
  void begin_part() {
    window.seek_part();
    is = form::lines;
    if (window.settings().part.begin > 0) return;
    window.skip_byte_order_mark();
    location const first_line = window.where();
    bool const array = skip_space() && *window.begin() == '[';
    if (array) {
      is = form::array;
      window.consume(1);
    } else if (window.offset() != first_line.offset) {
      window.seek(first_line);  // a record belongs to the part in which its line begins
    }
  }

  bool next_line() {
    while (!window.behind_part()) {
      std::size_t const bytes = line_bytes();
      bool const terminated = bytes < window.size();
      if (bytes == 0 && !terminated) return take(0, 0), false;
      std::string_view const line(window.begin(), bytes);
      std::size_t const used = line.find_last_not_of(" \t\r\n") + 1;
      take(used, bytes + (terminated ? 1 : 0));
      window.check_size(used);
      if (used > 0) return parse("; a record must end on its line, unless the file is one array"), true;
      window.consume(taken_bytes);
      taken = false;
    }
    take(0, 0);
    return false;
  }
  std::size_t line_bytes() {
    for (std::size_t searched = 0;;) {
      if (void const* newline = std::memchr(window.begin() + searched, '\n', window.size() - searched))
        return static_cast<std::size_t>(static_cast<char const*>(newline) - window.begin());
      searched = window.size();
      if (!window.more()) return searched;
    }
  }

  bool next_element() {
    if (bracket) return false;
    if (!skip_space()) truncated();
    if (*window.begin() == ']') return end_array();
    if (any) {
      if (*window.begin() != ',') fail(window.begin(), "expected ',' or ']' after a record, found " + in_quotes({window.begin(), 1}));
      window.consume(1);
      if (!skip_space()) truncated();
    }
    if (*window.begin() == ',' || *window.begin() == ']' || *window.begin() == '}')
      fail(window.begin(), "expected a record, found " + in_quotes({window.begin(), 1}));
    std::size_t const bytes = element_bytes();
    take(bytes, bytes);
    any = true;
    window.check_size(bytes);
    parse("");
    return true;
  }
  std::size_t element_bytes() {
    for (;;) {
      if (char const* const stop = end_of_value(window.begin(), window.end())) return static_cast<std::size_t>(stop - window.begin());
      if (!window.more()) break;
    }
    auto const mistake = find_mistake({window.begin(), window.size()});
    fail(mistake ? mistake->at : window.end(), (mistake ? mistake->message : "expected ']'") + "; the file ends within its array");
  }
  [[noreturn]] void truncated() {
    fail(window.end(), "expected ',' or ']' after a record, found the end of the file; the array is truncated");
  }

  /// Checks that nothing follows the array. The position stays at the bracket, so that a reader that starts there ends.
  bool end_array() {
    location const here = window.where();
    window.consume(1);
    if (skip_space()) fail(window.begin(), "expected the end of the file after the array, found " + in_quotes({window.begin(), 1}));
    bracket = here;
    take(0, 0);
    return false;
  }

  void parse(char const* hint) {
    auto problem = parser.parse(window.begin(), record_bytes, false).get(root);
    if (problem == simdjson::SUCCESS) return;
    if (problem == simdjson::NUMBER_ERROR) {
      copy_with_large_numbers({window.begin(), record_bytes}, rewritten);
      problem = parser.parse(rewritten).get(root);
      if (problem == simdjson::SUCCESS) return;
    }
    if (problem == simdjson::MEMALLOC) throw error(error_code::limit_exceeded, window.settings().part.path + ": no memory to parse a record");
    auto const mistake = find_mistake({window.begin(), record_bytes});
    if (!mistake) fail(window.begin(), std::string("expected JSON, found: ") + simdjson::error_message(problem));
    bool const at_end = mistake->at == window.begin() + record_bytes;
    fail(mistake->at, mistake->message + (at_end ? hint : ""));
  }
};

json_records::json_records(input_settings settings) : state_(std::make_unique<state>(std::move(settings))) {}
json_records::~json_records() = default;

void json_records::seek(location const& at) {
  auto& s = *state_;
  bool const inside = at.offset > s.window.settings().part.begin;
  s.begin_part();
  s.take(0, 0);
  s.any = inside;
  s.bracket.reset();
  if (inside) s.window.seek(at);
}

bool json_records::next() {
  auto& s = *state_;
  s.window.consume(s.taken_bytes);
  s.take(0, 0);
  s.taken = false;
  return s.is == form::array ? s.next_element() : s.next_line();
}

bool json_records::recover() {
  auto& s = *state_;
  if (s.taken) return true;
  if (s.is == form::array) return false;  // where the next element begins cannot be told
  s.window.skip_line();
  return true;
}

json_value json_records::root() const { return std::bit_cast<json_value>(state_->root); }
std::uint64_t json_records::offset() const { return state_->window.offset() + state_->taken_bytes; }
std::uint64_t json_records::stored_offset() const { return state_->window.stored_offset(offset()); }
location json_records::where() const { return state_->bracket ? *state_->bracket : state_->window.where(state_->window.begin() + state_->taken_bytes); }
std::string const& json_records::time_format() const { return state_->window.settings().time_format; }

void json_records::fail(std::vector<json_step> const& path, std::string const& message) const {
  auto const& s = *state_;
  state_->fail(find_value({state_->window.begin(), s.record_bytes}, path), message);
}

}  // namespace flow::file::detail
