#include "restoring.hpp"

#include <algorithm>

#include "checkpointing.hpp"

namespace flow {

restore_point newest_checkpoint(std::shared_ptr<snapshot_store const> store) {
  auto const all = store->list();
  auto const newest = std::find_if(all.rbegin(), all.rend(), [](auto const& c) { return !c.damaged && c.kind != snapshot_kind::savepoint; });
  if (newest == all.rend()) return {};
  auto manifest = std::make_shared<snapshot_manifest const>(store->manifest(newest->id));
  return {std::move(store), std::move(manifest), true};
}

restore_point first_restore_point(restore_options const& how, std::shared_ptr<snapshot_store const> store) {
  switch (how.origin.form) {
    case restore_form::none:
      if (auto const found = newest_checkpoint(store); found.manifest)
        throw error(error_code::usage, "the directory of snapshots holds checkpoint " + std::to_string(found.manifest->id) +
                                           "; restore it (--restore latest), or give a directory of its own to a fresh start");
      return {};
    case restore_form::latest:
    case restore_form::latest_or_fresh: {
      auto found = newest_checkpoint(store);
      if (!found.manifest && how.origin.form == restore_form::latest)
        throw error(error_code::not_found, "there is no checkpoint to restore; start without --restore, or with --restore-or-fresh");
      return found;
    }
    case restore_form::checkpoint: return {store, std::make_shared<snapshot_manifest const>(store->manifest(how.origin.id)), true};
    case restore_form::path: break;
  }
  auto found = std::shared_ptr<snapshot_store const>(read_snapshots(how.origin.path));
  auto const all = found->list();
  if (all.empty()) throw error(error_code::not_found, "there is no checkpoint in '" + how.origin.path + "'");
  auto manifest = std::make_shared<snapshot_manifest const>(found->manifest(all.back().id));
  return {std::move(found), std::move(manifest), false};
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
    try {
      connector_context c;
      c.operator_name = n->name;
      c.checkpoints = true;
      c.attempt = now->number;
      c.clock = &run.clock;
      std::vector<bytes> prepared;
      if (now->restore)
        if (auto const* const of = now->restore->stored(n->name))
          for (auto const& p : of->committables) prepared.push_back(p.data);
      auto const committer = n->make_committer();
      committer->open(c);
      committer->recover(prepared);
    } catch (...) {
      throw error_being_handled(n->name);
    }
  }
}

std::optional<stored_splits> restored_splits(job_run const& run, task_plan const& source) {
  auto const now = run.current();
  auto const* const of = now->restore ? now->restore->stored(run.what->graph().at(source.nodes.front()).name) : nullptr;
  if (!of) return {};
  auto const state = std::find_if(of->states.begin(), of->states.end(), [](auto const& s) { return s.name == enumerator_state_name; });
  if (state == of->states.end()) return {};
  std::optional<stored_splits> found;
  for (auto const& part : state->parts)
    now->from.store->read({of->name, state->name, part.part, state->kind}, part.pieces.front())->read([&](piece_reader::chunk const& c) {
      decoder archive(c.data.data(), c.data.size());
      archive(found.emplace());
    });
  return found;
}

}  // namespace flow
