#include "job_actors.hpp"
#include "piece_sender.hpp"

namespace flow {

void actor_transport::send(task_address to, std::uint32_t channel, element e) {
  self->send(all->tasks[to.task][to.subtask], delivery{channel, std::move(e)});
}

void actor_transport::give(task_address to, credit c) { self->send(all->tasks[to.task][to.subtask], credit_grant{std::move(c)}); }

void actor_transport::announce(task_address to, std::uint32_t channel, announcement a) {
  self->send<caf::message_priority::high>(all->tasks[to.task][to.subtask], barrier_announced{channel, a.barrier.checkpoint, a.barrier.completed, a.sequence});
}

namespace {

/// Runs a task: sorts in what arrives, steps while there is something to do, tells the supervisor.
class task_shell : public task_actor::base {
 public:
  task_shell(caf::actor_config& c, std::shared_ptr<job_run> run, task_address address, supervisor_actor supervisor)
      : task_actor::base(c), run_(std::move(run)), address_(address), supervisor_(std::move(supervisor)),
        attempt_(run_->current()), cell_(*attempt_->cells[address.task][address.subtask]), task_(*cell_.task) {}

  behavior_type make_behavior() override {
    return {
        [this](delivery& m) { guarded([&] { task_.deliver(m.channel, std::move(m.element)); }); },
        [this](credit_grant& m) { guarded([&] { task_.take(std::move(m.credit)); }); },
        [this](step_now) {
          step_queued_ = false;
          step();
        },
        [this](look_again m) {
          if (m.number != looks_) return;
          look_pending_.reset();
          queue_step();
        },
        [this](begin_task const& m) { begin(m); },
        [this](assign_splits const& m) {
          std::vector<split> splits;
          for (std::size_t i = 0; i < m.ids.size(); ++i) splits.push_back({m.ids[i], m.positions[i]});
          guarded([&] { task_.assign(std::move(splits), m.terms); });
        },
        [this](drift_grant const& m) { guarded([&] { task_.grant(timestamp{duration{m.until}}); }); },
        [this](inject_barrier const& m) { guarded([&] { task_.inject({m.checkpoint, m.completed, m.full}, m.hold); }); },
        [this](barrier_announced const& m) { guarded([&] { task_.announce(m.channel, {{m.checkpoint, m.completed}, m.sequence}); }); },
        [this](overtake_barrier const& m) { guarded([&] { task_.overtake({m.checkpoint, m.completed}); }); },
        [this](go_on) { guarded([&] { task_.go_on(); }); },
        [this](drain_source) { guarded([&] { task_.drain(); }); },
        [this](barrier_comes) { guarded([&] { task_.expect_barrier(); }); },
        [this](commit_prepared const& m) { guarded([&] { task_.commit(m.checkpoint); }); },
        [this](snapshot_credit const& m) {
          sender_->give(m.bytes);
          queue_step();
        },
        [this](end_task const& m) { end(m.how); },
    };
  }
  const char* name() const override { return "flow.task"; }
  void on_exit() override {
    supervisor_ = nullptr;
    sender_.reset();
    cell_.transport.all.reset();
  }

 private:
  bool ended() const { return failed_ || task_.state() >= task::phase::published; }

  void begin(begin_task const& m) {
    cell_.transport.self = this;
    cell_.transport.all = m.all;
    link_to(supervisor_);  // a supervisor that is killed takes its tasks along
    auto const address = caf::actor_cast<caf::weak_actor_ptr>(this);
    guarded([&] {
      task_.on_barrier = [this](barrier const& b) { send(supervisor_, barrier_passed{address_.task, address_.subtask, b.checkpoint}); };
      if (m.all->snapshots)
        sender_ = std::make_unique<piece_sender>(this, m.all->snapshots, supervisor_, task_, run_->number_of(address_.task, address_.subtask), address_);
      auto how = run_->beginning_of(address_);
      how.port = sender_.get();
      how.attempt = attempt_->number;
      how.wake = [address] {
        if (auto self = caf::actor_cast<caf::strong_actor_ptr>(address)) caf::anon_send(caf::actor_cast<task_actor>(self), step_now{});
      };
      task_.start(how);
      if (sender_) sender_->name_channels();
      send(supervisor_, task_started{address_.task, address_.subtask, mistakes()});
    });
  }

