#pragma once
// A status as text: one line, as wide as there is room for.

#include <optional>
#include <string>

#include "meter.hpp"

namespace flow {

/// How far a watermark is behind the clock on the wall, where that says something: for data of the last seven days. Data
/// older than that is history, and a watermark more than a minute ahead is no time of this world.
std::optional<duration> behind(timestamp watermark, timestamp wall);

/// One line of at most `width` columns, without an end of line. What matters least is left out first when there is no room.
std::string status_line(status_view const& view, timestamp wall, std::size_t width);

/// The columns that UTF-8 text takes, each character being one.
std::size_t columns_of(std::string_view text);
/// The text without what would break a line or command a terminal: control characters become spaces.
std::string printable(std::string_view text);

}  // namespace flow
