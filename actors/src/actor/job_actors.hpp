#pragma once
// The actors of a job: a supervisor and one task actor per subtask, thin shells around plain state machines.

#include <atomic>
#include <functional>
#include <mutex>
#include <random>

#include <caf/detail/test_actor_clock.hpp>

#include "../supervisor/run_progress.hpp"
#include "../task/blueprint.hpp"
#include "chunk_keeper.hpp"
#include "messages.hpp"

#include "../supervisor/job_restore.hpp"

#include <flow/job.hpp>
#include <flow/run.hpp>

namespace flow {

/// Sends a task's elements and credit to the actors of other tasks.
class actor_transport final : public transport {
 public:
  void send(task_address to, std::uint32_t channel, element e) override;
  void give(task_address to, credit c) override;
  void announce(task_address to, std::uint32_t channel, announcement a) override;

  /// The actor that the task runs in. It sends as itself, so that the receiver is queued at its own worker: a message from
  /// nowhere goes through the scheduler's central queue, which wakes a sleeping worker for every batch.
  task_actor::base* self = nullptr;
  std::shared_ptr<peers const> all;
};

/// The time of an actor system: the machine's, or what a test makes of it.
class actor_system_clock final : public clock {
 public:
  explicit actor_system_clock(caf::actor_system& s) : system_(s) {}
  std::chrono::nanoseconds now() const override { return system_.clock().now().time_since_epoch(); }
  timestamp wall() const override {
    return simulated_ ? timestamp{std::chrono::floor<duration>(now())} : std::chrono::floor<duration>(std::chrono::system_clock::now());
  }

 private:
  caf::actor_system& system_;
  bool const simulated_ = dynamic_cast<caf::detail::test_actor_clock*>(&system_.clock()) != nullptr;
};

/// The tasks of a job from one start to the next.
struct job_attempt {
  std::uint64_t number = 1;
  struct cell {
    actor_transport transport;
    std::unique_ptr<flow::task> task;
  };
  std::vector<std::vector<std::unique_ptr<cell>>> cells;  // by task and subtask
  std::unique_ptr<job_restore const> restore;             // null: they start with nothing
  bool accept_duplicates = false;  // it goes back to before what has been published
  /// The sink whose committer does what goes before the attempt.
  std::atomic<node const*> recovering{nullptr};
};

/// Where snapshots lie: in directories, unless a test has other places for them.
struct snapshot_places {
  std::shared_ptr<snapshot_store> own{};  // of the job, in the place of the directory that the settings name
  std::function<std::unique_ptr<snapshot_store>(std::string const& path, snapshot_retention)> open = open_snapshots;
  std::function<std::unique_ptr<snapshot_store>(std::string const& path)> read = read_snapshots;
  /// Whether what a state backend keeps in files is in memory as well.
  bool simulated = false;
};

/// What the actors of one run share, and what outlives them: the tasks' counters are read after the end.
struct job_run {
  /// Throws `flow::error` where the snapshots cannot be opened, or have nothing to restore that was asked for.
  job_run(std::shared_ptr<job const> j, settings const& s, caf::actor_system& system, snapshot_places snapshots = {});
  /// Of a job that the caller keeps until the run is gone.
  job_run(job const& j, settings const& s, caf::actor_system& system, snapshot_places snapshots = {})
      : job_run(std::shared_ptr<job const>(std::shared_ptr<void>(), &j), s, system, std::move(snapshots)) {}

  std::shared_ptr<job const> what;
  flow::settings settings;
  flow::plan plan;
  actor_system_clock clock;
  chunk_keeper keeper;  // outlives the tasks, like the backend
  std::unique_ptr<state_backend> backend;  // null: all state is in memory
  std::vector<std::vector<task_blueprint>> blueprints;
  snapshot_places places;
  /// Where checkpoints go; null: there are none. Written by one actor; read by tasks that are restored, while that rests.
  std::shared_ptr<snapshot_store> store;
  /// What the run began from; without a manifest: with nothing.
  restore_point origin;
  /// Of what is left to chance: how long it is waited before a restart.
  std::uint64_t random_seed = std::random_device{}();
  /// Blocking tasks and the supervisor have threads of their own; not so under a deterministic scheduler.
  bool own_threads = true;
  /// Called by the supervisor, once, at the end.
  std::function<void(job_result)> on_end = [](job_result) {};
  /// Called when tasks have not ended in time, with what they are in.
  std::function<void(error const&)> on_unresponsive = [](error const&) {};
  /// Told by the supervisor.
  observer watcher;
  run_progress progress;

  /// The tasks as they are now. Callable from any thread.
  std::shared_ptr<job_attempt> current() const {
    std::lock_guard const guard(attempt_lock_);
    return attempt_;
  }
  /// Makes new tasks in the place of those of the attempt before, which have ended.
  /// `from` without a manifest: they start with nothing. Throws `flow::error` where the checkpoint does not fit the job.
  void begin_attempt(std::uint64_t number, restore_point from, flow::settings const& how);
  /// The same after a failure: from the newest checkpoint that this run has completed, and before there is one from where it began.
  void begin_again();
  /// How a task of the current attempt begins.
  task_beginning beginning_of(task_address a) const;
  /// Called with each attempt's tasks before they begin.
  std::function<void(job_attempt&)> on_attempt = [](job_attempt&) {};

  std::vector<operator_summary> summaries() const;
  /// Notes that a source's task has these splits to read as well, and whether they are the last. Callable from any thread.
  void expect(std::uint32_t task, std::vector<split> const& more, bool complete);
  std::size_t subtasks() const;
  /// Subtasks are numbered through all tasks.
  std::size_t number_of(std::uint32_t task, std::uint32_t subtask) const;
  task_address address_of(std::size_t number) const;
  std::string activity_of(task_address a) const;
  /// The sink that is recovered before the attempt.
  std::string recovery_activity() const;

 private:
  std::uint64_t first_attempt_ = 1;
  operator_summary summary(job_attempt const& now, task_plan const& t, std::size_t place) const;

  mutable std::mutex attempt_lock_;
  std::shared_ptr<job_attempt> attempt_;
  mutable std::mutex expected_lock_;
  struct expectation {
    input_size found{0, 0};
    bool complete = false;
  };
  std::vector<expectation> expected_;  // by task
};

/// Starts the run: whoever holds the supervisor tells it to cancel; the end is told by `job_run::on_end`.
supervisor_actor spawn_supervisor(caf::actor_system& system, std::shared_ptr<job_run> run);
snapshot_actor spawn_snapshots(caf::actor_system& system, std::shared_ptr<job_run> run, supervisor_actor supervisor);
task_actor spawn_task(caf::actor_system& system, std::shared_ptr<job_run> run, task_address address, supervisor_actor supervisor);

}  // namespace flow
