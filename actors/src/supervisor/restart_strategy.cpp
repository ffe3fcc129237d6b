#include "restart_strategy.hpp"

#include <algorithm>
#include <cmath>

#include <flow/settings.hpp>

namespace flow {
namespace {

/// Different failures at records that are remembered: several subtasks may have one each, and fail in turn.
constexpr std::size_t most_remembered = 16;

/// Whether the message tells for which record or window a function was called (operator_base::fail).
bool names_input(error const& e) {
  return e.message().find("; the record was ") != std::string::npos || e.message().find("; the window was ") != std::string::npos;
}

error with_reason(error const& e, std::string const& reason) {
  return {e.code(), e.operator_name(), e.message() + "; the job is not started again: " + reason};
}

std::string counted(std::uint32_t n) { return std::to_string(n) + (n == 1 ? " restart" : " restarts"); }

}  // namespace

restart_strategy::decision restart_strategy::failed(error const& e, std::chrono::nanoseconds now) {
  if (policy_.form == restart_form::none || policy_.form == restart_form::automatic) return {{}, e};
  if (auto const n = repetitions(e); n >= most_repetitions)
    return {{}, error(e.code(), e.operator_name(), "the same failure has come " + std::to_string(n) + " times at the same record without progress: " + e.message())};
  if (e.retry() == retry_hint::pointless)
    return {{}, with_reason(e, "an error of this kind (" + std::string(name_of(e.code())) + ") comes again until its cause is removed")};
  if (auto const reason = refusal(now); !reason.empty()) return {{}, with_reason(e, reason)};
  auto const after = delay();
  ++attempts_;
  ++restarts_;
  restarted_ = now + after;
  return {after, {}};
}

std::uint32_t restart_strategy::repetitions(error const& e) {
  if (e.code() != error_code::user_function || !names_input(e)) return 0;
  auto const known = std::find_if(repetitions_.begin(), repetitions_.end(),
                                  [&](repetition const& r) { return r.operator_name == e.operator_name() && r.message == e.message(); });
  repetition r = known == repetitions_.end() ? repetition{e.operator_name(), e.message()} : std::move(*known);
  if (known != repetitions_.end()) repetitions_.erase(known);
  if (repetitions_.size() == most_remembered) repetitions_.pop_front();
  ++r.times;
  repetitions_.push_back(std::move(r));
  return repetitions_.back().times;
}

std::string restart_strategy::refusal(std::chrono::nanoseconds now) {
  auto const most = policy_.most_attempts();
  if (policy_.form == restart_form::failure_rate) {
    while (!in_interval_.empty() && in_interval_.front() + policy_.interval <= now) in_interval_.pop_front();
    if (most == restart_policy::unlimited) return {};
    if (in_interval_.size() >= most) return "it has had " + counted(most) + " in the last " + format_duration(policy_.interval) + " (restart-attempts, restart-interval)";
    in_interval_.push_back(now);
    return {};
  }
  if (policy_.form == restart_form::exponential && restarts_ > 0 && now - restarted_ >= policy_.reset) attempts_ = 0;
  if (most == restart_policy::unlimited || attempts_ < most) return {};
  std::string const when = policy_.form == restart_form::exponential ? " without " + format_duration(policy_.reset) + " between failures (restart-attempts, restart-reset)" : " (restart-attempts)";
  return "it has had " + counted(most) + when;
}

std::chrono::nanoseconds restart_strategy::delay() {
  if (policy_.form != restart_form::exponential) return policy_.delay;
  double const longest = std::chrono::duration<double>(policy_.max_delay).count();
  double const mean = std::min(longest, std::chrono::duration<double>(policy_.delay).count() * std::pow(policy_.multiplier, attempts_));
  // Near the longest there is room below only: jobs that failed together must not return together there either.
  std::uniform_real_distribution<double> around(mean * (1 - policy_.jitter), std::min(longest, mean * (1 + policy_.jitter)));
  return std::chrono::nanoseconds(std::llround(around(random_) * 1e9));
}

}  // namespace flow
