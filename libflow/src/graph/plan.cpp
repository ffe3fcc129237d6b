#include <flow/graph/plan.hpp>

#include <algorithm>

#include <flow/record/key.hpp>

namespace flow {
namespace {

bool one_to_one(edge const& e, std::uint32_t from, std::uint32_t to) {
  return from == to && (from == 1 || e.partitioning == partitioning::forward);
}

bool chained(graph const& g, node const& n, std::uint32_t default_parallelism) {
  if (!n.chaining || n.inputs.size() != 1) return false;
  return one_to_one(n.inputs[0], g.parallelism_of(n.inputs[0].from, default_parallelism), g.parallelism_of(n.id, default_parallelism));
}

/// What works ahead of a node's exchange; null where nothing does.
node const* ahead_of(graph const& g, node const& n, std::uint32_t default_parallelism) {
  if (!n.ahead || g.is_read(n.id, 1)) return nullptr;
  bool const single = g.parallelism_of(n.inputs[0].from, default_parallelism) == 1 && g.parallelism_of(n.id, default_parallelism) == 1;
  return single ? nullptr : n.ahead.get();
}

/// Describing a record runs the user's `serialize`, which may throw.
std::string schema_text(node const& n, output_declaration const& o) {
  try {
    return to_string(o.type->describe());
  } catch (...) {
    throw error_being_handled(n.name, "it describes the records that '" + n.name + "' gives");
  }
}

std::uint64_t fingerprint_of(graph const& g) {
  bytes text;
  encoder archive(text);
  for (auto const& n : g.nodes()) {
    archive(n->kind, n->name);
    for (auto const& e : n->inputs) archive(e.from, e.port, static_cast<std::uint8_t>(e.partitioning));
    for (auto const& o : n->outputs) archive(schema_text(*n, o));
  }
  return hash_bytes(text.data(), text.size());
}

}  // namespace

std::uint32_t plan::task_of(node_id id) const {
  for (auto const& t : tasks)
    if (std::find(t.nodes.begin(), t.nodes.end(), id) != t.nodes.end()) return t.id;
  return 0;
}

plan make_plan(graph const& g, settings const& s) {
  plan p;
  std::vector<std::uint32_t> task_of(g.nodes().size());
  for (auto const& n : g.nodes()) {  // nodes come after their inputs
    auto inputs = n->inputs;
    if (auto const* const ahead = ahead_of(g, *n, s.parallelism())) {
      auto& sender = p.tasks[task_of[inputs[0].from]];
      sender.name += " -> " + ahead->name;
      sender.nodes.push_back(ahead->id);
      inputs = {{ahead->id, 1, inputs[0].partitioning}, {ahead->id, 0, inputs[0].partitioning}};
    }
    bool const chain = chained(g, *n, s.parallelism());
    if (!chain) {
      task_plan t;
      t.id = static_cast<std::uint32_t>(p.tasks.size());
      t.parallelism = g.parallelism_of(n->id, s.parallelism());
      t.is_source = n->inputs.empty();
      p.tasks.push_back(std::move(t));
    }
    auto& task = chain ? p.tasks[task_of[n->inputs[0].from]] : p.tasks.back();
    task_of[n->id] = task.id;
    task.name += (task.name.empty() ? "" : " -> ") + n->name;
    task.nodes.push_back(n->id);
    task.blocking |= n->blocking || (n->keyed && s.state().backend == state_backend_form::rocksdb);
    for (std::uint32_t i = 0; !chain && i < inputs.size(); ++i) {
      auto const& e = inputs[i];
      bool const same = g.parallelism_of(e.from, s.parallelism()) == task.parallelism;
      auto const how = e.partitioning == partitioning::forward && !same ? partitioning::rebalance : e.partitioning;
      p.exchanges.push_back({task_of[graph::is_ahead(e.from) ? n->inputs[0].from : e.from], e.from, e.port, task.id, i, how});
    }
  }
  p.fingerprint = fingerprint_of(g);
  return p;
}

std::uint32_t channels_of(plan const& p, exchange_plan const& e) {
  std::uint32_t const from = p.tasks[e.from_task].parallelism;
  return e.partitioning == partitioning::forward ? from : from * p.tasks[e.to_task].parallelism;
}

std::string explain(graph const& g, plan const& p, std::string const& job_name) {
  std::string text = "job " + job_name + "\n";
  for (auto const& t : p.tasks) {
    text += "\ntask " + std::to_string(t.id) + "  x " + std::to_string(t.parallelism) + (t.blocking ? "  (own thread)" : "") + "\n";
    for (auto const& e : p.exchanges) {
      if (e.to_task != t.id) continue;
      std::uint32_t const channels = channels_of(p, e);
      text += "  from task " + std::to_string(e.from_task) + " '" + g.at(e.from_node).name + "'" +
              (g.at(e.from_node).outputs[e.port].name.empty() ? "" : " output '" + g.at(e.from_node).outputs[e.port].name + "'") + ", " +
              std::string(name_of(e.partitioning)) + ", " + std::to_string(channels) + (channels == 1 ? " channel\n" : " channels\n");
    }
    for (auto const id : t.nodes) {
      auto const& n = g.at(id);
      text += "  " + n.kind + std::string(n.kind.size() < 12 ? 12 - n.kind.size() : 1, ' ') + n.name;
      if (n.gives_event_time) text += n.kind == "source" ? "  (watermarks per split)" : "  (watermarks per subtask)";
      if (n.diverts_failures) text += "  (records that fail go to its output 'failed')";
      text += "\n";
    }
  }
  return text;
}

}  // namespace flow
