#pragma once
// What the supervisor tells of checkpoints and restarts, for whoever looks.

#include <chrono>
#include <cstdint>
#include <mutex>

#include <flow/snapshot/checkpoint_summary.hpp>

namespace flow {

/// Written by the supervisor, read on any thread; both give the time of the run's clock.
class run_progress {
 public:
  void tell(checkpoint_summary const& c, std::uint64_t restarts, std::chrono::nanoseconds now) {
    std::lock_guard const guard(lock_);
    checkpoints_ = c;
    restarts_ = restarts;
    told_ = now;
  }
  /// A checkpoint grows older while nothing is told.
  checkpoint_summary checkpoints(std::chrono::nanoseconds now) const {
    std::lock_guard const guard(lock_);
    auto c = checkpoints_;
    if (c.last > 0) c.age += now - told_;
    return c;
  }
  std::uint64_t restarts() const {
    std::lock_guard const guard(lock_);
    return restarts_;
  }

 private:
  mutable std::mutex lock_;
  checkpoint_summary checkpoints_;
  std::uint64_t restarts_ = 0;
  std::chrono::nanoseconds told_{0};
};

}  // namespace flow
