#pragma once
// A state of a checkpoint as a subtask that is restored reads it.

#include <functional>
#include <memory>

#include <flow/record/evolving_decoder.hpp>
#include <flow/record/key.hpp>
#include <flow/snapshot/manifest.hpp>
#include <flow/snapshot/piece.hpp>

namespace flow {

struct stored_state {
  state_manifest const& manifest;
  /// Subtasks that the operator had, and what it has now.
  std::uint32_t parallelism_before = 1;
  std::uint32_t subtask = 0, parallelism = 1, max_parallelism = 128;
  checkpoint_id checkpoint = 0;
  /// Whether the next checkpoint goes into the same store, with the same schemas, so that it may build on these pieces.
  bool goes_on = true;
  std::function<std::unique_ptr<piece_reader>(std::uint32_t part, piece_info const&)> open;
  /// Reads values that were stored under another schema; null: they were stored as they are now.
  evolving_decoder* older = nullptr;

  template <class V>
  void read_value(decoder& archive, V& value) const {
    if constexpr (!describable<V>) archive.read(&value, sizeof value);
    else if (older) older->read_from(archive, value);
    else archive(value);
  }

  /// Whether a key group is this subtask's.
  bool owns(std::uint32_t group) const { return subtask_of_group(group, parallelism, max_parallelism) == subtask; }
  /// Whether this subtask restores from a part: of state by key from its key groups, of lists from its own or, when the number of
  /// subtasks has changed, from all, of broadcast state from one copy: its own, where that was stored.
  bool restores(std::uint32_t part) const {
    switch (manifest.kind) {
      case state_kind::table:
      case state_kind::slices: return owns(part);
      case state_kind::union_list: return true;
      case state_kind::broadcast: return part == 0 || part == part_of_copy(subtask % parallelism_before);
      default: return parallelism_before != parallelism || part == subtask;
    }
  }
  /// Calls `f(part)` for the parts that this subtask restores from.
  template <class F>
  void for_each_part(F f) const {
    for (auto const& p : manifest.parts)
      if (restores(p.part)) f(p);
  }
  /// Calls `f(decoder&, form)` for each entry of a part's pieces, in order.
  template <class F>
  void for_each_entry(state_part const& part, F f) const {
    for (auto const& piece : part.pieces) {
      auto const reader = open(part.part, piece);
      reader->read([&](piece_reader::chunk const& c) {
        decoder archive(c.data.data(), c.data.size());
        for (std::uint64_t i = 0; i < c.entries; ++i) f(archive, piece.form);
      });
    }
  }
};

}  // namespace flow
