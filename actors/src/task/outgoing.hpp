#pragma once
// The sending end of an exchange: deals records into batches per target and sends them as credit lasts.
//
// At most what credit allows, plus one batch, is on its way on a channel; one partial batch per target waits to be filled.
// What does not go out waits here: then the exchange is not ready, and the task stops taking input. A control element
// needs no credit but keeps its place behind the batches before it; of watermarks only the newest waits.
//
// Where a barrier waits it may overtake: the batches before it are logged, and the receiver is told that the barrier stands in front of
// them. They are sent as usual, and the barrier after them.

#include <deque>
#include <functional>

#include "element.hpp"

#include <flow/graph/graph.hpp>
#include <flow/settings.hpp>
#include <flow/snapshot/channel_log.hpp>

namespace flow {

struct outgoing_target {
  task_address address;
  std::uint32_t channel = 0;  // the receiver's number for the channel
  std::size_t window = 0;     // bytes of credit at the start
};

class outgoing final : public receiver {
 public:
  outgoing(std::uint32_t number, flow::partitioning how, std::vector<outgoing_target> targets, settings const& s, transport& t,
           task_counters& counters);

  void receive(batch_ref& b) override;
  void watermark(timestamp w) override;
  void idle() override;
  void pass(barrier const& b) override;
  void end() override;
  bool ready() const override { return waiting_batches_ == 0; }

  /// Sends again what was on its way to `receivers_before` subtasks when the job was restored, each batch where its records belong now:
  /// through the partitioning; where that is free to choose, to the subtask that it was meant for, which has not finished; and on a broadcast
  /// to those that go on from that one's state. Before anything else; barrier 0 is to follow.
  void replay(std::vector<logged_batch> batches, std::uint32_t receivers_before);

  /// A barrier has just passed, or everything has ended before it: what waits now is in front of it.
  void mark_barrier(checkpoint_id id);
  /// Whether nothing waits in front of it any more, on any channel.
  bool barrier_sent() const;
  /// Where what a barrier overtakes is logged: the target's number and a batch.
  using log = std::function<void(std::uint32_t target, batch_base const& records)>;
  /// The barrier that passed last overtakes, on all channels but those on which barrier 0 waits: false where there are such; call again.
  bool overtake(barrier const& b, log const& into);

  void take(credit c);
  /// Sends what is due: everything when the task rests, else what has waited its time.
  void tick(std::chrono::nanoseconds now, bool resting);
  /// Whether everything has been sent.
  bool drained() const;
  /// Bytes sent that the receivers hold.
  std::size_t in_flight() const { return in_flight_; }
  std::uint32_t number() const { return number_; }
  std::size_t targets() const { return targets_.size(); }
  /// The subtask that a target is.
  std::uint32_t receiver_of(std::uint32_t target) const { return targets_[target].to.address.subtask; }

 private:
  struct target {
    outgoing_target to;
    std::int64_t credit = 0;
    std::uint64_t next_sequence = 0;
    batch_ref partial;
    std::deque<element> waiting;
    timestamp watermark = no_watermark;
    bool watermark_pending = false;
    bool idle_pending = false;
    std::size_t before_barrier = 0;   // so many of those that wait are in front of the newest barrier, or are it
    std::size_t before_replayed = 0;  // and of barrier 0
    std::uint64_t barrier_at = 0;     // all elements below this are in front of the newest barrier, where none waits
    checkpoint_id announced = 0;
    bool partial_is_empty() const { return !partial || partial->empty(); }
  };

  bool shares() const { return how_ == partitioning::broadcast && targets_.size() > 1; }
  /// Where the records that a target gets next are put together.
  target const& collector_of(target const& t) const { return shares() ? targets_.front() : t; }
  void deal(batch_ref& b);
  void hand_over(batch_ref& b, target& t);
  void share(batch_ref& b);
  void append(batch_base& from, bool move, target& t);
  void prepare_partial(target& t, batch_type const& type);
  void ship(target& t);
  void ship_to_all();
  void send_pending(target& t);
  void control(target& t, element e);
  void enqueue(target& t, element e);
  void send(target& t, element e);
  void drain(target& t);
  void left_queue(target& t);
  void replay_copies(logged_batch const& b, std::uint32_t receivers_before);
  bool in_credit(target const& t) const { return t.waiting.empty() && t.credit > 0; }
  batch_ref spare();

  std::uint32_t number_;
  flow::partitioning how_;
  std::uint32_t batch_size_, chunk_;
  std::chrono::nanoseconds watermark_interval_, max_delay_;
  transport& transport_;
  task_counters& counters_;
  std::vector<target> targets_;
  std::vector<std::uint16_t> target_of_group_;
  std::uint32_t max_parallelism_;
  std::vector<std::uint16_t> record_target_;
  std::vector<batch_base*> partials_;
  std::vector<batch_ref> spare_;
  std::size_t turn_ = 0;
  std::size_t waiting_batches_ = 0, in_flight_ = 0;
  std::chrono::nanoseconds last_watermarks_{0}, oldest_partial_{0};
  bool has_partial_ = false;
  bool any_idle_ = false;
};

}  // namespace flow
