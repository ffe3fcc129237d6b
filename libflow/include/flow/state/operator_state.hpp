#pragma once
// What one instance of an operator remembers, by name.
//
// An operator keeps nothing between batches that is not declared here: each piece of state has a name, a schema for its
// keys and values, and writes itself for checkpoints, what has changed only, while the operator goes on. Declared while the
// operator opens, which is when it is restored; a name may be declared once. Belongs to one task.
//
// The tables are in memory, or with a backend for state larger than that behind them, what is used of them.

#include <concepts>
#include <memory>
#include <string>
#include <vector>

#include <flow/record/schema.hpp>
#include <flow/snapshot/stored_state.hpp>
#include <flow/state/working_set.hpp>
#include <flow/state/snapshot_cut.hpp>
#include <flow/state/stored_key.hpp>
#include <flow/time.hpp>

namespace flow {

class state_object;

/// Where a state that is declared gets its contents from.
class state_source {
 public:
  virtual ~state_source() = default;
  /// Loads what the checkpoint has of the state. Throws `flow::error` where it does not fit.
  virtual void restore(state_object& declared) = 0;
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
  /// A barrier has passed: what is there now belongs to this checkpoint, what changes from now on to the next. O(1) but for what
  /// belongs to no key, which is written at once. `out` outlives the writing.
  virtual void begin_snapshot(snapshot_cut const& cut, piece_output& out) = 0;
  /// Goes on writing; `slots` is counted down by the entries looked at. True: all has been written.
  virtual bool write_snapshot(std::size_t& slots) {
    (void)slots;
    return true;
  }
  /// Takes its contents from a checkpoint; before anything else is done with it.
  virtual void load(stored_state const& from) = 0;

 private:
  std::string name_;
  state_kind kind_;
  schema key_, value_;
};

/// What a value is in an operator that has another number of subtasks than the one whose values were stored.
enum class when_rescaled {
  starts_anew,  // what it is without a snapshot
  lowest,       // the lowest of all
};

/// A declared value per subtask.
template <class T>
class value_object final : public state_object {
 public:
  value_object(std::string name, T initial, when_rescaled rule)
      : state_object(std::move(name), state_kind::value, {}, schema_of<T>()), value_(std::move(initial)), rule_(rule) {}
  T& get() { return value_; }
  std::size_t entries() const override { return 1; }
  std::size_t memory() const override { return sizeof(T); }
  void begin_snapshot(snapshot_cut const& cut, piece_output& out) override;
  void load(stored_state const& from) override;

 private:
  T value_;
  when_rescaled rule_;
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
  /// `backend`: where tables put what does not fit into memory, null: all of it is in memory; it outlives them.
  void use(chunk_pool* chunks, flow::clock const* clock, state_backend* backend = nullptr) {
    chunks_ = chunks;
    clock_ = clock;
    set_.use(backend);
  }
  /// To be called when nobody holds a reference into the state: takes out of memory what is too much.
  void make_room() { set_.make_room(); }
  /// Whether there is anything that can be taken out of it.
  bool fills_memory() const { return !set_.empty(); }
  flow::clock const* clock() const { return clock_; }
  /// What is declared from now on is restored from there; null: it begins empty.
  void restore_from(state_source* source) { source_ = source; }
  /// Declares a value; `initial` is what it is without a snapshot.
  template <describable T>
  T& value(std::string name, T initial = {}, when_rescaled rule = when_rescaled::starts_anew) {
    return add(std::make_unique<value_object<T>>(std::move(name), std::move(initial), rule)).get();
  }
  /// Declares state of a type of its own (tables, slices), constructed from its name and where its memory comes from.
  template <std::derived_from<state_object> S>
  S& declare(std::string name) {
    return add(std::make_unique<S>(std::move(name), state_memory(chunks_, &set_)));
  }
  /// The same of a type that wants schemas of its own.
  template <std::derived_from<state_object> S>
  S& declare(std::string name, schema key, schema value, stored_key const& form) {
    return add(std::make_unique<S>(std::move(name), std::move(key), std::move(value), form, state_memory(chunks_, &set_)));
  }

  std::vector<std::unique_ptr<state_object>> const& objects() const { return objects_; }
  /// A barrier has passed all operators of the task; `write_snapshot` is to follow until it is true.
  void begin_snapshot(snapshot_cut const& cut, piece_output& out) {
    for (auto& o : objects_) o->begin_snapshot(cut, out);
    writing_ = 0;
  }
  /// Goes on writing what the checkpoint has of the state; `slots` is counted down by the entries looked at. True: that was all.
  bool write_snapshot(std::size_t& slots) {
    while (writing_ < objects_.size()) {
      if (!objects_[writing_]->write_snapshot(slots)) return false;
      ++writing_;
    }
    return true;
  }

 private:
  template <class S>
  S& add(std::unique_ptr<S> object) {
    check_new(object->name());
    S& result = *object;
    objects_.push_back(std::move(object));
    if (source_) source_->restore(result);
    return result;
  }
  void check_new(std::string const& name) const;

  chunk_pool* chunks_ = nullptr;
  working_set set_;
  flow::clock const* clock_ = nullptr;
  state_source* source_ = nullptr;
  std::vector<std::unique_ptr<state_object>> objects_;
  std::size_t writing_ = 0;  // which object is being written
};

// ---- values

template <class T>
void value_object<T>::begin_snapshot(snapshot_cut const& cut, piece_output& out) {
  bytes data;
  encoder archive(data);
  archive(value_);
  out.put(*this, cut.subtask, piece_form::base, std::move(data), 1, true);
}

template <class T>
void value_object<T>::load(stored_state const& from) {
  bool const rescaled = from.parallelism_before != from.parallelism;
  if (rescaled && rule_ == when_rescaled::starts_anew) return;
  bool first = true;
  from.for_each_part([&](state_part const& part) {
    from.for_each_entry(part, [&](decoder& archive, piece_form) {
      T stored{};
      from.read_value(archive, stored);
      if constexpr (std::totally_ordered<T>) {
        if (!first && !(stored < value_)) return;
      }
      value_ = std::move(stored);
      first = false;
    });
  });
}

}  // namespace flow
