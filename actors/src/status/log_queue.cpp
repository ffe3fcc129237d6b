#include <fmt/format.h>

#include "log_queue.hpp"
#include "status_text.hpp"

#include <flow/record/time_text.hpp>

namespace flow {

std::string log_line(timestamp time, std::string_view level, std::string_view subject, std::string_view text) {
  std::string line;
  append_time(line, std::chrono::floor<std::chrono::seconds>(time));
  line.pop_back();  // the Z, which comes behind the thousandths
  auto const thousandths = std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count() % 1000;
  return line + fmt::format(".{:03}Z {:<7} {}: {}\n", thousandths, level, printable(subject), printable(text));
}

}  // namespace flow
