#include <flow/operator/process_context.hpp>

namespace flow {

void detail::throw_no_event_time() {
  throw error(error_code::user_function, "an event-time timer needs event time, which the records do not have; say .event_time(...) before key_by");
}

}  // namespace flow
