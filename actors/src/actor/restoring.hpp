#pragma once
// What happens between a checkpoint and the tasks that go on from it.

#include <memory>
#include <optional>

#include "../supervisor/source_splits.hpp"
#include "job_actors.hpp"

namespace flow {

/// The newest checkpoint in a store, which lies at `place`, that an attempt of this number or a later one has completed; without a manifest where there is none.
restore_point newest_checkpoint(std::shared_ptr<snapshot_store const> store, std::string place, std::uint64_t attempt);
/// What the first attempt of a run goes on from.
restore_point first_restore_point(job_run const& run);
/// The highest number of an attempt in a store and of what is restored.
std::uint64_t newest_attempt(snapshot_store const& store, restore_point const& from);
/// Commits what the two-phase sinks have prepared in the checkpoint that the current attempt is restored from, and removes what
/// others have left. Blocks as long as the committers do; throws `flow::error` with the sink's name.
void recover_sinks(job_run const& run);
/// What the checkpoint has of a source's enumerator.
std::optional<stored_splits> restored_splits(job_run const& run, task_plan const& source);

}  // namespace flow
