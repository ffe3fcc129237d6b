#pragma once
// Pieces: the unit in which state is written, read, named by manifests and removed.
//
// A piece is a sequence of chunks; a chunk holds whole entries, encoded as doc/snapshot_format.md has it. Writers and readers
// hold one chunk, however large the piece. Both belong to one thread and must not outlive their store.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include <flow/snapshot/manifest.hpp>

namespace flow {

/// Of what in a job a piece holds the state.
struct piece_place {
  std::string operator_name, state_name;
  std::uint32_t part = 0;                  // number of the key group or subtask
  state_kind kind = state_kind::value;     // says which; messages use it
};

/// "state 'count', key group 5, checkpoint 7"
std::string to_string(piece_place const& place, checkpoint_id checkpoint);

/// What is in a piece.
struct piece_contents {
  piece_form form = piece_form::base;
  schema key, value;
};

/// Writes one piece. A writer that is destroyed before `finish` leaves a piece that no manifest can name.
class piece_writer {
 public:
  virtual ~piece_writer() = default;
  /// Appends `entries` whole entries, encoded one behind the other; they stay in one chunk. Throws `flow::error` when the store
  /// cannot take them; the piece is then of no use, and its checkpoint is to be abandoned.
  virtual void append(std::span<std::byte const> data, std::uint64_t entries) = 0;
  /// Completes the piece, once. It is durable when its checkpoint is.
  virtual piece_info finish() = 0;
};

/// Reads one piece, chunk by chunk. What it gives out has been verified; it throws `flow::error` (bad_record) where a chunk is
/// missing, truncated or changed, naming operator, state, part and checkpoint.
class piece_reader {
 public:
  struct chunk {
    std::span<std::byte const> data;  // valid until the next call
    std::uint64_t entries = 0;
  };
  virtual ~piece_reader() = default;
  virtual piece_contents const& contents() const = 0;
  /// Calls `use` with each chunk in order; once. What `use` throws goes through.
  virtual void read(std::function<void(chunk const&)> const& use) = 0;
};

}  // namespace flow
