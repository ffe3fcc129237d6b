#pragma once
// The keys of manifests and pieces: numbers are big-endian, so that keys sort by checkpoint, operator, state, part and chunk.

#include <optional>
#include <string>
#include <string_view>

#include <flow/snapshot/snapshot_store.hpp>

#include "snapshot/key_value_store.hpp"

namespace flow::detail {

inline std::string const format_key = "format";

std::string manifest_key(checkpoint_id id);
/// None of a key that is no manifest's.
std::optional<checkpoint_id> manifest_of(std::string_view key);

/// What all keys of a piece begin with. Throws where a name is longer than 65,535 bytes.
std::string piece_prefix(piece_place const& place, checkpoint_id checkpoint);
/// Chunk 0 is the piece's header.
std::string chunk_key(std::string const& prefix, std::uint32_t chunk);
/// A key's piece, without its chunk. Throws where it is no key of a piece.
std::string_view prefix_of(std::string_view key);
stored_piece piece_of(std::string_view prefix);
checkpoint_id checkpoint_of(std::string_view prefix);
/// Behind all keys of a piece, and before the next piece.
std::string end_of_piece(std::string const& prefix);

/// The piece of each key in order, without looking at its chunks.
void visit_pieces(key_value_store const& store, std::function<void(std::string_view prefix)> const& use);

}  // namespace flow::detail