  std::vector<std::string> mistakes() const {
    std::vector<std::string> all;
    if (!attempt_->restore || task_.state() != task::phase::running) return all;
    for (auto const& o : task_.operators()) {
      auto const found = attempt_->restore->mistakes_of(*o);
      all.insert(all.end(), found.begin(), found.end());
    }
    return all;
  }
  void step() {
    if (ended()) return;
    guarded_without_step([&] {
      auto const r = task_.step();
      report_progress(r.what == task::outcome::busy);
      if (task_.wants_split()) send(supervisor_, split_request{address_.task, address_.subtask});
      if (r.writes) queue_step();
      switch (r.what) {
        case task::outcome::busy: return queue_step();
        case task::outcome::blocked:
        case task::outcome::resting:
          if (r.again_at) look_again_at(*r.again_at);
          return;
        case task::outcome::finished: send(supervisor_, task_finished{address_.task, address_.subtask});
      }
    });
  }

  /// One message is under way, or an earlier one after it.
  void look_again_at(std::chrono::nanoseconds when) {
    if (look_pending_ && *look_pending_ <= when) return;
    look_pending_ = when;
    delayed_send(this, std::max(when - run_->clock.now(), std::chrono::nanoseconds{0}), look_again{++looks_});
  }

  /// Sources with a drift bound say how far they have come, when that has moved by a quarter of the bound.
  void report_progress(bool busy) {
    if (task_.max_drift().count() == 0) return;
    timestamp const t = task_.progress();
    bool const worth_it = t == end_of_time || !busy || reported_ == no_watermark || t < reported_ || t >= saturating_add(reported_, task_.max_drift() / 4);
    if (t == reported_ || t == no_watermark || !worth_it) return;
    reported_ = t;
    send(supervisor_, source_progress{address_.task, address_.subtask, t.time_since_epoch().count()});
  }

  void end(ending how) {
    if (how == ending::publish) guarded_without_step([&] { task_.publish(); });
    if (how == ending::cancel) guarded_without_step([&] { task_.cancel(); });
    if (how == ending::abandon || failed_) task_.abandon();
    if (failed_ && how != ending::abandon) return;  // the supervisor will say abandon
    send(supervisor_, task_ended{address_.task, address_.subtask});
    quit();
  }

  void queue_step() {
    if (!std::exchange(step_queued_, true)) send(this, step_now{});
  }
  template <class F>
  void guarded(F f) {
    if (ended()) return;
    guarded_without_step(f);
    queue_step();
  }
  template <class F>
  void guarded_without_step(F f) {
    try {
      f();
    } catch (...) {
      auto const* at = task_.activity().current.load(std::memory_order_relaxed);
      fail(error_being_handled(at ? at->name() : std::string{}));
    }
  }
  void fail(error const& e) {
    failed_ = true;
    send(supervisor_, task_failed{address_.task, address_.subtask, static_cast<std::uint32_t>(e.code()), e.operator_name(), e.message()});
  }

  std::shared_ptr<job_run> run_;
  task_address address_;
  supervisor_actor supervisor_;
  std::shared_ptr<job_attempt> attempt_;
  job_attempt::cell& cell_;
  std::unique_ptr<piece_sender> sender_;
  task& task_;
  bool step_queued_ = false;
  std::optional<std::chrono::nanoseconds> look_pending_;
  std::uint64_t looks_ = 0;
  bool failed_ = false;
  timestamp reported_ = no_watermark;
};

}  // namespace

task_actor spawn_task(caf::actor_system& system, std::shared_ptr<job_run> run, task_address address, supervisor_actor supervisor) {
  bool const detached = run->own_threads && run->plan.tasks[address.task].blocking;
  if (detached) return system.spawn<task_shell, caf::detached>(std::move(run), address, std::move(supervisor));
  return system.spawn<task_shell>(std::move(run), address, std::move(supervisor));
}

}  // namespace flow
