#pragma once
// Which barriers are under way and which have passed the whole job.

#include <cstdint>
#include <map>
#include <set>

namespace flow {

/// Counts the subtasks that a barrier has passed; those that have finished count as passed. A plain state machine.
class barrier_tracker {
 public:
  explicit barrier_tracker(std::size_t tasks) : tasks_(tasks) {}

  /// The number of a new barrier.
  std::uint64_t begin() {
    under_way_[++newest_];
    return newest_;
  }
  /// True when the barrier has now passed all subtasks.
  bool passed(std::uint64_t barrier, std::size_t task) {
    auto const b = under_way_.find(barrier);
    if (b == under_way_.end()) return false;
    b->second.insert(task);
    return complete(b->first);
  }
  void finished(std::size_t task) {
    finished_.insert(task);
    while (!under_way_.empty() && complete(under_way_.begin()->first)) {
    }
  }
  std::uint64_t completed() const { return completed_; }

 private:
  bool complete(std::uint64_t barrier) {
    auto const b = under_way_.find(barrier);
    std::set<std::size_t> all = finished_;
    all.insert(b->second.begin(), b->second.end());
    if (all.size() < tasks_) return false;
    completed_ = barrier;
    // A later barrier cannot overtake an earlier one: what is older is complete as well.
    under_way_.erase(under_way_.begin(), std::next(b));
    return true;
  }

  std::size_t tasks_;
  std::uint64_t newest_ = 0, completed_ = 0;
  std::map<std::uint64_t, std::set<std::size_t>> under_way_;
  std::set<std::size_t> finished_;
};

}  // namespace flow
