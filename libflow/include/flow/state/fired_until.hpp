#pragma once
// Up to which watermark an operator has fired: declared state that decides what is late, and travels with the key groups.
//
// All groups of a subtask have fired up to the same watermark, unless the subtask was restored with groups of several which
// were not equally far: where a barrier has overtaken what was on its way, each had come as far as it was given. Then some
// groups are further than the others until the watermark has come to all of them.

#include <vector>

#include <flow/state/operator_state.hpp>

namespace flow {

class fired_until final : public state_object {
 public:
  explicit fired_until(std::string name, state_memory = {});

  /// The watermark up to which all groups have fired; `no_watermark`: none has.
  timestamp lowest() const { return until_; }
  /// That of the group of a hash. O(1).
  timestamp of(std::uint64_t hash) const { return further_.empty() ? until_ : of_group(hash); }
  /// Whether it is the same for all groups.
  bool same_for_all() const { return further_.empty(); }
  /// All have fired up to `w`, those that were further as far as they were.
  void raise(timestamp w) {
    until_ = w;
    if (!further_.empty()) [[unlikely]] drop_reached();
  }

  std::size_t entries() const override { return 1; }
  std::size_t memory() const override { return further_.capacity() * sizeof(timestamp); }
  void begin_snapshot(snapshot_cut const& cut, piece_output& out) override;
  void load(stored_state const& from) override;

 private:
  timestamp of_group(std::uint64_t hash) const;
  void drop_reached();

  timestamp until_ = no_watermark;
  std::vector<timestamp> further_;  // by key group, those of other subtasks included; empty where all are at `until_`
};

}  // namespace flow
