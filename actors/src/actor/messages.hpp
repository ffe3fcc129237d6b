#pragma once
// Every message between the actors of a job, in one place.
//
// Batches go as they are, by reference, and only within a process; everything else can be serialised.

#include <memory>
#include <string>
#include <vector>

#include <caf/all.hpp>

#include "../supervisor/checkpoint_actions.hpp"
#include "../supervisor/task_snapshot.hpp"
#include "../task/element.hpp"

#include <flow/operator/source_operator.hpp>
#include <flow/snapshot/piece_collector.hpp>
#include <flow/snapshot/snapshot_store.hpp>

namespace flow {

// ---- to a task

struct delivery {
  std::uint32_t channel = 0;
  flow::element element;
};
struct credit_grant {
  flow::credit credit;
};
/// Overtakes deliveries.
struct barrier_announced {
  std::uint32_t channel = 0;
  std::uint64_t checkpoint = 0, completed = 0;
  std::uint64_t sequence = 0;
};
/// The barrier of a checkpoint is to overtake what is on its way.
struct overtake_barrier {
  std::uint64_t checkpoint = 0, completed = 0;
};
/// The task has something to do.
struct step_now {};
/// Time to look again, asked for by the task itself.
/// Of those under way only the newest counts, which is the first to arrive.
struct look_again {
  std::uint64_t number = 0;
};
/// All tasks exist; open the operators. The handles are shared by all tasks of the process.
struct peers;
struct begin_task {
  std::shared_ptr<peers const> all;
};
struct assign_splits {
  std::vector<std::string> ids;
  std::vector<std::string> positions;
  split_terms terms;
};
/// Splits may be read up to this event time (microseconds).
struct drift_grant {
  std::int64_t until = 0;
};
struct inject_barrier {
  std::uint64_t checkpoint = 0;
  std::uint64_t completed = 0;
  bool full = false;
  bool hold = false;  // a source gives nothing after it
};
/// To a source: go on after a barrier that held it.
struct go_on {};
/// To a source: end as if the input had ended.
struct drain_source {};
/// To a task with a two-phase sink: a checkpoint has begun, its barrier will come.
struct barrier_comes {};
/// A checkpoint is complete: commit what was prepared for it.
struct commit_prepared {
  std::uint64_t checkpoint = 0;
};
/// Bytes of pieces that may be sent again.
struct snapshot_credit {
  std::uint64_t bytes = 0;
};
enum class ending : std::uint8_t { publish, cancel, abandon };
struct end_task {
  ending how = ending::publish;
};

// ---- to the supervisor

struct task_started {
  std::uint32_t task = 0, subtask = 0;
  std::vector<std::string> mistakes;  // where what it is restored from does not fit
};
struct task_finished {
  std::uint32_t task = 0, subtask = 0;
};
struct task_failed {
  std::uint32_t task = 0, subtask = 0;
  std::uint32_t code = 0;
  std::string operator_name, message;
};
/// Published, cancelled or abandoned: the task does nothing more.
struct task_ended {
  std::uint32_t task = 0, subtask = 0;
};
struct barrier_passed {
  std::uint32_t task = 0, subtask = 0;
  std::uint64_t checkpoint = 0;
};
struct source_progress {
  std::uint32_t task = 0, subtask = 0;
  std::int64_t time = 0;
};
/// The subtask of a source has read what it was given.
struct split_request {
  std::uint32_t task = 0, subtask = 0;
};
/// To the supervisor itself: time to look for splits of the source that is this task.
struct look_for_splits {
  std::uint32_t task = 0;
  std::uint64_t attempt = 1;
};
struct begin_job {};
struct cancel_job {};
/// Answered with the savepoint's id when it has been taken, else with an error.
struct take_savepoint {
  std::string path;
  bool stop = false, drain = false;  // as in `savepoint_request`
};
/// All that one subtask has written for a checkpoint is in the store.
struct snapshot_taken {
  std::shared_ptr<task_snapshot> what;
};
struct snapshot_written {
  std::uint64_t checkpoint = 0;
};
struct snapshot_failed {
  std::uint64_t checkpoint = 0;
  std::uint32_t code = 0;
  std::string message;
};
/// The committers have done what goes before an attempt, or one has failed.
struct sinks_recovered {
  bool failed = false;
  std::uint32_t code = 0;
  std::string operator_name, message;
};
/// The store has done all that it was told, and ended where it was told so; or it cannot be relied on.
struct snapshots_idle {
  bool ended = false, failed = false;
  std::uint32_t code = 0;
  std::string message{};
};
struct committed {
  std::uint32_t task = 0, subtask = 0;
  std::uint64_t checkpoint = 0;
};
/// To the supervisor itself.
struct checkpoint_due {};
struct restart_job {};

// ---- to the keeper of the snapshots

/// `path`: of a savepoint, which has a store of its own.
struct begin_snapshot {
  std::uint64_t checkpoint = 0;
  std::string path;
};
/// Entries of a piece; see `piece_output`.
struct piece_chunk {
  std::uint32_t place = 0;  // of the operator in its task's chain
  std::shared_ptr<state_header const> of;
  std::uint32_t part = 0;
  piece_form form = piece_form::base;
  bytes data;
  std::uint64_t entries = 0;
  bool last = false;
};
struct store_pieces {
  std::uint64_t checkpoint = 0;
  std::size_t participant = 0;
  std::vector<std::shared_ptr<std::string const>> operators;  // by place
  std::vector<piece_chunk> chunks;
};
/// A participant has sent all its pieces.
struct pieces_sent {
  std::size_t participant = 0;
  std::uint32_t subtask = 0;
  std::uint64_t checkpoint = 0;
  bool finished = false;
  std::vector<std::string> operators;  // by place
  std::vector<std::vector<bytes>> prepared;
  std::vector<schema> committable_schemas;
};
struct finish_snapshot {
  std::shared_ptr<snapshot_manifest const> manifest;
};
struct abandon_snapshot {
  std::uint64_t checkpoint = 0;
};
/// Let the committers do what goes before an attempt, however long they take.
struct recover_committables {};
/// Answer when all before has been done; `how`: the job has ended so.
struct settle_snapshots {
  std::optional<job_end> how;
};
struct start_barrier {};
struct cancel_timed_out {
  std::uint64_t attempt = 1;
};
struct ends_slowly {
  std::uint64_t attempt = 1;
};

using supervisor_actor = caf::typed_actor<caf::reacts_to<begin_job>, caf::reacts_to<cancel_job>, caf::reacts_to<start_barrier>,
                                          caf::reacts_to<cancel_timed_out>, caf::reacts_to<ends_slowly>, caf::reacts_to<task_started>, caf::reacts_to<task_finished>,
                                          caf::reacts_to<task_failed>, caf::reacts_to<task_ended>, caf::reacts_to<barrier_passed>,
                                          caf::reacts_to<source_progress>, caf::reacts_to<split_request>, caf::reacts_to<look_for_splits>,
                                          caf::replies_to<take_savepoint>::with<std::uint64_t>, caf::reacts_to<snapshot_taken>, caf::reacts_to<snapshot_written>,
                                          caf::reacts_to<snapshot_failed>, caf::reacts_to<sinks_recovered>, caf::reacts_to<snapshots_idle>, caf::reacts_to<committed>,
                                          caf::reacts_to<checkpoint_due>, caf::reacts_to<restart_job>>;
using task_actor = caf::typed_actor<caf::reacts_to<delivery>, caf::reacts_to<credit_grant>, caf::reacts_to<step_now>,
                                    caf::reacts_to<look_again>, caf::reacts_to<begin_task>, caf::reacts_to<assign_splits>,
                                    caf::reacts_to<drift_grant>, caf::reacts_to<inject_barrier>, caf::reacts_to<barrier_announced>, caf::reacts_to<overtake_barrier>, caf::reacts_to<end_task>, caf::reacts_to<go_on>,
                                    caf::reacts_to<drain_source>, caf::reacts_to<barrier_comes>, caf::reacts_to<commit_prepared>, caf::reacts_to<snapshot_credit>>;
using snapshot_actor = caf::typed_actor<caf::reacts_to<begin_snapshot>, caf::reacts_to<store_pieces>, caf::reacts_to<pieces_sent>,
                                        caf::reacts_to<finish_snapshot>, caf::reacts_to<abandon_snapshot>, caf::reacts_to<recover_committables>,
                                        caf::reacts_to<settle_snapshots>>;

/// The tasks of a job by task and subtask.
struct peers {
  std::vector<std::vector<task_actor>> tasks;
  snapshot_actor snapshots;  // null: there are no checkpoints
};

template <class Inspector> auto inspect(Inspector& f, step_now&) { return f(caf::meta::type_name("step_now")); }
template <class Inspector> auto inspect(Inspector& f, look_again& m) { return f(caf::meta::type_name("look_again"), m.number); }
template <class Inspector> auto inspect(Inspector& f, split_terms& m) { return f(caf::meta::type_name("split_terms"), m.complete, m.on_request, m.held, m.in_time_order); }
template <class Inspector> auto inspect(Inspector& f, assign_splits& m) { return f(caf::meta::type_name("assign_splits"), m.ids, m.positions, m.terms); }
template <class Inspector> auto inspect(Inspector& f, drift_grant& m) { return f(caf::meta::type_name("drift_grant"), m.until); }
template <class Inspector> auto inspect(Inspector& f, inject_barrier& m) { return f(caf::meta::type_name("inject_barrier"), m.checkpoint, m.completed, m.full, m.hold); }
template <class Inspector> auto inspect(Inspector& f, barrier_announced& m) { return f(caf::meta::type_name("barrier_announced"), m.channel, m.checkpoint, m.completed, m.sequence); }
template <class Inspector> auto inspect(Inspector& f, overtake_barrier& m) { return f(caf::meta::type_name("overtake_barrier"), m.checkpoint, m.completed); }
template <class Inspector> auto inspect(Inspector& f, go_on&) { return f(caf::meta::type_name("go_on")); }
template <class Inspector> auto inspect(Inspector& f, drain_source&) { return f(caf::meta::type_name("drain_source")); }
template <class Inspector> auto inspect(Inspector& f, barrier_comes&) { return f(caf::meta::type_name("barrier_comes")); }
template <class Inspector> auto inspect(Inspector& f, commit_prepared& m) { return f(caf::meta::type_name("commit_prepared"), m.checkpoint); }
template <class Inspector> auto inspect(Inspector& f, snapshot_credit& m) { return f(caf::meta::type_name("snapshot_credit"), m.bytes); }
template <class Inspector> auto inspect(Inspector& f, snapshot_written& m) { return f(caf::meta::type_name("snapshot_written"), m.checkpoint); }
template <class Inspector> auto inspect(Inspector& f, snapshot_failed& m) { return f(caf::meta::type_name("snapshot_failed"), m.checkpoint, m.code, m.message); }
template <class Inspector> auto inspect(Inspector& f, sinks_recovered& m) { return f(caf::meta::type_name("sinks_recovered"), m.failed, m.code, m.operator_name, m.message); }
template <class Inspector> auto inspect(Inspector& f, recover_committables&) { return f(caf::meta::type_name("recover_committables")); }
template <class Inspector> auto inspect(Inspector& f, snapshots_idle& m) { return f(caf::meta::type_name("snapshots_idle"), m.ended, m.failed, m.code, m.message); }
template <class Inspector> auto inspect(Inspector& f, committed& m) { return f(caf::meta::type_name("committed"), m.task, m.subtask, m.checkpoint); }
template <class Inspector> auto inspect(Inspector& f, checkpoint_due&) { return f(caf::meta::type_name("checkpoint_due")); }
template <class Inspector> auto inspect(Inspector& f, restart_job&) { return f(caf::meta::type_name("restart_job")); }
template <class Inspector> auto inspect(Inspector& f, begin_snapshot& m) { return f(caf::meta::type_name("begin_snapshot"), m.checkpoint, m.path); }
template <class Inspector> auto inspect(Inspector& f, abandon_snapshot& m) { return f(caf::meta::type_name("abandon_snapshot"), m.checkpoint); }
template <class Inspector> auto inspect(Inspector& f, end_task& m) { return f(caf::meta::type_name("end_task"), m.how); }
template <class Inspector> auto inspect(Inspector& f, task_started& m) { return f(caf::meta::type_name("task_started"), m.task, m.subtask, m.mistakes); }
template <class Inspector> auto inspect(Inspector& f, task_finished& m) { return f(caf::meta::type_name("task_finished"), m.task, m.subtask); }
template <class Inspector> auto inspect(Inspector& f, task_failed& m) { return f(caf::meta::type_name("task_failed"), m.task, m.subtask, m.code, m.operator_name, m.message); }
template <class Inspector> auto inspect(Inspector& f, task_ended& m) { return f(caf::meta::type_name("task_ended"), m.task, m.subtask); }
template <class Inspector> auto inspect(Inspector& f, barrier_passed& m) { return f(caf::meta::type_name("barrier_passed"), m.task, m.subtask, m.checkpoint); }
template <class Inspector> auto inspect(Inspector& f, source_progress& m) { return f(caf::meta::type_name("source_progress"), m.task, m.subtask, m.time); }
template <class Inspector> auto inspect(Inspector& f, split_request& m) { return f(caf::meta::type_name("split_request"), m.task, m.subtask); }
template <class Inspector> auto inspect(Inspector& f, look_for_splits& m) { return f(caf::meta::type_name("look_for_splits"), m.task, m.attempt); }
template <class Inspector> auto inspect(Inspector& f, begin_job&) { return f(caf::meta::type_name("begin_job")); }
template <class Inspector> auto inspect(Inspector& f, cancel_job&) { return f(caf::meta::type_name("cancel_job")); }
template <class Inspector> auto inspect(Inspector& f, start_barrier&) { return f(caf::meta::type_name("start_barrier")); }
template <class Inspector> auto inspect(Inspector& f, take_savepoint& m) { return f(caf::meta::type_name("take_savepoint"), m.path, m.stop, m.drain); }
template <class Inspector> auto inspect(Inspector& f, cancel_timed_out& m) { return f(caf::meta::type_name("cancel_timed_out"), m.attempt); }
template <class Inspector> auto inspect(Inspector& f, ends_slowly& m) { return f(caf::meta::type_name("ends_slowly"), m.attempt); }

}  // namespace flow

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(flow::delivery)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(flow::credit_grant)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(flow::begin_task)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(flow::snapshot_taken)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(flow::store_pieces)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(flow::pieces_sent)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(flow::finish_snapshot)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(flow::settle_snapshots)
