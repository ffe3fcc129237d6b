#pragma once
// The snapshot store over anything that keeps keys and values: the one implementation of its contract.

#include <memory>
#include <set>
#include <vector>

#include <flow/snapshot/snapshot_store.hpp>

#include "snapshot/key_value_store.hpp"
#include "snapshot/piece_index.hpp"

namespace flow::detail {

class stored_snapshots final : public snapshot_store {
 public:
  /// Reads what is there and, where it may write, removes what no checkpoint names.
  stored_snapshots(std::unique_ptr<key_value_store> store, snapshot_retention retention);

  void begin(checkpoint_id id) override;
  std::unique_ptr<piece_writer> write(checkpoint_id id, piece_place const& place, piece_contents const& contents) override;
  void finish(snapshot_manifest const& manifest) override;
  void abandon(checkpoint_id id) override;
  void settle() override;
  void end(job_end how) override;
  void remove(checkpoint_id id) override;

  std::vector<snapshot_summary> list() const override { return index_.summaries(); }
  snapshot_manifest manifest(checkpoint_id id) const override;
  std::unique_ptr<piece_reader> read(piece_place const& place, piece_info const& piece) const override;
  std::vector<stored_piece> pieces() const override;

 private:
  void check_writable() const;
  void check_or_write_format();
  void find_manifests();
  /// Takes the place of what is known by what is there.
  void load();
  /// After a failed write: begins again with what is durable.
  void recover();
  /// The checkpoints exist no more; `clean_up` removes what is left of them.
  void doom(std::vector<checkpoint_id> const& ids);
  /// Removes doomed manifests and then, in the order in which writes become durable, the pieces that nothing names.
  /// Returns the ranges of the pieces.
  std::vector<changes::range> clean_up();
  /// The same at once: durable, and their space given back.
  void clean_up_for_good();
  /// The same, left to the next `begin` where it fails: it tells why, if it cannot be done then.
  void try_to_clean_up();

  std::unique_ptr<key_value_store> store_;
  snapshot_retention retention_;
  piece_index index_;
  std::set<checkpoint_id> doubtful_;  // whose manifest may have been written, though `finish` failed
  std::set<checkpoint_id> doomed_;    // whose manifest is to be removed before any piece is
};

}  // namespace flow::detail
