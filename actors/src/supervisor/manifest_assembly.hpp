#pragma once
// The manifest of a checkpoint, made of what all subtasks wrote for it and of the checkpoint before.

#include <vector>

#include "task_snapshot.hpp"

namespace flow {

/// `frame` says what the checkpoint is, without its operators. `previous` is the completed checkpoint on which deltas build;
/// none: everything was written anew, as for a savepoint, which takes nothing from earlier ones. There is one snapshot of each
/// subtask; those of one operator are put together.
///
/// Of each part: a base stands for itself, and without entries for nothing; a delta follows the previous pieces; where
/// nothing was written, the previous pieces stay. Parts that are subtasks stay within one attempt only: in the next, other
/// subtasks have them. What was on its way belongs to one checkpoint only. Throws `flow::error` (internal) where snapshots contradict each other or the previous manifest.
snapshot_manifest assemble(snapshot_manifest frame, snapshot_manifest const* previous, std::vector<task_snapshot> const& snapshots);

}  // namespace flow
