#pragma once
// Standard error as flow::run uses it: text that stays, and below it one line that is drawn anew.
//
// The line is there on a terminal only: not when TERM is "dumb" or unset, not with NO_COLOR set, not while the process is
// in the background. The cursor rests at its first column, so that it is found again when the terminal becomes narrower
// and wraps it. All methods may be called from any thread. Nobody is there to be told when standard error itself fails:
// it is then left alone, and a reader that has gone away does not end the process.

#include <functional>
#include <mutex>
#include <string>
#include <string_view>

namespace flow {

class console {
 public:
  /// `environment(name)` is the variable's value, or empty.
  console(int file, std::function<std::string(char const*)> environment);
  console(console const&) = delete;
  console& operator=(console const&) = delete;
  ~console() { rest(); }

  /// Whether there is a line to draw on.
  bool has_line() const { return has_line_; }
  /// Columns of the terminal now; $COLUMNS where it does not say, else 80.
  std::size_t width() const;
  /// Draws `line` in place of the one before, unless the terminal takes nothing at the moment.
  void draw(std::string const& line);
  /// Prints text that stays, of whole lines, above the line. Waits for a slow reader.
  void print(std::string_view text);
  /// Whether `print` of a few lines would not have to wait.
  bool takes_text() const;
  /// Removes the line and draws it no more.
  void rest();

 private:
  bool in_foreground() const;
  void write(std::string_view text);

  int const file_;
  std::function<std::string(char const*)> const environment_;
  bool const has_line_;
  std::mutex lock_;
  std::string line_;
  bool rests_ = false;
  bool is_gone_ = false;
};

}  // namespace flow
