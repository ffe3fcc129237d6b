#pragma once
// Broadcast state: a map that is the same in all subtasks, such as rules that every record is checked against.
//
//     flow::broadcast_state<std::string, rule> rules;
//     void open(flow::open_context& context) { rules = context.operator_state().broadcast_map<std::string, rule>("rules"); }
//
// The handle only reads. What is the same everywhere may be changed only where all subtasks see the same records in the
// same order: a context that is given to such a function has `writable`, and `context.writable(rules).put(r.id, r)`
// changes. A change must depend on nothing but the record and the state itself: not on the subtask or the time, and not on
// the order of `for_each`, which differs between subtasks. When the number of subtasks changes, each is given a copy.
//
// Handles are small values; using one that was not declared in `open` throws `flow::error`. References are valid until the
// next change. Expected O(1).

#include <flow/state/keyed_table.hpp>

namespace flow {

/// To read.
template <class K, class V>
class broadcast_state {
 public:
  broadcast_state() = default;
  explicit broadcast_state(table<K, V>& entries) : entries_(&entries) {}

  /// The value of `key`, or null.
  V const* find(K const& key) const { return entries().find(key, hash_of(key)); }
  bool contains(K const& key) const { return find(key) != nullptr; }
  std::size_t size() const { return entries().size(); }
  bool empty() const { return size() == 0; }
  /// Calls `f(key, value)` for each entry, in no particular order; `f` must not change the map. O(entries).
  template <class F>
  void for_each(F f) const { entries().for_each(f); }

 protected:
  table<K, V>& entries() const {
    if (!entries_) [[unlikely]] detail::throw_undeclared_state("context.operator_state().broadcast_map<K, V>(\"name\")");
    return *entries_;
  }

 private:
  table<K, V>* entries_ = nullptr;
};

/// To read and change. Made by contexts.
template <class K, class V>
class writable_broadcast_state : public broadcast_state<K, V> {
 public:
  explicit writable_broadcast_state(broadcast_state<K, V> const& of) : broadcast_state<K, V>(of) {}

  void put(K const& key, V value) const { change(key) = std::move(value); }
  /// The value of `key` in place, to be changed; made by `V{}` where there was none.
  V& change(K const& key) const { return this->entries().find_or_insert(key, hash_of(key)); }
  /// Whether there was one.
  bool remove(K const& key) const { return this->entries().erase(key, hash_of(key)); }
  /// O(memory held).
  void clear() const { this->entries().clear(); }
};

namespace detail {
/// A base of the contexts of functions that all subtasks call with the same records.
struct writes_broadcast_state {
  template <class K, class V>
  writable_broadcast_state<K, V> writable(broadcast_state<K, V> const& state) const { return writable_broadcast_state<K, V>(state); }
};
}  // namespace detail

}  // namespace flow
