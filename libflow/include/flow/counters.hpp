#pragma once
// What every operator and task counts, at a cost per batch.
//
// A counter has one writer, the task, and any number of readers on other threads. For every operator
//     records_in = processed + late + filtered
// holds whenever no batch is being worked on: nothing vanishes.

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <flow/metric/metrics_summary.hpp>
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
  counter bytes;        // of a source: read from outside; of a sink: written; 0 where there are none
  counter bad;          // of those processed: no records, given to the source's bad records; or failed, given to `failed()`
  std::atomic<timestamp> watermark{no_watermark};
  std::atomic<bool> idle{false};  // holds nobody's watermark back
};

/// What a task is doing between its steps; one that has finished does not wait any more.
enum class task_activity : std::uint8_t { working, idle, blocked };

/// Of one subtask of one task, a chain of operators that share an actor.
struct task_counters {
  counter busy_nanoseconds;
  counter idle_nanoseconds;
  counter blocked_nanoseconds;  // held back by a slower receiver
  counter batches_in;
  counter batches_sent;
  counter bytes_sent;
  counter bytes_in_flight;      // sent and not yet given back by the receivers
  counter most_bytes_in_flight;
  counter late_batches_waiting; // most batches that had to wait for credit at one time
  /// What is not yet in the times above: in this activity since then (nanoseconds of the run's clock).
  std::atomic<task_activity> activity{task_activity::working};
  counter activity_since;
};

/// How much there is to read in all, where that is known.
struct input_size {
  std::optional<std::uint64_t> bytes, records;
};

/// The counters of one operator, added up over its subtasks.
struct operator_summary {
  std::string name, kind;
  bool is_source = false, is_sink = false;
  std::uint32_t task = 0;  // which it is chained into
  std::uint32_t parallelism = 0;
  std::uint64_t records_in = 0, records_out = 0, processed = 0, late = 0, filtered = 0, unread = 0, bad = 0;
  /// Of a source: read from outside; of a sink: written.
  std::uint64_t bytes = 0;
  /// Of a source, once its splits have been found.
  input_size expected;
  /// The lowest of the subtasks that are not idle; when all are, of those that have one.
  timestamp watermark = no_watermark;
  /// Of the task that the operator is chained into, added up over its subtasks.
  std::chrono::nanoseconds busy{0}, idle{0}, blocked{0};
  /// What its function declared in `open`: counters are added up, histograms merged, gauges added up with the least and the greatest.
  metrics_summary metrics;
};

}  // namespace flow
