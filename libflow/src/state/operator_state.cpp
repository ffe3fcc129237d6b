#include <flow/state/operator_state.hpp>

#include <flow/error.hpp>

namespace flow {

void operator_state::check_new(std::string const& name) const {
  if (name.empty()) throw error(error_code::invalid_job, "state needs a name: it is its identity in every snapshot");
  for (auto const& o : objects_)
    if (o->name() == name)
      throw error(error_code::invalid_job, "state '" + name + "' is declared twice; give each state a name of its own");
}

}  // namespace flow
