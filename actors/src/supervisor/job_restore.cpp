#include "job_restore.hpp"

#include <algorithm>

namespace flow {

job_restore::job_restore(restore_point const& from, graph const& g, restore_options const& o) : from_(from), graph_(g), options_(o) {}

operator_manifest const* job_restore::stored(std::string const& operator_name) const {
  if (options_.empty.contains(operator_name)) return nullptr;
  for (auto const& o : from_.manifest->operators) {
    auto const renamed = options_.renames.find(o.name);
    auto const& name = renamed == options_.renames.end() ? o.name : renamed->second;
    if (name == operator_name && !options_.dropped.contains(o.name)) return &o;
  }
  return nullptr;
}

std::unique_ptr<state_source> job_restore::state_of(node_id id, std::uint32_t subtask, std::uint32_t parallelism) const {
  auto const& name = graph_.at(id).name;
  auto const* const of = stored(name);
  if (!of) return nullptr;
  return std::make_unique<restored_operator>(from_, *of, subtask, parallelism, from_.goes_on && of->name == name);
}

/// Under another number of subtasks one has finished only if all had.
bool job_restore::had_finished(task_plan const& t, std::uint32_t subtask) const {
  return std::all_of(t.nodes.begin(), t.nodes.end(), [&](node_id id) {
    auto const* const of = stored(graph_.at(id).name);
    if (!of) return false;
    if (of->parallelism != t.parallelism) return of->finished.size() == of->parallelism;
    return std::find(of->finished.begin(), of->finished.end(), subtask) != of->finished.end();
  });
}

}  // namespace flow
