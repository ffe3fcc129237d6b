#pragma once
// How the operators of a job find their state in a checkpoint of the job as it was.
//
// Operators are matched by name, after renames. Whatever does not fit is a mistake, told with the option that would allow it; all
// are told together, before anything runs: `mistakes` has those that the graph alone shows, `mistakes_of` those of one
// operator once it has declared its states. Many tasks may ask at once.

#include <map>
#include <span>
#include <string>
#include <vector>

#include <flow/error.hpp>
#include <flow/graph/graph.hpp>
#include <flow/settings.hpp>
#include <flow/snapshot/manifest.hpp>

namespace flow {

/// A state as an operator declares it.
struct declared_state {
  std::string name;
  state_kind kind = state_kind::value;
  schema key, value;
};
std::vector<declared_state> declared_by(operator_state const& state);

class restore_plan {
 public:
  restore_plan(snapshot_manifest stored, graph const& now, settings const& s);

  snapshot_manifest const& manifest() const { return stored_; }
  /// What an operator of the job is restored from; its states that are given up are not among it. Null: it starts empty.
  operator_manifest const* stored(std::string const& name) const;
  /// What was on its way to an input of an operator. Null: nothing.
  operator_manifest const* channels(std::string const& receiver, std::uint32_t input) const;
  /// Whether anything was on its way.
  bool has_channels() const { return !channels_.empty(); }
  /// Under which name the pieces of an operator of the job lie.
  bool is_renamed(std::string const& name) const;
  /// What the next checkpoint in the same store builds on: without what is given up, and without what is renamed, which is to be written anew.
  snapshot_manifest base() const;

  std::vector<std::string> const& mistakes() const { return mistakes_; }
  /// What is wrong with one operator. `states` are all that are stored under its name: a source's include its enumerator's, which the supervisor
  /// stores. `committables`: the schema of what a two-phase sink prepares, without a type for others.
  std::vector<std::string> mistakes_of(std::string const& name, std::span<declared_state const> states, schema const& committables = {}) const;
  /// All of them as one error (usage), each once.
  error refusal(std::vector<std::string> const& all) const;

 private:
  std::string name_now(std::string const& stored_name) const;
  void check_options(graph const& now);
  void check_rename(std::string const& before, std::string const& after, std::set<std::string> const& names);
  void match(std::set<std::string> const& names);
  void check_channels(graph const& now, settings const& s);
  bool dropped(std::string const& operator_name) const { return options_.dropped.contains(operator_name); }
  bool dropped(std::string const& operator_name, std::string const& state) const { return options_.dropped.contains(operator_name + "/" + state); }
  bool knows_dropped(std::string const& name) const;
  std::string incompatible(declared_state const& now, state_manifest const& stored) const;

  snapshot_manifest stored_;
  restore_options options_;
  std::map<std::string, operator_manifest> by_name_;  // by the name in the job
  std::map<std::string, operator_manifest> channels_;
  std::vector<std::string> mistakes_;
};

}  // namespace flow
