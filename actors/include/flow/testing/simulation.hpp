#pragma once
// A whole job on one thread, with the order of its actors picked by a seed and time that moves only when nothing else can.
//
//     auto const results = flow::testing::run(job, flow::testing::deterministic(seed));
//     CHECK(results.of<alert>("alerts") == ...);
//
// The same seed gives the same schedule: a failure is replayed by its seed. The job runs as it is, with the sinks it has;
// what they were given can be asked for by their names.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <flow/run.hpp>
#include <flow/snapshot/memory_snapshots.hpp>
#include <flow/testing/faults.hpp>

namespace flow::testing {

/// A savepoint, asked for after so many steps.
struct wanted_savepoint {
  std::uint64_t after = 0;
  std::string path;
  bool stop = false;
  bool drain = false;
};

/// A schedule. `barrier_every`: after how many steps of the schedule a barrier is sent through the job; 0: never.
/// `cancel_after`: after how many steps the job is cancelled, or before, when nothing can run any more.
struct schedule {
  std::uint64_t seed = 0;
  std::uint64_t barrier_every = 0;
  std::optional<std::uint64_t> cancel_after{};
  /// Where checkpoints go, also those that are to be restored; null: there are none. They begin with the barriers of `barrier_every`,
  /// and as the settings say. It outlives a run that crashes: the next, with `settings::restore`, goes on from it.
  memory_snapshots* snapshots = nullptr;
  /// After how many steps everything is gone, as when the process is killed; a run that ends before does not crash.
  std::optional<std::uint64_t> crash_after{};
  /// Savepoints by their paths: those that are asked for, and those that the settings restore.
  std::map<std::string, memory_snapshots>* savepoints = nullptr;
  std::vector<wanted_savepoint> wanted{};
  /// What goes wrong; one that `dies` ends the run like `crash_after`.
  fault_points* faults = nullptr;
  /// Called before each step with its number, from 0.
  std::function<void(std::uint64_t)> before_step{};
  logger log{};
  /// A run that takes more steps than this is given up: an error.
  std::uint64_t most_steps = 100'000'000;
  /// What a step takes. With nothing, time stands still while there is something to do, however long that lasts.
  std::chrono::nanoseconds step_time{0};
};

inline schedule deterministic(std::uint64_t seed) { return {.seed = seed}; }

/// How a job ended, and what its sinks were given.
struct run_result : job_result {
  /// The records that a sink published: in order within a subtask of it, in no order between subtasks. None when the job
  /// failed. Of a two-phase sink with checkpoints: what its writers were given in this run, committed or not; look where it publishes
  /// for what is visible. Throws `flow::error` (usage) where there is no such sink, or it takes other records.
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
  /// The run was ended by `crash_after`, or by a fault.
  bool crashed = false;
  std::uint64_t steps = 0;
  /// The answers to those that were asked for: the path, and what was wrong where none was taken.
  std::map<std::string, std::optional<error>> savepoints;

 private:
  std::vector<batch_ref> const& batches(std::string const& sink, batch_type const& type) const;
};

/// Runs a job; a failure of the job is in the result. Throws `flow::error` (invalid_job) like `start`, and (internal)
/// when the job hangs: nothing can run, no time is waited for, and it has not ended.
run_result run(job const& j, schedule const& how, settings const& s = settings{}.parallelism(2));

}  // namespace flow::testing
