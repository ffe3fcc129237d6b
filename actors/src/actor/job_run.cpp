#include "../supervisor/log_text.hpp"
#include "restoring.hpp"

#include <algorithm>

#include <flow/state/rocksdb_backend.hpp>

namespace flow {
namespace {

void add(operator_summary& s, operator_counters const& o) {
  s.records_in += o.records_in.value();
  s.records_out += o.records_out.value();
  s.processed += o.processed.value();
  s.late += o.late.value();
  s.filtered += o.filtered.value();
  s.unread += o.unread.value();
  s.bad += o.bad.value();
  s.bytes += o.bytes.value();
}

void add(operator_summary& s, task_counters const& t, std::chrono::nanoseconds now) {
  s.busy += std::chrono::nanoseconds(t.busy_nanoseconds.value());
  s.idle += std::chrono::nanoseconds(t.idle_nanoseconds.value());
  s.blocked += std::chrono::nanoseconds(t.blocked_nanoseconds.value());
  auto const activity = t.activity.load(std::memory_order_relaxed);
  auto const since = std::max(now - std::chrono::nanoseconds(t.activity_since.value()), std::chrono::nanoseconds{0});
  if (activity == task_activity::blocked) s.blocked += since;
  if (activity == task_activity::idle) s.idle += since;
}

/// The lowest watermark of the subtasks that hold others back; when none does, of those that have one.
timestamp lowest(std::vector<operator_counters const*> const& subtasks) {
  timestamp active = end_of_time, idle = end_of_time;
  bool any_active = false, any_idle = false;
  for (auto const* o : subtasks) {
    timestamp const w = o->watermark.load(std::memory_order_relaxed);
    bool const is_idle = o->idle.load(std::memory_order_relaxed);
    if (!is_idle) {
      active = std::min(active, w);
      any_active = true;
    } else if (w != no_watermark) {
      idle = std::min(idle, w);
      any_idle = true;
    }
  }
  return any_active ? active : any_idle ? idle : no_watermark;
}

}  // namespace

job_run::job_run(std::shared_ptr<job const> j, flow::settings const& s, caf::actor_system& system, snapshot_places snapshots)
    : what(std::move(j)), settings(s), plan(make_plan(what->graph(), s)), clock(system), blueprints(make_blueprints(what->graph(), plan, s)),
      places(std::move(snapshots)), store(places.own), expected_(plan.tasks.size()) {
  if (!store && settings.checkpoints())
    store = places.open(settings.snapshots(), {settings.snapshots_kept(), settings.keep_cancelled(), settings.keep_succeeded()});
  if (settings.state().backend == state_backend_form::rocksdb)
    backend = rocksdb_backend({settings.state().directory, settings.state().memory, places.simulated});
  if (store) origin = first_restore_point(*this);
  first_attempt_ = store ? newest_attempt(*store, origin) + 1 : 1;
  begin_attempt(first_attempt_, origin, settings);
}

void job_run::begin_attempt(std::uint64_t number, restore_point from, flow::settings const& how) {
  auto next = std::make_shared<job_attempt>();
  next->number = number;
  next->accept_duplicates = how.restore().accept_duplicates;
  if (from.manifest) next->restore = std::make_unique<job_restore const>(std::move(from), what->graph(), how);
  for (auto const& t : blueprints) {
    auto& subtasks = next->cells.emplace_back();
    for (auto const& b : t) {
      auto& c = *subtasks.emplace_back(std::make_unique<job_attempt::cell>());
      c.task = std::make_unique<flow::task>(b, settings, c.transport, clock, &keeper.chunks(), backend.get());
    }
  }
  on_attempt(*next);
  {
    std::lock_guard const guard(expected_lock_);
    expected_.assign(plan.tasks.size(), {});
  }
  std::lock_guard const guard(attempt_lock_);
  attempt_ = std::move(next);
}

void job_run::begin_again() {
  auto newest = store ? newest_checkpoint(store, settings.snapshots(), first_attempt_) : restore_point{};
  // What is to be renamed, dropped or left empty is said of what the run began from.
  auto const how = newest.manifest ? flow::settings(settings).restore({}) : settings;
  begin_attempt(current()->number + 1, newest.manifest ? std::move(newest) : origin, how);
}

task_beginning job_run::beginning_of(task_address a) const {
  auto const now = current();
  task_beginning how;
  if (!now->restore) return how;
  auto const& t = plan.tasks[a.task];
  how.finished = now->restore->had_finished(t, a.subtask);
  how.drained = now->restore->had_been_read(t);
  how.state = [now, &t, a](std::uint32_t place) { return now->restore->state_of(t.nodes[place], a.subtask, t.parallelism); };
  for (auto const& all : plan.tasks) how.replay_barriers += all.nodes.size();
  if (now->restore->replays())
    how.channels = [now, &t, a](crossing const& to) { return now->restore->channels_of(to.receiver, to.input, *to.type, a.subtask, t.parallelism); };
  return how;
}

std::vector<operator_summary> job_run::summaries() const {
  std::vector<operator_summary> all;
  auto const now = current();
  for (auto const& t : plan.tasks)
    for (std::size_t place = 0; place < t.nodes.size(); ++place) all.push_back(summary(*now, t, place));
  return all;
}

operator_summary job_run::summary(job_attempt const& attempt, task_plan const& t, std::size_t place) const {
  auto const& n = what->graph().at(t.nodes[place]);
  operator_summary s;
  s.name = n.name;
  s.kind = n.kind;
  s.is_source = n.inputs.empty();
  s.is_sink = n.is_sink;
  s.task = t.id;
  s.parallelism = t.parallelism;
  std::vector<operator_counters const*> subtasks;
  auto const now = clock.now();
  for (auto const& c : attempt.cells[t.id]) {
    auto const& o = *c->task->operators()[place];
    subtasks.push_back(&o.counters());
    add(s, o.counters());
    o.metrics().add_to(s.metrics);
    add(s, c->task->counters(), now);
  }
  s.watermark = lowest(subtasks);
  if (s.is_source) {
    std::lock_guard const guard(expected_lock_);
    if (expected_[t.id].complete) s.expected = expected_[t.id].found;
  }
  return s;
}

void job_run::expect(std::uint32_t task, std::vector<split> const& more, bool complete) {
  std::lock_guard const guard(expected_lock_);
  auto& e = expected_[task];
  e.found = size_of(more, e.found);
  e.complete = complete;
}

std::size_t job_run::subtasks() const {
  std::size_t n = 0;
  for (auto const& t : plan.tasks) n += t.parallelism;
  return n;
}

std::size_t job_run::number_of(std::uint32_t task, std::uint32_t subtask) const {
  std::size_t n = subtask;
  for (std::uint32_t t = 0; t < task; ++t) n += plan.tasks[t].parallelism;
  return n;
}

task_address job_run::address_of(std::size_t number) const {
  std::uint32_t t = 0;
  while (number >= plan.tasks[t].parallelism) number -= plan.tasks[t++].parallelism;
  return {t, static_cast<std::uint32_t>(number)};
}

std::string job_run::activity_of(task_address a) const {
  auto const now = current();
  auto const* at = now->cells[a.task][a.subtask]->task->activity().current.load(std::memory_order_relaxed);
  return (at ? "operator '" + at->name() + "'" : "task '" + plan.tasks[a.task].name + "'") + " (subtask " + std::to_string(a.subtask) + ")";
}

std::string job_run::recovery_activity() const {
  node const* const at = current()->recovering;
  return at ? "operator '" + at->name + "' (its committer recovers)" : "the recovery of sinks";
}

}  // namespace flow
