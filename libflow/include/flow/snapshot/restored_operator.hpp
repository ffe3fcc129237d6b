#pragma once
// Gives the states that one subtask of an operator declares what a checkpoint has of them.

#include <string>
#include <vector>

#include <flow/snapshot/snapshot_store.hpp>
#include <flow/state/operator_state.hpp>

namespace flow {

/// Where an operator is restored from.
struct restore_point {
  std::shared_ptr<snapshot_store const> store;
  std::shared_ptr<snapshot_manifest const> manifest;
  /// Whether the checkpoints to come go into the same store, and may build on this one.
  bool goes_on = true;
  std::string place{};  // where the store lies, for messages
};

class restored_operator final : public state_source {
 public:
  /// `stored` is the operator in the manifest, perhaps under a name that it no longer has.
  restored_operator(restore_point const& from, operator_manifest const& stored, std::uint32_t subtask, std::uint32_t parallelism, bool goes_on)
      : from_(from), stored_(stored), subtask_(subtask), parallelism_(parallelism), goes_on_(goes_on) {}

  /// Leaves a state empty that does not fit; that is found and told by who compares what all operators have declared.
  void restore(state_object& declared) override;

 private:
  restore_point const& from_;
  operator_manifest const& stored_;
  std::uint32_t subtask_, parallelism_;
  bool goes_on_;
};

}  // namespace flow
