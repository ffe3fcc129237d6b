#include <flow/state/keyed_state.hpp>

namespace flow {

void detail::throw_undeclared_keyed_state() { throw_undeclared_state("context.state().value<T>(\"name\")"); }

void detail::throw_no_current_key() {
  throw error(error_code::user_function,
              "keyed state is used where there is no key: in open, in close, or for a record of a broadcast stream; use it where a record with a key or a timer is processed");
}

}  // namespace flow
