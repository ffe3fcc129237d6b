#include <cstring>

#include <flow/file/text_source.hpp>

#include "input_window.hpp"
#include "text_check.hpp"

namespace flow::file::detail {

struct text_lines::state {
  explicit state(input_settings settings) : window(std::move(settings)) {}
  input_window window;
  std::size_t taken_bytes = 0;  // of the current line, at the front of the window
  bool too_long = false;        // the window stands in a line whose end has not been seen
};

text_lines::text_lines(input_settings settings) : state_(std::make_unique<state>(std::move(settings))) {}
text_lines::~text_lines() = default;

void text_lines::seek(location const& at) {
  auto& window = state_->window;
  state_->taken_bytes = 0;
  if (at.offset > window.settings().part.begin) return window.seek(at);
  window.seek_part();
  if (window.offset() == 0) window.skip_byte_order_mark();
}

bool text_lines::read(std::string& line) {
  auto& [window, taken_bytes, too_long] = *state_;
  window.consume(std::exchange(taken_bytes, 0));
  if (window.behind_part()) return false;
  std::size_t bytes = 0;
  void const* newline = nullptr;
  too_long = true;
  do {
    newline = std::memchr(window.begin() + bytes, '\n', window.size() - bytes);
    bytes = newline ? static_cast<std::size_t>(static_cast<char const*>(newline) - window.begin()) : window.size();
  } while (!newline && window.more());
  too_long = false;
  if (!newline && bytes == 0) return false;
  taken_bytes = bytes + (newline ? 1 : 0);
  if (newline && bytes > 0 && window.begin()[bytes - 1] == '\r') --bytes;
  window.check_size(bytes);
  if (char const* const bad = first_bad_byte({window.begin(), bytes})) window.fail(bad, bad_byte_message(*bad), bytes);
  line.assign(window.begin(), bytes);
  return true;
}

bool text_lines::recover() {
  if (std::exchange(state_->too_long, false)) state_->window.skip_line();
  return true;
}

std::uint64_t text_lines::offset() const { return state_->window.offset() + state_->taken_bytes; }
std::uint64_t text_lines::stored_offset() const { return state_->window.stored_offset(offset()); }
location text_lines::where() const { return state_->window.where(state_->window.begin() + state_->taken_bytes); }

}  // namespace flow::file::detail
