#pragma once
// The life of a job as a plain state machine: what its tasks report, and what is to be done about it.
//
//   starting --all started--> running --all finished--> publishing --all ended--> ended (finished)
//   any of these --a task failed--> stopping --all ended--> ended (failed)
//   starting, running --cancel--> stopping --all ended--> ended (cancelled)

#include <cstdint>
#include <optional>
#include <vector>

#include <flow/error.hpp>

namespace flow {

class supervision {
 public:
  enum class phase { starting, running, publishing, stopping, ended };
  enum class result { none, finished, cancelled, failed };
  /// What the supervisor is to do after an event.
  enum class action { none, assign_splits, publish, cancel, abandon, report };

  /// `tasks` subtasks in all, numbered from 0.
  explicit supervision(std::size_t tasks) : tasks_(tasks) {}

  action started(std::size_t task);
  action finished(std::size_t task);
  /// A task failed: the first failure is the job's; the failed task counts as not ended until it says so.
  action failed(error const& e);
  action ended(std::size_t task);
  action cancel();
  /// Of a job with checkpoints: all have finished, and the last checkpoint is committed. The same as the last `finished` without.
  action all_committed() { return phase_ == phase::publishing ? action::publish : action::none; }

  phase state() const { return phase_; }
  result outcome() const { return result_; }
  std::optional<error> const& failure() const { return failure_; }
  /// Subtasks that have been told to end and have not.
  std::vector<std::size_t> missing() const;
  bool has_finished(std::size_t task) const { return tasks_[task].finished; }

 private:
  bool end_of_input();
  struct status {
    bool started = false, finished = false, ended = false;
  };
  template <class Member>
  bool all(Member m) const {
    for (auto const& t : tasks_)
      if (!(t.*m)) return false;
    return true;
  }

  std::vector<status> tasks_;
  phase phase_ = phase::starting;
  result result_ = result::none;
  std::optional<error> failure_;
};

}  // namespace flow
