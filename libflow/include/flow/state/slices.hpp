#pragma once
// State per key and slice of time: a table for each slice that holds something.
//
// Slices are few and mostly used at their young end: they are kept sorted by their start in a small vector. A dropped
// slice leaves its table, with its memory, to the next one; while a snapshot is being written, once that has passed it.

#include <algorithm>
#include <memory>
#include <span>
#include <vector>

#include <flow/state/operator_state.hpp>
#include <flow/state/table_snapshot.hpp>
#include <flow/time.hpp>

namespace flow {

template <key_type K, class V>
class slices final : public state_object {
 public:
  using table_type = table<K, V>;
  struct slice {
    timestamp begin;
    std::unique_ptr<table_type> entries;
    std::unique_ptr<table_snapshot<K, V>> snapshot;  // of the entries, where there are checkpoints
  };

  explicit slices(std::string name, state_memory memory = {})
      : state_object(std::move(name), state_kind::slices, key_schema_of_entry(), schema_of<V>()), where_(memory) {}

  /// Whether what is not used leaves memory.
  bool spills() const { return where_.spills(); }

  /// The table of the slice that starts at `begin`, made where there is none. The table stays where it is until it is
  /// dropped. O(log slices).
  table_type& at(timestamp begin) {
    auto place = lower_bound(begin);
    if (place == slices_.end() || place->begin != begin) place = slices_.insert(place, fresh(begin));
    return *place->entries;
  }
  /// All slices, oldest first.
  std::vector<slice> const& all() const { return slices_; }
  /// The slices that start in [first, last), oldest first.
  std::span<slice const> between(timestamp first, timestamp last) const {
    auto const from = lower_bound(first), to = lower_bound(last);
    return {from, to};
  }
  /// Drops the slice at the front.
  void drop_oldest() {
    slice gone = std::move(slices_.front());
    slices_.erase(slices_.begin());
    if (writing()) leaving_.push_back(std::move(gone));
    else recycle(std::move(gone));
  }

  std::size_t entries() const override {
    std::size_t n = 0;
    for (auto const& s : slices_) n += s.entries->size();
    return n;
  }
  std::size_t memory() const override {
    std::size_t n = 0;
    for (auto const* of : {&leaving_, &slices_})
      for (auto const& s : *of) n += s.entries->memory();
    for (auto const& t : spare_) n += t->memory();
    return n;
  }

  void begin_snapshot(snapshot_cut const& cut, piece_output& out) override {
    pieces_.divide(cut.max_parallelism);
    let_go();  // of what a snapshot that was given up had not passed
    pieces_.begin(cut, out, [this](std::uint32_t part, encoder& archive) { return write_removals(part, archive); });
    if (pieces_.folds()) dropped_before_.insert(dropped_before_.end(), dropped_.begin(), dropped_.end());
    else dropped_before_ = std::move(dropped_);
    dropped_.clear();
    observed_ = true;
    for (auto& s : slices_) {
      observe(s);
      s.snapshot->begin();
    }
    part_ = 0;
  }
  bool write_snapshot(std::size_t& slots) override {
    for (; writing(); ++part_) {
      bool removed = !dropped_before_.empty();
      for (auto const* of : {&leaving_, &slices_})
        for (auto const& s : *of) {
          if (!s.snapshot) continue;
          if (!s.snapshot->write_until(pieces_.end_of(part_), slots)) return false;
          removed |= s.snapshot->removed(part_);
        }
      pieces_.close(part_, removed);
    }
    let_go();
    return true;
  }
  void load(stored_state const& from) override {
    pieces_.divide(from.max_parallelism);
    if (from.goes_on) pieces_.restored_from(from.checkpoint);
    from.for_each_part([&](state_part const& part) {
      load_part(from, part);
      pieces_.restored(part.part, part.pieces, from.goes_on);
    });
    std::erase_if(slices_, [](slice const& s) { return s.entries->empty(); });
    observed_ = true;
    for (auto& s : slices_) {
      observe(s);
      s.snapshot->was_restored();
    }
    part_ = pieces_.size();
  }

