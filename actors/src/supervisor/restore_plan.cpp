#include "restore_plan.hpp"

#include <algorithm>

#include <flow/graph/plan.hpp>
#include <flow/record/schema_change.hpp>
#include <flow/snapshot/channel_log.hpp>

namespace flow {
namespace {

template <class T>
T const* find(std::vector<T> const& all, std::string const& name) {
  auto const found = std::find_if(all.begin(), all.end(), [&](T const& t) { return t.name == name; });
  return found == all.end() ? nullptr : &*found;
}

std::string quoted(std::string const& name) { return "'" + name + "'"; }

bool holds_something(operator_manifest const& op) {
  return !op.committables.empty() || std::any_of(op.states.begin(), op.states.end(), [](auto const& s) { return !s.parts.empty(); });
}

/// "state 'count', state 'sum' and 3 prepared results that are not published"
std::string contents_of(operator_manifest const& op) {
  std::string text;
  for (auto const& s : op.states)
    if (!s.parts.empty()) text += (text.empty() ? "state " : ", state ") + quoted(s.name);
  if (!op.committables.empty()) text += (text.empty() ? "" : " and ") + std::to_string(op.committables.size()) + " prepared results that are not published yet";
  return text;
}

std::set<std::string> names_of(graph const& g) {
  std::set<std::string> names;
  for (auto const& n : g.nodes()) names.insert(n->name);
  return names;
}

}  // namespace

std::vector<declared_state> declared_by(operator_state const& state) {
  std::vector<declared_state> all;
  for (auto const& o : state.objects()) all.push_back({o->name(), o->kind(), o->key_schema(), o->value_schema()});
  return all;
}

restore_plan::restore_plan(snapshot_manifest stored, graph const& now, settings const& s) : stored_(std::move(stored)), options_(s.restore()) {
  if (stored_.max_parallelism != s.max_parallelism())
    mistakes_.push_back("it has " + std::to_string(stored_.max_parallelism) + " key groups and the run " + std::to_string(s.max_parallelism()) +
                        ", for which its state cannot be divided anew; run with --set max-parallelism=" + std::to_string(stored_.max_parallelism));
  check_options(now);
  match(names_of(now));
  if (has_channels()) check_channels(now, s);
}

std::string restore_plan::name_now(std::string const& stored_name) const {
  auto const renamed = options_.renames.find(stored_name);
  return renamed == options_.renames.end() ? stored_name : renamed->second;
}

bool restore_plan::knows_dropped(std::string const& name) const {
  return std::any_of(stored_.operators.begin(), stored_.operators.end(), [&](auto const& op) {
    return op.name == name || std::any_of(op.states.begin(), op.states.end(), [&](auto const& s) { return op.name + "/" + s.name == name; });
  });
}

void restore_plan::check_options(graph const& now) {
  auto const names = names_of(now);
  for (auto const& [before, after] : options_.renames) check_rename(before, after, names);
  for (auto const& name : options_.dropped)
    if (!knows_dropped(name)) mistakes_.push_back("--restore-drop " + name + ": it has no operator " + quoted(name) + ", nor an operator and state of it written so");
  for (auto const& name : options_.empty)
    if (!names.contains(name)) mistakes_.push_back("--restore-empty " + name + ": the job has no operator " + quoted(name));
}

void restore_plan::check_rename(std::string const& before, std::string const& after, std::set<std::string> const& names) {
  std::string const option = "--restore-rename " + before + "=" + after + ": ";
  if (!find(stored_.operators, before)) mistakes_.push_back(option + "it has no operator " + quoted(before));
  if (!names.contains(after)) mistakes_.push_back(option + "the job has no operator " + quoted(after));
  if (dropped(before)) mistakes_.push_back(option + "--restore-drop " + before + " contradicts it");
  if (find(stored_.operators, after) && !options_.renames.contains(after) && !dropped(after))
    mistakes_.push_back(option + "it has an operator " + quoted(after) + ", too; rename that as well, or give it up with --restore-drop " + after);
}

void restore_plan::match(std::set<std::string> const& names) {
  for (auto const& op : stored_.operators) {
    if (names_channels(op.name)) {
      if (holds_something(op)) channels_.emplace(op.name, op);
      continue;
    }
    auto const name = name_now(op.name);
    if (dropped(op.name) || options_.empty.contains(name)) continue;
    if (names.contains(name)) {
      auto kept = op;
      std::erase_if(kept.states, [&](auto const& s) { return dropped(op.name, s.name); });
      by_name_.emplace(name, std::move(kept));
    } else if (holds_something(op)) {
      mistakes_.push_back("operator " + quoted(op.name) + " with " + contents_of(op) + " is not in the job; say what it is called now with --restore-rename " + op.name +
                          "=NEW, or give it up with --restore-drop " + op.name);
    }
  }
}

/// What was on its way can only go on where everything is as it was.
void restore_plan::check_channels(graph const& now, settings const& s) {
  auto const p = make_plan(now, s);
  std::string const way = "run the job as it was, stop it with a savepoint, in which nothing is on its way, and restore that";
  if (p.fingerprint != stored_.fingerprint) {
    mistakes_.push_back("its barrier has overtaken records that were on their way between operators (aligned-checkpoint-timeout), and they fit the graph of the job as it was only; " + way);
    return;
  }
  std::set<std::string> known;
  for (auto const& e : p.exchanges) known.insert(channels_name(now.at(p.tasks[e.to_task].nodes.front()).name, e.input));
  for (auto const& t : p.tasks)
    for (std::size_t place = 1; place < t.nodes.size(); ++place)
      for (std::uint32_t input = 0; input < (now.at(t.nodes[place]).ahead ? 2 : 1); ++input) known.insert(channels_name(now.at(t.nodes[place]).name, input));
  for (auto const& [name, of] : channels_)
    if (!known.contains(name)) mistakes_.push_back("records were on their way that no operator of the job takes (" + quoted(name) + "), such as what was aggregated ahead of an exchange; " + way);
}

operator_manifest const* restore_plan::channels(std::string const& receiver, std::uint32_t input) const {
  auto const found = channels_.find(channels_name(receiver, input));
  return found == channels_.end() ? nullptr : &found->second;
}

operator_manifest const* restore_plan::stored(std::string const& name) const {
  auto const found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &found->second;
}

bool restore_plan::is_renamed(std::string const& name) const {
  auto const* op = stored(name);
  return op && op->name != name;
}

snapshot_manifest restore_plan::base() const {
  auto m = stored_;
  m.operators.clear();
  for (auto const& op : stored_.operators)
    if (auto const* kept = stored(op.name); kept && kept->name == op.name) m.operators.push_back(*kept);
  return m;
}

std::vector<std::string> restore_plan::mistakes_of(std::string const& name, std::span<declared_state const> states, schema const& committables) const {
  std::vector<std::string> found;
  auto const* from = stored(name);
  if (!from) {
    if (!states.empty() && !options_.empty.contains(name) && !dropped(name))
      found.push_back("operator " + quoted(name) + " of the job has state, for which it has nothing; say what it was called with --restore-rename OLD=" + name +
                      ", or let it start without with --restore-empty " + name);
    return found;
  }
  std::string const drop = "--restore-drop " + from->name + "/";
  for (auto const& s : from->states) {
    auto const now = std::find_if(states.begin(), states.end(), [&](auto const& d) { return d.name == s.name; });
    if (now == states.end() && !s.parts.empty())
      found.push_back("operator " + quoted(name) + " has no state " + quoted(s.name) + " any more; declare it, or give it up with " + drop + s.name);
    if (now == states.end()) continue;
    if (auto const why = incompatible(*now, s); !why.empty())
      found.push_back("operator " + quoted(name) + ", state " + quoted(s.name) + ": " + why + "; give the changed state another name, or start it empty with " + drop + s.name);
  }
  if (!from->committables.empty() && committables != from->committable_schema)
    found.push_back("operator " + quoted(name) + ": " + std::to_string(from->committables.size()) +
                    " results that it has prepared are not published yet, and the job's sink of that name cannot publish them; keep the sink as it was, or give them up with --restore-drop " + from->name);
  return found;
}

std::string restore_plan::incompatible(declared_state const& now, state_manifest const& stored) const {
  if (now.kind != stored.kind) return "it was a " + std::string(name_of(stored.kind)) + " and is a " + std::string(name_of(now.kind)) + " now";
  if (auto const why = key_incompatibility(stored.key, now.key)) return "its key is another: " + *why;
  if (auto const why = incompatibility(stored.value, now.value)) return *why;
  return {};
}

error restore_plan::refusal(std::vector<std::string> const& all) const {
  std::set<std::string> told;
  std::string text = std::string(stored_.kind == snapshot_kind::savepoint ? "savepoint " : "checkpoint ") + std::to_string(stored_.id) + " of job " + quoted(stored_.job) + " does not fit the job:";
  for (auto const& m : all)
    if (told.insert(m).second) text += "\n  " + m;
  return {error_code::usage, text};
}

}  // namespace flow
