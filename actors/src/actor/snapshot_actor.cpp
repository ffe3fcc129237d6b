// Keeps the snapshots of a job: writes what the tasks send, tells the supervisor what is in the store, and has committed what a
// checkpoint holds before tasks go on from it.

#include <map>

#include "job_actors.hpp"
#include "restoring.hpp"

namespace flow {
namespace {

class snapshot_shell : public snapshot_actor::base {
 public:
  snapshot_shell(caf::actor_config& c, std::shared_ptr<job_run> run, supervisor_actor supervisor)
      : snapshot_actor::base(c), run_(std::move(run)), supervisor_(std::move(supervisor)) {}

  behavior_type make_behavior() override {
    link_to(supervisor_);
    return {
        [this](begin_snapshot const& m) { begin(m); },
        [this](store_pieces const& m) { store(m); },
        [this](pieces_sent& m) { tell(m); },
        [this](finish_snapshot const& m) {
          guarded(m.manifest->id, [&] {
            target().finish(*m.manifest);
            leave();
            send(supervisor_, snapshot_written{m.manifest->id});
          });
        },
        [this](abandon_snapshot const& m) {
          if (m.checkpoint == current_) abandon();
        },
        [this](recover_committables) { recover(); },
        [this](settle_snapshots const& m) { settle(m.how); },
    };
  }
  const char* name() const override { return "flow.snapshots"; }
  void on_exit() override {
    supervisor_ = nullptr;
    leave();
    run_.reset();
  }

 private:
  snapshot_store& target() { return aside_ ? *aside_ : *run_->store; }

  /// An error ends the checkpoint; whatever else comes for it is dropped.
  template <class F>
  void guarded(checkpoint_id id, F f) {
    if (id != current_) return;
    try {
      f();
    } catch (...) {
      error const e = error_being_handled({});
      send(supervisor_, snapshot_failed{id, static_cast<std::uint32_t>(e.code()), e.message()});
      abandon();
    }
  }
  void begin(begin_snapshot const& m) {
    current_ = m.checkpoint;
    guarded(m.checkpoint, [&] {
      if (!m.path.empty()) aside_ = run_->places.open(m.path, {1, true, true});
      target().begin(m.checkpoint);
    });
  }
  void store(store_pieces const& m) {
    std::uint64_t bytes = 0;
    for (auto const& c : m.chunks) bytes += c.data.size();
    guarded(m.checkpoint, [&] {
      for (auto const& c : m.chunks)
        collector(m.participant, c.place, *m.operators[c.place]).put(*c.of, c.part, c.form, c.data, c.entries, c.last);
    });
    if (auto const sender = caf::actor_cast<task_actor>(current_sender()); m.participant < run_->subtasks()) send(sender, snapshot_credit{bytes});
  }
  piece_collector& collector(std::size_t participant, std::uint32_t place, std::string const& operator_name) {
    auto& c = collectors_[{participant, place}];
    if (!c) c = std::make_unique<piece_collector>(target(), current_, operator_name);
    return *c;
  }
  void tell(pieces_sent& m) {
    if (m.checkpoint != current_) return;
    auto all = std::make_shared<task_snapshot>(task_snapshot{m.participant, m.subtask, m.checkpoint, m.finished, {}});
    for (std::uint32_t place = 0; place < m.operators.size(); ++place) {
      operator_snapshot o;
      o.name = std::move(m.operators[place]);
      if (auto const found = collectors_.find({m.participant, place}); found != collectors_.end()) o.states = found->second->states();
      o.committable_schema = std::move(m.committable_schemas[place]);
      o.committables = std::move(m.prepared[place]);
      all->operators.push_back(std::move(o));
    }
    send(supervisor_, snapshot_taken{std::move(all)});
  }
  void leave() {
    collectors_.clear();
    aside_.reset();
    current_ = 0;
  }
  void abandon() {
    collectors_.clear();
    try {
      target().abandon(current_);
      if (aside_) aside_->end(job_end::failed);
    } catch (...) {
      error const e = error_being_handled({});
      run_->watcher.log(log_level::warning, "", [&] { return "what was written for checkpoint " + std::to_string(current_) + " is still there: " + e.message(); });
    }
    leave();
  }
  /// Not on the supervisor's thread: it may take for ever, and the job can still be cancelled then.
  void recover() {
    try {
      recover_sinks(*run_);
      send(supervisor_, sinks_recovered{});
    } catch (error const& e) {
      send(supervisor_, sinks_recovered{true, static_cast<std::uint32_t>(e.code()), e.operator_name(), e.message()});
    }
  }
  void settle(std::optional<job_end> how) {
    if (current_ != 0) abandon();
    if (how) {
      try {
        run_->store->end(*how);
      } catch (...) {
        error const e = error_being_handled({});
        run_->watcher.log(log_level::warning, "", [&] { return "the snapshots are left as they are: " + e.message(); });
      }
    }
    snapshots_idle answer{how.has_value()};
    if (!how) {
      try {
        run_->store->settle();
      } catch (...) {
        error const e = error_being_handled({});
        answer = {false, true, static_cast<std::uint32_t>(e.code()), e.message()};
      }
    }
    send(supervisor_, std::move(answer));
    if (how) quit();
  }

  std::shared_ptr<job_run> run_;
  supervisor_actor supervisor_;
  checkpoint_id current_ = 0;
  std::unique_ptr<snapshot_store> aside_;  // of a savepoint
  std::map<std::pair<std::size_t, std::uint32_t>, std::unique_ptr<piece_collector>> collectors_;
};

}  // namespace

snapshot_actor spawn_snapshots(caf::actor_system& system, std::shared_ptr<job_run> run, supervisor_actor supervisor) {
  bool const own_thread = run->own_threads;
  return own_thread ? system.spawn<snapshot_shell, caf::detached>(std::move(run), std::move(supervisor))
                    : system.spawn<snapshot_shell>(std::move(run), std::move(supervisor));
}

}  // namespace flow
