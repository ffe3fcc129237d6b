#pragma once
// How a function declares state that belongs to its subtask, not to a key (Flink: operator state). In `open`:
//
//     pending = context.operator_state().list<std::string>("pending");
//     rules = context.operator_state().broadcast_map<std::string, rule>("rules");

#include <flow/state/broadcast_state.hpp>
#include <flow/state/operator_list.hpp>

namespace flow {

class subtask_state {
 public:
  explicit subtask_state(operator_state& declared) : declared_(declared) {}

  /// Elements that are dealt out in equal shares when the number of subtasks changes. Throws `flow::error` (invalid_job)
  /// where the name is empty, begins with "flow." or is another state's.
  template <class T>
  operator_list<T> list(std::string name) { return declare_list<T, state_kind::list>(std::move(name)); }
  /// The same, but after a restore each subtask has the elements of all.
  template <class T>
  operator_list<T> union_list(std::string name) { return declare_list<T, state_kind::union_list>(std::move(name)); }
  /// A map that is the same in all subtasks.
  template <class K, class V>
  broadcast_state<K, V> broadcast_map(std::string name) {
    static_assert(key_type<K>, "a map's key must be comparable with == and describable; floating point, views and pointers are no keys");
    check<V>();
    detail::check_state_name(name);
    return broadcast_state<K, V>(declared_.declare<keyed_table<K, V, state_kind::broadcast>>(std::move(name)).all());
  }

 private:
  template <class T, state_kind Kind>
  operator_list<T> declare_list(std::string name) {
    check<T>();
    detail::check_state_name(name);
    return operator_list<T>(declared_.declare<list_object<T, Kind>>(std::move(name)).get());
  }
  template <class T>
  static constexpr void check() {
    static_assert(describable<T> && std::is_default_constructible_v<T>,
                  "what is kept as state needs a default constructor and a `serialize` member that names its fields");
  }
  operator_state& declared_;
};

}  // namespace flow
