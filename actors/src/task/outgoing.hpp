#pragma once
// The sending end of an exchange: deals records into batches per target and sends them as credit lasts.
//
// At most what credit allows, plus one batch, is on its way on a channel; one partial batch per target waits to be filled.
// What does not go out waits here: then the exchange is not ready, and the task stops taking input. A control element
// needs no credit but keeps its place behind the batches before it; of watermarks only the newest waits.

#include <deque>

#include "element.hpp"

#include <flow/graph/graph.hpp>
#include <flow/settings.hpp>

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

  void take(credit c);
  /// Sends what is due: everything when the task rests, else what has waited its time.
  void tick(std::chrono::nanoseconds now, bool resting);
  /// Whether everything has been sent.
  bool drained() const;
  /// Bytes sent that the receivers hold.
  std::size_t in_flight() const { return in_flight_; }
  std::uint32_t number() const { return number_; }
  std::size_t targets() const { return targets_.size(); }

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
