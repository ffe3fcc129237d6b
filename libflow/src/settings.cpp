#include <flow/settings.hpp>

#include <array>
#include <charconv>
#include <limits>
#include <thread>

#include <flow/error.hpp>

namespace flow {
namespace {

[[noreturn]] void wrong(std::string_view what, std::string_view found, std::string_view expected) {
  throw error(error_code::usage, std::string(what) + ": expected " + std::string(expected) + ", found '" + std::string(found) + "'");
}

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

std::uint32_t cores() { return std::max(1u, std::thread::hardware_concurrency()); }

std::uint32_t parse_count(std::string_view key, std::string_view text, std::uint64_t least, std::uint64_t most) {
  std::uint64_t n = 0;
  std::string_view rest;
  if (!split_number(text, n, rest) || !rest.empty() || n < least || n > most)
    wrong(key, text, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  return static_cast<std::uint32_t>(n);
}

/// A time that is waited for: it is counted in nanoseconds.
std::chrono::microseconds parse_wait(std::string_view text) {
  auto const d = parse_duration(text);
  if (d > std::chrono::days(10'000)) wrong("time", text, "at most 10000d");
  return d;
}

constexpr std::array<settings::description, 10> all{{
    {"parallelism", "subtasks", "number of cores", "subtasks per operator, unless an operator says otherwise"},
    {"max-parallelism", "key groups", "128", "the most subtasks a keyed operator can ever have"},
    {"batch-size", "records", "1024", "records per batch"},
    {"max-batch-delay", "time", "5ms", "longest wait of a batch that is not full, however busy its producer is"},
    {"task-buffer", "bytes", "1M", "batches on their way to one subtask, over all its channels"},
    {"max-call-output", "bytes", "64M", "what one call of a user function may emit beyond what the receivers take"},
    {"watermark-interval", "time", "200us", "under load watermarks are passed on at most this often"},
    {"cancel-timeout", "time", "10s", "a task that does not end in this time after a cancel ends the process"},
    {"status-interval", "time", "5s", "standard error that is no terminal gets a status line this often; 0: never"},
    {"threads", "threads", "number of cores", "threads that run tasks; tasks that may block have their own"},
}};

}  // namespace

std::uint32_t settings::parallelism() const { return parallelism_ ? parallelism_ : cores(); }
std::uint32_t settings::threads() const { return threads_ ? threads_ : cores(); }

std::chrono::microseconds parse_duration(std::string_view text) {
  std::uint64_t n = 0;
  std::string_view unit;
  if (split_number(text, n, unit)) {
    if (n == 0 && unit.empty()) return {};
    for (auto const& u : time_units)
      if (u.unit == unit && n <= std::numeric_limits<std::int64_t>::max() / u.factor) return std::chrono::microseconds(n * u.factor);
  }
  wrong("time", text, "a whole number with us, ms, s, min, h or d, like 250ms");
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
  wrong("bytes", text, "a whole number with an optional k, M or G, like 4M");
}

std::string format_duration(std::chrono::microseconds d) {
  auto const n = static_cast<std::uint64_t>(d.count());
  for (auto u = time_units.rbegin(); u != time_units.rend(); ++u)
    if (n % u->factor == 0 && n >= u->factor) return std::to_string(n / u->factor) + std::string(u->unit);
  return std::to_string(n) + (n ? "us" : "");
}

std::span<settings::description const> settings::descriptions() { return all; }

void settings::set(std::string_view key, std::string_view value) {
  try {
    if (key == "parallelism") parallelism_ = parse_count(key, value, 1, 65535);
    else if (key == "max-parallelism") max_parallelism_ = parse_count(key, value, 1, 65535);
    else if (key == "batch-size") batch_size_ = parse_count(key, value, 1, 1 << 20);
    else if (key == "max-batch-delay") max_batch_delay_ = parse_wait(value);
    else if (key == "task-buffer") task_buffer_ = parse_bytes(value);
    else if (key == "max-call-output") max_call_output_ = parse_bytes(value);
    else if (key == "watermark-interval") watermark_interval_ = parse_wait(value);
    else if (key == "cancel-timeout") cancel_timeout_ = parse_wait(value);
    else if (key == "status-interval") status_interval_ = parse_wait(value);
    else if (key == "threads") threads_ = parse_count(key, value, 1, 4096);
    else throw error(error_code::usage, "there is no setting '" + std::string(key) + "'; --help lists them all");
  } catch (error const& e) {
    if (e.message().starts_with(key) || e.message().starts_with("there is")) throw;
    throw error(error_code::usage, "setting '" + std::string(key) + "': " + e.message());
  }
}

}  // namespace flow
