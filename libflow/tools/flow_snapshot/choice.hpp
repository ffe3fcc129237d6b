#pragma once
// Which checkpoint a word of the command line names.

#include <string>

#include <flow/snapshot/snapshot_store.hpp>

namespace flow::tools {

/// A whole number, or "latest": the newest that is whole enough to have a manifest. Throws `flow::error`: usage; not_found, telling which are there.
checkpoint_id chosen(snapshot_store const& store, std::string const& directory, std::string const& word);

}  // namespace flow::tools
