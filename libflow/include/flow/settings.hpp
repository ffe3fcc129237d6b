#pragma once
// The settings of a run: what `--set key=value` takes, with units and defaults.

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace flow {

class settings {
 public:
  /// Subtasks per operator, unless an operator says otherwise. 0: the number of cores.
  settings& parallelism(std::uint32_t n) { parallelism_ = n; return *this; }
  std::uint32_t parallelism() const;
  /// Number of key groups: the most subtasks a keyed operator can ever have. Fixed for the life of a job's state.
  settings& max_parallelism(std::uint32_t n) { max_parallelism_ = n; return *this; }
  std::uint32_t max_parallelism() const { return max_parallelism_; }
  /// Records per batch.
  settings& batch_size(std::uint32_t n) { batch_size_ = n; return *this; }
  std::uint32_t batch_size() const { return batch_size_; }
  /// A batch that is not full waits at most this long, however busy its producer is.
  settings& max_batch_delay(std::chrono::microseconds d) { max_batch_delay_ = d; return *this; }
  std::chrono::microseconds max_batch_delay() const { return max_batch_delay_; }
  /// Bytes of batches that may be on their way to one subtask of a task, over all its channels.
  settings& task_buffer(std::uint64_t bytes) { task_buffer_ = bytes; return *this; }
  std::uint64_t task_buffer() const { return task_buffer_; }
  /// Bytes that one call of a user function may emit beyond what the receivers take.
  settings& max_call_output(std::uint64_t bytes) { max_call_output_ = bytes; return *this; }
  std::uint64_t max_call_output() const { return max_call_output_; }
  /// Under load watermarks are passed on at most this often.
  settings& watermark_interval(std::chrono::microseconds d) { watermark_interval_ = d; return *this; }
  std::chrono::microseconds watermark_interval() const { return watermark_interval_; }
  /// A task that does not end within this time after a cancel ends the process.
  settings& cancel_timeout(std::chrono::microseconds d) { cancel_timeout_ = d; return *this; }
  std::chrono::microseconds cancel_timeout() const { return cancel_timeout_; }
  /// How often the status is told where it is no line that is drawn anew. 0: never.
  settings& status_interval(std::chrono::microseconds d) { status_interval_ = d; return *this; }
  std::chrono::microseconds status_interval() const { return status_interval_; }
  /// Threads that run tasks. 0: the number of cores.
  settings& threads(std::uint32_t n) { threads_ = n; return *this; }
  std::uint32_t threads() const;

  /// Sets one by its name. Throws `flow::error` (usage) that says what was expected.
  void set(std::string_view key, std::string_view value);

  struct description {
    std::string_view key, unit, default_value, text;
  };
  /// All of them, for the help.
  static std::span<description const> descriptions();

 private:
  std::uint32_t parallelism_ = 0;
  std::uint32_t max_parallelism_ = 128;
  std::uint32_t batch_size_ = 1024;
  std::chrono::microseconds max_batch_delay_{5000};
  std::uint64_t task_buffer_ = 1 << 20;
  std::uint64_t max_call_output_ = 64 << 20;
  std::chrono::microseconds watermark_interval_{200};
  std::chrono::microseconds cancel_timeout_{10'000'000};
  std::chrono::microseconds status_interval_{5'000'000};
  std::uint32_t threads_ = 0;
};

/// Reads "250us", "10ms", "1s", "5min", "2h", "1d" or 0. Throws `flow::error` (usage).
std::chrono::microseconds parse_duration(std::string_view text);
/// Reads a whole number of bytes with an optional k, M or G (powers of 1024). Throws `flow::error` (usage).
std::uint64_t parse_bytes(std::string_view text);
/// The shortest text that `parse_duration` reads back.
std::string format_duration(std::chrono::microseconds d);

}  // namespace flow
