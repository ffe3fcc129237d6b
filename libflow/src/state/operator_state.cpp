#include <flow/state/operator_state.hpp>

#include <flow/error.hpp>

namespace flow {

void detail::check_state_name(std::string const& name) {
  if (name.starts_with("flow."))
    throw error(error_code::invalid_job, "state '" + name + "': names that begin with 'flow.' are the engine's; choose another");
}

void detail::throw_undeclared_state(char const* how) {
  throw error(error_code::user_function,
              std::string("a state is used that was not declared; in the function's `void open(flow::open_context& context)` give it its name: state = ") + how);
}

void operator_state::check_new(std::string const& name) const {
  if (name.empty()) throw error(error_code::invalid_job, "state needs a name: it is its identity in every snapshot");
  for (auto const& o : objects_)
    if (o->name() == name)
      throw error(error_code::invalid_job, "state '" + name + "' is declared twice; give each state a name of its own");
}

}  // namespace flow
