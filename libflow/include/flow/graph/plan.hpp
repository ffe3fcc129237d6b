#pragma once
// The plan of a run: operators chained into tasks, tasks joined by channels.
//
// An operator shares a task with the one before it when it has that one input, forwarded, the same parallelism, and
// neither of them says otherwise; a hash exchange between single subtasks is forwarded, too.
//
// What may work ahead of an operator's exchange does so unless there are single subtasks at both ends, or the operator's
// output 1 is read: late records, which nobody could tell apart any more.

#include <string>
#include <vector>

#include <flow/graph/graph.hpp>
#include <flow/settings.hpp>

namespace flow {

struct task_plan {
  std::uint32_t id = 0;
  std::string name;               // "departures -> key_by-1"
  std::vector<node_id> nodes;     // in the order of the stream; the first is the head
  std::uint32_t parallelism = 1;
  bool blocking = false;
  bool is_source = false;
};

/// An edge between tasks: parallelism(from) x parallelism(to) channels, or one per pair when forwarded.
struct exchange_plan {
  std::uint32_t from_task = 0;
  node_id from_node = 0;
  std::uint32_t port = 0;
  std::uint32_t to_task = 0;
  std::uint32_t input = 0;  // which of the head's inputs
  flow::partitioning partitioning = partitioning::forward;
};

struct plan {
  std::vector<task_plan> tasks;
  std::vector<exchange_plan> exchanges;
  /// The same for the same job on every machine.
  std::uint64_t fingerprint = 0;

  std::uint32_t task_of(node_id id) const;
};

plan make_plan(graph const& g, settings const& s);
/// How many channels an exchange has.
std::uint32_t channels_of(plan const& p, exchange_plan const& e);
/// Tasks, chains, channels and parallelism as text.
std::string explain(graph const& g, plan const& p, std::string const& job_name);
/// The same as a mermaid flow chart: a subgraph per task, a node per operator, edges between tasks labelled with their
/// partitioning.
std::string mermaid(graph const& g, plan const& p);

}  // namespace flow
