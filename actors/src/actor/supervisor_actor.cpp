#include "../supervisor/barriers.hpp"
#include "../supervisor/drift.hpp"
#include "../supervisor/log_text.hpp"
#include "../supervisor/restart_strategy.hpp"
#include "../supervisor/source_splits.hpp"
#include "../supervisor/supervision.hpp"
#include "checkpointing.hpp"
#include "restoring.hpp"

#include <flow/actors/errors.hpp>

namespace flow {
namespace {

/// Owns a job: spawns its tasks, hands out splits, watches, ends. What to do when is in `supervision`.
class supervisor_shell : public supervisor_actor::base {
 public:
  supervisor_shell(caf::actor_config& c, std::shared_ptr<job_run> run)
      : supervisor_actor::base(c), run_(std::move(run)), supervision_(run_->subtasks()), barriers_(run_->subtasks()),
        restart_(run_->settings.restart(), run_->random_seed) {
    // A fault of the supervisor itself, or of a task's actor, must not leave the caller waiting: it is the job's failure, and
    // takes the linked tasks along.
    set_exception_handler([this](std::exception_ptr& fault) -> caf::error {
      give_up("the supervisor failed: " + text_of(fault));
      return caf::exit_reason::unhandled_exception;
    });
    set_exit_handler([this](caf::exit_msg& m) {
      if (!m.reason) return;
      give_up("a task's actor died: " + system().render(m.reason));
      quit(m.reason);
    });
  }

  behavior_type make_behavior() override {
    return {
        [this](begin_job) { begin(); },
        [this](cancel_job) {
          if (supervision_.state() == supervision::phase::publishing) watch_the_end();  // goes on, but not for ever
          if (waits_to_restart_) {
            supervision_ = supervision(run_->subtasks());  // that of the attempt before has ended
            return end_without_tasks();
          }
          auto const what = supervision_.cancel();
          if (what == supervision::action::cancel) stop_checkpoints(error(error_code::cancelled, "the job is cancelled"));
          if (what == supervision::action::cancel) log(log_level::info, [] { return "cancelling: sources stop, sinks publish what they have received"; });
          act(what);
        },
        [this](start_barrier) { start_a_barrier(); },
        [this](cancel_timed_out const& m) {
          if (m.attempt != run_->current()->number || supervision_.state() == supervision::phase::ended) return;
          run_->on_unresponsive(error(error_code::not_responding, "not ended within " + format_duration(run_->settings.cancel_timeout()) +
                                                                      " (cancel-timeout): " + missing()));
        },
        [this](ends_slowly const& m) {
          if (m.attempt == run_->current()->number && supervision_.state() != supervision::phase::ended)
            log(log_level::warning, [&] { return "still waiting for the end of " + missing(); });
        },
        [this](task_started const& m) {
          log_task(m, "started");
          mistakes_.insert(mistakes_.end(), m.mistakes.begin(), m.mistakes.end());
          auto const what = supervision_.started(number(m));
          if (what != supervision::action::none && !mistakes_.empty()) return failed(run_->current()->restore->plan().refusal(mistakes_));
          act(what);
        },
        [this](task_finished const& m) {
          log_task(m, "has finished");
          barriers_.finished(number(m));
          auto const what = supervision_.finished(number(m));
          // With checkpoints the job ends when the last one is committed.
          if (checkpoints_) return checkpoints_->tell([&](auto& k) { k.finished(number(m)); });
          act(what);
        },
        [this](task_failed const& m) { failed(error(static_cast<error_code>(m.code), m.operator_name, m.message)); },
        [this](task_ended const& m) { act(supervision_.ended(number(m))); },
        [this](barrier_passed const& m) {
          log(log_level::trace, [&] { return "barrier " + std::to_string(m.checkpoint) + " has passed " + task_name(m); });
          if (barriers_.passed(m.checkpoint, number(m)))
            log(log_level::debug, [&] { return "barrier " + std::to_string(m.checkpoint) + " has passed all tasks"; });
        },
        [this](source_progress const& m) { progress(m); },
        [this](split_request const& m) { with_splits(m.task, [&](source_splits& s) { give(m.task, s.asked(m.subtask)); }); },
        [this](look_for_splits const& m) { if (m.attempt == run_->current()->number) look(m.task); },
        [this](take_savepoint const& m) -> caf::result<std::uint64_t> { return ask_for_savepoint(m); },
        [this](snapshot_taken const& m) { tell_checkpoints([&](auto& k) { k.answered(*m.what); }); },
        [this](snapshot_written const& m) {
          restart_.progressed();
          tell_checkpoints([&](auto& k) { k.written(m.checkpoint); });
        },
        [this](snapshot_failed const& m) {
          tell_checkpoints([&](auto& k) { k.failed(m.checkpoint, error(static_cast<error_code>(m.code), m.message)); });
        },
        [this](sinks_recovered const& m) {
          recovering_ = false;
          if (m.failed) failed(error(static_cast<error_code>(m.code), m.operator_name, m.message));
          if (supervision_.state() != supervision::phase::starting) return end_without_tasks();
          spawn_tasks();
        },
        [this](snapshots_idle const& m) {
          if (m.ended) return tell_result();
          if (!waits_to_restart_) return;
          if (m.failed) begin_again(error(static_cast<error_code>(m.code), m.message));
          else begin_again();
        },
        [this](committed const& m) { tell_checkpoints([&](auto& k) { k.confirmed(number(m), m.checkpoint); }); },
        [this](checkpoint_due) {
          if (checkpoints_) checkpoints_->due();
        },
        [this](restart_job) {
          if (!waits_to_restart_) return;
          if (!checkpoints_) return begin_again();
          send(snapshots_, settle_snapshots{});  // what is left of the attempt before is given up first
        },
    };
  }
  const char* name() const override { return "flow.supervisor"; }
  void on_exit() override {
    for (auto& [number, asker] : askers_) asker.deliver(actors::to_caf(no_savepoint("the job has ended")));
    askers_.clear();
    checkpoints_.reset();
    snapshots_ = nullptr;
    splits_.clear();
    peers_.reset();
    run_.reset();
  }

