#pragma once
// Which pieces a store holds, and which checkpoints name them: what clean-up goes by.
//
// A piece may go when it is of no checkpoint in progress, is named by no checkpoint that is there, and could not have been named by
// one whose manifest is damaged. A manifest names pieces of its own checkpoint and of earlier ones only.

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <flow/snapshot/snapshot_store.hpp>

#include "snapshot/key_value_store.hpp"

namespace flow::detail {

class piece_index {
 private:
  struct piece {
    std::uint64_t named = 0;  // by so many checkpoints
    bool complete = false;    // known for pieces of checkpoints in progress only
    piece_info info;          // the same
  };
  using piece_map = std::map<std::string, piece, std::less<>>;
  using position = piece_map::iterator;

 public:
  /// The pieces that a manifest names, in its order, those that are missing left out: found once, since that is what costs.
  using named_pieces = std::vector<position>;

  // What is there, when a store is opened or, after a failure, opened again:
  void reset();
  void found_piece(std::string_view key);
  void found_damaged(checkpoint_id id);

  // Checkpoints in progress. All throw (internal) where the contract of the store is broken.
  void begin(checkpoint_id id);
  void check_in_progress(checkpoint_id id) const;
  void add_piece(checkpoint_id id, std::string const& key);
  void complete_piece(checkpoint_id id, std::string const& key, piece_info const& info);
  /// Whether it was in progress.
  bool end(checkpoint_id id);
  std::vector<checkpoint_id> in_progress() const;

  // Checkpoints that exist.
  /// Checks that a manifest of a checkpoint in progress names only what it may. O(pieces named * log pieces).
  named_pieces check(snapshot_manifest const& manifest);
  /// The pieces of a manifest that was found in the store.
  named_pieces find(snapshot_manifest const& manifest);
  /// The checkpoint exists and is in progress no more. O(pieces named).
  void add(snapshot_manifest const& manifest, named_pieces pieces);
  void remove(checkpoint_id id);
  bool contains(checkpoint_id id) const { return checkpoints_.contains(id); }
  std::vector<snapshot_summary> summaries() const;
  /// Whether one in progress may name its pieces: it has a later id.
  bool is_built_on(checkpoint_id id) const { return in_progress_.upper_bound(id) != in_progress_.end(); }
  /// Those that are not among so many newest, but for savepoints and those on which one in progress may build. O(checkpoints).
  std::vector<checkpoint_id> not_retained(std::uint32_t newest) const;

  /// What may go, as ranges of keys. O(pieces that nothing names), however many there are.
  std::vector<changes::range> unnamed() const;
  /// It has gone.
  void forget_unnamed();

 private:
  struct by_key {
    bool operator()(position a, position b) const { return a->first < b->first; }
  };
  struct checkpoint {
    snapshot_summary summary;
    named_pieces pieces;
  };
  void insert(position hint, std::string key);
  bool may_go(position p) const;
  void check(piece_place const& place, state_part const& part, checkpoint_id id, named_pieces& found);
  void check(piece_place const& place, position at, piece_info const& named, checkpoint_id id) const;

  piece_map pieces_;
  std::set<position, by_key> unnamed_;  // of these, by no checkpoint that is there
  std::map<checkpoint_id, checkpoint> checkpoints_;
  std::set<checkpoint_id> in_progress_;
  checkpoint_id highest_ = 0;
};

/// Calls `use(place, part)` for each part of each state.
template <class F>
void for_each_part(snapshot_manifest const& manifest, F use) {
  for (auto const& op : manifest.operators)
    for (auto const& state : op.states)
      for (auto const& part : state.parts) use(piece_place{op.name, state.name, part.part, state.kind}, part);
}

}  // namespace flow::detail
