#include <flow/state/keyed_state.hpp>

namespace flow {

void detail::throw_undeclared_state() {
  throw error(error_code::user_function,
              "a state is used that was not declared; in the function's `void open(flow::open_context& context)` give it its name: "
              "state = context.state().value<T>(\"name\")");
}

void keyed_state::check_name(std::string const& name) {
  if (name.starts_with("flow."))
    throw error(error_code::invalid_job, "state '" + name + "': names that begin with 'flow.' are the engine's; choose another");
}

}  // namespace flow
