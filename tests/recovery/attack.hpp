#pragma once
// Runs a job again and again while everything goes wrong, until it comes to its end: what it has published is then what a run
// without disturbance publishes. What goes wrong, and how the job is run, is drawn from a seed.
//
// FLOW_SEEDS=n sets how many seeds are tried, over all tests (2,400 unless given); FLOW_SEED=n has every test try that seed alone;
// FLOW_LOG=1 prints what the job logs.

#include <functional>
#include <set>
#include <string>

#include <flow/job.hpp>
#include <flow/settings/restore_options.hpp>

#include "recovery/world.hpp"

namespace flow::testing {

struct subject {
  std::function<void(job&, world&, inputs const&)> build;
  /// Sinks whose output is no function of the input; `holds` checks what is true of them.
  std::set<std::string> varying{};
  std::function<void(world const&)> holds{};
  /// With what the job that `world::changed` makes is restored from a savepoint of that before; nothing: it has one form only.
  std::optional<restore_options> change{};
  /// Sinks that only one of the two forms has: what they publish is part of what they would have, and what they have prepared when
  /// they are dropped is given up.
  std::set<std::string> in_one_form{};
};

void attack(subject const& what);

}  // namespace flow::testing
