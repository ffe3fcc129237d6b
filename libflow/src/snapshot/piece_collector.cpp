#include <flow/snapshot/piece_collector.hpp>

#include <algorithm>

namespace flow {

state_header header_of(state_object const& state) { return {state.name(), state.kind(), state.key_schema(), state.value_schema()}; }

state_manifest& piece_collector::state_of(state_header const& of) {
  auto const known = std::find_if(states_.begin(), states_.end(), [&](auto const& s) { return s.name == of.name; });
  return known != states_.end() ? *known : states_.emplace_back(state_manifest{of.name, of.kind, of.key, of.value, {}});
}

void piece_collector::put(state_header const& of, std::uint32_t part, piece_form form, bytes const& data, std::uint64_t entries, bool last) {
  auto& writer = open_[{of.name, part}];
  if (!writer) writer = store_.write(checkpoint_, {operator_name_, of.name, part, of.kind}, {form, of.key, of.value});
  if (entries > 0) writer->append(data, entries);
  if (!last) return;
  auto info = writer->finish();
  open_.erase({of.name, part});
  state_of(of).parts.push_back({part, {std::move(info)}});
}

}  // namespace flow
