#pragma once
// When checkpoints and savepoints begin, who takes part, when they are complete, and what follows. A plain state machine: it is
// told what happens, and asked for what is to be done; times are passed in.
//
//   resting --due, asked for, or all finished--> collecting --all have answered, all earlier commits are confirmed-->
//   writing --written--> complete: commits are told --> resting
//   collecting, writing --failed, or timed out while collecting--> abandoned --> resting
//
// One is in progress at a time. While a manifest is being written no time-out ends that: whether it exists is the store's to say,
// and what is built on next depends on it. A manifest is not written before all commits of the checkpoint before are confirmed,
// so committables are published in the order of checkpoints, and those of at most one checkpoint are under way.
//
// A savepoint takes a place in the sequence of checkpoints, but nothing builds on it and nothing is committed for it: its committables
// stay pending and are part of the next checkpoint. To stop the job with one, a checkpoint is taken after whose barrier the
// sources give nothing, and when that is complete the savepoint, in which nothing is pending: so the newest checkpoint, the savepoint
// and what has been published agree, whatever fails in between.
//
// A checkpoint that is still collecting after `aligned-checkpoint-timeout` has its barriers overtake what is on its way. Not so a savepoint,
// nor the checkpoint that goes before one that stops the job, nor the last, for which nothing is on its way.
//
// A job is drained as a whole or not at all: while its sources end and its windows fire, no checkpoint is taken but the last.

#include <chrono>
#include <deque>
#include <memory>

#include "checkpoint_actions.hpp"
#include "task_snapshot.hpp"

#include <flow/settings.hpp>
#include <flow/snapshot/checkpoint_summary.hpp>

namespace flow {

/// What of a job takes part in its checkpoints.
struct checkpoint_subject {
  std::string job;
  std::uint64_t fingerprint = 0;
  std::uint32_t max_parallelism = 128;
  struct participant {
    std::string name;  // "task 'counts' (subtask 1)"
    bool is_source = false;
    bool commits = false;  // holds a two-phase sink
    /// No subtask but one that writes at the beginning and never finishes: the supervisor, with its enumerators.
    bool is_supervisor = false;
  };
  /// Subtasks by number; the supervisor, where it has something to write, comes after them.
  std::vector<participant> participants;
};

class checkpoint_coordinator {
 public:
  /// `highest`: the highest id of all in the store and of what was restored.
  checkpoint_coordinator(settings const& s, checkpoint_subject subject, checkpoint_id highest);

  // What has happened.
  /// All tasks run, for the first time or again. `base`: the checkpoint in the store that they were restored from and write deltas on;
  /// none: the first checkpoint has everything written anew. `restored`: what they were restored from, 0: nothing.
  void started(std::uint64_t attempt, std::optional<snapshot_manifest> base, checkpoint_id restored, std::chrono::nanoseconds now);
  /// The job has failed and will start again: what is in progress is forgotten, ids go on.
  void restarting(error const& why) { leave(phase::starting, why); }
  /// The job is cancelled, has failed for good or has ended: nothing begins any more.
  void stopping(error const& why) { leave(phase::ended, why); }
  /// Answers to another checkpoint than the one in progress are left aside, and so is all but the first of a participant.
  void answered(task_snapshot s);
  /// Its final state is part of all checkpoints to come; it is injected directly.
  void finished(std::size_t subtask) { finished_[subtask] = true; }
  void written(checkpoint_id id);
  /// What belongs to this checkpoint, its manifest included, could not be made or stored.
  void failed(checkpoint_id id, error const& why);
  void confirmed(std::size_t subtask, checkpoint_id id);
  void requested(savepoint_request r);
  /// A checkpoint is to begin as soon as none is in progress.
  void triggered() { triggered_ = true; }

  /// What is to be done now, in this order. To be asked after each of the above, and when it is due.
  std::vector<checkpoint_step> next(std::chrono::nanoseconds now, timestamp wall);
  /// When to ask again though nothing has happened.
  std::chrono::nanoseconds due() const;

  /// The checkpoint on which the one in progress, or the next, builds. Null: none. A restart does not begin from this but from the
  /// newest in the store, which may have finished one whose `written` nobody has told.
  snapshot_manifest const* completed() const { return base_ ? &*base_ : nullptr; }
  /// The one in progress; 0: none.
  checkpoint_id in_progress() const { return now_ ? now_->id : 0; }
  checkpoint_summary summary(std::chrono::nanoseconds now) const;

  /// The participants that the one in progress still waits for.
  std::vector<std::size_t> missing() const;

 private:
  enum class phase { starting, running, ending /* unless it fails yet */, ended };
  enum class stage { collecting, writing, written };
  using steps = std::vector<checkpoint_step>;
  struct progress {
    checkpoint_id id = 0;
    snapshot_kind kind = snapshot_kind::checkpoint;
    std::optional<savepoint_request> request{};
    std::chrono::nanoseconds began{0};
    timestamp time{};
    checkpoint_coordinator::stage stage = stage::collecting;
    bool may_overtake = false;  // and does not yet
    std::vector<bool> injected{};
    std::vector<bool> has_answered{};
    std::vector<task_snapshot> answers{};
    snapshot_manifest manifest{};  // once it is being written
    std::optional<error> failure{};

    std::string path() const { return request ? request->path : std::string{}; }
  };

  void leave(phase to, error const& why);
  void answer(steps& to, savepoint_request const& r, checkpoint_id id, std::optional<error> failure) const;

  /// Each takes one step where there is one to take.
  bool begin_next(steps& to, std::chrono::nanoseconds now, timestamp wall);
  bool inject(steps& to);
  bool overtake(steps& to, std::chrono::nanoseconds now);
  bool abandon(steps& to, std::chrono::nanoseconds now);
  bool write(steps& to);
  bool complete(steps& to, std::chrono::nanoseconds now);
  bool give_up_commits(steps& to, std::chrono::nanoseconds now);
  bool drain(steps& to);
  bool end(steps& to);
  void end_stopped(steps& to);

  bool begin_savepoint(steps& to, std::chrono::nanoseconds now, timestamp wall);
  void begin(steps& to, snapshot_kind kind, std::optional<savepoint_request> request, std::chrono::nanoseconds now, timestamp wall);
  void commit(steps& to);
  void count_failure(steps& to, error const& why);
  std::chrono::nanoseconds next_begin() const;
  std::chrono::nanoseconds overtakes_at() const;
  bool all_finished() const;
  bool all_answered() const { return missing().empty(); }
  std::string names_of(std::vector<std::size_t> const& participants) const;
  error timed_out() const;

  settings settings_;
  checkpoint_subject subject_;
  phase phase_ = phase::starting;
  std::uint64_t attempt_ = 0;
  checkpoint_id highest_;
  std::vector<bool> finished_;  // by participant
  std::optional<progress> now_;
  std::optional<snapshot_manifest> base_;
  checkpoint_id uncommitted_ = 0;         // whose commits are under way
  std::vector<std::size_t> unconfirmed_;  // by whom
  std::deque<savepoint_request> requests_;
  std::optional<savepoint_request> stopping_;  // its checkpoint or the savepoint itself is in progress
  bool draining_ = false;
  bool begins_drain_ = false;
  bool triggered_ = false;
  bool has_last_ = false;  // the checkpoint at the end of the input is complete
  std::uint32_t failures_in_row_ = 0;
  std::chrono::nanoseconds began_{0}, ended_{0};  // the last, or where there is none, the run
  steps pending_;  // left by a failure of the job
  checkpoint_summary summary_;
  std::chrono::nanoseconds completed_began_{0};
};

}  // namespace flow
