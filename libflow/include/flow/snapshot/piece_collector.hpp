#pragma once
// Writes the pieces of one operator of one subtask for a checkpoint and knows what the manifest is to say of them.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <flow/snapshot/snapshot_store.hpp>
#include <flow/state/operator_state.hpp>

namespace flow {

/// What pieces of a state have in common.
struct state_header {
  std::string name;
  state_kind kind = state_kind::value;
  schema key, value;
};
state_header header_of(state_object const& state);

class piece_collector final : public piece_output {
 public:
  /// The checkpoint is in progress in `store`, which outlives this.
  piece_collector(snapshot_store& store, checkpoint_id checkpoint, std::string operator_name)
      : store_(store), checkpoint_(checkpoint), operator_name_(std::move(operator_name)) {}

  /// Throws `flow::error` when the store cannot take it.
  void put(state_header const& of, std::uint32_t part, piece_form form, bytes const& data, std::uint64_t entries, bool last);
  void put(state_object const& of, std::uint32_t part, piece_form form, bytes data, std::uint64_t entries, bool last) override {
    put(header_of(of), part, form, data, entries, last);
  }
  bool ready() const override { return true; }

  /// The states and the pieces that are complete, of each part one.
  std::vector<state_manifest> const& states() const { return states_; }

 private:
  state_manifest& state_of(state_header const& of);

  snapshot_store& store_;
  checkpoint_id checkpoint_;
  std::string operator_name_;
  std::map<std::pair<std::string, std::uint32_t>, std::unique_ptr<piece_writer>> open_;
  std::vector<state_manifest> states_;
};

}  // namespace flow
