#include <cstring>

#include <flow/file/text_source.hpp>

#include "input_window.hpp"
#include "text_check.hpp"

namespace flow::file::detail {

struct text_lines::state {
  explicit state(input_settings settings) : window(std::move(settings)) {}
  input_window window;
};

text_lines::text_lines(input_settings settings) : state_(std::make_unique<state>(std::move(settings))) {}
text_lines::~text_lines() = default;

void text_lines::seek(location const& at) {
  state_->window.seek(at);
  if (at.offset == 0) state_->window.skip_byte_order_mark();
}

bool text_lines::read(std::string& line) {
  auto& window = state_->window;
  std::size_t bytes = 0;
  void const* newline = nullptr;
  do {
    newline = std::memchr(window.begin() + bytes, '\n', window.size() - bytes);
    bytes = newline ? static_cast<std::size_t>(static_cast<char const*>(newline) - window.begin()) : window.size();
  } while (!newline && window.more());
  if (!newline && bytes == 0) return false;
  std::size_t const taken = bytes + (newline ? 1 : 0);
  if (newline && bytes > 0 && window.begin()[bytes - 1] == '\r') --bytes;
  window.check_size(bytes);
  if (char const* const bad = first_bad_byte({window.begin(), bytes})) window.fail(bad, bad_byte_message(*bad));
  line.assign(window.begin(), bytes);
  window.consume(taken);
  return true;
}

std::uint64_t text_lines::offset() const { return state_->window.offset(); }
location text_lines::where() const { return state_->window.where(); }

}  // namespace flow::file::detail
