#include "checkpointing.hpp"

#include <algorithm>

#include "../supervisor/source_splits.hpp"

namespace flow {
namespace {

checkpoint_subject subject_of(job_run const& run) {
  checkpoint_subject s{run.what->name(), run.plan.fingerprint, run.settings.max_parallelism(), {}};
  for (std::size_t i = 0; i < run.subtasks(); ++i) {
    auto const a = run.address_of(i);
    auto const& t = run.plan.tasks[a.task];
    bool const commits = std::any_of(t.nodes.begin(), t.nodes.end(), [&](node_id id) { return static_cast<bool>(run.what->graph().at(id).make_committer); });
    s.participants.push_back({"task '" + t.name + "' (subtask " + std::to_string(a.subtask) + ")", t.is_source, commits, false});
  }
  s.participants.push_back({"the supervisor", false, false, true});
  return s;
}

checkpoint_id highest_of(job_run const& run) {
  checkpoint_id highest = 0;
  for (auto const& c : run.store->list()) highest = std::max(highest, c.id);
  return highest;
}

}  // namespace

checkpointing::checkpointing(supervisor_actor::base* self, std::shared_ptr<job_run> run, hooks h)
    : self_(self), run_(std::move(run)), hooks_(std::move(h)), subject_(subject_of(*run_)), coordinator_(run_->settings, subject_, highest_of(*run_)) {}

void checkpointing::started(std::shared_ptr<peers const> all) {
  peers_ = std::move(all);
  auto const now = run_->current();
  std::optional<snapshot_manifest> base;
  if (now->restore && now->restore->from().goes_on) base = now->restore->plan().base();
  tell([&](auto& c) { c.started(now->number, std::move(base), now->restore ? now->restore->plan().manifest().id : 0, run_->clock.now()); });
}

void checkpointing::go_on() {
  if (std::exchange(going_on_, true)) return;  // what a step has caused is looked at when it is done
  for (auto steps = coordinator_.next(run_->clock.now(), run_->clock.wall()); !steps.empty(); steps = coordinator_.next(run_->clock.now(), run_->clock.wall()))
    for (auto const& step : steps) std::visit([this](auto const& a) { take(a); }, step);
  going_on_ = false;
  wait();
}

/// One message is under way, or an earlier one after it.
void checkpointing::wait() {
  auto const when = coordinator_.due();
  if (when == std::chrono::nanoseconds::max() || (waits_until_ && *waits_until_ <= when)) return;
  waits_until_ = when;
  self_->delayed_send(self_, std::max(when - run_->clock.now(), std::chrono::nanoseconds{0}), checkpoint_due{});
}

task_actor const& checkpointing::task_of(std::size_t number) const {
  auto const a = run_->address_of(number);
  return peers_->tasks[a.task][a.subtask];
}

template <class M>
void checkpointing::to_sources(M const& m) {
  for (auto const& t : run_->plan.tasks)
    for (std::uint32_t i = 0; t.is_source && i < t.parallelism; ++i) self_->send(peers_->tasks[t.id][i], m);
}

void checkpointing::take(checkpoint_action::begin const& a) {
  run_->watcher.log(log_level::debug, "", [&] { return std::string(name_of(a.kind)) + " " + std::to_string(a.id) + " begins"; });
  self_->send(peers_->snapshots, begin_snapshot{a.id, a.path});
  for (std::size_t i = 0; i < run_->subtasks(); ++i)
    if (subject_.participants[i].commits) self_->send(task_of(i), barrier_comes{});
  send_enumerators(a.id);
}

/// Sent before the barriers: no split is assigned between.
void checkpointing::send_enumerators(checkpoint_id id) {
  std::size_t const number = run_->subtasks();
  store_pieces pieces{id, number, {}, {}};
  pieces_sent done{number, 0, id, false, {}, {}, {}};
  for (auto& e : hooks_.enumerators()) {
    auto const place = static_cast<std::uint32_t>(pieces.operators.size());
    pieces.operators.push_back(std::make_shared<std::string const>(e.source));
    pieces.chunks.push_back({place, std::make_shared<state_header const>(state_header{enumerator_state_name, state_kind::value, {}, e.value}), 0,
                             piece_form::base, std::move(e.encoded), 1, true});
    done.operators.push_back(std::move(e.source));
    done.prepared.emplace_back();
    done.committable_schemas.emplace_back();
  }
  self_->send(peers_->snapshots, std::move(pieces));
  self_->send(peers_->snapshots, std::move(done));
}

void checkpointing::take(checkpoint_action::inject const& a) {
  for (auto const i : a.subtasks) self_->send(task_of(i), inject_barrier{a.id, a.completed, a.full, a.hold});
}

void checkpointing::take(checkpoint_action::overtake const& a) {
  run_->watcher.log(log_level::debug, "", [&] { return "checkpoint " + std::to_string(a.id) + " overtakes what is on its way"; });
  for (std::size_t i = 0; i < run_->subtasks(); ++i) self_->send<caf::message_priority::high>(task_of(i), overtake_barrier{a.id, a.completed});
}

void checkpointing::take(checkpoint_action::write const& a) {
  self_->send(peers_->snapshots, finish_snapshot{std::make_shared<snapshot_manifest const>(a.manifest)});
}

void checkpointing::take(checkpoint_action::abandon const& a) {
  run_->watcher.log(log_level::warning, "", [&] { return a.why; });
  self_->send(peers_->snapshots, abandon_snapshot{a.id});
}

void checkpointing::take(checkpoint_action::commit const& a) {
  for (auto const i : a.subtasks) self_->send(task_of(i), commit_prepared{a.id});
}

void checkpointing::take(checkpoint_action::answer const& a) { hooks_.answer(a); }

void checkpointing::take(checkpoint_action::drain const&) { to_sources(drain_source{}); }

void checkpointing::take(checkpoint_action::resume const&) { to_sources(flow::go_on{}); }

}  // namespace flow
