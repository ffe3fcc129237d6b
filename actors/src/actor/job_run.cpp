#include "job_actors.hpp"

#include <algorithm>

namespace flow {

job_run::job_run(job const& j, flow::settings const& s, caf::actor_system& system)
    : what(&j), settings(s), plan(make_plan(j.graph(), s)), clock(system), blueprints(make_blueprints(j.graph(), plan, s)) {
  for (auto const& t : blueprints) {
    auto& subtasks = cells.emplace_back();
    for (auto const& b : t) {
      auto& c = *subtasks.emplace_back(std::make_unique<cell>());
      c.task = std::make_unique<flow::task>(b, settings, c.transport, clock);
    }
  }
}

std::vector<operator_summary> job_run::summaries() const {
  std::vector<operator_summary> all;
  for (auto const& t : plan.tasks) {
    for (std::size_t place = 0; place < t.nodes.size(); ++place) {
      operator_summary s;
      s.name = what->graph().at(t.nodes[place]).name;
      s.parallelism = t.parallelism;
      s.watermark = end_of_time;
      for (auto const& c : cells[t.id]) {
        auto const& o = c->task->operators()[place]->counters();
        s.records_in += o.records_in.value();
        s.records_out += o.records_out.value();
        s.processed += o.processed.value();
        s.late += o.late.value();
        s.filtered += o.filtered.value();
        s.unread += o.unread.value();
        s.bad += o.bad.value();
        s.watermark = std::min(s.watermark, o.watermark.load(std::memory_order_relaxed));
        s.busy += std::chrono::nanoseconds(c->task->counters().busy_nanoseconds.value());
        s.idle += std::chrono::nanoseconds(c->task->counters().idle_nanoseconds.value());
        s.blocked += std::chrono::nanoseconds(c->task->counters().blocked_nanoseconds.value());
      }
      all.push_back(std::move(s));
    }
  }
  return all;
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
  auto const* at = cells[a.task][a.subtask]->task->activity().current.load(std::memory_order_relaxed);
  return (at ? "operator '" + at->name() + "'" : "task '" + plan.tasks[a.task].name + "'") + " (subtask " + std::to_string(a.subtask) + ")";
}

}  // namespace flow
