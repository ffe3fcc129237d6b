#pragma once
// A task's part in checkpoints: cuts the state of its operators at a barrier, writes it while the task goes on, keeps what its
// sinks have prepared until it is committed. A plain state machine.

#include <deque>
#include <memory>
#include <vector>

#include "channel_logs.hpp"

#include <flow/operator/sink_operator.hpp>
#include <flow/state/snapshot_cut.hpp>

namespace flow {

class state_writer {
 public:
  using operators = std::vector<std::unique_ptr<operator_base>>;

  /// All outlive this. `port` null: there are no checkpoints. `channels` null: no barrier overtakes.
  state_writer(operators const& chain, channel_logs* channels, snapshot_port* port, std::uint32_t subtask, std::uint32_t max_parallelism);

  explicit operator bool() const { return port_ != nullptr; }
  /// A barrier has passed all operators. What was begun before is given up.
  void begin(barrier const& b);
  bool writing() const { return writing_ <= chain_.size(); }
  /// Whether `write` would do something.
  bool can_write() const { return writing_ < chain_.size() ? port_->ready() : writing() && (!channels_ || channels_->settled()); }
  /// Writes at most about `slots` entries.
  void write(std::size_t slots);
  /// The checkpoint exists: has the sinks make visible what was prepared for it and for those before.
  void commit(checkpoint_id id);

 private:
  /// The port as the state of one operator sees it.
  struct place_output final : piece_output {
    place_output(state_writer& of, std::uint32_t place) : of_(of), place_(place) {}
    void put(state_object const& of, std::uint32_t part, piece_form form, bytes data, std::uint64_t entries, bool last) override {
      of_.port_->put(of_.id_, place_, of, part, form, std::move(data), entries, last);
    }
    bool ready() const override { return of_.port_->ready(); }
    state_writer& of_;
    std::uint32_t place_;
  };
  struct prepared {
    checkpoint_id id;
    bytes committable;
  };
  struct sink {
    std::uint32_t place;
    sink_operator_base* what;
    std::deque<prepared> waiting;
  };
  void taken();

  operators const& chain_;
  channel_logs* channels_;
  snapshot_port* port_;
  std::uint32_t subtask_, max_parallelism_;
  std::vector<std::unique_ptr<place_output>> outputs_;
  std::vector<sink> sinks_;  // the two-phase ones
  checkpoint_id id_ = 0;
  std::size_t writing_;      // the place in the chain; behind the last come the channels, and then: nothing is being written
};

}  // namespace flow
