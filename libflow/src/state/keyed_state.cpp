#include <flow/state/keyed_state.hpp>

namespace flow {

void detail::throw_undeclared_keyed_state() { throw_undeclared_state("context.state().value<T>(\"name\")"); }

}  // namespace flow
