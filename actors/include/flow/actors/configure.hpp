#pragma once
// What an actor system should be told before it runs jobs.

#include <caf/actor_system_config.hpp>

namespace flow::actors {

/// Recommended, not required: jobs run in any actor system, under any of CAF's schedulers. Call it before the command line
/// or a file is read into `config`, which may then change the values.
///
///   * A work-stealing scheduler that wakes a sleeping worker when there is work for it, in place of one that polls. CAF's own
///     settings burn half a core while little happens, and a message between two actors takes five times as long.
///   * `scheduler.max-throughput` 16: a task looks at its other messages after at most 16 batches, and no actor keeps a
///     worker from the others for longer.
///   * The names of the messages in <flow/actors/spawn.hpp>, for handles that are used from another node, and texts for
///     errors of category "flow".
void configure(caf::actor_system_config& config);

}  // namespace flow::actors
