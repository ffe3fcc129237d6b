#include <flow/snapshot/restored_operator.hpp>

#include <algorithm>
#include <optional>

#include <flow/record/schema_change.hpp>

namespace flow {

void restored_operator::restore(state_object& declared) {
  auto const found = std::find_if(stored_.states.begin(), stored_.states.end(), [&](auto const& s) { return s.name == declared.name(); });
  if (found == stored_.states.end() || found->kind != declared.kind()) return;
  if (key_incompatibility(found->key, declared.key_schema()) || incompatibility(found->value, declared.value_schema())) return;
  auto const& m = *from_.manifest;
  bool const same = found->key == declared.key_schema() && found->value == declared.value_schema();
  std::optional<evolving_decoder> older;
  if (found->value != declared.value_schema()) older.emplace(found->value, declared.value_schema());
  declared.load({*found, stored_.parallelism, subtask_, parallelism_, m.max_parallelism, m.id, goes_on_ && same,
                 [&](std::uint32_t part, piece_info const& piece) { return from_.store->read({stored_.name, found->name, part, found->kind}, piece); },
                 older ? &*older : nullptr});
}

}  // namespace flow
