#pragma once
// A declared table: a value per key, moved by key group or, as broadcast state, the same in each subtask.
//
// Each subtask stores its own copy of broadcast state: where a barrier has overtaken records, some subtasks have had more of them than others.

#include <algorithm>

#include <flow/state/operator_state.hpp>
#include <flow/state/table_snapshot.hpp>

namespace flow {

template <key_type K, class V, state_kind Kind = state_kind::table>
  requires(Kind == state_kind::table || Kind == state_kind::broadcast)
class keyed_table final : public state_object {
 public:
  explicit keyed_table(std::string name, state_memory memory = {}) : keyed_table(std::move(name), schema_of<K>(), schema_of<V>(), {}, memory) {}
  /// For keys that are stored in another form than the one they are described by.
  keyed_table(std::string name, schema key, schema value, stored_key const& form, state_memory memory)
      : state_object(std::move(name), Kind, std::move(key), std::move(value)), form_(form), memory_(memory), entries_(memory.chunks) {
    if constexpr (Kind == state_kind::table)
      if (memory_.spills()) entries_.keep_behind(*memory_.set);
  }

  table<K, V>& all() { return entries_; }
  /// Where it takes its memory from, and what is derived from it should.
  state_memory const& where() const { return memory_; }

  std::size_t entries() const override { return entries_.size(); }
  std::size_t memory() const override { return entries_.memory(); }

  void begin_snapshot(snapshot_cut const& cut, piece_output& out) override {
    divide(cut.subtask, cut.max_parallelism);
    snapshot_.attach();
    pieces_.begin(cut, out, [this](std::uint32_t part, encoder& archive) { return snapshot_.write_removals(part, archive); });
    snapshot_.begin();
    part_ = 0;
  }
  bool write_snapshot(std::size_t& slots) override {
    for (; part_ < pieces_.size(); ++part_) {
      if (!snapshot_.write_until(pieces_.end_of(part_), slots)) return false;
      pieces_.close(part_, snapshot_.removed(part_));
    }
    return true;
  }
  void load(stored_state const& from) override {
    divide(from.subtask, from.max_parallelism);
    if (from.goes_on) pieces_.restored_from(from.checkpoint);
    from.for_each_part([&](state_part const& part) {
      load_part(from, part);
      if constexpr (Kind != state_kind::broadcast) pieces_.restored(part.part, part.pieces, from.goes_on);
      else if (part.part == part_of_copy(from.subtask)) pieces_.restored(0, part.pieces, from.goes_on);
    });
    snapshot_.attach();
  }

 private:
  void divide(std::uint32_t subtask, std::uint32_t max_parallelism) {
    if constexpr (Kind == state_kind::broadcast) pieces_.divide(1, part_of_copy(subtask));
    else pieces_.divide(max_parallelism);
  }
  void load_part(stored_state const& from, state_part const& part) {
    auto const& base = part.pieces.front();
    if (Kind != state_kind::broadcast) entries_.reserve(pieces_.begin_of(part.part), pieces_.end_of(part.part), std::min(base.entries, base.bytes));
    K key{};
    from.for_each_entry(part, [&](decoder& archive, piece_form form) {
      delta_entry what = delta_entry::set;
      if (form == piece_form::delta) archive(what);
      load_key(archive, key, form_);
      std::uint64_t const hash = hash_of(key);
      if (what == delta_entry::set) from.read_value(archive, described_part(entries_.restore(key, hash)));
      else entries_.erase(key, hash);
      if (memory_.spills() && ++loaded_ % 256 == 0) memory_.set->make_room();
    });
  }

  stored_key form_;
  state_memory memory_;
  table<K, V> entries_;
  std::uint64_t loaded_ = 0;
  part_pieces pieces_{*this};
  table_snapshot<K, V> snapshot_{entries_, pieces_, form_};
  std::uint32_t part_ = 0;  // the first that is not complete
};

}  // namespace flow
