// Finds what is wrong with a JSON text, and says so. simdjson says fast that something is; it does not say where.

#include <algorithm>
#include <charconv>

#include "json_scan.hpp"
#include "text_check.hpp"

namespace flow::file::detail {
namespace {

class checker {
 public:
  explicit checker(std::string_view text) : next_(text.data()), end_(next_ + text.size()) {}

  std::optional<json_mistake> check() {
    skip_space();
    if (value() && next_ != end_) wrong("the end of the record");
    return std::move(mistake_);
  }

 private:
  static constexpr int deepest = 1000;  // below the parser's own limit

  bool at(char c) const { return next_ < end_ && *next_ == c; }
  void skip_space() {
    while (next_ < end_ && is_json_space(*next_)) ++next_;
  }

  bool wrong(std::string const& expected) {
    std::string found = "the end of the record";
    if (next_ < end_) found = in_quotes({next_, word_bytes()});
    return mistake("expected " + expected + ", found " + found);
  }
  bool mistake(std::string message) {
    mistake_ = json_mistake{next_, std::move(message)};
    return false;
  }
  static bool is_word(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("+-._").find(c) != std::string_view::npos;
  }
  std::size_t word_bytes() const {
    char const* last = next_;
    while (last < end_ && is_word(*last)) ++last;
    return last == next_ ? 1 : static_cast<std::size_t>(last - next_);
  }

  bool value() {
    bool good = false;
    if (at('{') || at('[')) good = container();
    else if (at('"')) good = string();
    else if (at('-') || (next_ < end_ && *next_ >= '0' && *next_ <= '9')) good = number();
    else good = word("true") || word("false") || word("null") || wrong("a JSON value");
    skip_space();
    return good;
  }

  bool word(std::string_view expected) {
    if (std::string_view(next_, word_bytes_or_none()) != expected) return false;
    next_ += expected.size();
    return true;
  }
  std::size_t word_bytes_or_none() const { return next_ < end_ ? word_bytes() : 0; }

  bool container() {
    if (++depth_ > deepest) return mistake("expected at most " + std::to_string(deepest) + " levels of JSON, found more");
    bool const object = *next_++ == '{';
    char const close = object ? '}' : ']';
    skip_space();
    for (bool first = true; !(first && at(close)); first = false) {
      if (object && !member_name()) return false;
      if (!value()) return false;
      if (at(close)) break;
      if (!at(',')) return wrong(object ? "',' or '}' after a member" : "',' or ']' after an element");
      ++next_;
      skip_space();
    }
    ++next_;
    --depth_;
    return true;
  }

  bool member_name() {
    if (!at('"')) return wrong("a member's name in quotes");
    if (!string()) return false;
    skip_space();
    if (!at(':')) return wrong("':' after a member's name");
    ++next_;
    skip_space();
    return true;
  }

  bool string() {
    for (++next_; next_ < end_; ++next_) {
      unsigned char const c = static_cast<unsigned char>(*next_);
      if (c == '"') return ++next_, true;
      if (c < 0x20) return wrong("an escape in place of a control character in a string");
      if (c == '\\' && !escape()) return false;
    }
    return wrong("a closing quote");
  }

  bool escape() {
    char const* const start = next_++;
    if (next_ < end_ && std::string_view("\"\\/bfnrt").find(*next_) != std::string_view::npos) return true;
    unsigned code = 0;
    if (hexadecimal(code) && !(code >= 0xDC00 && code <= 0xDFFF)) {
      if (code < 0xD800 || code > 0xDBFF) return true;
      unsigned low = 0;
      ++next_;
      if (at('\\') && (++next_, hexadecimal(low)) && low >= 0xDC00 && low <= 0xDFFF) return true;
    }
    next_ = start;
    return mistake("expected an escape of JSON, found " + in_quotes({start, std::min<std::size_t>(6, static_cast<std::size_t>(end_ - start))}));
  }
  /// 'u' and four digits, up to the last of them.
  bool hexadecimal(unsigned& code) {
    if (end_ - next_ < 5 || *next_ != 'u') return false;
    bool const good = std::from_chars(next_ + 1, next_ + 5, code, 16).ptr == next_ + 5;
    next_ += 4;
    return good;
  }

  bool number() {
    char const* const start = next_;
    if (at('-')) ++next_;
    bool good = at('0') ? (++next_, true) : digits();
    if (at('.')) ++next_, good = digits() && good;
    if (at('e') || at('E')) {
      ++next_;
      if (at('+') || at('-')) ++next_;
      good = digits() && good;
    }
    if (next_ < end_ && is_word(*next_)) good = false;
    char const* const stop = next_;
    next_ = start;
    if (!good) return wrong("a number of JSON");
    double value = 0;
    if (std::from_chars(start, stop, value).ec != std::errc{}) return wrong("a number of double precision");
    next_ = stop;
    return true;
  }
  bool digits() {
    char const* const start = next_;
    while (next_ < end_ && *next_ >= '0' && *next_ <= '9') ++next_;
    return next_ > start;
  }
  char const* next_;
  char const* end_;
  int depth_ = 0;
  std::optional<json_mistake> mistake_{};
};

}  // namespace

std::optional<json_mistake> find_mistake(std::string_view text) {
  if (char const* const bad = first_bad_byte(text)) return json_mistake{bad, bad_byte_message(*bad)};
  return checker(text).check();
}

}  // namespace flow::file::detail
