#pragma once
// Writes a table into the pieces of its state while the table goes on changing.
//
// `begin` starts a new epoch of the table. From then on `step` walks over the segments and writes the entries as they were at
// that moment; an entry that is about to change or go before its turn is written first. In a base that is every entry, in
// a delta each that has changed, or that the snapshot before wrote in vain. An entry whose bit of the new epoch is set
// ahead of the walk has either been written so or is younger than the snapshot: there is no other mark.
//
// Removals are remembered by key, per part, until a completed checkpoint has them, and only of what a snapshot has: a
// timer that is set and fires between two checkpoints leaves nothing. Of a part that loses more than it holds the memory is
// given up, and it is written whole.

#include <algorithm>
#include <limits>
#include <optional>

#include <flow/state/part_pieces.hpp>
#include <flow/state/stored_key.hpp>
#include <flow/state/table.hpp>
#include <flow/time.hpp>

namespace flow {

/// How an entry of a delta begins.
enum class delta_entry : std::uint8_t { removed = 0, set = 1, slice_dropped = 2 };

template <key_type K, class V>
class table_snapshot final : public table_observer<K, V> {
 public:
  using entry = segment_entry<K, V>;

  /// All three outlive this. `slice`: the key's first half, where the table is one of several.
  table_snapshot(table<K, V>& of, part_pieces& pieces, stored_key const& form, std::optional<timestamp> slice = {})
      : table_(&of), pieces_(pieces), form_(form), slice_(slice) {}
  table_snapshot(table_snapshot const&) = delete;
  table_snapshot& operator=(table_snapshot const&) = delete;

  /// Removals count from now on.
  void attach() { table_->observe(this); }
  /// Before this goes and the table does not.
  void release() {
    table_->watch(false);
    table_->observe(nullptr);
  }

  /// The pieces have begun.
  void begin() {
    if (walking_) finish_in_vain();
    if (pieces_.folds()) append(removed_before_, removed_);
    else removed_before_ = std::move(removed_);
    removed_.clear();
    for (std::uint32_t part = 0; part < removed_before_.size(); ++part) {
      if (pieces_.begins_anew(part)) removed_before_[part] = {};
      else if (removed_before_[part].size() > most_removals()) pieces_.lose_track(part);
    }
    table_->begin_epoch(pieces_.folds());
    table_->watch(walking_ = true);
    at_ = 0;
  }
  /// Writes up to the end of a part; `slots` is counted down by what was looked at. False: it ran out before.
  bool write_until(std::uint64_t last, std::size_t& slots) {
    while (walking_ && at_ <= last) {
      if (slots == 0) return false;
      step(slots, [this](std::uint32_t part, entry const& e) { write(part, e); });
    }
    return true;
  }
  /// Whether removals have to be told of a part.
  bool removed(std::uint32_t part) const { return part < removed_before_.size() && !removed_before_[part].empty(); }
  /// What comes first in a delta; how many entries that is.
  std::uint64_t write_removals(std::uint32_t part, encoder& archive) const {
    if (!removed(part)) return 0;
    for (auto const& key : removed_before_[part]) {
      archive(delta_entry::removed);
      if (slice_) archive(*slice_);
      save_key(archive, key, form_);
    }
    return removed_before_[part].size();
  }
  /// Whether a snapshot has any of the entries: of a table that is given up.
  bool ever_written() const { return ever_written_; }
  void was_restored() { ever_written_ = true; }

  bool changing(entry const& e, entry_history const& h) override {
    std::uint64_t const hash = hash_of(e.key);
    if (hash < at_) return false;
    std::uint32_t const part = pieces_.part_of(hash);
    if (!pending(part, h)) return false;
    write(part, e);
    return true;
  }
  void removing(entry const& e, entry_history const& h) override {
    bool stored = h.stored;
    if (walking_ && !h.changed_now) stored |= changing(e, h);
    if (stored) remember(pieces_.part_of(hash_of(e.key)), e.key);
  }

