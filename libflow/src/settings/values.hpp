#pragma once
// Values of settings as text. Everything throws `flow::error` (usage) that says what was expected.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <flow/settings.hpp>

namespace flow::detail {

/// `what` is the setting, or the kind of value: the message begins with it.
[[noreturn]] void throw_unexpected(std::string_view what, std::string_view found, std::string_view expected);

std::uint32_t parse_count(std::string_view key, std::string_view text, std::uint64_t least, std::uint64_t most);
double parse_factor(std::string_view key, std::string_view text, double least, double most);
bool parse_bool(std::string_view key, std::string_view text);
/// A time that is waited for: it is counted in nanoseconds.
std::chrono::microseconds parse_wait(std::string_view text);
/// A wait that is not 0.
std::chrono::microseconds parse_positive_wait(std::string_view text);
/// "none" is an empty path. An empty text is refused: it is a variable of a shell that was not set.
std::string parse_directory(std::string_view key, std::string_view text);
std::string parse_name(std::string_view key, std::string_view text);
/// "old=new"
std::pair<std::string, std::string> parse_rename(std::string_view key, std::string_view text);
state_backend_form parse_state_backend(std::string_view key, std::string_view text);
restart_form parse_restart_form(std::string_view key, std::string_view text);
/// A number of restarts, or "unlimited".
std::uint32_t parse_attempts(std::string_view key, std::string_view text);

}  // namespace flow::detail
