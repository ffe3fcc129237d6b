#pragma once
// Keyed state of a process function: handles that the function keeps, and how it declares them.
//
//     flow::value_state<bool> small_seen;
//     void open(flow::open_context& context) { small_seen = context.state().value<bool>("small-seen"); }
//
// A handle stands for the state of the current key: that of the record or timer for which the function was called. It is
// a small value; using one that was not declared in `open`, or outside a call with a key, throws `flow::error`. References
// that a handle gives are valid until the next use of any state. Expected O(1); a load where a record's key has been found.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <flow/error.hpp>
#include <flow/state/state_access.hpp>

namespace flow {

namespace detail {
[[noreturn]] void throw_undeclared_state();

/// What all handles share.
template <class V>
class state_handle {
 public:
  state_handle() = default;
  explicit state_handle(state_access<V>& access) : access_(&access) {}

  /// Whether there is anything for the current key.
  bool has() const { return access().find() != nullptr; }
  /// Removes what there is for the current key.
  void clear() const { access().erase(); }

 protected:
  state_access<V>& access() const {
    if (!access_) [[unlikely]] throw_undeclared_state();
    return *access_;
  }

 private:
  state_access<V>* access_ = nullptr;
};
}  // namespace detail

/// One value per key.
template <class T>
class value_state : public detail::state_handle<T> {
 public:
  using detail::state_handle<T>::state_handle;
  /// The value, or a default-made one where there is none.
  T const& get() const {
    static T const none{};
    T const* const value = this->access().find();
    return value ? *value : none;
  }
  /// The value, or null.
  T const* find() const { return this->access().find(); }
  void set(T value) const { this->access().change() = std::move(value); }
  /// The value in place, to be changed; made by `T{}` where there was none.
  T& change() const { return this->access().change(); }
};

/// Declares the keyed state of one operator.
class keyed_state {
 public:
  /// `integers`: whether keys are stored as integers; `key`: their schema.
  keyed_state(operator_state& declared, detail::key_portion const& keys, bool integers, schema key)
      : declared_(declared), keys_(keys), integers_(integers), key_(std::move(key)) {}

  template <class T>
  value_state<T> value(std::string name) {
    check<T>();
    return value_state<T>(access<T>(std::move(name)));
  }

  // For operators:
  bool empty() const { return states_.empty(); }
  void resolve() {
    for (auto& s : states_) s->resolve();
  }
  void forget() {
    for (auto& s : states_) s->forget();
  }

 private:
  template <class T>
  static constexpr void check() {
    static_assert(describable<T> && std::is_default_constructible_v<T>,
                  "what is kept as state needs a default constructor and a `serialize` member that names its fields");
  }
  template <class V>
  detail::state_access<V>& access(std::string name) {
    check_name(name);
    return integers_ ? declare<std::uint64_t, V>(std::move(name)) : declare<std::string, V>(std::move(name));
  }
  template <class Stored, class V>
  detail::state_access<V>& declare(std::string name) {
    auto& table = declared_.declare<keyed_table<Stored, V>>(std::move(name), key_, schema_of<V>());
    auto made = std::make_unique<detail::table_access<Stored, V>>(table, keys_);
    auto& result = *made;
    states_.push_back(std::move(made));
    return result;
  }
  static void check_name(std::string const& name);

  operator_state& declared_;
  detail::key_portion const& keys_;
  bool integers_;
  schema key_;
  std::vector<std::unique_ptr<detail::portion_state>> states_;
};

}  // namespace flow
