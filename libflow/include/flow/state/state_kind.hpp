#pragma once
// Words that state, checkpoints and tools share.

#include <cstdint>
#include <string_view>

namespace flow {

/// Checkpoints and savepoints of a job share one sequence of ids, which only rises. 0: none.
using checkpoint_id = std::uint64_t;

enum class state_kind {
  value,       // one value per subtask
  table,       // a value per key, moved by key group
  slices,      // a value per key and slice of time, moved by key group
  list,        // elements per subtask: those of all subtasks together are dealt out anew
  union_list,  // elements per subtask: each subtask is given those of all
  broadcast,   // a table that is the same in all subtasks: each has a copy of its own, or is given one
};
std::string_view name_of(state_kind kind);
/// Whether the parts of such a state are key groups; else they are subtasks.
bool by_key_group(state_kind kind);
/// The part that holds a subtask's copy of broadcast state. Part 0 was one copy for all.
constexpr std::uint32_t part_of_copy(std::uint32_t subtask) { return subtask + 1; }

enum class piece_form : std::uint8_t {
  base,   // all entries of its part
  delta,  // what was set and removed since the piece before it
};
std::string_view name_of(piece_form form);

}  // namespace flow
