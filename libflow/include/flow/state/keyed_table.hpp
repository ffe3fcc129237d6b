#pragma once
// A declared table: a value per key, moved by key group or, as broadcast state, copied to each subtask.

#include <flow/state/operator_state.hpp>
#include <flow/state/table.hpp>

namespace flow {

template <key_type K, class V, state_kind Kind = state_kind::table>
  requires(Kind == state_kind::table || Kind == state_kind::broadcast)
class keyed_table final : public state_object {
 public:
  explicit keyed_table(std::string name, chunk_pool* chunks = nullptr) : keyed_table(std::move(name), schema_of<K>(), schema_of<V>(), chunks) {}
  /// For keys and values that are stored in another form than the one they are described by.
  keyed_table(std::string name, schema key, schema value, chunk_pool* chunks)
      : state_object(std::move(name), Kind, std::move(key), std::move(value)), entries_(chunks) {}

  table<K, V>& all() { return entries_; }

  std::size_t entries() const override { return entries_.size(); }
  std::size_t memory() const override { return entries_.memory(); }
  void begin_epoch() override { entries_.begin_epoch(); }

 private:
  table<K, V> entries_;
};

}  // namespace flow
