#pragma once
// Whether, how often and when a job that has failed starts again from its newest checkpoint.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace flow {

enum class restart_form : std::uint8_t {
  automatic,     // exponential where there are snapshots to start from, else none
  none,          // the first failure ends the job
  fixed_delay,   // after the same time again and again
  exponential,   // after a time that grows with each failure, until there has been none for `reset`
  failure_rate,  // after the same time, as long as there are not too many failures in an interval
};
std::string_view name_of(restart_form form);

/// `settings{}.restart({.form = restart_form::fixed_delay, .attempts = 5, .delay = 10s})`
struct restart_policy {
  static constexpr std::uint32_t unlimited = 0xFFFF'FFFF;

  restart_form form = restart_form::automatic;
  /// The most restarts: of the run (fixed_delay), without a pause of `reset` between failures (exponential), in any `interval`
  /// (failure_rate). Where it is not said: 3 with fixed_delay and failure_rate, unlimited with exponential.
  std::optional<std::uint32_t> attempts{};
  /// Before a restart, with exponential before the first.
  std::chrono::microseconds delay = std::chrono::seconds(1);

  // Of exponential:
  std::chrono::microseconds max_delay = std::chrono::minutes(1);
  double multiplier = 2;  // of the delay, with each failure; at least 1
  double jitter = 0.1;    // the share of the delay by which it is randomly longer or shorter, so that jobs do not return together; 0 to 1
  std::chrono::microseconds reset = std::chrono::minutes(10);  // so long without a failure, and the delay is the first again

  // Of failure_rate:
  std::chrono::microseconds interval = std::chrono::minutes(5);

  std::uint32_t most_attempts() const { return attempts.value_or(form == restart_form::exponential ? unlimited : 3); }
  bool operator==(restart_policy const&) const = default;
};

}  // namespace flow
