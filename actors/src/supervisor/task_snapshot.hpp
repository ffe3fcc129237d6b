#pragma once
// What a subtask tells of a checkpoint once all that it wrote for it is in the store.

#include <cstdint>
#include <string>
#include <vector>

#include <flow/snapshot/manifest.hpp>

namespace flow {

/// What one subtask of an operator wrote for a checkpoint.
struct operator_snapshot {
  std::string name;
  /// Parts with exactly one piece each, of this checkpoint; parts without changes are not there. A base without entries says
  /// that the part has become empty.
  std::vector<state_manifest> states;
  schema committable_schema;       // without a type where there are no committables
  std::vector<bytes> committables;  // all that are pending, oldest first
};

struct task_snapshot {
  std::size_t task = 0;  // number of the subtask over all tasks
  std::uint32_t subtask = 0;
  checkpoint_id checkpoint = 0;
  bool finished = false;
  std::vector<operator_snapshot> operators;
};

}  // namespace flow
