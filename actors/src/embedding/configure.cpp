#include <flow/actors/configure.hpp>

#include <caf/scheduler/coordinator.hpp>

#include "../actor/scheduling.hpp"

#include <flow/actors/errors.hpp>
#include <flow/actors/spawn.hpp>

namespace flow::actors {

void configure(caf::actor_system_config& config) {
  config.set("scheduler.max-throughput", std::size_t{16});
  config.set("work-stealing.aggressive-poll-attempts", std::size_t{10});
  config.set("work-stealing.moderate-poll-attempts", std::size_t{0});
  config.set("work-stealing.relaxed-sleep-duration", caf::timespan{10'000'000});
  config.load<caf::scheduler::coordinator<waking>>();
  config.add_message_type<job_result>("flow::job_result");
  config.add_message_type<operator_summary>("flow::operator_summary");
  config.add_message_type<job_actor>("flow::actors::job_actor");
  config.add_error_category(error_category, [](std::uint8_t code, caf::atom_value, caf::message const& context) {
    auto const e = from_caf(caf::error(code, error_category, context));
    return std::string(e->what());
  });
}

}  // namespace flow::actors