 private:
  static std::string text_of(std::exception_ptr const& fault) {
    try {
      std::rethrow_exception(fault);
    } catch (...) {
      return error_being_handled({}).message();
    }
  }
  void give_up(std::string const& why) {
    job_result r;
    r.end = job_result::how::failed;
    r.failure = error(error_code::internal, why);
    r.operators = run_->summaries();
    run_->on_end(std::move(r));
  }
  template <class M>
  std::size_t number(M const& m) const { return run_->number_of(m.task, m.subtask); }

  template <class F>
  void log(log_level level, F text) const { run_->watcher.log(level, "", text); }
  template <class M>
  std::string task_name(M const& m) const { return "task '" + run_->plan.tasks[m.task].name + "' (subtask " + std::to_string(m.subtask) + ")"; }
  template <class M>
  void log_task(M const& m, char const* what) const { log(log_level::debug, [&] { return task_name(m) + " " + what; }); }

  template <class F>
  void tell_checkpoints(F f) {
    if (checkpoints_) checkpoints_->tell(f);
    tell_progress();
  }
  void tell_progress() {
    run_->progress.tell(checkpoints_ ? checkpoints_->summary() : checkpoint_summary{}, restart_.restarts(), run_->clock.now());
  }
  caf::result<std::uint64_t> ask_for_savepoint(take_savepoint const& m) {
    if (supervision_.state() == supervision::phase::ended) return actors::to_caf(no_savepoint("the job has ended"));
    if (!checkpoints_)
      return actors::to_caf(error(error_code::usage, "no savepoint was taken: the job takes no checkpoints; give them a directory with --snapshots DIR"));
    auto const number = ++savepoints_;
    auto promise = askers_[number] = make_response_promise<std::uint64_t>();
    tell_checkpoints([&](auto& k) { k.requested({number, m.path, m.stop, m.drain}); });
    return promise;
  }
  void answer(checkpoint_action::answer const& a) {
    auto const asker = askers_.find(a.number);
    if (asker == askers_.end()) return;
    if (a.failure) asker->second.deliver(actors::to_caf(*a.failure));
    else asker->second.deliver(a.id);
    askers_.erase(asker);
  }
  void stop_checkpoints(error const& why) {
    if (checkpoints_) checkpoints_->stopping(why);
  }

