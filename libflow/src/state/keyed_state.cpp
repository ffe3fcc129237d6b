#include <flow/state/keyed_state.hpp>

namespace flow {

void detail::throw_undeclared_keyed_state() { throw_undeclared_state("context.state().value<T>(\"name\")"); }

void detail::throw_no_current_key() {
  throw error(error_code::user_function,
              "keyed state is used where there is no key: in open, in close, or for a record of a broadcast stream; use it where a record with a key or a timer is processed");
}

void keyed_state::check_life(std::string const& name, time_to_live const& life) {
  if (life.length().count() <= 0)
    throw error(error_code::invalid_job, "state '" + name + "': its time to live is " + std::to_string(life.length().count()) +
                                             " us; it must be above 0. State that lives for ever is declared without one");
  timed_ = true;
}

}  // namespace flow