 private:
  /// The key of an entry as it is stored.
  static schema key_schema_of_entry() {
    schema s;
    s.type = "struct";
    s.fields = {{"slice", schema_of<timestamp>()}, {"key", schema_of<K>()}};
    return s;
  }
  bool writing() const { return part_ < pieces_.size(); }
  slice fresh(timestamp begin) {
    slice s{begin, fresh_table(), {}};
    if (observed_) observe(s);
    return s;
  }
  void observe(slice& s) {
    if (s.snapshot) return;
    s.snapshot = std::make_unique<table_snapshot<K, V>>(*s.entries, pieces_, stored_key{}, s.begin);
    s.snapshot->attach();
  }
  /// The memory of a slice that is gone is for the next one; later checkpoints are told that it went.
  void recycle(slice gone) {
    if (gone.snapshot && gone.snapshot->ever_written()) dropped_.push_back(gone.begin);
    if (gone.snapshot) gone.snapshot->release();
    gone.entries->clear();
    if (spare_.size() < 4) spare_.push_back(std::move(gone.entries));
  }
  void let_go() {
    for (auto& s : leaving_) recycle(std::move(s));
    leaving_.clear();
  }
  std::uint64_t write_removals(std::uint32_t part, encoder& archive) const {
    std::uint64_t entries = dropped_before_.size();
    for (timestamp const begin : dropped_before_) archive(delta_entry::slice_dropped, begin);
    for (auto const* of : {&leaving_, &slices_})
      for (auto const& s : *of)
        if (s.snapshot) entries += s.snapshot->write_removals(part, archive);
    return entries;
  }
  void load_part(stored_state const& from, state_part const& part) {
    K key{};
    from.for_each_entry(part, [&](decoder& archive, piece_form form) {
      delta_entry what = delta_entry::set;
      timestamp begin{};
      if (form == piece_form::delta) archive(what);
      archive(begin);
      if (what == delta_entry::slice_dropped) return drop_part(part.part, begin);
      archive(key);
      std::uint64_t const hash = hash_of(key);
      if (what == delta_entry::set) from.read_value(archive, described_part(at(begin).restore(key, hash)));
      else at(begin).erase(key, hash);
      if (where_.spills() && ++loaded_ % 256 == 0) where_.set->make_room();
    });
  }
  /// Removes the entries that a slice has in one part.
  void drop_part(std::uint32_t part, timestamp begin) {
    std::vector<K> gone;
    table_type& of = at(begin);
    of.for_each_between(pieces_.begin_of(part), pieces_.end_of(part), [&](auto const& e) { gone.push_back(e.key); });
    for (auto const& k : gone) of.erase(k, hash_of(k));
  }

  auto lower_bound(timestamp begin) const {
    return std::lower_bound(slices_.begin(), slices_.end(), begin, [](slice const& s, timestamp t) { return s.begin < t; });
  }
  std::unique_ptr<table_type> fresh_table() {
    if (spare_.empty()) {
      auto fresh = std::make_unique<table_type>(where_.chunks);
      if (where_.spills()) fresh->keep_behind(*where_.set);
      return fresh;
    }
    auto t = std::move(spare_.back());
    spare_.pop_back();
    return t;
  }

  state_memory where_;
  std::uint64_t loaded_ = 0;
  std::vector<slice> slices_;
  std::vector<std::unique_ptr<table_type>> spare_;

  part_pieces pieces_{*this};
  bool observed_ = false;         // there are checkpoints
  std::uint32_t part_ = 0;        // the first that is not complete
  std::vector<slice> leaving_;    // dropped, and not yet passed by the snapshot
  std::vector<timestamp> dropped_, dropped_before_;
};

}  // namespace flow
