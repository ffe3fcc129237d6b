#include "blueprint.hpp"

#include <algorithm>

namespace flow {
namespace {

std::uint32_t place_of(task_plan const& t, node_id id) {
  return static_cast<std::uint32_t>(std::find(t.nodes.begin(), t.nodes.end(), id) - t.nodes.begin());
}

batch_type const* type_of(graph const& g, node_id id, std::uint32_t port) { return g.at(id).outputs[port].type; }

/// What an operator is sent where it shares no task with its sender. What works ahead of it is part of the sender then.
std::vector<crossing> inputs_of(graph const& g, node const& n) {
  if (n.ahead) return {{n.name, 0, type_of(g, n.ahead->id, 1)}, {n.name, 1, type_of(g, n.ahead->id, 0)}};
  auto const& e = n.inputs.front();
  return {{n.name, 0, type_of(g, e.from, e.port)}};
}

/// The operators of a task and who of them reads whom.
std::vector<task_blueprint::chained> chain_of(graph const& g, task_plan const& t) {
  std::vector<task_blueprint::chained> chain;
  for (auto const id : t.nodes) {
    std::size_t const outputs = g.at(id).outputs.size();
    chain.push_back({&g.at(id), outputs > 0 && g.has_event_time({id, 0}), std::vector<std::vector<std::uint32_t>>(outputs)});
    if (chain.size() > 1 && !graph::is_ahead(id)) chain.back().inputs = inputs_of(g, g.at(id));
  }
  for (std::uint32_t reader = 1; reader < t.nodes.size(); ++reader) {
    auto const& e = g.at(t.nodes[reader]).inputs.front();
    chain[place_of(t, e.from)].readers[e.port].push_back(reader);
  }
  return chain;
}

/// Adds the channels of one exchange to both ends.
void connect(graph const& g, plan const& p, exchange_plan const& e, std::vector<std::vector<task_blueprint>>& all) {
  auto& senders = all[e.from_task];
  auto& receivers = all[e.to_task];
  bool const has_event_time = g.has_event_time({e.from_node, e.port, e.partitioning});
  for (std::uint32_t from = 0; from < senders.size(); ++from) {
    auto const number = static_cast<std::uint32_t>(senders[from].outputs.size());
    crossing const what{g.at(p.tasks[e.to_task].nodes.front()).name, e.input, type_of(g, e.from_node, e.port)};
    task_blueprint::exchange out{place_of(p.tasks[e.from_task], e.from_node), e.port, e.partitioning, {}, what};
    for (std::uint32_t to = 0; to < receivers.size(); ++to) {
      if (e.partitioning == partitioning::forward && from != to) continue;
      auto const target = static_cast<std::uint32_t>(out.targets.size());
      auto const channel = static_cast<std::uint32_t>(receivers[to].inputs.size());
      receivers[to].inputs.push_back({senders[from].address, number, target, 0, e.input, has_event_time});
      out.targets.push_back({receivers[to].address, channel, 0});
    }
    senders[from].outputs.push_back(std::move(out));
  }
}

/// Divides each task's buffer among its channels: the credit that each starts with.
void share_buffers(settings const& s, std::vector<std::vector<task_blueprint>>& all) {
  for (auto& task : all)
    for (auto& receiver : task)
      for (auto& c : receiver.inputs) {
        c.window = std::max<std::size_t>(1, s.task_buffer() / receiver.inputs.size());
        all[c.sender.task][c.sender.subtask].outputs[c.exchange].targets[c.target].window = c.window;
      }
}

}  // namespace

std::vector<std::vector<task_blueprint>> make_blueprints(graph const& g, plan const& p, settings const& s) {
  std::vector<std::vector<task_blueprint>> all;
  for (auto const& t : p.tasks) {
    auto& subtasks = all.emplace_back();
    for (std::uint32_t i = 0; i < t.parallelism; ++i) {
      task_blueprint b;
      b.address = {t.id, i};
      b.parallelism = t.parallelism;
      b.chain = chain_of(g, t);
      subtasks.push_back(std::move(b));
    }
  }
  for (auto const& e : p.exchanges) connect(g, p, e, all);
  for (auto const& e : p.exchanges)  // by the number of the input
    for (auto& receiver : all[e.to_task]) receiver.received.push_back({g.at(p.tasks[e.to_task].nodes.front()).name, e.input, type_of(g, e.from_node, e.port)});
  share_buffers(s, all);
  return all;
}

}  // namespace flow
