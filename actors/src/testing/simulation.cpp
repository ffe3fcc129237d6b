#include <flow/testing/simulation.hpp>

#include <random>

#include <caf/scheduler/test_coordinator.hpp>

#include "../actor/job_actors.hpp"

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

run_result run(job const& j, schedule const& how, settings const& given) {
  settings s = given;
  if (how.snapshots && !s.checkpoints()) s.snapshots("(memory)");
  check(j, s);
  simulation_config config;
  caf::actor_system system(config);
  auto& scheduler = dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler());
  auto run = std::make_shared<job_run>(j, s, system, how.snapshots ? how.snapshots->open({s.snapshots_kept(), s.keep_cancelled(), s.keep_succeeded()}) : nullptr);
  run->own_threads = false;
  run_result kept;
  keep_results(*run, kept);
  std::optional<job_result> result;
  run->on_end = [&](job_result r) { result = std::move(r); };
  auto supervisor = spawn_supervisor(system, run);
  std::mt19937_64 random(how.seed);
  std::uint64_t steps = 0;
  bool cancelled = false;
  while (!result) {
    if (how.crash_after && steps >= *how.crash_after) {
      caf::anon_send_exit(supervisor, caf::exit_reason::kill);
      supervisor = nullptr;
      scheduler.run();
      kept.crashed = true;
      return kept;
    }
    ++steps;
    if (how.barrier_every != 0 && steps % how.barrier_every == 0) caf::anon_send(supervisor, start_barrier{});
    bool const stuck = !take_step(scheduler, random);
    if (how.cancel_after && !cancelled && (stuck || steps >= *how.cancel_after)) {
      cancelled = true;
      caf::anon_send(supervisor, cancel_job{});
    } else if (stuck || steps > how.most_steps) {
      auto const where = standing(*run);
      caf::anon_send_exit(supervisor, caf::exit_reason::kill);
      scheduler.run();
      throw error(error_code::internal, "the job hangs after " + std::to_string(steps) + " steps with seed " + std::to_string(how.seed) + where);
    }
  }
  supervisor = nullptr;
  scheduler.run();
  static_cast<job_result&>(kept) = std::move(*result);
  if (kept.end == job_result::how::failed)
    for (auto& [name, given] : kept.sinks) given.batches.clear();
  return kept;
}

}  // namespace flow::testing
