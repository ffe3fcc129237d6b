#pragma once
// A task's channels in a checkpoint whose barrier has overtaken: what they log, and when that is complete.

#include <memory>
#include <string>
#include <vector>

#include "incoming.hpp"
#include "outgoing.hpp"
#include "snapshot_port.hpp"

namespace flow {

/// What crosses from one task to another: records of a type, to an input of an operator.
struct crossing {
  std::string receiver;
  std::uint32_t input = 0;
  batch_type const* type = nullptr;
};

class channel_logs {
 public:
  /// `in` and `out` outlive this. `received`: what comes, by the number of the input; `sent`: what goes, by exchange. `first_place`: under
  /// this place, and those behind it, the logs go to the port; null: there are no checkpoints.
  channel_logs(incoming& in, std::vector<std::unique_ptr<outgoing>> const& out, std::vector<crossing> const& received,
               std::vector<crossing> const& sent, snapshot_port* port, std::uint32_t first_place);
  channel_logs(channel_logs const&) = delete;
  channel_logs& operator=(channel_logs const&) = delete;

  /// The names under which a checkpoint has them, by place.
  std::vector<std::string> const& names() const { return names_; }

  /// A barrier has passed all operators.
  void begin(snapshot_cut const& cut);
  /// It overtakes what comes, and what goes. `overtake_sent` may have to be called again: when credit has come.
  void overtake_received(barrier const& b);
  void overtake_sent(barrier const& b);
  /// Whether all that the barrier has overtaken is logged, and what it has not overtaken is sent.
  bool settled() const;
  /// Completes the logs.
  void finish();

 private:
  /// The port as one of the logs sees it.
  struct place_output final : piece_output {
    place_output(channel_logs& of, std::uint32_t place) : of_(of), place_(place) {}
    void put(state_object const& of, std::uint32_t part, piece_form form, bytes data, std::uint64_t entries, bool last) override {
      of_.port_->put(of_.id_, place_, of, part, form, std::move(data), entries, last);
    }
    bool ready() const override { return of_.port_->ready(); }
    channel_logs& of_;
    std::uint32_t place_;
  };
  void add(std::vector<std::unique_ptr<channel_log>>& to, channel_log::side side, crossing const& what);

  incoming& in_;
  std::vector<std::unique_ptr<outgoing>> const& out_;
  snapshot_port* port_;
  std::uint32_t first_place_;
  checkpoint_id id_ = 0;
  checkpoint_id overtaken_by_ = 0;
  std::vector<std::string> names_;
  std::vector<std::unique_ptr<place_output>> outputs_;        // by place
  std::vector<std::unique_ptr<channel_log>> received_, sent_;  // by input, by exchange
};

}  // namespace flow
