#pragma once
// The settings of a run: what `--set key=value` takes, with units and defaults.

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <flow/settings/restart_policy.hpp>
#include <flow/settings/restore_options.hpp>
#include <flow/settings/state_options.hpp>

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

  /// Where keyed state is kept while the job runs. Results and snapshots are the same: a job may be restored with another backend.
  settings& state_backend(state_backend_form f) { state_.backend = f; return *this; }
  /// A directory on a local disk for state that does not fit into memory. Empty: the system's for temporary files.
  settings& state_directory(std::string directory) { state_.directory = std::move(directory); return *this; }
  /// Bytes of memory for keyed state in this process, with the caches of RocksDB; of the backend rocksdb.
  settings& state_memory(std::uint64_t bytes) { state_.memory = bytes; return *this; }
  state_options const& state() const { return state_; }

  /// The directory that holds the checkpoints of this job, and of no other; made where there is none. Empty: none are taken.
  settings& snapshots(std::string directory) { snapshots_ = std::move(directory); return *this; }
  std::string const& snapshots() const { return snapshots_; }
  bool checkpoints() const { return !snapshots_.empty(); }
  /// From the beginning of one checkpoint to that of the next. 0: none but the last, at the end of the input.
  settings& checkpoint_interval(std::chrono::microseconds d) { checkpoint_interval_ = d; return *this; }
  std::chrono::microseconds checkpoint_interval() const { return checkpoint_interval_; }
  /// At least so long between the end of one checkpoint and the beginning of the next.
  settings& checkpoint_pause(std::chrono::microseconds d) { checkpoint_pause_ = d; return *this; }
  std::chrono::microseconds checkpoint_pause() const { return checkpoint_pause_; }
  /// A checkpoint that takes longer is given up, and has failed.
  settings& checkpoint_timeout(std::chrono::microseconds d) { checkpoint_timeout_ = d; return *this; }
  std::chrono::microseconds checkpoint_timeout() const { return checkpoint_timeout_; }
  /// A checkpoint whose barriers have not passed the whole job after this time overtakes what is on its way between the tasks, which
  /// becomes part of it: it then completes however slow a receiver is. 0: at once. Nothing: none does, all wait. Savepoints always wait.
  settings& aligned_checkpoint_timeout(std::optional<std::chrono::microseconds> d) { aligned_checkpoint_timeout_ = d; return *this; }
  std::optional<std::chrono::microseconds> aligned_checkpoint_timeout() const { return aligned_checkpoint_timeout_; }
  /// Whether checkpoints may overtake.
  bool overtakes() const { return checkpoints() && aligned_checkpoint_timeout_.has_value(); }
  /// So many checkpoints in a row may fail; one more is a failure of the job, which then starts again as `restart` has it.
  settings& checkpoint_failures(std::uint32_t n) { checkpoint_failures_ = n; return *this; }
  std::uint32_t checkpoint_failures() const { return checkpoint_failures_; }
  /// An operator with several inputs does not wait until a barrier has come on all of them: less delay, but records may be counted
  /// twice after a restart, in state and in results.
  settings& at_least_once(bool b) { at_least_once_ = b; return *this; }
  bool at_least_once() const { return at_least_once_; }
  /// So many of the newest checkpoints are kept, at least 1. Savepoints do not count, and are never removed.
  settings& snapshots_kept(std::uint32_t n) { snapshots_kept_ = n; return *this; }
  std::uint32_t snapshots_kept() const { return snapshots_kept_; }
  /// Whether they are kept when the job was cancelled, and when it has come to its end. After a failure they always are.
  settings& keep_cancelled(bool b) { keep_cancelled_ = b; return *this; }
  bool keep_cancelled() const { return keep_cancelled_; }
  settings& keep_succeeded(bool b) { keep_succeeded_ = b; return *this; }
  bool keep_succeeded() const { return keep_succeeded_; }
  /// Of `flow::run`: the directory in which a savepoint that is asked for by a signal gets a directory of its own. Empty: signals take none.
  settings& savepoint(std::string directory) { savepoint_ = std::move(directory); return *this; }
  std::string const& savepoint() const { return savepoint_; }
  /// Of `flow::run`: a signal that stops the job with a savepoint lets its input end first, so all windows fire and all results come out.
  settings& drain(bool on) { drain_ = on; return *this; }
  bool drain() const { return drain_; }
  /// What the run starts from; needs `snapshots`. Not said: a fresh start, refused where they hold checkpoints.
  settings& restore(restore_options o) { restore_ = std::move(o); return *this; }
  restore_options const& restore() const { return restore_; }
  /// Whether the job starts again when it has failed.
  settings& restart(restart_policy p) { restart_ = p; return *this; }
  /// Never `automatic`: exponential with `snapshots`, else none.
  restart_policy restart() const;

  /// What does not go together, for people; empty when all does. `check`, `start` and `run` refuse it.
  std::vector<std::string> mistakes() const;

  /// Sets one by its name. Throws `flow::error` (usage) that says what was expected.
  void set(std::string_view key, std::string_view value);

  struct description {
    std::string_view key, unit, default_value, text;
  };
  /// All of them, for the help.
  static std::span<description const> descriptions();

  bool operator==(settings const&) const = default;

 private:
  struct entry;
  static std::span<entry const> entries();

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
  state_options state_;
  std::string snapshots_;
  std::chrono::microseconds checkpoint_interval_{10'000'000};
  std::chrono::microseconds checkpoint_pause_{0};
  std::chrono::microseconds checkpoint_timeout_{600'000'000};
  std::optional<std::chrono::microseconds> aligned_checkpoint_timeout_;
  std::uint32_t checkpoint_failures_ = 0;
  bool at_least_once_ = false;
  std::uint32_t snapshots_kept_ = 1;
  bool keep_cancelled_ = true;
  bool keep_succeeded_ = false;
  std::string savepoint_;
  bool drain_ = false;
  restore_options restore_;
  restart_policy restart_;
};

/// Reads "250us", "10ms", "1s", "5min", "2h", "1d" or 0. Throws `flow::error` (usage).
std::chrono::microseconds parse_duration(std::string_view text);
/// Reads a whole number of bytes with an optional k, M or G (powers of 1024). Throws `flow::error` (usage).
std::uint64_t parse_bytes(std::string_view text);
/// The shortest text that `parse_duration` reads back.
std::string format_duration(std::chrono::microseconds d);

}  // namespace flow
