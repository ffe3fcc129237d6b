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

/// The key of a piece's header. Throws where a name is longer than 65,535 bytes.
std::string piece_key(piece_place const& place, checkpoint_id checkpoint);
/// Makes it the key of the same piece of another checkpoint.
void set_checkpoint(std::string& piece, checkpoint_id checkpoint);
/// Of a chunk, the first being 1.
std::string chunk_key(std::string const& piece, std::uint32_t chunk);
/// Behind the keys of a piece and its chunks, and before the next piece.
std::string end_of_piece(std::string const& piece);
/// Throws where it is no key of a piece.
stored_piece piece_of(std::string_view key);
checkpoint_id checkpoint_of(std::string_view key);

/// All keys of a family from `from` on, in order.
std::vector<std::string> keys_of(key_value_store const& store, family f, std::string from = {});

}  // namespace flow::detail