  void failed(error const& e) {
    bool const was_to_end = supervision_.outcome() == supervision::result::cancelled;
    auto const what = supervision_.failed(e);
    bool const is_first = what == supervision::action::abandon;  // the job's own failure is its result
    run_->watcher.log(log_level::info, e.operator_name(),
                      [&] { return (is_first ? "failed, all tasks are stopped: " : "failed as well: ") + e.message(); });
    if (is_first) {
      decision_ = was_to_end ? restart_strategy::decision{{}, e} : restart_.failed(e, run_->clock.now());
      if (!decision_.restart_after) stop_checkpoints(e);
      else if (checkpoints_) checkpoints_->restarting(e);
    }
    act(what);
  }

  void begin() {
    began_ = run_->clock.now();
    log(log_level::info, [&] { return log_text::start(run_->plan); });
    if (run_->store) {
      snapshots_ = spawn_snapshots(system(), run_, supervisor_actor(this));
      checkpoints_.emplace(this, run_, checkpointing::hooks{[this](error const& e) { failed(e); }, [this](bool stopped) { end_checkpointed(stopped); },
                                                            [this] { return enumerators(); }, [this](checkpoint_action::answer const& a) { answer(a); }});
    }
    begin_attempt();
  }
  /// The job has failed and all its tasks are gone.
  void begin_again(std::optional<error> const& obstacle = {}) {
    waits_to_restart_ = false;
    supervision_ = supervision(run_->subtasks());
    barriers_ = barrier_tracker(run_->subtasks());
    drift_ = {};
    drift_numbers_.clear();
    splits_.clear();
    peers_.reset();
    decision_ = {};
    stopped_ = false;
    try {
      if (obstacle) throw *obstacle;
      run_->begin_again();
    } catch (...) {
      failed(error_being_handled({}));
      return end_without_tasks();
    }
    tell_progress();
    begin_attempt();
  }
  /// First what the checkpoint has prepared is committed.
  void begin_attempt() {
    if (!snapshots_) return spawn_tasks();
    recovering_ = true;
    send(snapshots_, recover_committables{});
  }
  void spawn_tasks() {
    auto all = std::make_shared<peers>();
    all->snapshots = snapshots_;
    for (auto const& t : run_->plan.tasks) {
      auto& subtasks = all->tasks.emplace_back();
      for (std::uint32_t i = 0; i < t.parallelism; ++i)
        subtasks.push_back(spawn_task(system(), run_, {t.id, i}, supervisor_actor(this)));
    }
    peers_ = all;
    bound_drift();
    each([&](task_address, task_actor const& t) { send(t, begin_task{peers_}); });
  }
  /// No task is there that could end.
  void end_without_tasks() {
    waits_to_restart_ = false;
    supervision_.cancel();
    for (std::size_t i = 0; i < run_->subtasks(); ++i) act(supervision_.ended(i));
  }
  void end_checkpointed(bool stopped) {
    stopped_ = stopped;
    if (stopped && supervision_.state() == supervision::phase::running) act(supervision_.cancel());
    else act(supervision_.all_committed());
  }
  std::vector<enumerator_state> enumerators() {
    std::vector<enumerator_state> all;
    for (auto const& [task, splits] : splits_) {
      enumerator_state e{run_->what->graph().at(run_->plan.tasks[task].nodes.front()).name, {}, schema_of<stored_splits>()};
      encoder archive(e.encoded);
      archive(splits.store());
      all.push_back(std::move(e));
    }
    return all;
  }
  void bound_drift() {
    each([&](task_address a, task_actor const&) {
      auto const bound = run_->current()->cells[a.task][a.subtask]->task->max_drift();
      if (bound.count() == 0) return;
      drift_numbers_[run_->number_of(a.task, a.subtask)] = drift_.size();
      drift_.add(bound);
    });
  }

