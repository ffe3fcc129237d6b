#pragma once
// Pieces kept in memory, and the chains of them that completed checkpoints have: what a store and a coordinator do together,
// written for tests as directly as can be.

#include <limits>
#include <map>
#include <memory>
#include <vector>

#include <flow/snapshot/stored_state.hpp>
#include <flow/state/operator_state.hpp>

namespace flow::testing {

/// Writes all that is left of a snapshot that has begun.
inline void write_all(operator_state& of) {
  for (std::size_t slots = std::numeric_limits<std::size_t>::max(); !of.write_snapshot(slots);) slots = std::numeric_limits<std::size_t>::max();
}

class recorded_pieces final : public piece_output {
 public:
  void begin(checkpoint_id id) { id_ = id; }
  void put(state_object const& of, std::uint32_t part, piece_form form, bytes data, std::uint64_t entries, bool last) override {
    piece& p = pieces_[{of.name(), id_, part}];
    if (p.complete) throw std::logic_error("a piece goes on behind its end");
    p.form = form;
    p.complete = last;
    p.entries += entries;
    p.chunks.emplace_back(std::move(data), entries);
    written_ += entries;
  }
  bool ready() const override { return true; }

  /// The checkpoint begun last is complete: builds on the completed one before.
  void complete() { chains_ = build(chains_); }
  /// The same of one that stands for itself: its chains.
  using chains = std::map<std::string, std::map<std::uint32_t, std::vector<piece_info>>>;
  chains alone() const { return build({}); }
  chains const& completed() const { return chains_; }
  std::uint64_t written() { return std::exchange(written_, 0); }

  /// Loads a state from chains.
  void restore(state_object& into, chains const& from, std::uint32_t subtask = 0, std::uint32_t parallelism = 1, std::uint32_t before = 1,
               checkpoint_id checkpoint = 0) const {
    state_manifest m{into.name(), into.kind(), into.key_schema(), into.value_schema(), {}};
    if (auto const found = from.find(into.name()); found != from.end())
      for (auto const& [part, pieces] : found->second) m.parts.push_back({part, pieces});
    into.load({m, before, subtask, parallelism, max_parallelism, checkpoint, checkpoint != 0, [&](std::uint32_t part, piece_info const& piece) {
                 return std::make_unique<reader>(pieces_.at({into.name(), piece.checkpoint, part}));
               }});
  }
  std::uint32_t max_parallelism = 128;

 private:
  struct piece {
    piece_form form = piece_form::base;
    bool complete = false;
    std::uint64_t entries = 0;
    std::vector<std::pair<bytes, std::uint64_t>> chunks;
  };
  struct reader final : piece_reader {
    explicit reader(piece const& p) : of(p) {}
    piece_contents const& contents() const override { return none; }
    void read(std::function<void(chunk const&)> const& use) override {
      for (auto const& [data, entries] : of.chunks) use({data, entries});
    }
    piece const& of;
    piece_contents none;
  };

  chains build(chains before) const {
    for (auto const& [where, p] : pieces_) {
      auto const& [name, id, part] = where;
      if (id != id_) continue;
      if (!p.complete) throw std::logic_error("a piece is not complete");
      auto& chain = before[name][part];
      if (p.form == piece_form::base) chain.clear();
      else if (chain.empty()) throw std::logic_error("a delta without a base");
      chain.push_back({id, p.form, p.entries, 0, 0});
      if (p.form == piece_form::base && p.entries == 0) before[name].erase(part);
    }
    return before;
  }

  checkpoint_id id_ = 0;
  std::map<std::tuple<std::string, checkpoint_id, std::uint32_t>, piece> pieces_;
  chains chains_;
  std::uint64_t written_ = 0;
};

/// Restores an operator from the checkpoints that were completed, so that its next one builds on them.
class completed_checkpoints final : public state_source {
 public:
  completed_checkpoints(recorded_pieces const& pieces, checkpoint_id newest) : pieces_(pieces), newest_(newest) {}
  void restore(state_object& declared) override { pieces_.restore(declared, pieces_.completed(), 0, 1, 1, newest_); }

 private:
  recorded_pieces const& pieces_;
  checkpoint_id newest_;
};

}  // namespace flow::testing
