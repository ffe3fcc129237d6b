#pragma once
// The receiving ends of a task's channels: queues, watermarks, idleness, barrier alignment and credit.
//
// A plain state machine: `deliver` only sorts what arrives; `next` says what to do. No input is refused while another is
// waited for, except by a channel that has reached a barrier the others have not.
//
// An announced barrier stands where the announcement says, and not where it comes. When every channel has reached the barrier or has it
// announced, the task may let it overtake: the batches in front of it that have not been processed are logged, those that are there at once
// and the others as they come, and are processed as usual. A barrier that comes when it, or a later one, has passed means nothing. A
// channel that has reached a later barrier than another has shown that the earlier one was given up.

#include <deque>
#include <functional>
#include <optional>

#include "element.hpp"

#include <flow/state/state_kind.hpp>

namespace flow {

/// Where a channel comes from.
struct incoming_channel {
  task_address sender;
  std::uint32_t exchange = 0;  // the sender's number for the exchange
  std::uint32_t target = 0;    // and for this channel in it
  std::size_t window = 0;      // bytes of credit at the start
  std::uint32_t input = 0;     // which of the head's inputs it belongs to
  bool has_event_time = true;  // false: the records have none, and watermarks come from the others where there are any
};

class incoming {
 public:
  /// `aligns`: whether a channel that has reached a barrier waits for the others (exactly once), or goes on (at least once).
  incoming(std::vector<incoming_channel> channels, transport& t, bool aligns = true);

  void deliver(std::uint32_t channel, element e);
  void announce(std::uint32_t channel, announcement a);

  /// What the task is to do next.
  struct work {
    enum class kind { none, batch, watermark, idle, barrier, end } what = kind::none;
    std::uint32_t channel = 0;
    element* item = nullptr;  // of a batch: in place until `done`
    timestamp time{};         // of a watermark: the lowest of all active channels
    flow::barrier barrier{};
  };
  /// Looks at the channels in turn. Control elements that change nothing are consumed on the way.
  work next();
  /// The work that `next` gave has been done; gives the batch, emptied, back to its sender with its credit.
  void done(work const& w);
  /// Sends the credit that has come together, all of it or only what is worth a message.
  void give_credit(bool all);

  /// What was on its way when the job was restored comes first, divided and followed by so many barriers 0, which nothing overtakes.
  void expect_replayed(std::size_t barriers) { replaying_ = barriers; }
  /// Whether a barrier may overtake now. It needs neither the task's own credit nor what is on its way.
  bool may_overtake(flow::barrier const& b) const;
  /// Where what a barrier overtakes is logged: the channel and a batch of it.
  using log = std::function<void(std::uint32_t channel, batch_base const& records)>;
  /// The barrier overtakes; to be called when `may_overtake`.
  void overtake(flow::barrier const& b, log into);
  /// Another barrier has passed: what is still to be logged is of one that was given up.
  void stop_logging();
  /// Whether all that was overtaken has been logged.
  bool logged() const { return logging_ == 0; }

  bool ended() const { return ended_ == channels_.size(); }
  /// Whether a channel has reached a barrier that others have not.
  bool aligning() const;
  std::size_t queued() const;
  /// The watermark of a channel, and whether it is idle: for the one that asks who holds the watermark back.
  timestamp watermark_of(std::uint32_t channel) const { return channels_[channel].watermark; }
  std::uint32_t input_of(std::uint32_t channel) const { return channels_[channel].from.input; }
  task_address sender_of(std::uint32_t channel) const { return channels_[channel].from.sender; }
  std::size_t channels() const { return channels_.size(); }

 private:
  struct channel {
    incoming_channel from;
    std::deque<element> queue;
    std::uint64_t next_sequence = 0;
    timestamp watermark = no_watermark;
    bool idle = false;
    bool ended = false;
    std::deque<flow::barrier> barriers;  // reached, and not by all; where channels wait at most one
    std::optional<announcement> announced;  // and not reached
    std::uint64_t log_until = 0;            // elements below this are logged when they come
    std::size_t owed = 0;
    std::vector<batch_ref> emptied;
    /// The number of the element that is next to be processed.
    std::uint64_t front() const { return queue.empty() ? next_sequence : queue.front().sequence; }
  };
  std::optional<work> look_at(std::uint32_t number);
  void arrive(channel& c);
  void drop_given_up();
  std::optional<work> control();
  std::optional<work> aligned();
  std::optional<work> time_passed();
  void give(channel& c);

  transport& transport_;
  std::vector<channel> channels_;
  bool const aligns_;
  checkpoint_id passed_ = 0;  // the newest barrier that has
  std::size_t replaying_ = 0;  // barriers 0 that are to come
  log log_;
  std::size_t logging_ = 0;  // channels of which something is still to be logged
  bool any_event_time_ = false;
  std::size_t turn_ = 0;
  std::size_t ended_ = 0;
  timestamp passed_on_ = no_watermark;
  bool idle_passed_on_ = false;
  bool was_idle_ = false;
  bool time_changed_ = false;
  bool alignment_changed_ = false;
  bool unblocked_ = false;  // a channel, by a barrier that was given up
  bool end_passed_on_ = false;
};

}  // namespace flow
