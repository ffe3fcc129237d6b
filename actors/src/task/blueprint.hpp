#pragma once
// Turns a plan into what each subtask needs to be made.

#include "task.hpp"

namespace flow {

/// By task and subtask. The graph must outlive the tasks made from it.
std::vector<std::vector<task_blueprint>> make_blueprints(graph const& g, plan const& p, settings const& s);

}  // namespace flow
