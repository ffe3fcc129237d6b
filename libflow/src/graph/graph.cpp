#include <flow/graph/graph.hpp>

#include <algorithm>
#include <map>

namespace flow {

std::string_view name_of(partitioning p) {
  switch (p) {
    case partitioning::forward: return "forward";
    case partitioning::rebalance: return "rebalance";
    case partitioning::hash: return "hash";
    case partitioning::custom: return "custom";
    case partitioning::broadcast: return "broadcast";
  }
  return "unknown";
}

node& graph::add(std::string kind, std::string name) {
  auto const id = static_cast<node_id>(nodes_.size());
  auto& n = *nodes_.emplace_back(std::make_unique<node>());
  n.id = id;
  n.name = name.empty() ? kind + "-" + std::to_string(id) : std::move(name);
  n.kind = std::move(kind);
  return n;
}

node& graph::add_ahead_of(node& n, std::string kind, std::string name) {
  n.ahead = std::make_shared<node>();
  n.ahead->id = first_ahead + n.id;
  n.ahead->kind = std::move(kind);
  n.ahead->name = std::move(name);
  n.ahead->inputs = {{n.inputs[0].from, n.inputs[0].port, partitioning::forward}};
  n.ahead->follows_input = true;
  return *n.ahead;
}

std::uint32_t graph::parallelism_of(node_id id, std::uint32_t default_parallelism) const {
  node const& n = at(id);
  if (n.parallelism) return *n.parallelism;
  if (n.follows_input && !n.inputs.empty()) return parallelism_of(n.inputs.front().from, default_parallelism);
  return default_parallelism;
}

bool graph::has_event_time(edge const& e) const {
  node const& n = at(e.from);
  if (!n.outputs[e.port].has_times) return false;
  if (n.gives_event_time) return true;
  if (n.inputs.empty()) return false;
  auto const has = [this](edge const& input) { return has_event_time(input); };
  return n.joins_inputs ? std::any_of(n.inputs.begin(), n.inputs.end(), has) : std::all_of(n.inputs.begin(), n.inputs.end(), has);
}

bool graph::is_read(node_id id, std::uint32_t port) const {
  for (auto const& n : nodes_)
    for (auto const& e : n->inputs)
      if (e.from == id && e.port == port) return true;
  return false;
}

std::vector<std::string> graph::mistakes(std::uint32_t default_parallelism, std::uint32_t max_parallelism, bool checkpoints) const {
  std::vector<std::string> found;
  auto say = [&](node const& n, std::string const& text) { found.push_back(n.kind + " '" + n.name + "': " + text); };
  bool any_source = false;
  std::map<std::string, node const*> named;
  for (auto const& p : nodes_) {
    node const& n = *p;
    any_source |= n.inputs.empty();
    for (auto const& m : n.mistakes) say(n, m);
    if (n.name.empty())
      say(n, "the name is empty; a name is the operator's identity in every snapshot and counter");
    else if (auto [other, is_new] = named.emplace(n.name, &n); !is_new)
      say(n, "the name is used twice, also by a " + other->second->kind + "; a name is an operator's identity, give each its own");
    std::uint32_t const parallelism = parallelism_of(n.id, default_parallelism);
    if (parallelism == 0) say(n, "parallelism 0; it must be at least 1");
    if (n.merges_all && parallelism > 1)
      say(n, "parallelism " + std::to_string(parallelism) + "; windows over the whole stream are merged by one subtask, their parts before in parallel");
    if (n.keyed && parallelism > max_parallelism)
      say(n, "parallelism " + std::to_string(parallelism) + " exceeds max-parallelism " + std::to_string(max_parallelism) +
                 ", the number of key groups; lower the one or raise the other");
    if (n.needs_checkpoints && !checkpoints)
      say(n, "its results become visible with checkpoints only, and the job has none; name a directory for them with --snapshots");
    for (auto const& input : n.inputs)
      if (n.needs_event_time && !has_event_time(input))
        say(n, n.inputs.size() == 1 ? "event-time windows need event time; say .event_time(...) on the stream before key_by or window, or .processing_time() of the windows"
                                    : "it joins by event time, which '" + at(input.from).name + "' has not; say .event_time(...) on the stream before key_by or window");
    for (std::uint32_t port = 0; port < n.outputs.size(); ++port)
      if (n.outputs[port].must_be_read && !is_read(n.id, port))
        say(n, "nobody reads its output" + (n.outputs[port].name.empty() ? "" : " '" + n.outputs[port].name + "'") +
                   "; end the stream in a sink or leave the operator out");
  }
  if (!any_source) found.insert(found.begin(), "the job has no source; begin with job.source(name, ...)");
  return found;
}

}  // namespace flow
