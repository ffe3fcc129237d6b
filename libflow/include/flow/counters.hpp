#pragma once
// What every operator and task counts, at a cost per batch.
//
// A counter has one writer, the task, and any number of readers on other threads. For every operator
//     records_in = processed + late + filtered
// holds whenever no batch is being worked on: nothing vanishes.

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include <flow/time.hpp>

namespace flow {

class counter {
 public:
  void add(std::uint64_t n) { value_.store(value() + n, std::memory_order_relaxed); }
  void set(std::uint64_t n) { value_.store(n, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// Of one subtask of one operator.
struct operator_counters {
  counter records_in;
  counter records_out;
  counter processed;    // used: mapped, folded into a window, written
  counter late;         // behind the watermark: given to the late output
  counter filtered;     // dropped on purpose: by a filter, or in no window
  counter unread;       // given to an output that nobody reads
  counter bad;          // of those processed: no records, given to the source's bad records
  std::atomic<timestamp> watermark{no_watermark};
};

/// Of one subtask of one task, a chain of operators that share an actor.
struct task_counters {
  counter busy_nanoseconds;
  counter idle_nanoseconds;
  counter blocked_nanoseconds;  // held back by a slower receiver
  counter batches_in;
  counter bytes_sent;
  counter bytes_in_flight;      // sent and not yet given back by the receivers
  counter most_bytes_in_flight;
  counter late_batches_waiting; // most batches that had to wait for credit at one time
};

/// The counters of one operator, added up over its subtasks.
struct operator_summary {
  std::string name;
  std::uint32_t parallelism = 0;
  std::uint64_t records_in = 0, records_out = 0, processed = 0, late = 0, filtered = 0, unread = 0, bad = 0;
  timestamp watermark = no_watermark;  // the lowest of the subtasks
  /// Of the task that the operator is chained into, added up over its subtasks.
  std::chrono::nanoseconds busy{0}, idle{0}, blocked{0};
};

}  // namespace flow