  void act(supervision::action what) {
    switch (what) {
      case supervision::action::none: return;
      case supervision::action::assign_splits: return assign();
      case supervision::action::publish: return end_all(ending::publish);
      case supervision::action::cancel: return end_all(ending::cancel);
      case supervision::action::abandon: return end_all(ending::abandon);
      case supervision::action::report: return report();
    }
  }

  /// Begins to find the splits of every source.
  void assign() {
    for (auto const& t : run_->plan.tasks)  // a checkpoint that begins at once has them
      if (t.is_source) with_splits(t.id, [](source_splits&) {});
    if (checkpoints_) checkpoints_->started(peers_);
    for (std::size_t i = 0; checkpoints_ && i < run_->subtasks(); ++i)
      if (supervision_.has_finished(i)) checkpoints_->tell([i](auto& k) { k.finished(i); });
    tell_progress();
    for (auto const& t : run_->plan.tasks)
      if (t.is_source) look(t.id);
  }
  void look(std::uint32_t task) {
    with_splits(task, [&](source_splits& s) {
      auto looked = s.look();
      auto const& source = run_->plan.tasks[task];
      run_->expect(task, looked.found, !looked.again);
      if (!looked.found.empty() || !looked.again)
        run_->watcher.log(log_level::info, run_->what->graph().at(source.nodes.front()).name, [&] { return log_text::splits(looked.found, source.parallelism); });
      give(task, std::move(looked.shares));
      if (!looked.again) return;
      look_for_splits const later{task, run_->current()->number};
      if (looked.again->count() == 0) send(this, later);  // behind what else has come
      else delayed_send(this, *looked.again, later);
    });
  }
  /// Calls `f` with the splits of a source while the job runs; an error is the job's.
  template <class F>
  void with_splits(std::uint32_t task, F f) {
    if (supervision_.state() != supervision::phase::running) return;
    try {
      auto known = splits_.find(task);
      if (known == splits_.end()) {
        auto const& t = run_->plan.tasks[task];
        known = splits_.try_emplace(task, run_->what->graph().at(t.nodes.front()), t.parallelism, run_->clock).first;
        if (auto const stored = restored_splits(*run_, t)) known->second.restore(*stored);
      }
      f(known->second);
    } catch (error const& e) {
      failed(e);
    }
  }
  void give(std::uint32_t task, std::vector<split_share> shares) {
    auto const& source = run_->what->graph().at(run_->plan.tasks[task].nodes.front());
    for (auto& share : shares) {
      assign_splits m;
      for (auto& s : share.splits) {
        run_->watcher.log(log_level::debug, source.name, [&] { return log_text::share(s, share.subtask); });
        m.ids.push_back(std::move(s.id));
        m.positions.push_back(std::move(s.position));
      }
      m.terms = share.terms;
      send(peers_->tasks[task][share.subtask], std::move(m));
    }
  }

  void progress(source_progress const& m) {
    auto const slowest = drift_.report(drift_numbers_.at(number(m)), timestamp{duration{m.time}});
    if (!slowest) return;
    log(log_level::trace, [&] {
      if (*slowest == end_of_time) return std::string("no source holds the others back any more");
      std::string text = "the slowest source has come to ";
      append_time(text, *slowest);
      return text;
    });
    for (auto const& [task, source] : drift_numbers_) {
      auto const a = run_->address_of(task);
      send(peers_->tasks[a.task][a.subtask], drift_grant{drift_.limit(source, *slowest).time_since_epoch().count()});
    }
  }

  void start_a_barrier() {
    if (supervision_.state() != supervision::phase::running) return;
    if (checkpoints_) return tell_checkpoints([](auto& k) { k.triggered(); });
    auto const b = barriers_.begin();
    log(log_level::debug, [&] { return "barrier " + std::to_string(b) + " goes to the sources"; });
    for (auto const& t : run_->plan.tasks)
      for (std::uint32_t i = 0; t.is_source && i < t.parallelism; ++i)
        send(peers_->tasks[t.id][i], inject_barrier{b, barriers_.completed()});
  }

