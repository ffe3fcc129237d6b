#pragma once
// Where a task's part of a checkpoint goes.

#include <vector>

#include <flow/state/operator_state.hpp>

namespace flow {

/// Never blocks.
class snapshot_port {
 public:
  virtual ~snapshot_port() = default;
  /// Whether more may be put now; the task is made to step when that turns true.
  virtual bool ready() const = 0;
  /// Some entries of a piece of the operator at `place` in the chain; see `piece_output`. Behind the chain come the task's channels.
  virtual void put(checkpoint_id id, std::uint32_t place, state_object const& of, std::uint32_t part, piece_form form, bytes data,
                   std::uint64_t entries, bool last) = 0;
  /// All of the task's part has been put. By place: what is prepared and not yet committed, oldest first.
  virtual void taken(checkpoint_id id, std::vector<std::vector<bytes>> prepared) = 0;
  virtual void committed(checkpoint_id id) = 0;
};

}  // namespace flow
