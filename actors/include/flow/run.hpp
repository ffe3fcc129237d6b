#pragma once
// Runs jobs.
//
// `run` is the whole of a program: it reads the command line, checks the job, runs it on this machine, tells how it went
// and gives the exit status. `execute` and `start` do only the running, for programs and tests of their own: they print
// nothing, and tell an `observer` what happens.

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <flow/arguments.hpp>
#include <flow/counters.hpp>
#include <flow/error.hpp>
#include <flow/job.hpp>
#include <flow/log.hpp>
#include <flow/settings.hpp>
#include <flow/snapshot/checkpoint_summary.hpp>

namespace flow {

/// Exit statuses of `run`.
namespace exit_status {
inline constexpr int finished = 0;
inline constexpr int failed = 1;
inline constexpr int wrong_usage = 2;        // of the command line, or a job with mistakes
inline constexpr int not_responding = 70;    // a task did not end in time after a cancel or a failure
inline constexpr int by_signal = 128;        // plus the signal's number: cancelled, or stopped with a savepoint
}  // namespace exit_status

struct job_result {
  enum class how { finished, cancelled, failed, stopped /* with a savepoint */ } end = how::finished;
  std::optional<error> failure;
  std::vector<operator_summary> operators;
  std::chrono::nanoseconds elapsed{0};
  /// The most bytes that were on their way between tasks at one time, per task added up.
  std::uint64_t most_bytes_in_flight = 0;
  /// The newest barrier that has passed all tasks; 0 when there was none.
  std::uint64_t last_barrier = 0;
  /// How often the job was started again after a failure.
  std::uint64_t restarts = 0;
  checkpoint_summary checkpoints{};
};

/// Who is told what happens in a run. The functions must neither wait nor throw.
struct observer {
  logger log{};
  /// Called by the supervisor before it lets the sinks publish, cancel or abandon, so again when one of these fails: they
  /// may print from now on.
  std::function<void()> ending = [] {};
  /// Called when the run has ended (`await` does not wait any more) or does not end (`unresponsive`), and when a savepoint that was
  /// asked for has been taken or has not.
  std::function<void()> attention = [] {};
};

/// A job under way. Destroying it cancels the job and waits for its end.
class running_job {
 public:
  class implementation;
  explicit running_job(std::unique_ptr<implementation> i);
  running_job(running_job&&) noexcept;
  ~running_job();

  /// Waits for the end. May be called once.
  job_result await();
  /// Waits at most `d`; whether the job has ended.
  bool wait_for(std::chrono::nanoseconds d) const;
  /// Asks the job to end: sources stop, sinks publish what they have received. Callable from any thread.
  void cancel();
  /// Takes a savepoint in a directory of its own, which is made; the job runs on. The future has its id, or throws `flow::error`:
  /// checkpoint_failed while the job starts, starts again or ends, and when it took too long; usage when the job takes no
  /// checkpoints; what the store threw. Callable from any thread.
  std::future<std::uint64_t> savepoint(std::string const& path);
  /// The same, and then the job ends (`stopped`) without having taken another record. With `drain` as if its input had ended: all windows
  /// fire, so the savepoint is none to go on from with more input. Where the savepoint is not taken, the job runs on.
  std::future<std::uint64_t> stop_with_savepoint(std::string const& path, bool drain = false);
  /// Sends a barrier through the job. Nothing is stored yet.
  void trigger_barrier();
  /// The counters as they are now.
  std::vector<operator_summary> counters() const;
  /// Of its checkpoints and restarts, as they are now.
  checkpoint_summary checkpoints() const;
  std::uint64_t restarts() const;
  /// An error (not_responding) that names the operators which have not returned within `cancel-timeout` after a cancel
  /// or a failure, or nothing.
  std::optional<error> unresponsive() const;

 private:
  std::unique_ptr<implementation> implementation_;
};

/// Throws `flow::error` (invalid_job) that lists every mistake of the job's graph, if there is one, or (usage) every one of the
/// settings.
void check(job const& j, settings const& s = {});
/// Starts a job. Throws `flow::error` (invalid_job) that lists every mistake of the graph. The job must outlive the run.
running_job start(job const& j, settings const& s = {}, observer o = {});
/// Runs a job to its end; throws `flow::error` when it failed.
job_result execute(job const& j, settings const& s = {}, observer o = {});
/// Runs a job as a program: see `exit_status`. Prints to standard output and standard error.
int run(job const& j, arguments const& a);

/// The counters of a run as a table, and below it what became of its checkpoints and the first dozen of the functions' own
/// metrics, where there are any.
std::string summary_table(job_result const& r);
/// A run as one JSON object on one line: how it ended, its failure, its restarts, its `checkpoints` (null when none were taken:
/// {completed,failed,last_failure,restored,last,age_seconds,duration_seconds,bytes,written_bytes}, where `last` is the id of the newest and
/// what follows is of it), and the counters of every operator. Times are in
/// seconds; a watermark is a time in ISO 8601, "end", or null. An operator whose function has metrics has a member `metrics`:
/// {"counters":{name:n},"gauges":{name:{sum,min,max,subtasks}},"histograms":{name:{count,mean,min,p50,p90,p99,p999,max}}}.
std::string summary_json(job_result const& r, std::string const& job_name);

}  // namespace flow
