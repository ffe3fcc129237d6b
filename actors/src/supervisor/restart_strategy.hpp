#pragma once
// Whether and when a job that has failed starts again. A plain state machine: times are told, chance is seeded.
//
// Three things end a job: its policy allows no further restart; the error says that another attempt is pointless; or the same
// failure of a user's function has come again and again at the same record, with no checkpoint completed between.

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <string>

#include <flow/error.hpp>
#include <flow/settings/restart_policy.hpp>

namespace flow {

class restart_strategy {
 public:
  /// The same failure so often at the same record, and the job ends.
  static constexpr std::uint32_t most_repetitions = 3;

  restart_strategy(restart_policy const& policy, std::uint64_t seed) : policy_(policy), random_(seed) {}

  struct decision {
    /// The job starts again so much later; none: it has failed.
    std::optional<std::chrono::nanoseconds> restart_after;
    /// With what it has failed: the failure, and why that is the end.
    std::optional<error> end;
  };
  /// The job has failed with `e` at `now`, which is not before the last time.
  decision failed(error const& e, std::chrono::nanoseconds now);
  /// A checkpoint has been completed: what fails from now on does so later in the input.
  void progressed() { repetitions_.clear(); }
  /// How often the job was started again.
  std::uint64_t restarts() const { return restarts_; }

 private:
  std::uint32_t repetitions(error const& e);
  /// The reason why the policy allows no restart; empty: it does.
  std::string refusal(std::chrono::nanoseconds now);
  std::chrono::nanoseconds delay();

  struct repetition {
    std::string operator_name, message;
    std::uint32_t times = 0;
  };
  restart_policy policy_;
  std::mt19937_64 random_;
  std::uint64_t restarts_ = 0;
  std::uint32_t attempts_ = 0;            // that the policy counts: of exponential, since the last reset
  std::chrono::nanoseconds restarted_{0};  // when the last restart was due
  std::deque<std::chrono::nanoseconds> in_interval_;  // of failure_rate: when restarts were decided, oldest first
  std::deque<repetition> repetitions_;     // since the last checkpoint, the most recent last; few
};

}  // namespace flow
