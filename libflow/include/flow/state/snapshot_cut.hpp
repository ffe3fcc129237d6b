#pragma once
// Where a checkpoint cuts through the state of a subtask, and where what is written of it goes.

#include <cstdint>

#include <flow/record/encoding.hpp>
#include <flow/state/state_kind.hpp>

namespace flow {

class state_object;

struct snapshot_cut {
  checkpoint_id id = 0;
  /// The newest checkpoint that is known to be complete: what changed since then is written. 0: none, all is written.
  checkpoint_id completed = 0;
  /// Everything is written, and later checkpoints do not build on it: a savepoint.
  bool full = false;
  std::uint32_t subtask = 0;
  std::uint32_t max_parallelism = 128;
};

/// Takes the pieces of an operator's state.
class piece_output {
 public:
  virtual ~piece_output() = default;
  /// Adds whole entries, encoded one behind the other, to a piece; `last` completes it. Pieces may be open side by side. Never
  /// refuses: whoever writes looks at `ready` between steps.
  virtual void put(state_object const& of, std::uint32_t part, piece_form form, bytes data, std::uint64_t entries, bool last) = 0;
  virtual bool ready() const = 0;
};

}  // namespace flow
