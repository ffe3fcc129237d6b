#pragma once
// How the state of a checkpoint is given to the operators of a job as it is now.

#include <memory>

#include <flow/graph/plan.hpp>
#include <flow/settings/restore_options.hpp>
#include <flow/snapshot/restored_operator.hpp>

namespace flow {

class job_restore {
 public:
  /// The graph and the options outlive this; so does `from`.
  job_restore(restore_point const& from, graph const& g, restore_options const& o);

  /// What the checkpoint has of an operator; null: nothing.
  operator_manifest const* stored(std::string const& operator_name) const;
  /// What an instance of an operator is restored from, for `operator_state::restore_from`.
  std::unique_ptr<state_source> state_of(node_id id, std::uint32_t subtask, std::uint32_t parallelism) const;
  /// Whether all operators of a subtask had come to their end.
  bool had_finished(task_plan const& t, std::uint32_t subtask) const;

 private:
  restore_point const& from_;
  graph const& graph_;
  restore_options const& options_;
};

}  // namespace flow