 private:
  using keys = std::vector<std::vector<K>>;  // by part
  static constexpr std::size_t slots_per_spilled = 4;

  bool pending(std::uint32_t part, entry_history const& h) const { return pieces_.is_base(part) || h.changed_before || (pieces_.folds() && h.written); }

  /// Visits a segment, or less where many entries are not in memory: calls `f(part, entry)` for what is to be written.
  template <class F>
  void step(std::size_t& slots, F f, bool in_vain = false) {
    std::uint64_t last = std::numeric_limits<std::uint64_t>::max();
    if (table_->spills() && !in_vain) {
      std::uint32_t const part = pieces_.part_of(at_);
      std::size_t found = 0;
      last = table_->visit_spilled(at_, std::min(table_->segment_end(at_), pieces_.end_of(part)), pieces_.is_base(part), [&](entry const& e) {
        f(part, e);
        ++found;
      });
      slots -= std::min(slots, found * slots_per_spilled);
    }
    std::size_t const looked_at = table_->visit(at_, [&](auto const& v, std::uint64_t first, std::uint64_t last) {
      std::uint32_t const before = v.before() | (pieces_.folds() ? v.group.written : 0u);
      std::uint32_t const changed = before & v.which;
      v.before() &= static_cast<std::uint16_t>(~v.which);
      v.group.written = static_cast<std::uint16_t>((v.group.written & ~v.which) | changed);
      std::uint32_t const lowest = pieces_.part_of(first), highest = pieces_.part_of(last);
      for (std::uint32_t bits = v.which & ~std::uint32_t{v.now()}; bits != 0; bits &= bits - 1) {
        std::uint32_t const bit = bits & -bits;
        entry const& e = v.entries[std::countr_zero(bits)];
        if (lowest == highest && !(changed & bit) && !pieces_.is_base(lowest)) continue;
        std::uint32_t const part = lowest == highest ? lowest : pieces_.part_of(hash_of(e.key));
        if (!(changed & bit) && !pieces_.is_base(part)) continue;
        f(part, e);
        v.group.stored |= static_cast<std::uint16_t>(bit);
      }
    }, last);
    slots -= std::min(slots, looked_at);
    if (at_ == 0) table_->watch(walking_ = false);
  }
  /// What is left of a snapshot that nobody waits for any more: what has changed is only marked as written.
  void finish_in_vain() {
    std::size_t slots = 0;
    while (walking_) step(slots, [](std::uint32_t, entry const&) {}, true);
  }
  void write(std::uint32_t part, entry const& e) {
    encoder& archive = pieces_.piece(part);
    if (!pieces_.is_base(part)) archive(delta_entry::set);
    if (slice_) archive(*slice_);
    save_key(archive, e.key, form_);
    save_value(archive, e.value);
    pieces_.added(part);
    ever_written_ = true;
  }
  void remember(std::uint32_t part, K const& key) {
    if (pieces_.lost_track(part)) return;
    if (removed_.empty()) removed_.resize(pieces_.size());
    auto& list = removed_[part];
    if (list.size() >= most_removals()) {
      pieces_.lose_track(part);
      list = {};
    } else {
      list.push_back(key);
    }
  }
  std::size_t most_removals() const { return 64 + table_->size() / pieces_.size(); }
  static void append(keys& to, keys& from) {
    if (to.empty()) to.resize(from.size());
    for (std::size_t part = 0; part < from.size(); ++part) std::move(from[part].begin(), from[part].end(), std::back_inserter(to[part]));
  }

  table<K, V>* table_;
  part_pieces& pieces_;
  stored_key form_;
  std::optional<timestamp> slice_;
  std::uint64_t at_ = 0;  // the walk has passed all hashes below
  bool walking_ = false;
  bool ever_written_ = false;
  keys removed_, removed_before_;
};

}  // namespace flow
