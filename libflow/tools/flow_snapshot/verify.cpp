#include <flow/record/json_text.hpp>
#include <flow/snapshot/snapshot_store.hpp>

#include "choice.hpp"
#include "commands.hpp"
#include "table.hpp"

namespace flow::tools {
namespace {

void tell_json(checkpoint_id id, std::vector<error> const& found, answer const& to) {
  std::string line;
  json_writer out(line);
  out.open();
  out.name_next("id");
  out.number(id);
  out.name_next("whole");
  out.number(found.empty());
  out.name_next("errors");
  out.open();
  out.make_array();
  for (auto const& e : found) out.text(printable(e.what()));
  out.close();
  out.close();
  to.print(line + '\n');
}

void tell(snapshot_summary const& s, std::vector<error> const& found, answer const& to) {
  auto text = "checkpoint " + std::to_string(s.id) + ": ";
  if (found.empty()) text += "whole, " + grouped(s.pieces) + " pieces, " + grouped(s.bytes) + " bytes\n";
  else text += "damaged\n";
  for (auto const& e : found) text += "  " + printable(e.what()) + '\n';
  to.print(text);
}

}  // namespace

bool verify_checkpoints(std::string const& directory, std::string const& checkpoint, answer const& to) {
  auto const store = read_snapshots(directory);
  auto const only = checkpoint.empty() ? std::optional<checkpoint_id>{} : chosen(*store, directory, checkpoint);
  bool whole = true;
  for (auto const& summary : store->list()) {
    if (only && summary.id != *only) continue;
    auto const found = verify(*store, summary.id);
    if (to.json) tell_json(summary.id, found, to);
    else tell(summary, found, to);
    whole = whole && found.empty();
  }
  return whole;
}

}  // namespace flow::tools
