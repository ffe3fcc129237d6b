#pragma once
// The graph of a job: what its streams were built into. Values only; nothing runs here.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <flow/batch.hpp>
#include <flow/committer.hpp>
#include <flow/operator/operator.hpp>
#include <flow/source.hpp>
#include <flow/watermark.hpp>

namespace flow {

using node_id = std::uint32_t;

/// How records of an edge are dealt to the subtasks of its reader.
enum class partitioning {
  forward,    // subtask i to subtask i; rebalanced where the two differ in number
  rebalance,  // whole batches in turn
  hash,       // by key group of the hash column
  custom,     // the hash column is the number of the subtask
  broadcast,  // to all
};
std::string_view name_of(partitioning p);

struct edge {
  node_id from = 0;
  std::uint32_t port = 0;
  flow::partitioning partitioning = partitioning::forward;
};

struct output_declaration {
  batch_type const* type = nullptr;
  std::string name;        // empty for the main output
  bool must_be_read = true;
  bool has_times = true;   // false: its records have no event time, even if the operator gives it
};

struct node {
  node_id id = 0;
  std::string kind;   // "source", "map", "window", ...
  std::string name;
  bool must_be_named = false;  // state or positions are stored under the name
  std::vector<edge> inputs;
  std::vector<output_declaration> outputs;
  std::optional<std::uint32_t> parallelism;
  bool follows_input = false;    // has the parallelism of its input
  bool chaining = true;          // may share a task with its input
  bool blocking = false;         // its task needs a thread of its own
  bool keyed = false;
  bool merges_all = false;       // one subtask sees the whole stream
  bool needs_event_time = false;
  bool gives_event_time = false;
  bool joins_inputs = false;     // what it gives has event time where any of its inputs has, not only where all have
  bool is_sink = false;
  bool diverts_failures = false;  // output 1 has the records for which its function failed
  bool needs_checkpoints = false;  // a sink that can publish only with them
  /// Mistakes known when the node was built.
  std::vector<std::string> mistakes;
  /// Makes one instance per subtask.
  std::function<std::unique_ptr<operator_base>(node const&)> make;
  /// Of a source with event time, and of an event-time operator.
  std::function<std::unique_ptr<time_assigner>()> make_assigner;
  /// Of a source.
  std::function<std::unique_ptr<split_enumerator>()> make_enumerator;
  /// Of a two-phase sink: makes the one that recovers; those that commit are the operators' own.
  std::function<std::unique_ptr<committer>()> make_committer;
  /// What may work ahead of the exchange in front of this node, for less to cross it: its outputs 1 and 0 are then this
  /// node's inputs 0 and 1. The plan says whether it does.
  std::shared_ptr<node> ahead;
};

class graph {
 public:
  /// Adds a node; an empty name becomes "<kind>-<number>" unless it must be named.
  node& add(std::string kind, std::string name);
  /// Adds what may work ahead of the exchange in front of `n`, which reads one stream.
  node& add_ahead_of(node& n, std::string kind, std::string name);
  node& at(node_id id) { return is_ahead(id) ? *nodes_[id - first_ahead]->ahead : *nodes_[id]; }
  node const& at(node_id id) const { return is_ahead(id) ? *nodes_[id - first_ahead]->ahead : *nodes_[id]; }
  /// Numbers of nodes that may work ahead of another are that one's number and this.
  static constexpr node_id first_ahead = node_id{1} << 31;
  static bool is_ahead(node_id id) { return id >= first_ahead; }
  /// All but those that may work ahead of others.
  std::vector<std::unique_ptr<node>> const& nodes() const { return nodes_; }

  /// Every mistake that the types could not catch, with the operators' names. `checkpoints`: whether the job is run with them.
  std::vector<std::string> mistakes(std::uint32_t default_parallelism, std::uint32_t max_parallelism, bool checkpoints = true) const;
  /// How many subtasks a node has.
  std::uint32_t parallelism_of(node_id id, std::uint32_t default_parallelism) const;
  bool is_read(node_id id, std::uint32_t port) const;
  /// Whether the records of an edge have event times.
  bool has_event_time(edge const& e) const;

 private:
  std::vector<std::unique_ptr<node>> nodes_;
};

}  // namespace flow
