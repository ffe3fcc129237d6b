#pragma once
// A whole job on one thread, with the order of its actors picked by a seed and time that moves only when nothing else can.
//
//     auto const results = flow::testing::run(job, flow::testing::deterministic(seed));
//     CHECK(results.of<alert>("alerts") == ...);
//
// The same seed gives the same schedule: a failure is replayed by its seed. The job runs as it is, with the sinks it has;
// what they were given can be asked for by their names.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <flow/run.hpp>
#include <flow/snapshot/memory_snapshots.hpp>

namespace flow::testing {

/// A schedule. `barrier_every`: after how many steps of the schedule a barrier is sent through the job; 0: never.
/// `cancel_after`: after how many steps the job is cancelled, or before, when nothing can run any more.
struct schedule {
  std::uint64_t seed = 0;
  std::uint64_t barrier_every = 0;
  std::optional<std::uint64_t> cancel_after{};
  /// Where checkpoints go; null: there are none. They begin with the barriers of `barrier_every`, and as the settings say.
  memory_snapshots* snapshots = nullptr;
  /// After how many steps everything is gone, as when the process is killed.
  std::optional<std::uint64_t> crash_after{};
  /// A run that takes more steps than this is given up: an error.
  std::uint64_t most_steps = 100'000'000;
};

inline schedule deterministic(std::uint64_t seed) { return {.seed = seed}; }

/// How a job ended, and what its sinks were given.
struct run_result : job_result {
  /// The records that a sink published: in order within a subtask of it, in no order between subtasks. None when the job
  /// failed. Throws `flow::error` (usage) where there is no such sink, or it takes other records.
  template <class T>
  std::vector<T> of(std::string const& sink) const {
    std::vector<T> records;
    for (auto const& b : batches(sink, batch_type_of<T>)) {
      auto const& typed = static_cast<batch<T> const&>(*b);
      records.insert(records.end(), typed.begin(), typed.end());
    }
    return records;
  }

  struct given {
    batch_type const* type = nullptr;
    std::vector<batch_ref> batches;
  };
  /// By the names of the sinks.
  std::map<std::string, given> sinks;
  /// The run was ended by `crash_after`.
  bool crashed = false;

 private:
  std::vector<batch_ref> const& batches(std::string const& sink, batch_type const& type) const;
};

/// Runs a job; a failure of the job is in the result. Throws `flow::error` (invalid_job) like `start`, and (internal)
/// when the job hangs: nothing can run, no time is waited for, and it has not ended.
run_result run(job const& j, schedule const& how, settings const& s = settings{}.parallelism(2));

}  // namespace flow::testing
