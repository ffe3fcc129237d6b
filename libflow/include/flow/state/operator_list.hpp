#pragma once
// A list per subtask: state that belongs to no key. What each subtask holds is divided anew when their number changes.
//
//     flow::operator_list<std::string> pending;
//     void open(flow::open_context& context) { pending = context.operator_state().list<std::string>("pending"); }
//
// An element is the unit: when the job is restored, the elements of all subtasks together are dealt out in equal shares, so
// none of them may depend on its neighbours. Of a `union_list` each subtask is given all elements of all subtasks
// instead, and keeps what is its own. The order of the elements is kept only within what comes from one subtask. The list
// is written as a whole with each checkpoint: it is for hundreds of elements, not for millions.

#include <vector>

#include <cereal/types/vector.hpp>

#include <flow/state/operator_state.hpp>

namespace flow {

/// The declared list.
template <class T, state_kind Kind>
  requires(Kind == state_kind::list || Kind == state_kind::union_list)
class list_object final : public state_object {
 public:
  explicit list_object(std::string name, state_memory = {}) : state_object(std::move(name), Kind, {}, schema_of<T>()) {}
  std::vector<T>& get() { return values_; }
  std::size_t entries() const override { return values_.size(); }
  std::size_t memory() const override { return values_.capacity() * sizeof(T); }
  void begin_snapshot(snapshot_cut const& cut, piece_output& out) override {
    bytes data;
    encoder archive(data);
    for (auto const& v : values_) archive(v);
    out.put(*this, cut.subtask, piece_form::base, std::move(data), values_.size(), true);
  }
  void load(stored_state const& from) override {
    bool const dealt = Kind == state_kind::list && from.parallelism_before != from.parallelism;
    std::uint64_t number = 0;
    from.for_each_part([&](state_part const& part) {
      from.for_each_entry(part, [&](decoder& archive, piece_form) {
        T value{};
        from.read_value(archive, value);
        if (!dealt || number++ % from.parallelism == from.subtask) values_.push_back(std::move(value));
      });
    });
  }

 private:
  std::vector<T> values_;
};

/// A handle to the list, a small value. Using one that was not declared in `open` throws `flow::error`.
template <class T>
class operator_list {
 public:
  operator_list() = default;
  explicit operator_list(std::vector<T>& values) : values_(&values) {}

  std::vector<T> const& get() const { return values(); }
  bool empty() const { return values().empty(); }
  std::size_t size() const { return values().size(); }
  /// Appends. Amortised O(1).
  void add(T value) const { values().push_back(std::move(value)); }
  void set(std::vector<T> all) const { values() = std::move(all); }
  void clear() const { values().clear(); }

 private:
  std::vector<T>& values() const {
    if (!values_) [[unlikely]] detail::throw_undeclared_state("context.operator_state().list<T>(\"name\")");
    return *values_;
  }
  std::vector<T>* values_ = nullptr;
};

}  // namespace flow
