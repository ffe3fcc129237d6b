#pragma once
// Sends a task's part of a checkpoint to the keeper of the snapshots, under credit.

#include <map>

#include "../task/task.hpp"
#include "messages.hpp"

namespace flow {

class piece_sender final : public snapshot_port {
 public:
  /// `self` is the task's actor, `participant` its number; both `to` and `operators`, by place, are those of its task.
  piece_sender(task_actor::base* self, snapshot_actor to, supervisor_actor supervisor, task const& of, std::size_t participant, task_address address)
      : self_(self), to_(std::move(to)), supervisor_(std::move(supervisor)), task_(of), participant_(participant), address_(address) {
    for (auto const& o : of.operators()) names_.push_back(std::make_shared<std::string const>(o->name()));
  }
  /// What the task's channels are called, once it has started.
  void name_channels() {
    for (auto const& name : task_.channels()) names_.push_back(std::make_shared<std::string const>(name));
  }

  bool ready() const override { return under_way_ < most_under_way; }
  void put(checkpoint_id id, std::uint32_t place, state_object const& of, std::uint32_t part, piece_form form, bytes data, std::uint64_t entries,
           bool last) override {
    turn_to(id);
    under_way_ += data.size();
    waiting_bytes_ += data.size();
    waiting_.push_back({place, header(of), part, form, std::move(data), entries, last});
    if (waiting_bytes_ >= message_bytes || waiting_.size() >= message_chunks) send();
  }
  void taken(checkpoint_id id, std::vector<std::vector<bytes>> prepared) override {
    turn_to(id);
    send();
    pieces_sent m{participant_, address_.subtask, id, task_.had_finished(), {}, std::move(prepared), {}};
    for (auto const& o : task_.operators()) {
      auto const* const sink = dynamic_cast<sink_operator_base const*>(o.get());
      m.operators.push_back(o->name());
      m.committable_schemas.push_back(sink ? sink->committable_schema() : schema{});
    }
    for (auto const& name : task_.channels()) m.operators.push_back(name);
    m.prepared.resize(m.operators.size());
    m.committable_schemas.resize(m.operators.size());
    self_->send(to_, std::move(m));
  }
  void committed(checkpoint_id id) override { self_->send(supervisor_, flow::committed{address_.task, address_.subtask, id}); }
  void give(std::uint64_t credit) { under_way_ -= credit; }

 private:
  static constexpr std::uint64_t most_under_way = 4 << 20, message_bytes = 256 << 10;
  static constexpr std::size_t message_chunks = 256;

  std::shared_ptr<state_header const> header(state_object const& of) {
    auto& known = headers_[&of];
    if (!known) known = std::make_shared<state_header const>(header_of(of));
    return known;
  }
  /// What waits for another checkpoint is of one that was given up.
  void turn_to(checkpoint_id id) {
    if (std::exchange(checkpoint_, id) == id) return;
    waiting_.clear();
    under_way_ -= std::exchange(waiting_bytes_, 0);
  }
  void send() {
    if (waiting_.empty()) return;
    self_->send(to_, store_pieces{checkpoint_, participant_, names_, std::exchange(waiting_, {})});
    waiting_bytes_ = 0;
  }

  task_actor::base* self_;
  snapshot_actor to_;
  supervisor_actor supervisor_;
  task const& task_;
  std::size_t participant_;
  task_address address_;
  std::vector<std::shared_ptr<std::string const>> names_;
  std::map<state_object const*, std::shared_ptr<state_header const>> headers_;
  checkpoint_id checkpoint_ = 0;  // for which chunks wait
  std::vector<piece_chunk> waiting_;
  std::uint64_t waiting_bytes_ = 0, under_way_ = 0;
};

}  // namespace flow
