#include "units.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace flow {
namespace {

/// The number in the largest unit that leaves at least 1, and that unit's place.
std::string scaled(double n, int& unit, int most) {
  n = std::max(n, 0.0);
  unit = 0;
  while (n >= 999.5 && unit < most) {
    n /= 1000;
    ++unit;
  }
  if (unit == 0) return fmt::format("{:.0f}", n);
  return fmt::format("{:.{}f}", n, n < 9.995 ? 2 : n < 99.95 ? 1 : 0);
}

}  // namespace

std::string short_count(double n) {
  static constexpr char const* units[] = {"", "k", "M", "G", "T", "P", "E"};
  int unit = 0;
  std::string const digits = scaled(n, unit, 6);
  return digits + units[unit];
}

std::string short_bytes(double n) {
  static constexpr char const* units[] = {" B", " kB", " MB", " GB", " TB", " PB", " EB"};
  int unit = 0;
  std::string const digits = scaled(n, unit, 6);
  return digits + units[unit];
}

std::string short_clock(std::chrono::nanoseconds d) {
  auto const all = std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::seconds>(d).count());
  auto const days = all / 86'400, hours = all / 3'600 % 24, minutes = all / 60 % 60, seconds = all % 60;
  if (days > 0) return fmt::format("{}d {:02}:{:02}:{:02}", days, hours, minutes, seconds);
  if (hours > 0) return fmt::format("{}:{:02}:{:02}", hours, minutes, seconds);
  return fmt::format("{}:{:02}", minutes, seconds);
}

}  // namespace flow
