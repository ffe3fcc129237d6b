#pragma once
// Where the checkpoints of a job are kept: durable in a directory, or in memory (memory_snapshots.hpp).
//
//     store->begin(7);
//     auto writer = store->write(7, {"counts", "count", 5, state_kind::table}, {piece_form::base, key, value});
//     writer->append(encoded, entries);
//     part.pieces.push_back(writer->finish());
//     store->finish(manifest);                      // from here on checkpoint 7 exists
//
// A checkpoint exists when `finish` has returned. Where `finish` or a writer has thrown, it is to be abandoned; a process that
// dies at any moment leaves the checkpoints that had finished, and what others have written is removed when the store is
// opened again. Checkpoints may be in progress at the same time. A failed write ends all that are: what they still write
// fails too, and the next `begin` starts again from what is durable.
//
// Letting go of a checkpoint becomes durable with the next that finishes, or with `end` or `remove`: after a crash there may
// be one more than retention keeps.
//
// No piece is removed that a retained manifest names, wherever it was written, nor one that a checkpoint in progress may
// still name: checkpoints with ids below its own stay until it has ended. A manifest that is damaged keeps every piece
// that it may have named.
//
// A store belongs to one thread; its const members may be called by several at once while no other runs. Everything throws
// `flow::error`, naming the path and what to do: no_space, permission_denied, io; bad_record for what is damaged; not_found
// for what is not there; usage for a store that is only read; internal where this contract is broken.

#include <memory>
#include <string>
#include <vector>

#include <flow/snapshot/manifest.hpp>
#include <flow/snapshot/piece.hpp>

namespace flow {

/// How a job has ended.
enum class job_end { succeeded, cancelled, failed };

struct snapshot_retention {
  std::uint32_t newest = 1;       // so many checkpoints are kept while the job runs, and after a failure; at least 1
  bool keep_cancelled = true;     // whether they are kept when the job was cancelled
  bool keep_succeeded = false;    // and when it has come to its end
};

/// A checkpoint as a list shows it.
struct snapshot_summary {
  checkpoint_id id = 0;
  bool damaged = false;  // its manifest cannot be read; what follows is unknown then
  snapshot_kind kind = snapshot_kind::checkpoint;
  timestamp time;
  std::string job;
  std::uint64_t attempt = 0;
  std::uint64_t pieces = 0, bytes = 0;          // all that it names
  std::uint64_t own_pieces = 0, own_bytes = 0;  // of these, what was written for it
};

/// A piece that lies in a store, whether named or not.
struct stored_piece {
  std::string operator_name, state_name;
  std::uint32_t part = 0;
  checkpoint_id checkpoint = 0;
  auto operator<=>(stored_piece const&) const = default;
};

class snapshot_store {
 public:
  virtual ~snapshot_store() = default;

  /// Begins a checkpoint. Its id is above those of all that are in the store or were begun since it was opened.
  virtual void begin(checkpoint_id id) = 0;
  /// Writes a piece of a checkpoint in progress; once for a place and checkpoint. Several may be written at a time.
  virtual std::unique_ptr<piece_writer> write(checkpoint_id id, piece_place const& place, piece_contents const& contents) = 0;
  /// Makes the pieces and then the manifest durable, and lets go of the checkpoints that retention no longer keeps. The
  /// manifest may name pieces of this checkpoint that are complete, and any of lower ids that a checkpoint in the store names.
  virtual void finish(snapshot_manifest const& manifest) = 0;
  /// Removes what was written for a checkpoint in progress; of one that is not, nothing. What the store cannot remove
  /// now, the next `begin` removes, or tells why it cannot.
  virtual void abandon(checkpoint_id id) = 0;
  /// After checkpoints have failed: makes sure that what does not exist now will not be found later either, so that what was prepared
  /// for it may be dropped. One whose `finish` failed may lie there whole. Throws what the store throws: nothing may be dropped then.
  virtual void settle() = 0;
  /// Abandons what is in progress and keeps or removes the checkpoints as retention has it for this end; never savepoints.
  virtual void end(job_end how) = 0;
  /// Removes one checkpoint or savepoint, also a damaged one, and the pieces that only it names; not while one with a higher id
  /// is in progress.
  virtual void remove(checkpoint_id id) = 0;

  /// Those that exist, oldest first.
  virtual std::vector<snapshot_summary> list() const = 0;
  virtual snapshot_manifest manifest(checkpoint_id id) const = 0;
  /// Reads a piece that a manifest names.
  virtual std::unique_ptr<piece_reader> read(piece_place const& place, piece_info const& piece) const = 0;
  /// All pieces there are. O(pieces) reads from the store.
  virtual std::vector<stored_piece> pieces() const = 0;
};

/// Opens the snapshots in a directory, made where it does not exist, and removes what unfinished checkpoints have left. One process
/// at a time: throws `flow::error` (io) while another has it open.
std::unique_ptr<snapshot_store> open_snapshots(std::string const& directory, snapshot_retention retention = {});
/// Opens them for reading only, also while a job writes there: shows the checkpoints that existed at this moment. Nothing
/// in the directory is changed.
std::unique_ptr<snapshot_store> read_snapshots(std::string const& directory);

/// Reads all of a checkpoint and returns what is wrong with it: nothing, or an error for its manifest or for each piece.
std::vector<error> verify(snapshot_store const& store, checkpoint_id id);

}  // namespace flow
