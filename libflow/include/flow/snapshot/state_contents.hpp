#pragma once
// What a state holds at a checkpoint: the pieces of its parts, applied one to another (doc/snapshot_format.md, "Entries").
//
// For tools: by schemas alone, without the C++ types. Memory: the entries of one part, where it has deltas; else one chunk.

#include <functional>
#include <string_view>

#include <flow/record/layout.hpp>
#include <flow/snapshot/snapshot_store.hpp>

namespace flow {

struct state_entry {
  state_kind kind = state_kind::value;
  std::uint32_t part = 0;              // number of the key group or subtask
  layout::node const* key = nullptr;   // null in states without keys
  layout::node const* value = nullptr;
  byte_cursor key_at, value_at;        // the encodings
};

/// Calls `use` with each entry of a state of `manifest`, part after part, in no particular order within a part. Throws `flow::error`: not_found
/// for an operator or state that is not there, telling which are; bad_record for what is damaged.
void read_state(snapshot_store const& store, snapshot_manifest const& manifest, std::string_view operator_name, std::string_view state_name,
                std::function<void(state_entry const&)> const& use);

/// The entry as one line of JSON, without an end of line: {"key":...,"value":...}; {"slice":...,"key":...,"value":...} of states with slices;
/// {"subtask":...,"value":...} of states without keys.
void append_json(std::string& out, state_entry const& entry);

}  // namespace flow
