#pragma once
// Times in text: ISO 8601 in UTC, or a format of strftime's.

#include <optional>
#include <string>
#include <string_view>

#include <flow/time.hpp>

namespace flow {

/// Appends `time` in UTC. An empty `format` means ISO 8601, "2001-01-31T23:59:00Z", with a fraction only where there is one.
/// A time outside the years 0 to 9999, which have four digits, is written as microseconds since the epoch in every format.
void append_time(std::string& out, timestamp time, std::string_view format = {});

/// Reads all of `text` as a time in UTC. An empty `format` accepts ISO 8601 and a whole number of microseconds since
/// the epoch; else the format's %Y %m %d %H %M %S (with a fraction where the text has one) and literal characters.
/// Nothing when the text is anything else or names no real date.
std::optional<timestamp> parse_time(std::string_view text, std::string_view format = {});

}  // namespace flow
