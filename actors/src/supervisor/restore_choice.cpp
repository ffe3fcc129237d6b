#include "restore_choice.hpp"

#include <algorithm>

#include <flow/error.hpp>

namespace flow {
namespace {

std::string listed(std::vector<std::string> const& all) {
  std::string text;
  for (auto const& s : all) text += (text.empty() ? "" : ", ") + s;
  return text;
}

std::string described(snapshot_summary const& s) {
  return std::to_string(s.id) + (s.damaged ? " (damaged)" : s.kind == snapshot_kind::savepoint ? " (savepoint)" : "");
}

/// "there are 3, 4 and the savepoint 7"
std::string what_there_is(std::vector<snapshot_summary> const& all) {
  if (all.empty()) return "there are none";
  std::vector<std::string> texts;
  for (auto const& s : all) texts.push_back(described(s));
  return "there are " + listed(texts);
}

[[noreturn]] void refuse_fresh_start(std::vector<snapshot_summary> const& all, std::string const& place) {
  throw error(error_code::usage, "'" + place + "' holds checkpoint " + described(all.back()) + " of an earlier run" +
                                     (all.back().job.empty() ? "" : " of job '" + all.back().job + "'") +
                                     ", which a fresh start would replace; go on from it with --restore, or name another directory (or remove this one) to begin anew");
}

[[noreturn]] void nothing_to_restore(restore_origin const& origin, std::string const& place) {
  throw error(error_code::not_found, "there is no checkpoint in '" + place + "' to restore" +
                                         (origin.form == restore_form::latest ? "; --restore-or-fresh starts fresh where there is none"
                                                                                   : "; check the path: a savepoint that was not completed leaves a directory without one"));
}

snapshot_manifest manifest_of(checkpoint_id id, snapshot_store const& store, std::string const& place) {
  try {
    return store.manifest(id);
  } catch (error const& e) {
    if (e.code() != error_code::bad_record) throw;
    throw damaged(e, id, store, place);
  }
}

}  // namespace

std::optional<snapshot_manifest> choose(restore_origin const& origin, snapshot_store const& store, std::string const& place) {
  auto const all = store.list();
  if (origin.form == restore_form::none && !all.empty()) refuse_fresh_start(all, place);
  if (origin.form == restore_form::none || (origin.form == restore_form::latest_or_fresh && all.empty())) return {};
  if (origin.form == restore_form::checkpoint) {
    if (std::none_of(all.begin(), all.end(), [&](auto const& s) { return s.id == origin.id; }))
      throw error(error_code::not_found, "there is no checkpoint " + std::to_string(origin.id) + " in '" + place + "': " + what_there_is(all));
    return manifest_of(origin.id, store, place);
  }
  if (all.empty()) nothing_to_restore(origin, place);
  return manifest_of(all.back().id, store, place);
}

error damaged(error const& found, checkpoint_id id, snapshot_store const& store, std::string const& place) {
  std::vector<std::string> older;
  for (auto const& s : store.list())
    if (s.id < id && !s.damaged) older.push_back("--restore " + std::to_string(s.id));
  std::string const ways = older.empty() ? "there is no older one in '" + place + "': restore a savepoint with --restore PATH, or a copy of the directory"
                                         : "an older one can be restored with " + listed(older) +
                                               ", together with --accept-duplicates where two-phase sinks have published what came after it; or restore a savepoint with --restore PATH";
  return {found.code(), found.operator_name(), "checkpoint " + std::to_string(id) + " in '" + place + "' is damaged: " + found.message() + "; " + ways};
}

void check_for_duplicates(snapshot_manifest const& chosen, snapshot_store const& own, std::set<std::string> two_phase, bool accept_duplicates) {
  if (accept_duplicates) return;
  checkpoint_id newest = 0;
  for (auto const& s : own.list()) {
    if (s.id <= chosen.id || s.kind == snapshot_kind::savepoint) continue;  // for a savepoint nothing is published
    newest = s.id;
    auto const published = s.damaged ? snapshot_manifest{} : own.manifest(s.id);
    for (auto const& op : published.operators)
      if (!op.committable_schema.type.empty()) two_phase.insert(op.name);
  }
  if (newest == 0) return;
  if (two_phase.empty()) return;
  std::vector<std::string> names;
  for (auto const& name : two_phase) names.push_back("'" + name + "'");
  throw error(error_code::usage, std::string(chosen.kind == snapshot_kind::savepoint ? "savepoint " : "checkpoint ") + std::to_string(chosen.id) + " is older than checkpoint " + std::to_string(newest) +
                                     ", and what came in between has been published by " + listed(names) +
                                     ": it would be published twice. Restore the newest with --restore, or take the duplicates with --accept-duplicates");
}

}  // namespace flow
