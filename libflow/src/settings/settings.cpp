#include <flow/settings.hpp>

#include <algorithm>
#include <thread>

#include <flow/error.hpp>

namespace flow {
namespace {

std::uint32_t cores() { return std::max(1u, std::thread::hardware_concurrency()); }

}  // namespace

std::uint32_t settings::parallelism() const { return parallelism_ ? parallelism_ : cores(); }
std::uint32_t settings::threads() const { return threads_ ? threads_ : cores(); }

restart_policy settings::restart() const {
  auto policy = restart_;
  if (policy.form == restart_form::automatic) policy.form = checkpoints() ? restart_form::exponential : restart_form::none;
  return policy;
}

std::vector<std::string> settings::mistakes() const {
  std::vector<std::string> all;
  auto const& origin = restore_.origin;
  bool const restores = origin.form != restore_form::none;
  if (restores && origin.form != restore_form::path && !checkpoints())
    all.push_back("restore: there is no directory to restore from; name it with --snapshots DIR");
  if (origin.form == restore_form::path && !checkpoints())
    all.push_back("restore: '" + origin.path + "' can be restored by a job that takes checkpoints only; name a directory for them with --snapshots DIR");
  if (!restores && !(restore_.renames.empty() && restore_.dropped.empty() && restore_.empty.empty() && !restore_.accept_duplicates))
    all.push_back("restore-rename, restore-drop, restore-empty and accept-duplicates say how to restore, but nothing is restored; add --restore");
  if (!savepoint_.empty() && !checkpoints())
    all.push_back("savepoint: savepoints are taken of jobs with checkpoints; add --snapshots DIR");
  if (drain_ && savepoint_.empty()) all.push_back("drain: it is a job that stops with a savepoint that is drained; add --savepoint DIR");
  if (checkpoints() && savepoint_ == snapshots_)
    all.push_back("savepoint: '" + savepoint_ + "' is the directory of the checkpoints; name another");
  if (aligned_checkpoint_timeout_ && at_least_once_)
    all.push_back("aligned-checkpoint-timeout: with at-least-once no barrier waits for another, so none needs to overtake; leave one of the two out");
  if (!state_.directory.empty() && state_.backend == state_backend_form::memory)
    all.push_back("state-directory: keyed state is kept in memory; add --set state-backend=rocksdb to have it in '" + state_.directory + "'");
  if (checkpoints() && state_.directory == snapshots_)
    all.push_back("state-directory: '" + state_.directory + "' is the directory of the checkpoints; name another");
  if (restart().form == restart_form::exponential && restart_.max_delay < restart_.delay)
    all.push_back("restart-max-delay: " + format_duration(restart_.max_delay) + " is less than the restart-delay, " + format_duration(restart_.delay));
  return all;
}

}  // namespace flow
