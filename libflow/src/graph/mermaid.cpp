#include <flow/graph/plan.hpp>

namespace flow {
namespace {

/// Text of a label between quotes: what mermaid, or the HTML that it makes, would read as syntax goes as its number.
std::string quoted(std::string_view text) {
  std::string label = "\"";
  for (char const c : text) {
    if (static_cast<unsigned char>(c) < 0x20) label += ' ';
    else if (std::string_view("\"#&<>`\\").find(c) != std::string_view::npos) label += "#" + std::to_string(static_cast<int>(c)) + ";";
    else label += c;
  }
  return label + "\"";
}

std::string name_in_diagram(node_id id) {
  return graph::is_ahead(id) ? name_in_diagram(id - graph::first_ahead) + "_ahead" : "n" + std::to_string(id);
}

std::string shape_of(node const& n) {
  std::string const label = quoted(n.name == n.kind ? n.name : n.kind + ": " + n.name);
  if (n.inputs.empty()) return "([" + label + "])";
  if (n.is_sink) return "[[" + label + "]]";
  return "[" + label + "]";
}

std::string arrow(graph const& g, edge const& e, node_id to, std::string text) {
  auto const& output = g.at(e.from).outputs[e.port].name;
  if (!output.empty()) text = output + (text.empty() ? "" : ": " + text);
  return name_in_diagram(e.from) + " --" + (text.empty() ? "> " : " " + quoted(text) + " --> ") + name_in_diagram(to) + "\n";
}

}  // namespace

std::string mermaid(graph const& g, plan const& p) {
  std::string text = "flowchart TD\n";
  for (auto const& t : p.tasks) {
    text += "  subgraph t" + std::to_string(t.id) + "[" + quoted("task " + std::to_string(t.id) + " x " + std::to_string(t.parallelism)) + "]\n";
    for (auto const id : t.nodes) text += "    " + name_in_diagram(id) + shape_of(g.at(id)) + "\n";
    for (auto const id : t.nodes)
      if (id != t.nodes.front())
        for (auto const& e : g.at(id).inputs) text += "    " + arrow(g, e, id, "");
    text += "  end\n";
  }
  for (auto const& e : p.exchanges) {
    auto const n = channels_of(p, e);
    text += "  " + arrow(g, {e.from_node, e.port, e.partitioning}, p.tasks[e.to_task].nodes.front(),
                         std::string(name_of(e.partitioning)) + ", " + std::to_string(n) + (n == 1 ? " channel" : " channels"));
  }
  return text;
}

}  // namespace flow
