#pragma once
// Numbers for people: short, with three digits that count.

#include <chrono>
#include <cstdint>
#include <string>

namespace flow {

/// "999", "1.23k", "45.6M": powers of 1000.
std::string short_count(double n);
/// "999 B", "1.23 kB", "45.6 GB": powers of 1000.
std::string short_bytes(double n);
/// "0:07", "12:34", "1:02:03", "3d 04:05:06"; fractions of a second are dropped.
std::string short_clock(std::chrono::nanoseconds d);

}  // namespace flow
