#pragma once
// The declared state of an operator, carried to another that takes its place.

#include <limits>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <flow/snapshot/stored_state.hpp>
#include <flow/state/operator_state.hpp>

namespace flow::testing {

/// Takes all that the subtasks of an operator have declared, as a savepoint does, and gives it to those that are to go on.
class carried_state final : public piece_output, public state_source {
 public:
  /// How many subtasks there were.
  explicit carried_state(std::uint32_t before = 1, std::uint32_t max_parallelism = 128) : before_(before), max_parallelism_(max_parallelism) {}

  void take(operator_state& from, std::uint32_t subtask = 0) {
    from.begin_snapshot({1, 0, true, subtask, max_parallelism_}, *this);
    for (std::size_t slots = all; !from.write_snapshot(slots); slots = all) {
    }
  }
  /// Whose state is restored from now on.
  void give_to(std::uint32_t subtask, std::uint32_t parallelism) {
    subtask_ = subtask;
    parallelism_ = parallelism;
  }

  void put(state_object const& of, std::uint32_t part, piece_form form, bytes data, std::uint64_t entries, bool) override {
    auto& p = pieces_[of.name()][part];
    p.form = form;
    p.entries += entries;
    p.chunks.emplace_back(std::move(data), entries);
  }
  bool ready() const override { return true; }
  void restore(state_object& declared) override {
    auto const& parts = pieces_[declared.name()];
    state_manifest m{declared.name(), declared.kind(), declared.key_schema(), declared.value_schema(), {}};
    for (auto const& [part, p] : parts) m.parts.push_back({part, {piece_info{1, p.form, p.entries, 0, 0}}});
    declared.load({m, before_, subtask_, parallelism_, max_parallelism_, 0, false,
                   [&](std::uint32_t part, piece_info const&) { return std::make_unique<reader>(parts.at(part)); }});
  }

 private:
  static constexpr std::size_t all = std::numeric_limits<std::size_t>::max();

  struct piece {
    piece_form form = piece_form::base;
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

  std::map<std::string, std::map<std::uint32_t, piece>> pieces_;  // by state and part
  std::uint32_t before_, max_parallelism_;
  std::uint32_t subtask_ = 0, parallelism_ = 1;
};

}  // namespace flow::testing
