#pragma once
// How the state of a checkpoint is given to the tasks of a job.

#include <memory>

#include "restore_choice.hpp"
#include "restore_plan.hpp"

#include "../task/on_its_way.hpp"

#include <flow/graph/plan.hpp>
#include <flow/snapshot/restored_operator.hpp>

namespace flow {

/// Calls `f`, which reads of a checkpoint: that something is damaged is told with the ways to go on.
template <class F>
void telling_of_damage(restore_point const& from, F f) {
  try {
    f();
  } catch (error const& e) {
    if (e.code() != error_code::bad_record) throw;
    throw damaged(e, from.manifest->id, *from.store, from.place);
  }
}

class job_restore {
 public:
  /// The graph outlives this. Throws `flow::error` (usage) where the checkpoint does not fit the graph.
  job_restore(restore_point from, graph const& g, settings const& s);

  restore_point const& from() const { return from_; }
  restore_plan const& plan() const { return plan_; }
  /// What an instance of an operator is restored from, for `operator_state::restore_from`; null: it begins empty.
  std::unique_ptr<state_source> state_of(node_id id, std::uint32_t subtask, std::uint32_t parallelism) const;
  /// Whether something was on its way between tasks: all that is restored begins with it.
  bool replays() const { return plan_.has_channels(); }
  /// What was on its way to an input, as far as this subtask of its sender is to send it again: that of each subtask that the sender had goes to
  /// one that it has now. `type`: of its batches.
  on_its_way channels_of(std::string const& receiver, std::uint32_t input, batch_type const& type, std::uint32_t subtask, std::uint32_t parallelism) const;
  /// Whether all operators of a subtask had come to their end.
  bool had_finished(task_plan const& t, std::uint32_t subtask) const;
  /// Whether all subtasks of a source had come to their end, perhaps because they were drained: nothing more is read.
  bool had_been_read(task_plan const& t) const;
  /// What of the checkpoint does not fit what operators have declared when they opened.
  std::vector<std::string> mistakes_of(operator_base const& opened) const;

 private:
  restore_point from_;
  graph const& graph_;
  restore_plan plan_;
};

}  // namespace flow
