#pragma once
// What travels on a channel, and how a task reaches the others.

#include <vector>

#include <flow/operator/receiver.hpp>

namespace flow {

/// One element of a channel. Channels are first in, first out, and number their elements.
struct element {
  enum class kind : std::uint8_t { batch, watermark, idle, barrier, end };
  element::kind what = kind::batch;
  std::uint64_t sequence = 0;
  batch_ref records;       // of a batch
  std::size_t bytes = 0;   // of a batch: its charge against the channel's credit
  timestamp time{};        // of a watermark
  flow::barrier barrier{}; // of a barrier
};

/// Sent ahead of a barrier that waits in its channel: there it stands behind all elements below `sequence` from now on. What the
/// barrier has overtaken by this, its sender has logged; the barrier itself comes later and means nothing.
struct announcement {
  flow::barrier barrier{};
  std::uint64_t sequence = 0;
};

/// A subtask of the plan, as an address.
struct task_address {
  std::uint32_t task = 0;
  std::uint32_t subtask = 0;
};

/// Credit for a channel: bytes that its sender may send again, and emptied batches to use for it.
struct credit {
  std::uint32_t exchange = 0;  // which of the sender's exchanges
  std::uint32_t target = 0;    // which of its targets
  std::size_t bytes = 0;
  std::vector<batch_ref> emptied;
};

/// Carries elements and credit to other tasks. First in, first out between two tasks, but for announcements, which overtake elements
/// sent before them and are not overtaken; never blocks.
class transport {
 public:
  virtual ~transport() = default;
  virtual void send(task_address to, std::uint32_t channel, element e) = 0;
  virtual void give(task_address to, credit c) = 0;
  virtual void announce(task_address to, std::uint32_t channel, announcement a) = 0;
};

}  // namespace flow
