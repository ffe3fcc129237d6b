#pragma once
// What one instance of an operator remembers, by name.
//
// An operator keeps nothing between batches that is not declared here: each piece of state has a name, a schema for its
// keys and values, and knows what has changed since an epoch began. Declared while the operator opens; a name may be
// declared once. Belongs to one task.
//
// The memory backend holds the tables themselves. A backend for state larger than memory stands behind the same tables.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <flow/record/schema.hpp>
#include <flow/state/chunks.hpp>
#include <flow/time.hpp>

namespace flow {

enum class state_kind {
  value,       // one value per subtask, redistributed as a whole
  table,       // a value per key, moved by key group
  slices,      // a value per key and slice of time, moved by key group
  list,        // elements per subtask: those of all subtasks together are dealt out anew
  union_list,  // elements per subtask: each subtask is given those of all
  broadcast,   // a table that is the same in all subtasks: each is given a copy of one
};

/// A piece of state as the snapshot code and tools see it.
class state_object {
 public:
  state_object(std::string name, state_kind kind, schema key, schema value)
      : name_(std::move(name)), kind_(kind), key_(std::move(key)), value_(std::move(value)) {}
  virtual ~state_object() = default;

  std::string const& name() const { return name_; }
  state_kind kind() const { return kind_; }
  schema const& key_schema() const { return key_; }
  schema const& value_schema() const { return value_; }

  virtual std::size_t entries() const = 0;
  /// Bytes of memory held.
  virtual std::size_t memory() const = 0;
  /// A barrier passes: changes from now on belong to the next checkpoint. O(1) per piece of state and slice.
  virtual void begin_epoch() = 0;

 private:
  std::string name_;
  state_kind kind_;
  schema key_, value_;
};

/// A declared value per subtask.
template <class T>
class value_object final : public state_object {
 public:
  explicit value_object(std::string name, T initial)
      : state_object(std::move(name), state_kind::value, {}, schema_of<T>()), value_(std::move(initial)) {}
  T& get() { return value_; }
  std::size_t entries() const override { return 1; }
  std::size_t memory() const override { return sizeof(T); }
  void begin_epoch() override {}

 private:
  T value_;
};

namespace detail {
/// Throws `flow::error` where a name that a user gave to a state is one of the engine's.
void check_state_name(std::string const& name);
/// A handle is used that stands for nothing; `how`: what the function should have said in `open`.
[[noreturn]] void throw_undeclared_state(char const* how);
}  // namespace detail

class operator_state {
 public:
  /// Tables declared from now on take their memory from `chunks`, which outlives them; what expires does so by `clock`.
  void use(chunk_pool* chunks, flow::clock const* clock) {
    chunks_ = chunks;
    clock_ = clock;
  }
  flow::clock const* clock() const { return clock_; }
  /// Declares a value; `initial` is what it is without a snapshot.
  template <describable T>
  T& value(std::string name, T initial = {}) {
    return add(std::make_unique<value_object<T>>(std::move(name), std::move(initial))).get();
  }
  /// Declares state of a type of its own (tables, slices), constructed from its name and where its memory comes from.
  template <std::derived_from<state_object> S>
  S& declare(std::string name) {
    return add(std::make_unique<S>(std::move(name), chunks_));
  }
  /// The same of a type that wants schemas of its own.
  template <std::derived_from<state_object> S>
  S& declare(std::string name, schema key, schema value) {
    return add(std::make_unique<S>(std::move(name), std::move(key), std::move(value), chunks_));
  }

  std::vector<std::unique_ptr<state_object>> const& objects() const { return objects_; }
  void begin_epoch() { for (auto& o : objects_) o->begin_epoch(); }

 private:
  template <class S>
  S& add(std::unique_ptr<S> object) {
    check_new(object->name());
    S& result = *object;
    objects_.push_back(std::move(object));
    return result;
  }
  void check_new(std::string const& name) const;

  chunk_pool* chunks_ = nullptr;
  flow::clock const* clock_ = nullptr;
  std::vector<std::unique_ptr<state_object>> objects_;
};

}  // namespace flow
