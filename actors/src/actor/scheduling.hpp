#pragma once
// A work-stealing policy for CAF's scheduler that wakes sleeping workers.
//
// CAF's own policy lets idle workers poll, which burns half a core and still takes tens of microseconds to notice work,
// since a message from one actor to another is queued at the sender's worker without waking anyone. Here a worker that
// queues something while it has other work wakes one sleeper, and whoever wakes may take work from any queue.
//
// To wake somebody costs several microseconds on both sides, and batches that stay on their core stay in its cache. So a
// worker wakes another at most every `wake_interval`. The interval grows while those who wake find little to do (one
// worker is enough for what there is), and is short again as soon as they find work that lasts.
//
// An actor that works long stays where it is: a message from another worker is queued at its own, as long as that one is
// awake.

#include <algorithm>
#include <atomic>
#include <chrono>

#include <caf/policy/work_stealing.hpp>

#include "actor_homes.hpp"

namespace flow {

class waking : public caf::policy::work_stealing {
 public:
  struct coordinator_data : caf::policy::work_stealing::coordinator_data {
    using caf::policy::work_stealing::coordinator_data::coordinator_data;
    alignas(64) std::atomic<int> sleepers{0};
    // Written when a worker falls asleep or is woken, in nanoseconds:
    std::atomic<std::int64_t> wake_interval{shortest_interval};
    std::atomic<std::int64_t> last_wake{0};
    alignas(64) actor_homes homes;
  };
  struct worker_data : caf::policy::work_stealing::worker_data {
    explicit worker_data(caf::scheduler::abstract_coordinator* c) : caf::policy::work_stealing::worker_data(c) {}
    worker_data(worker_data const& other) : caf::policy::work_stealing::worker_data(other) {}
    alignas(64) std::atomic<bool> idle{false};
    bool woken = false;          // guarded by waitdata.lock
    std::int64_t last_wake = 0;  // when this worker woke another
    std::int64_t resumed = 0;    // when it began with the actor at hand
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
  void before_resume(Worker* self, caf::resumable*) { self->data().resumed = now(); }
  template <class Worker>
  void after_resume(Worker* self, caf::resumable* job) {
    self->parent()->data().homes.ran(job, self->id(), now() - self->data().resumed);
  }
  template <class Worker>
  void internal_enqueue(Worker* self, caf::resumable* job) {
    if (auto const home = self->parent()->data().homes.of(job); home && *home != self->id()) {
      auto* const w = self->parent()->worker_by_id(*home);
      if (!w->data().idle.load(std::memory_order_relaxed)) return w->external_enqueue(job);
    }
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
      if (!job) sleep(all, mine);
      all.sleepers.fetch_sub(1);
      mine.idle.store(false);
      if (job) return job;
    }
  }

 private:
  static constexpr std::int64_t shortest_interval = 50'000, longest_interval = 1'000'000;  // ns
  /// A wake is wasted when somebody falls asleep this soon after it.
  static constexpr std::int64_t too_soon = 50'000;

  static std::int64_t now() { return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count(); }

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
  static void sleep(coordinator_data& all, worker_data& mine) {
    std::int64_t const interval = all.wake_interval.load(std::memory_order_relaxed);
    bool const wasted = now() - all.last_wake.load(std::memory_order_relaxed) < too_soon;
    all.wake_interval.store(wasted ? std::min(2 * interval, longest_interval) : shortest_interval, std::memory_order_relaxed);
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
    std::int64_t const time = now();
    if (time - self->data().last_wake < all->data().wake_interval.load(std::memory_order_relaxed)) return;
    self->data().last_wake = time;
    all->data().last_wake.store(time, std::memory_order_relaxed);
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
