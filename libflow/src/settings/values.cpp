#include "settings/values.hpp"

#include <array>
#include <charconv>
#include <limits>

#include <flow/error.hpp>

namespace flow {
namespace {

/// A whole number at the front of `text`, and the rest.
bool split_number(std::string_view text, std::uint64_t& number, std::string_view& unit) {
  auto const [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  unit = text.substr(static_cast<std::size_t>(end - text.data()));
  return problem == std::errc{};
}

struct unit_factor {
  std::string_view unit;
  std::uint64_t factor;
};
constexpr std::array<unit_factor, 6> time_units{{{"us", 1}, {"ms", 1'000}, {"s", 1'000'000}, {"min", 60'000'000}, {"h", 3'600'000'000}, {"d", 86'400'000'000}}};

constexpr restart_form restart_forms[] = {restart_form::automatic, restart_form::none, restart_form::fixed_delay, restart_form::exponential,
                                          restart_form::failure_rate};

}  // namespace

std::string_view name_of(restart_form form) {
  switch (form) {
    case restart_form::automatic: return "auto";
    case restart_form::none: return "none";
    case restart_form::fixed_delay: return "fixed-delay";
    case restart_form::exponential: return "exponential";
    case restart_form::failure_rate: return "failure-rate";
  }
  return "unknown";
}

std::string_view name_of(state_backend_form form) { return form == state_backend_form::memory ? "memory" : "rocksdb"; }

std::chrono::microseconds parse_duration(std::string_view text) {
  std::uint64_t n = 0;
  std::string_view unit;
  if (split_number(text, n, unit)) {
    if (n == 0 && unit.empty()) return {};
    for (auto const& u : time_units)
      if (u.unit == unit && n <= std::numeric_limits<std::int64_t>::max() / u.factor) return std::chrono::microseconds(n * u.factor);
  }
  detail::throw_unexpected("time", text, "a whole number with us, ms, s, min, h or d, like 250ms");
}

std::uint64_t parse_bytes(std::string_view text) {
  std::uint64_t n = 0;
  std::string_view unit;
  if (split_number(text, n, unit) && n < (std::uint64_t{1} << 33)) {
    if (unit.empty()) return n;
    if (unit == "k") return n << 10;
    if (unit == "M") return n << 20;
    if (unit == "G") return n << 30;
  }
  detail::throw_unexpected("bytes", text, "a whole number with an optional k, M or G, like 4M");
}

std::string format_duration(std::chrono::microseconds d) {
  auto const n = static_cast<std::uint64_t>(d.count());
  for (auto u = time_units.rbegin(); u != time_units.rend(); ++u)
    if (n % u->factor == 0 && n >= u->factor) return std::to_string(n / u->factor) + std::string(u->unit);
  return std::to_string(n) + (n ? "us" : "");
}

restore_origin parse_restore_origin(std::string_view text) {
  if (text == "none") return {};
  if (text == "latest") return {restore_form::latest};
  if (text == "latest-or-fresh") return {restore_form::latest_or_fresh};
  std::uint64_t id = 0;
  std::string_view rest;
  if (split_number(text, id, rest) && rest.empty()) return {restore_form::checkpoint, id};
  if (text.empty()) detail::throw_unexpected("restore", text, "latest, latest-or-fresh, none, the number of a checkpoint or a path");
  return {restore_form::path, 0, std::string(text)};
}

namespace detail {

void throw_unexpected(std::string_view what, std::string_view found, std::string_view expected) {
  throw error(error_code::usage, std::string(what) + ": expected " + std::string(expected) + ", found '" + std::string(found) + "'");
}

std::uint32_t parse_count(std::string_view key, std::string_view text, std::uint64_t least, std::uint64_t most) {
  std::uint64_t n = 0;
  std::string_view rest;
  if (!split_number(text, n, rest) || !rest.empty() || n < least || n > most)
    throw_unexpected(key, text, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  return static_cast<std::uint32_t>(n);
}

double parse_factor(std::string_view key, std::string_view text, double least, double most) {
  double n = 0;
  auto const [end, problem] = std::from_chars(text.data(), text.data() + text.size(), n, std::chars_format::fixed);
  if (problem != std::errc{} || end != text.data() + text.size() || !(n >= least && n <= most))
    throw_unexpected(key, text, "a number from " + std::to_string(static_cast<int>(least)) + " to " + std::to_string(static_cast<int>(most)));
  return n;
}

bool parse_bool(std::string_view key, std::string_view text) {
  if (text != "true" && text != "false") throw_unexpected(key, text, "true or false");
  return text == "true";
}

std::chrono::microseconds parse_wait(std::string_view text) {
  auto const d = parse_duration(text);
  if (d > std::chrono::days(10'000)) throw_unexpected("time", text, "at most 10000d");
  return d;
}

std::chrono::microseconds parse_positive_wait(std::string_view text) {
  auto const d = parse_wait(text);
  if (d.count() == 0) throw_unexpected("time", text, "more than 0");
  return d;
}

std::string parse_directory(std::string_view key, std::string_view text) {
  if (text.empty()) throw_unexpected(key, text, "the path of a directory, or none");
  return text == "none" ? "" : std::string(text);
}

std::string parse_name(std::string_view key, std::string_view text) {
  if (text.empty()) throw_unexpected(key, text, "the name of an operator");
  return std::string(text);
}

std::pair<std::string, std::string> parse_rename(std::string_view key, std::string_view text) {
  auto const equals = text.find('=');
  if (equals == 0 || equals == std::string_view::npos || equals + 1 == text.size())
    throw_unexpected(key, text, "old=new, the operator's name in the snapshot and in the job");
  return {std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))};
}

state_backend_form parse_state_backend(std::string_view key, std::string_view text) {
  for (auto const form : {state_backend_form::memory, state_backend_form::rocksdb})
    if (text == name_of(form)) return form;
  throw_unexpected(key, text, "memory or rocksdb");
}

restart_form parse_restart_form(std::string_view key, std::string_view text) {
  for (auto const form : restart_forms)
    if (name_of(form) == text) return form;
  throw_unexpected(key, text, "auto, none, fixed-delay, exponential or failure-rate");
}

std::uint32_t parse_attempts(std::string_view key, std::string_view text) {
  if (text == "unlimited") return restart_policy::unlimited;
  std::uint64_t n = 0;
  std::string_view rest;
  if (!split_number(text, n, rest) || !rest.empty() || n < 1 || n > 1'000'000)
    throw_unexpected(key, text, "a whole number from 1 to 1000000, or unlimited");
  return static_cast<std::uint32_t>(n);
}

}  // namespace detail
}  // namespace flow
