#include <flow/testing/simulation.hpp>

#include <random>

#include <caf/scheduler/test_coordinator.hpp>

#include "../actor/job_actors.hpp"

#include <flow/actors/errors.hpp>
#include <flow/testing/state_under_test.hpp>

namespace flow::testing {
namespace {

struct simulation_config : caf::actor_system_config {
  simulation_config() {
    set("scheduler.policy", caf::atom("testing"));
    set("logger.console", caf::atom("none"));
  }
};

/// Lets one actor, picked by the seed, handle one message; without one, lets the next timer ring. False when neither can be.
bool take_step(caf::scheduler::test_coordinator& s, std::mt19937_64& random) {
  if (s.jobs.empty()) return s.trigger_timeout();
  auto const chosen = static_cast<std::ptrdiff_t>(random() % s.jobs.size());
  std::rotate(s.jobs.begin(), s.jobs.begin() + chosen, s.jobs.begin() + chosen + 1);
  return s.try_run_once();
}

/// Where each task stands.
std::string standing(job_run const& run) {
  static constexpr char const* phases[] = {"created", "running", "ending", "finished", "published", "cancelled", "abandoned"};
  std::string text;
  auto const now = run.current();
  for (auto const& t : run.plan.tasks)
    for (std::uint32_t i = 0; i < t.parallelism; ++i)
      text += "; task '" + t.name + "' (subtask " + std::to_string(i) + ") is " + phases[static_cast<int>(now->cells[t.id][i]->task->state())];
  return text;
}

/// Has the sinks keep copies of what they are given.
void keep_results(job_attempt& attempt, run_result& kept) {
  for (auto const& subtasks : attempt.cells)
    for (auto const& c : subtasks)
      for (auto const& o : c->task->operators())
        if (auto* const sink = dynamic_cast<sink_operator_base*>(o.get()))
          sink->on_written = [&into = kept.sinks[sink->name()].batches](batch_base& written) {
            into.push_back(written.type().create(written.size()));
            written.type().append(*into.back(), written, 0, written.size(), false);
          };
}
void keep_results(job_run& run, run_result& kept) {
  for (auto const& n : run.what->graph().nodes())
    if (n->is_sink) kept.sinks[n->name].type = run.what->graph().at(n->inputs.front().from).outputs[n->inputs.front().port].type;
  run.on_attempt = [&kept](job_attempt& attempt) { keep_results(attempt, kept); };
  keep_results(*run.current(), kept);
}

}  // namespace

std::vector<batch_ref> const& run_result::batches(std::string const& sink, batch_type const& type) const {
  auto const found = sinks.find(sink);
  if (found == sinks.end()) {
    std::string names;
    for (auto const& [name, unused] : sinks) names += (names.empty() ? "'" : ", '") + name + "'";
    throw error(error_code::usage, "expected the name of a sink of the job (" + names + "), found '" + sink + "'");
  }
  if (found->second.type != &type) throw error(error_code::usage, sink, "takes other records than are asked for: " + to_string(found->second.type->describe()));
  return found->second.batches;
}

namespace {

/// Places in memory.
snapshot_places places_of(schedule const& how, settings const& s) {
  snapshot_places places;
  places.simulated = true;
  if (how.snapshots) places.own = how.snapshots->open({s.snapshots_kept(), s.keep_cancelled(), s.keep_succeeded()});
  auto* const savepoints = how.savepoints;
  if (!savepoints) return places;
  places.open = [savepoints](std::string const& path, snapshot_retention r) { return (*savepoints)[path].open(r); };
  places.read = [savepoints](std::string const& path) {
    if (auto const found = savepoints->find(path); found != savepoints->end()) return found->second.open();
    throw error(error_code::not_found, "there is no savepoint '" + path + "'");
  };
  return places;
}

/// One run: the actors of a job, and who has the next step.
class simulation {
 public:
  simulation(job const& j, schedule const& how, settings const& s)
      : how_(how), system_(config_), scheduler_(dynamic_cast<caf::scheduler::test_coordinator&>(system_.scheduler())),
        run_(std::make_shared<job_run>(j, under_test(s), system_, places_of(how, s))), random_(how.seed) {
    run_->own_threads = false;
    run_->random_seed = how.seed;
    run_->watcher.log = how.log;
    keep_results(*run_, kept_);
    run_->on_end = [this](job_result r) { result_ = std::move(r); };
    supervisor_ = spawn_supervisor(system_, run_);
  }

  run_result go() {
    while (!result_) {
      if ((how_.crash_after && kept_.steps >= *how_.crash_after) || (how_.faults && how_.faults->died())) {
        kept_.checkpoints = run_->progress.checkpoints(run_->clock.now());
        kept_.restarts = run_->progress.restarts();
        kill();
        kept_.crashed = true;
        return std::move(kept_);
      }
      step();
    }
    supervisor_ = nullptr;
    scheduler_.run();
    static_cast<job_result&>(kept_) = std::move(*result_);
    if (kept_.end == job_result::how::failed)
      for (auto& [name, given] : kept_.sinks) given.batches.clear();
    return std::move(kept_);
  }

 private:
  void ask(take_savepoint what) {
    auto const ask = [this, what = std::move(what)](caf::event_based_actor* self, supervisor_actor const& supervisor) {
      self->request(supervisor, caf::infinite, what)
          .then([this, what](std::uint64_t) { kept_.savepoints.insert_or_assign(what.path, std::optional<error>{}); },
                [this, what](caf::error const& e) {
                  kept_.savepoints.insert_or_assign(what.path, actors::from_caf(e).value_or(error(error_code::cancelled, "the job has ended")));
                });
    };
    system_.spawn(ask, supervisor_);
  }
  void step() {
    auto const number = kept_.steps++;
    if (how_.before_step) how_.before_step(number);
    for (auto const& w : how_.wanted)
      if (w.after == number) ask(take_savepoint{w.path, w.stop, w.drain});
    if (how_.barrier_every != 0 && kept_.steps % how_.barrier_every == 0) caf::anon_send(supervisor_, start_barrier{});
    bool const stuck = !take_step(scheduler_, random_);
    if (how_.step_time.count() > 0) scheduler_.advance_time(how_.step_time);
    if (how_.cancel_after && !cancelled_ && (stuck || kept_.steps >= *how_.cancel_after)) {
      cancelled_ = true;
      caf::anon_send(supervisor_, cancel_job{});
    } else if (stuck || kept_.steps > how_.most_steps) {
      auto const where = standing(*run_);
      kill();
      throw error(error_code::internal, "the job hangs after " + std::to_string(kept_.steps) + " steps with seed " + std::to_string(how_.seed) + where);
    }
  }
  void kill() {
    caf::anon_send_exit(supervisor_, caf::exit_reason::kill);
    supervisor_ = nullptr;
    scheduler_.run();
  }

  schedule const& how_;
  simulation_config config_;
  caf::actor_system system_;
  caf::scheduler::test_coordinator& scheduler_;
  std::shared_ptr<job_run> run_;
  run_result kept_;
  std::optional<job_result> result_;
  supervisor_actor supervisor_;
  std::mt19937_64 random_;
  bool cancelled_ = false;
};

}  // namespace

run_result run(job const& j, schedule const& how, settings const& given) {
  settings s = given;
  if (how.snapshots && !s.checkpoints()) s.snapshots("(memory)");
  check(j, s);
  return simulation(j, how, s).go();
}

}  // namespace flow::testing
