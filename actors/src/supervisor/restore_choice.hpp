#pragma once
// Which checkpoint or savepoint a run starts from, and whether it may.

#include <optional>
#include <set>
#include <string>

#include <flow/settings/restore_options.hpp>
#include <flow/snapshot/snapshot_store.hpp>

namespace flow {

/// Of the snapshots in `store`, which lie at `place`, the one that the origin means; nothing: a fresh start. Throws `flow::error`: not_found where
/// it is not there, bad_record where its manifest is damaged, usage where a fresh start would take no notice of checkpoints that are there.
std::optional<snapshot_manifest> choose(restore_origin const& origin, snapshot_store const& store, std::string const& place);

/// What was found damaged in a checkpoint, told with the ways to go on.
error damaged(error const& found, checkpoint_id id, snapshot_store const& store, std::string const& place);

/// Throws `flow::error` (usage) where two-phase sinks have published what came after the chosen checkpoint, so that it would be published
/// again. `own`: the store in which this job keeps its checkpoints; `two_phase`: such sinks of the job as it is now.
void check_for_duplicates(snapshot_manifest const& chosen, snapshot_store const& own, std::set<std::string> two_phase, bool accept_duplicates);

}  // namespace flow
