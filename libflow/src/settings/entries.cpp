// The table of settings: what the help says of each, and how its text is taken.

#include <array>

#include "settings/values.hpp"

#include <flow/error.hpp>

namespace flow {

using namespace detail;

struct settings::entry {
  using text = std::string_view;
  settings::description about;
  void (*set)(settings& s, text key, text value);
};

namespace {

using text = std::string_view;

void add_rename(std::map<std::string, std::string>& renames, text key, text value) {
  auto [before, now] = parse_rename(key, value);
  for (auto const& [other, target] : renames)
    if (other == before || target == now)
      throw error(error_code::usage, std::string(key) + ": '" + other + "' is said to be '" + target + "' already; '" + std::string(value) + "' contradicts that");
  renames.emplace(std::move(before), std::move(now));
}

}  // namespace

std::span<settings::entry const> settings::entries() {
  static constexpr entry all[] = {
      {{"parallelism", "subtasks", "number of cores", "subtasks per operator, unless an operator says otherwise"},
       [](settings& s, text key, text v) { s.parallelism_ = parse_count(key, v, 1, 65535); }},
      {{"max-parallelism", "key groups", "128", "the most subtasks a keyed operator can ever have"},
       [](settings& s, text key, text v) { s.max_parallelism_ = parse_count(key, v, 1, 65535); }},
      {{"batch-size", "records", "1024", "records per batch"},
       [](settings& s, text key, text v) { s.batch_size_ = parse_count(key, v, 1, 1 << 20); }},
      {{"max-batch-delay", "time", "5ms", "longest wait of a batch that is not full, however busy its producer is"},
       [](settings& s, text, text v) { s.max_batch_delay_ = parse_wait(v); }},
      {{"task-buffer", "bytes", "1M", "batches on their way to one subtask, over all its channels"},
       [](settings& s, text, text v) { s.task_buffer_ = parse_bytes(v); }},
      {{"max-call-output", "bytes", "64M", "what one call of a user function may emit beyond what the receivers take"},
       [](settings& s, text, text v) { s.max_call_output_ = parse_bytes(v); }},
      {{"watermark-interval", "time", "200us", "under load watermarks are passed on at most this often"},
       [](settings& s, text, text v) { s.watermark_interval_ = parse_wait(v); }},
      {{"cancel-timeout", "time", "10s", "a task that does not end in this time after a cancel ends the process"},
       [](settings& s, text, text v) { s.cancel_timeout_ = parse_wait(v); }},
      {{"status-interval", "time", "5s", "standard error that is no terminal gets a status line this often; 0: never"},
       [](settings& s, text, text v) { s.status_interval_ = parse_wait(v); }},
      {{"threads", "threads", "number of cores", "threads that run tasks; tasks that may block have their own"},
       [](settings& s, text key, text v) { s.threads_ = parse_count(key, v, 1, 4096); }},

      {{"state-backend", "backend", "memory", "where keyed state is kept: memory, or rocksdb: what is used in memory, all else on a local disk"},
       [](settings& s, text key, text v) { s.state_.backend = parse_state_backend(key, v); }},
      {{"state-directory", "directory", "none", "rocksdb: on a local disk, for state that does not fit into memory; none: the system's for temporary files"},
       [](settings& s, text key, text v) { s.state_.directory = parse_directory(key, v); }},
      {{"state-memory", "bytes", "256M", "rocksdb: memory for keyed state in this process, with RocksDB's own"},
       [](settings& s, text, text v) { s.state_.memory = parse_bytes(v); }},

      {{"snapshots", "directory", "none", "where the checkpoints of this job are kept; none: no checkpoints are taken"},
       [](settings& s, text key, text v) { s.snapshots_ = parse_directory(key, v); }},
      {{"checkpoint-interval", "time", "10s", "from the beginning of one checkpoint to the next; 0: none but the last, at the end of the input"},
       [](settings& s, text, text v) { s.checkpoint_interval_ = parse_wait(v); }},
      {{"checkpoint-pause", "time", "0", "at least so long between the end of a checkpoint and the beginning of the next"},
       [](settings& s, text, text v) { s.checkpoint_pause_ = parse_wait(v); }},
      {{"checkpoint-timeout", "time", "10min", "a checkpoint that takes longer is given up"},
       [](settings& s, text, text v) { s.checkpoint_timeout_ = parse_positive_wait(v); }},
      {{"aligned-checkpoint-timeout", "time", "none", "a checkpoint whose barriers take longer overtakes what is on its way; none: it waits, 0: at once"},
       [](settings& s, text, text v) { s.aligned_checkpoint_timeout_ = v == "none" ? std::nullopt : std::optional(parse_wait(v)); }},
      {{"checkpoint-failures", "checkpoints", "0", "so many in a row may fail; one more fails the job"},
       [](settings& s, text key, text v) { s.checkpoint_failures_ = parse_count(key, v, 0, 1'000'000); }},
      {{"at-least-once", "true or false", "false", "barriers are not waited for: less delay, but a restart may count records twice"},
       [](settings& s, text key, text v) { s.at_least_once_ = parse_bool(key, v); }},
      {{"snapshots-kept", "checkpoints", "1", "so many of the newest are kept"},
       [](settings& s, text key, text v) { s.snapshots_kept_ = parse_count(key, v, 1, 1'000'000); }},
      {{"keep-cancelled", "true or false", "true", "whether checkpoints are kept when the job was cancelled"},
       [](settings& s, text key, text v) { s.keep_cancelled_ = parse_bool(key, v); }},
      {{"keep-succeeded", "true or false", "false", "whether checkpoints are kept when the job has come to its end"},
       [](settings& s, text key, text v) { s.keep_succeeded_ = parse_bool(key, v); }},
      {{"savepoint", "directory", "none", "in which savepoints asked for by signals get directories of their own"},
       [](settings& s, text key, text v) { s.savepoint_ = parse_directory(key, v); }},
      {{"drain", "true or false", "false", "a signal that stops the job with a savepoint lets its input end first: all windows fire, all results come out"},
       [](settings& s, text key, text v) { s.drain_ = parse_bool(key, v); }},

      {{"restore", "origin", "none", "latest, latest-or-fresh, the number of a checkpoint, or the path of a savepoint or of other snapshots"},
       [](settings& s, text, text v) { s.restore_.origin = parse_restore_origin(v); }},
      {{"restore-rename", "old=new", "none", "the state of operator old is that of operator new now; may be repeated"},
       [](settings& s, text key, text v) { add_rename(s.restore_.renames, key, v); }},
      {{"restore-drop", "operator", "none", "its state in the snapshot is given up; may be repeated"},
       [](settings& s, text key, text v) { s.restore_.dropped.insert(parse_name(key, v)); }},
      {{"restore-empty", "operator", "none", "it starts without state; may be repeated"},
       [](settings& s, text key, text v) { s.restore_.empty.insert(parse_name(key, v)); }},
      {{"accept-duplicates", "true or false", "false", "restore older than the newest checkpoint though sinks have published what came after it"},
       [](settings& s, text key, text v) { s.restore_.accept_duplicates = parse_bool(key, v); }},

      {{"restart", "strategy", "auto", "after a failure: none, fixed-delay, exponential or failure-rate; auto: exponential with snapshots, else none"},
       [](settings& s, text key, text v) { s.restart_.form = parse_restart_form(key, v); }},
      {{"restart-attempts", "restarts", "3, exponential: unlimited", "at most so many: in all, without a pause of restart-reset (exponential), in restart-interval (failure-rate)"},
       [](settings& s, text key, text v) { s.restart_.attempts = parse_attempts(key, v); }},
      {{"restart-delay", "time", "1s", "wait before a restart, exponential: before the first"},
       [](settings& s, text, text v) { s.restart_.delay = parse_wait(v); }},
      {{"restart-max-delay", "time", "1min", "exponential: the longest wait"},
       [](settings& s, text, text v) { s.restart_.max_delay = parse_wait(v); }},
      {{"restart-multiplier", "factor", "2", "exponential: each wait is so many times the one before"},
       [](settings& s, text key, text v) { s.restart_.multiplier = parse_factor(key, v, 1, 100); }},
      {{"restart-jitter", "share", "0.1", "exponential: by which a wait is longer or shorter at random"},
       [](settings& s, text key, text v) { s.restart_.jitter = parse_factor(key, v, 0, 1); }},
      {{"restart-reset", "time", "10min", "exponential: so long without a failure, and the wait is the first again"},
       [](settings& s, text, text v) { s.restart_.reset = parse_positive_wait(v); }},
      {{"restart-interval", "time", "5min", "failure-rate: in which restart-attempts are counted"},
       [](settings& s, text, text v) { s.restart_.interval = parse_positive_wait(v); }},
  };
  return all;
}

std::span<settings::description const> settings::descriptions() {
  static auto const all = [] {
    std::vector<description> about;
    for (auto const& e : entries()) about.push_back(e.about);
    return about;
  }();
  return all;
}

void settings::set(std::string_view key, std::string_view value) {
  for (auto const& e : entries()) {
    if (e.about.key != key) continue;
    try {
      return e.set(*this, key, value);
    } catch (error const& problem) {
      if (problem.message().starts_with(key)) throw;
      throw error(error_code::usage, "setting '" + std::string(key) + "': " + problem.message());
    }
  }
  throw error(error_code::usage, "there is no setting '" + std::string(key) + "'; --help lists them all");
}

}  // namespace flow
