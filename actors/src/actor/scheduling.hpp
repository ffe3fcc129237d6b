#pragma once
// A work-stealing policy for CAF's scheduler that wakes sleeping workers.
//
// CAF's own policy lets idle workers poll, which burns half a core and still takes tens of microseconds to notice work,
// since a message from one actor to another is queued at the sender's worker without waking anyone. Here a worker that
// queues something while it has other work wakes one sleeper, and whoever wakes may take work from any queue.

#include <atomic>

#include <caf/policy/work_stealing.hpp>

namespace flow {

class waking : public caf::policy::work_stealing {
 public:
  struct coordinator_data : caf::policy::work_stealing::coordinator_data {
    using caf::policy::work_stealing::coordinator_data::coordinator_data;
    alignas(64) std::atomic<int> sleepers{0};
  };
  struct worker_data : caf::policy::work_stealing::worker_data {
    explicit worker_data(caf::scheduler::abstract_coordinator* c) : caf::policy::work_stealing::worker_data(c) {}
    worker_data(worker_data const& other) : caf::policy::work_stealing::worker_data(other) {}
    alignas(64) std::atomic<bool> idle{false};
    bool woken = false;  // guarded by waitdata.lock
  };

  /// From outside the workers: an idle one gets it, so that it need not be stolen.
  template <class Coordinator>
  void central_enqueue(Coordinator* self, caf::resumable* job) {
    for (std::size_t i = 0; i < self->num_workers(); ++i) {
      auto* const w = self->worker_by_id(i);
      if (w->data().idle.load(std::memory_order_relaxed)) return w->external_enqueue(job);
    }
    self->worker_by_id(self->data().next_worker++ % self->num_workers())->external_enqueue(job);
  }
  template <class Worker>
  void internal_enqueue(Worker* self, caf::resumable* job) {
    bool const busy = !self->data().queue.empty();
    self->data().queue.prepend(job);
    if (busy) wake_one(self);
  }
  template <class Worker>
  void resume_job_later(Worker* self, caf::resumable* job) {
    bool const busy = !self->data().queue.empty();
    self->data().queue.append(job);
    if (busy) wake_one(self);
  }
  template <class Worker>
  caf::resumable* dequeue(Worker* self) {
    auto& mine = self->data();
    for (;;) {
      for (std::size_t i = 0; i < mine.strategies[0].attempts; ++i) {
        if (auto* const job = take(self)) return job;
      }
      auto& all = self->parent()->data();
      mine.idle.store(true);
      all.sleepers.fetch_add(1);
      std::atomic_thread_fence(std::memory_order_seq_cst);
      caf::resumable* const job = take(self);  // what was queued before this worker counted as asleep
      if (!job) sleep(mine);
      all.sleepers.fetch_sub(1);
      mine.idle.store(false);
      if (job) return job;
    }
  }

 private:
  template <class Worker>
  static caf::resumable* take(Worker* self) {
    if (auto* const job = self->data().queue.take_head()) return job;
    auto* const all = self->parent();
    for (std::size_t i = 1; i < all->num_workers(); ++i) {
      auto& queue = all->worker_by_id((self->id() + i) % all->num_workers())->data().queue;
      if (queue.empty()) continue;
      if (auto* const job = queue.take_tail()) return job;
    }
    return nullptr;
  }
  static void sleep(worker_data& mine) {
    std::unique_lock<std::mutex> guard(mine.waitdata.lock);
    mine.waitdata.sleeping = true;
    mine.waitdata.cv.wait_for(guard, mine.strategies[2].sleep_duration, [&] { return mine.woken || !mine.queue.empty(); });
    mine.waitdata.sleeping = false;
    mine.woken = false;
  }
  template <class Worker>
  static void wake_one(Worker* self) {
    auto* const all = self->parent();
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (all->data().sleepers.load(std::memory_order_relaxed) == 0) return;
    for (std::size_t i = 0; i < all->num_workers(); ++i) {
      auto* const w = all->worker_by_id(i);
      if (w == self || !w->data().idle.load(std::memory_order_relaxed) || !w->data().idle.exchange(false)) continue;
      {
        std::unique_lock<std::mutex> guard(w->data().waitdata.lock);
        w->data().woken = true;
      }
      w->data().waitdata.cv.notify_one();
      return;
    }
  }
};

}  // namespace flow
