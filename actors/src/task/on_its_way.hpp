#pragma once
// What was on its way in the checkpoint that a job is restored from.

#include <vector>

#include <flow/snapshot/channel_log.hpp>

namespace flow {

/// A sender's share of what was on its way to an input, in the order in which it is to be sent again.
struct on_its_way {
  std::vector<logged_batch> batches;
  std::uint32_t receivers_before = 1;  // subtasks
};

}  // namespace flow