  void end_all(ending how) {
    if (how == ending::publish) log(log_level::info, [] { return "all input is processed, results are published"; });
    run_->watcher.ending();
    delayed_send(this, std::chrono::nanoseconds(run_->settings.cancel_timeout()) / 10, ends_slowly{run_->current()->number});
    each([&](task_address, task_actor const& t) { send<caf::message_priority::high>(t, end_task{how}); });
    if (how != ending::publish) watch_the_end();
  }
  void watch_the_end() { delayed_send(this, std::chrono::nanoseconds(run_->settings.cancel_timeout()), cancel_timed_out{run_->current()->number}); }

  /// Who has not ended, and what it is in.
  std::string missing() const {
    if (recovering_) return run_->recovery_activity();
    std::string text;
    for (auto const i : supervision_.missing()) text += (text.empty() ? "" : ", ") + run_->activity_of(run_->address_of(i));
    return text;
  }

  /// All tasks are gone.
  void report() {
    if (supervision_.outcome() == supervision::result::failed && decision_.restart_after) {
      log(log_level::info, [&] { return "starting again in " + format_duration(std::chrono::duration_cast<std::chrono::microseconds>(*decision_.restart_after)); });
      waits_to_restart_ = true;
      delayed_send(this, *decision_.restart_after, restart_job{});
      return;
    }
    if (!snapshots_) return tell_result();
    send(snapshots_, settle_snapshots{how_it_ended()});
  }
  job_end how_it_ended() const {
    switch (supervision_.outcome()) {
      case supervision::result::failed: return job_end::failed;
      case supervision::result::cancelled: return job_end::cancelled;
      default: return job_end::succeeded;
    }
  }
  void tell_result() {
    job_result r;
    switch (how_it_ended()) {
      case job_end::failed: r.end = job_result::how::failed; break;
      case job_end::cancelled: r.end = job_result::how::cancelled; break;
      case job_end::succeeded: r.end = job_result::how::finished;
    }
    if (stopped_ && r.end != job_result::how::failed) r.end = job_result::how::stopped;
    if (r.end == job_result::how::failed) r.failure = decision_.end ? decision_.end : supervision_.failure();
    r.operators = run_->summaries();
    r.elapsed = run_->clock.now() - began_;
    r.last_barrier = barriers_.completed();
    r.restarts = run_->progress.restarts();
    r.checkpoints = run_->progress.checkpoints(run_->clock.now());
    for (auto const& t : run_->current()->cells)
      for (auto const& c : t) r.most_bytes_in_flight += c->task->counters().most_bytes_in_flight.value();
    log(log_level::info, [&] { return log_text::end(r.end, r.elapsed); });
    run_->on_end(std::move(r));
    quit();
  }

  template <class F>
  void each(F f) {
    if (!peers_) return;
    for (auto const& t : run_->plan.tasks)
      for (std::uint32_t i = 0; i < t.parallelism; ++i) f(task_address{t.id, i}, peers_->tasks[t.id][i]);
  }

  std::shared_ptr<job_run> run_;
  supervision supervision_;
  barrier_tracker barriers_;
  drift_bound drift_;
  std::map<std::size_t, std::size_t> drift_numbers_;
  std::map<std::uint32_t, source_splits> splits_;  // by task
  std::shared_ptr<peers const> peers_;
  std::chrono::nanoseconds began_{0};
  restart_strategy restart_;
  restart_strategy::decision decision_;
  bool waits_to_restart_ = false;
  bool recovering_ = false;  // sinks, before there are tasks
  std::vector<std::string> mistakes_;  // of what is restored
  snapshot_actor snapshots_;
  std::optional<checkpointing> checkpoints_;
  std::map<std::uint64_t, caf::typed_response_promise<std::uint64_t>> askers_;  // for savepoints
  std::uint64_t savepoints_ = 0;
  bool stopped_ = false;  // with a savepoint
};

}  // namespace

supervisor_actor spawn_supervisor(caf::actor_system& system, std::shared_ptr<job_run> run) {
  bool const own_thread = run->own_threads;
  supervisor_actor supervisor = own_thread ? system.spawn<supervisor_shell, caf::detached>(std::move(run)) : system.spawn<supervisor_shell>(std::move(run));
  caf::anon_send(supervisor, begin_job{});
  return supervisor;
}

}  // namespace flow
