#include "restoring.hpp"

#include <algorithm>

#include <flow/operator/operator_log.hpp>

#include "../supervisor/restore_choice.hpp"

namespace flow {

restore_point newest_checkpoint(std::shared_ptr<snapshot_store const> store, std::string place, std::uint64_t attempt) {
  auto const all = store->list();
  auto const newest = std::find_if(all.rbegin(), all.rend(), [=](auto const& c) {
    return c.damaged || (c.kind != snapshot_kind::savepoint && c.attempt >= attempt);
  });
  if (newest == all.rend()) return {};
  auto manifest = std::make_shared<snapshot_manifest const>(store->manifest(newest->id));
  return {std::move(store), std::move(manifest), true, std::move(place)};
}

restore_point first_restore_point(job_run const& run) {
  auto const& how = run.settings.restore();
  bool const elsewhere = how.origin.form == restore_form::path;
  auto const place = elsewhere ? how.origin.path : run.settings.snapshots();
  std::shared_ptr<snapshot_store const> const from = elsewhere ? run.places.read(place) : run.store;
  auto manifest = choose(how.origin, *from, place);
  if (!manifest) return {};
  std::set<std::string> two_phase;
  for (auto const& n : run.what->graph().nodes())
    if (n->make_committer) two_phase.insert(n->name);
  check_for_duplicates(*manifest, *run.store, std::move(two_phase), how.accept_duplicates);
  return {from, std::make_shared<snapshot_manifest const>(std::move(*manifest)), !elsewhere, place};
}

std::uint64_t newest_attempt(snapshot_store const& store, restore_point const& from) {
  std::uint64_t newest = from.manifest ? from.manifest->attempt : 0;
  for (auto const& c : store.list()) newest = std::max(newest, c.attempt);
  return newest;
}

void recover_sinks(job_run const& run) {
  if (!run.store) return;
  auto const now = run.current();
  for (auto const& n : run.what->graph().nodes()) {
    if (!n->make_committer) continue;
    now->recovering = n.get();
    try {
      connector_context c;
      c.operator_name = n->name;
      c.checkpoints = true;
      c.attempt = now->number;
      c.accept_duplicates = now->accept_duplicates;
      c.clock = &run.clock;
      std::vector<bytes> prepared;
      std::optional<stored_log> logged;
      if (auto const* const of = now->restore ? now->restore->plan().stored(n->name) : nullptr) {
        for (auto const& p : of->committables) prepared.push_back(p.data);
        c.logged = &logged.emplace(*now->restore->from().store, *of);
      }
      auto const committer = n->make_committer();
      committer->open(c);
      committer->recover(prepared);
    } catch (...) {
      throw error_being_handled(n->name);
    }
  }
  now->recovering = nullptr;
}

std::optional<stored_splits> restored_splits(job_run const& run, task_plan const& source) {
  auto const now = run.current();
  auto const* const of = now->restore ? now->restore->plan().stored(run.what->graph().at(source.nodes.front()).name) : nullptr;
  if (!of) return {};
  auto const state = std::find_if(of->states.begin(), of->states.end(), [](auto const& s) { return s.name == enumerator_state_name; });
  if (state == of->states.end()) return {};
  std::optional<stored_splits> found;
  telling_of_damage(now->restore->from(), [&] {
    for (auto const& part : state->parts)
      now->restore->from().store->read({of->name, state->name, part.part, state->kind}, part.pieces.front())->read([&](piece_reader::chunk const& c) {
        decoder archive(c.data.data(), c.data.size());
        archive(found.emplace());
      });
  });
  return found;
}

}  // namespace flow
