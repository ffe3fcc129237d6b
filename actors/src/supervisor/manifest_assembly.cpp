#include "manifest_assembly.hpp"

#include <algorithm>
#include <map>

#include <flow/error.hpp>
#include <flow/snapshot/channel_log.hpp>
#include <flow/snapshot/piece.hpp>

namespace flow {
namespace {

template <class T>
T* find(std::vector<T>& all, std::string const& name) {
  auto const found = std::find_if(all.begin(), all.end(), [&](T const& t) { return t.name == name; });
  return found == all.end() ? nullptr : &*found;
}
template <class T>
T const* find(std::vector<T> const& all, std::string const& name) { return find(const_cast<std::vector<T>&>(all), name); }

template <class T>
T& find_or_add(std::vector<T>& all, std::string const& name) {
  if (auto* known = find(all, name)) return *known;
  all.emplace_back().name = name;
  return all.back();
}

[[noreturn]] void contradiction(std::string const& operator_name, std::string const& what) { throw error(error_code::internal, operator_name, what); }

/// Parts are collected as they come, and put in order when all are there.
void add(state_manifest& into, state_manifest const& more, bool is_first, std::string const& operator_name) {
  if (is_first) {
    into = more;
    return;
  }
  if (into.kind != more.kind || into.key != more.key || into.value != more.value)
    contradiction(operator_name, "state '" + into.name + "' is not declared alike in all subtasks; declare it independently of the subtask");
  into.parts.insert(into.parts.end(), more.parts.begin(), more.parts.end());
}

void add(operator_manifest& into, task_snapshot const& t, operator_snapshot const& s) {
  into.parallelism = std::max(into.parallelism, t.subtask + 1);
  for (auto const& state : s.states) {
    bool const is_first = !find(into.states, state.name);
    add(find_or_add(into.states, state.name), state, is_first, s.name);
  }
  if (!s.committable_schema.type.empty()) into.committable_schema = s.committable_schema;
  for (auto const& data : s.committables) into.committables.push_back({t.subtask, data});
  if (t.finished && std::find(into.finished.begin(), into.finished.end(), t.subtask) == into.finished.end()) into.finished.push_back(t.subtask);
}

using chains = std::map<std::uint32_t, std::vector<piece_info>>;

void follow(chains& all, state_part const& written, piece_place const& place, checkpoint_id id) {
  auto const& piece = written.pieces.front();
  auto& chain = all[written.part];
  if (piece.form == piece_form::base) chain.clear();
  else if (chain.empty()) contradiction(place.operator_name, to_string(place, id) + ": there is a delta without a base");
  chain.push_back(piece);
  if (piece.form == piece_form::base && piece.entries == 0) all.erase(written.part);
}

/// What `now` has written, on top of what was there before.
void merge(state_manifest& now, chains all, std::string const& operator_name, checkpoint_id id) {
  std::vector<std::uint32_t> seen;
  for (auto const& part : now.parts) {
    piece_place const place{operator_name, now.name, part.part, now.kind};
    if (part.pieces.size() != 1) contradiction(operator_name, to_string(place, id) + ": expected one piece, found " + std::to_string(part.pieces.size()));
    seen.push_back(part.part);
    follow(all, part, place, id);
  }
  std::sort(seen.begin(), seen.end());
  if (auto const twice = std::adjacent_find(seen.begin(), seen.end()); twice != seen.end())
    contradiction(operator_name, to_string({operator_name, now.name, *twice, now.kind}, id) + ": two subtasks have written it");
  now.parts.clear();
  for (auto& [part, pieces] : all) now.parts.push_back({part, std::move(pieces)});
}

/// The pieces of a state that are still valid in this attempt: of what each subtask has of its own, only those of the same subtasks;
/// of broadcast state the copies of subtasks that are there.
chains chains_of(state_manifest const& before, bool same_attempt, std::uint32_t parallelism) {
  chains all;
  bool const copies = before.kind == state_kind::broadcast;
  if (by_key_group(before.kind) || copies || same_attempt)
    for (auto const& part : before.parts)
      if (!copies || (part.part > 0 && part.part <= part_of_copy(parallelism - 1))) all.emplace(part.part, part.pieces);
  return all;
}

void merge(operator_manifest& now, operator_manifest const* before, bool same_attempt, checkpoint_id id) {
  for (auto& state : now.states) {
    auto const* old = before ? find(before->states, state.name) : nullptr;
    merge(state, old && old->kind == state.kind ? chains_of(*old, same_attempt, now.parallelism) : chains{}, now.name, id);
  }
  if (!before) return;
  for (auto const& old : before->states) {
    if (find(now.states, old.name)) continue;
    auto kept = old;
    kept.parts.clear();
    merge(kept, chains_of(old, same_attempt, now.parallelism), now.name, id);
    if (!kept.parts.empty()) now.states.push_back(std::move(kept));
  }
}

}  // namespace

snapshot_manifest assemble(snapshot_manifest frame, snapshot_manifest const* previous, std::vector<task_snapshot> const& snapshots) {
  std::vector<task_snapshot const*> in_order;
  for (auto const& s : snapshots) in_order.push_back(&s);
  std::stable_sort(in_order.begin(), in_order.end(), [](auto const* a, auto const* b) { return a->task < b->task; });
  for (auto const* t : in_order)
    for (auto const& s : t->operators)
      if (!names_channels(s.name) || !s.states.empty()) add(find_or_add(frame.operators, s.name), *t, s);
  bool const same_attempt = previous && previous->attempt == frame.attempt;
  if (previous)  // those of which nothing was told: nothing has changed
    for (auto const& old : previous->operators)
      if (!names_channels(old.name) && !find(frame.operators, old.name)) find_or_add(frame.operators, old.name).parallelism = old.parallelism;
  for (auto& op : frame.operators) merge(op, previous && !names_channels(op.name) ? find(previous->operators, op.name) : nullptr, same_attempt, frame.id);
  return frame;
}

}  // namespace flow
