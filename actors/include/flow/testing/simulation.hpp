#pragma once
// A whole job on one thread, with the order of its actors picked by a seed and time that moves only when nothing else can.
//
// The same seed gives the same schedule: a failure is replayed by its seed.

#include <cstdint>
#include <optional>

#include <flow/run.hpp>

namespace flow::testing {

/// A schedule. `barrier_every`: after how many steps of the schedule a barrier is sent through the job; 0: never.
/// `cancel_after`: after how many steps the job is cancelled, or before, when nothing can run any more.
struct schedule {
  std::uint64_t seed = 0;
  std::uint64_t barrier_every = 0;
  std::optional<std::uint64_t> cancel_after{};
  /// A run that takes more steps than this is given up: an error.
  std::uint64_t most_steps = 100'000'000;
};

inline schedule deterministic(std::uint64_t seed) { return {seed, 0, {}, 100'000'000}; }

/// Runs a job; a failure of the job is in the result. Throws `flow::error` (invalid_job) like `start`, and (internal)
/// when the job hangs: nothing can run, no time is waited for, and it has not ended.
job_result run(job const& j, schedule const& how, settings const& s = settings{}.parallelism(2));

}  // namespace flow::testing
