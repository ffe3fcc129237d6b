#include <flow/snapshot/piece.hpp>

namespace flow {

std::string_view name_of(snapshot_kind kind) {
  switch (kind) {
    case snapshot_kind::checkpoint: return "checkpoint";
    case snapshot_kind::savepoint: return "savepoint";
    case snapshot_kind::last: return "last";
  }
  return "unknown";
}

std::string_view name_of(state_kind kind) {
  switch (kind) {
    case state_kind::value: return "value";
    case state_kind::table: return "table";
    case state_kind::slices: return "slices";
    case state_kind::list: return "list";
    case state_kind::union_list: return "union_list";
    case state_kind::broadcast: return "broadcast";
  }
  return "unknown";
}

std::string_view name_of(piece_form form) {
  switch (form) {
    case piece_form::base: return "base";
    case piece_form::delta: return "delta";
  }
  return "unknown";
}

bool by_key_group(state_kind kind) { return kind == state_kind::table || kind == state_kind::slices; }

std::string to_string(piece_place const& place, checkpoint_id checkpoint) {
  return "state '" + place.state_name + "', " + (by_key_group(place.kind) ? "key group " : "subtask ") + std::to_string(place.part) +
         ", checkpoint " + std::to_string(checkpoint);
}

}  // namespace flow
