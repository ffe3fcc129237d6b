#pragma once
// What a process function learns in `open`, once before its first record.

#include <cstdint>

#include <flow/error.hpp>
#include <flow/metric/user_metrics.hpp>
#include <flow/state/keyed_state.hpp>
#include <flow/state/subtask_state.hpp>

namespace flow {

class open_context {
 public:
  /// `state` may be null: there is no key. `declared`: all that the operator remembers.
  open_context(std::uint32_t subtask, std::uint32_t parallelism, keyed_state* state, flow::operator_state& declared, user_metrics& metrics)
      : subtask_(subtask), parallelism_(parallelism), state_(state), declared_(declared), metrics_(metrics) {}

  /// Which of the operator's instances this is, from 0.
  std::uint32_t subtask() const { return subtask_; }
  std::uint32_t parallelism() const { return parallelism_; }
  /// Where the function declares its keyed state. Throws `flow::error` (invalid_job) where the stream has no key.
  keyed_state& state() const {
    if (!state_) throw error(error_code::invalid_job, "keyed state needs a keyed stream; say .key_by(...) before .process(...)");
    return *state_;
  }
  /// Where it declares state that belongs to the subtask and not to a key: lists and broadcast maps.
  subtask_state operator_state() const { return subtask_state(declared_); }
  /// Where it declares what it counts and measures by itself.
  user_metrics& metrics() const { return metrics_; }

 private:
  std::uint32_t subtask_, parallelism_;
  keyed_state* state_;
  flow::operator_state& declared_;
  user_metrics& metrics_;
};

}  // namespace flow
