#pragma once
// The pieces that the parts of one state are written to: which are written whole, and what is open.
//
// A part (a key group) is written whole, as a base, where nothing of it is in a completed checkpoint yet, where the
// deltas on its last base have come to hold as many entries as that base, where too many removals were to be remembered, and
// in rotation, every 64th checkpoint. So a restore reads at most about twice the state, whatever changed how often, and
// no checkpoint writes everything once it has been written.

#include <functional>
#include <memory>
#include <vector>

#include <flow/record/key.hpp>
#include <flow/snapshot/manifest.hpp>
#include <flow/state/snapshot_cut.hpp>

namespace flow {

class part_pieces {
 public:
  explicit part_pieces(state_object const& of) : of_(of) {}

  /// How many parts there are, before anything else: key groups, or 1. `first`: under which number the first is written.
  void divide(std::uint32_t parts, std::uint32_t first = 0) {
    if (parts_.empty()) parts_.resize(parts);
    first_ = first;
  }
  std::uint32_t size() const { return static_cast<std::uint32_t>(parts_.size()); }
  std::uint32_t part_of(std::uint64_t hash) const { return key_group_of(hash, size()); }
  /// The first and the last hash of a part.
  std::uint64_t begin_of(std::uint32_t part) const { return part == 0 ? 0 : end_of(part - 1) + 1; }
  std::uint64_t end_of(std::uint32_t part) const;

  /// A checkpoint begins: decides the forms. `open` is called with each delta that is opened, to write the entries that come
  /// first, and says how many these are.
  using opening = std::function<std::uint64_t(std::uint32_t part, encoder&)>;
  void begin(snapshot_cut const& cut, piece_output& out, opening open);
  /// Whether the snapshot before this one was no completed checkpoint: what it wrote is written again.
  bool folds() const { return folds_; }
  bool is_base(std::uint32_t part) const { return parts_[part].form == piece_form::base; }
  /// Whether what was before does not matter to later checkpoints either.
  bool begins_anew(std::uint32_t part) const { return is_base(part) && !cut_.full; }
  /// Where to encode the next entry; `added` is to follow.
  encoder& piece(std::uint32_t part) {
    if (!parts_[part].open) open(part);
    return parts_[part].open->archive;
  }
  void added(std::uint32_t part) {
    chunk& c = *parts_[part].open;
    ++c.entries;
    if (c.archive.size() >= chunk_bytes) [[unlikely]] flush(part, false);
  }
  /// Nothing more of this part. `removed`: something may have to be told though no entry was written.
  void close(std::uint32_t part, bool removed);

  /// Too much was removed from a part to be remembered: the next piece will be a base.
  void lose_track(std::uint32_t part) { parts_[part].lost = true; }
  bool lost_track(std::uint32_t part) const { return parts_[part].lost; }
  /// A part has been restored from these pieces; `goes_on`: the next checkpoint may build on them.
  void restored(std::uint32_t part, std::vector<piece_info> const& from, bool goes_on);
  /// The checkpoint that all parts have been restored from, where the next one may build on it.
  void restored_from(checkpoint_id id) { last_ = id; }

 private:
  static constexpr std::size_t chunk_bytes = 64 << 10, smallest_room = 256;
  static constexpr checkpoint_id rotation = 64;

  /// An archive of its own for each: a chunk can be read without those before it.
  struct chunk {
    bytes data;
    encoder archive{data};
    std::uint64_t entries = 0;
  };
  struct part_state {
    piece_form form = piece_form::base;
    bool in_store = false;    // something has been written of it, in this run or before
    bool based = false;       // a base is in a completed checkpoint
    bool lost = false;
    checkpoint_id base_at = 0;     // its newest base, completed or not; 0 where that would be empty
    checkpoint_id emptied_at = 0;  // where that was told instead
    std::uint64_t base_entries = 0, delta_entries = 0;
    bool begun = false;         // the piece of this checkpoint
    std::unique_ptr<chunk> open;
  };
  void open(std::uint32_t part);
  void flush(std::uint32_t part, bool last);
  void close_empty(std::uint32_t part);
  piece_form next_form(std::uint32_t number, part_state const& p) const;

  state_object const& of_;
  std::vector<part_state> parts_;
  std::uint32_t first_ = 0;
  snapshot_cut cut_;
  checkpoint_id last_ = 0;  // the newest snapshot begun
  bool folds_ = false;
  piece_output* out_ = nullptr;
  opening open_;
};

}  // namespace flow
