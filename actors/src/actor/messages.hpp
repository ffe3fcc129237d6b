#pragma once
// Every message between the actors of a job, in one place.
//
// Batches go as they are, by reference, and only within a process; everything else can be serialised.

#include <memory>
#include <string>
#include <vector>

#include <caf/all.hpp>

#include "../task/element.hpp"

#include <flow/operator/source_operator.hpp>

namespace flow {

// ---- to a task

struct delivery {
  std::uint32_t channel = 0;
  flow::element element;
};
struct credit_grant {
  flow::credit credit;
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
};
enum class ending : std::uint8_t { publish, cancel, abandon };
struct end_task {
  ending how = ending::publish;
};

// ---- to the supervisor

struct task_started {
  std::uint32_t task = 0, subtask = 0;
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
};
struct begin_job {};
struct cancel_job {};
struct start_barrier {};
/// Answered with the savepoint's id when it has been taken, else with an error.
struct take_savepoint {
  std::string path;
  bool stop = false, drain = false;  // as in `savepoint_request`
};
struct cancel_timed_out {};
struct ends_slowly {};

using supervisor_actor = caf::typed_actor<caf::reacts_to<begin_job>, caf::reacts_to<cancel_job>, caf::reacts_to<start_barrier>,
                                          caf::reacts_to<cancel_timed_out>, caf::reacts_to<ends_slowly>, caf::reacts_to<task_started>, caf::reacts_to<task_finished>,
                                          caf::reacts_to<task_failed>, caf::reacts_to<task_ended>, caf::reacts_to<barrier_passed>,
                                          caf::reacts_to<source_progress>, caf::reacts_to<split_request>, caf::reacts_to<look_for_splits>,
                                          caf::replies_to<take_savepoint>::with<std::uint64_t>>;
using task_actor = caf::typed_actor<caf::reacts_to<delivery>, caf::reacts_to<credit_grant>, caf::reacts_to<step_now>,
                                    caf::reacts_to<look_again>, caf::reacts_to<begin_task>, caf::reacts_to<assign_splits>,
                                    caf::reacts_to<drift_grant>, caf::reacts_to<inject_barrier>, caf::reacts_to<end_task>>;

/// The tasks of a job by task and subtask.
struct peers {
  std::vector<std::vector<task_actor>> tasks;
};

template <class Inspector> auto inspect(Inspector& f, step_now&) { return f(caf::meta::type_name("step_now")); }
template <class Inspector> auto inspect(Inspector& f, look_again& m) { return f(caf::meta::type_name("look_again"), m.number); }
template <class Inspector> auto inspect(Inspector& f, split_terms& m) { return f(caf::meta::type_name("split_terms"), m.complete, m.on_request, m.held, m.in_time_order); }
template <class Inspector> auto inspect(Inspector& f, assign_splits& m) { return f(caf::meta::type_name("assign_splits"), m.ids, m.positions, m.terms); }
template <class Inspector> auto inspect(Inspector& f, drift_grant& m) { return f(caf::meta::type_name("drift_grant"), m.until); }
template <class Inspector> auto inspect(Inspector& f, inject_barrier& m) { return f(caf::meta::type_name("inject_barrier"), m.checkpoint, m.completed); }
template <class Inspector> auto inspect(Inspector& f, end_task& m) { return f(caf::meta::type_name("end_task"), m.how); }
template <class Inspector> auto inspect(Inspector& f, task_started& m) { return f(caf::meta::type_name("task_started"), m.task, m.subtask); }
template <class Inspector> auto inspect(Inspector& f, task_finished& m) { return f(caf::meta::type_name("task_finished"), m.task, m.subtask); }
template <class Inspector> auto inspect(Inspector& f, task_failed& m) { return f(caf::meta::type_name("task_failed"), m.task, m.subtask, m.code, m.operator_name, m.message); }
template <class Inspector> auto inspect(Inspector& f, task_ended& m) { return f(caf::meta::type_name("task_ended"), m.task, m.subtask); }
template <class Inspector> auto inspect(Inspector& f, barrier_passed& m) { return f(caf::meta::type_name("barrier_passed"), m.task, m.subtask, m.checkpoint); }
template <class Inspector> auto inspect(Inspector& f, source_progress& m) { return f(caf::meta::type_name("source_progress"), m.task, m.subtask, m.time); }
template <class Inspector> auto inspect(Inspector& f, split_request& m) { return f(caf::meta::type_name("split_request"), m.task, m.subtask); }
template <class Inspector> auto inspect(Inspector& f, look_for_splits& m) { return f(caf::meta::type_name("look_for_splits"), m.task); }
template <class Inspector> auto inspect(Inspector& f, begin_job&) { return f(caf::meta::type_name("begin_job")); }
template <class Inspector> auto inspect(Inspector& f, cancel_job&) { return f(caf::meta::type_name("cancel_job")); }
template <class Inspector> auto inspect(Inspector& f, start_barrier&) { return f(caf::meta::type_name("start_barrier")); }
template <class Inspector> auto inspect(Inspector& f, take_savepoint& m) { return f(caf::meta::type_name("take_savepoint"), m.path, m.stop, m.drain); }
template <class Inspector> auto inspect(Inspector& f, cancel_timed_out&) { return f(caf::meta::type_name("cancel_timed_out")); }
template <class Inspector> auto inspect(Inspector& f, ends_slowly&) { return f(caf::meta::type_name("ends_slowly")); }

}  // namespace flow

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(flow::delivery)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(flow::credit_grant)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(flow::begin_task)
