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

#include <cereal/types/vector.hpp>

#include <flow/error.hpp>
#include <flow/state/map_table.hpp>

namespace flow {

namespace detail {
[[noreturn]] void throw_undeclared_keyed_state();

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
    if (!access_) [[unlikely]] throw_undeclared_keyed_state();
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

/// A list per key; an empty one is none.
template <class T>
class list_state : public detail::state_handle<std::vector<T>> {
 public:
  using detail::state_handle<std::vector<T>>::state_handle;
  std::vector<T> const& get() const {
    static std::vector<T> const none{};
    auto const* const list = this->access().find();
    return list ? *list : none;
  }
  /// Appends. Amortised O(1).
  void add(T value) const { this->access().change().push_back(std::move(value)); }
  void set(std::vector<T> values) const {
    if (values.empty()) this->clear(); else this->access().change() = std::move(values);
  }
};

/// A map per key.
template <class M, class V>
class map_state {
 public:
  map_state() = default;
  explicit map_state(std::shared_ptr<detail::map_access<M, V>> access) : access_(std::move(access)) {}

  /// The value at `m`, or null.
  V const* find(M const& m) const {
    return access().with([&](auto& map, auto const& key, auto hash) { return map.find(key, hash, m); });
  }
  bool contains(M const& m) const { return find(m) != nullptr; }
  void put(M const& m, V value) const { change(m) = std::move(value); }
  /// The value at `m` in place, to be changed; made by `V{}` where there was none.
  V& change(M const& m) const {
    return access().with([&](auto& map, auto const& key, auto hash) -> V& { return map.change(key, hash, m); });
  }
  /// Whether there was one.
  bool remove(M const& m) const {
    return access().with([&](auto& map, auto const& key, auto hash) { return map.erase(key, hash, m); });
  }
  std::size_t size() const {
    return access().with([](auto& map, auto const& key, auto hash) { return map.size(key, hash); });
  }
  bool empty() const { return size() == 0; }
  /// Calls `f(m, value)` for each entry, in no particular order; `f` must not change the map.
  template <class F>
  void for_each(F f) const {
    access().with([&](auto& map, auto const& key, auto hash) { map.for_each(key, hash, f); });
  }
  void clear() const {
    access().with([](auto& map, auto const& key, auto hash) { map.clear(key, hash); });
  }

 private:
  detail::map_access<M, V> const& access() const {
    if (!access_) [[unlikely]] detail::throw_undeclared_keyed_state();
    return *access_;
  }
  std::shared_ptr<detail::map_access<M, V>> access_;
};

/// One value per key, into which others are folded: `f(T const& kept, T const& added)` gives the new one.
template <class T, class F = std::plus<>>
class reducing_state : public detail::state_handle<T> {
 public:
  reducing_state() = default;
  reducing_state(detail::state_access<T>& access, F f) : detail::state_handle<T>(access), f_(std::move(f)) {}
  /// The value, or null where nothing has been added.
  T const* find() const { return this->access().find(); }
  void add(T const& value) const {
    T const* const before = this->access().find();
    T next = before ? std::invoke(f_, *before, value) : value;
    this->access().change() = std::move(next);
  }

 private:
  [[no_unique_address]] F f_{};
};

/// One aggregate per key: a value with `add` and `result`, as windows use them.
template <class A>
class aggregating_state : public detail::state_handle<A> {
 public:
  using detail::state_handle<A>::state_handle;
  template <class T>
  void add(T const& value) const { this->access().change().add(value); }
  /// Of what has been added for this key; of a default-made A where nothing has.
  auto result() const {
    A const* const a = this->access().find();
    return a ? a->result() : A{}.result();
  }
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

  template <class T>
  list_state<T> list(std::string name) {
    check<T>();
    return list_state<T>(access<std::vector<T>>(std::move(name)));
  }
  template <class M, class V>
  map_state<M, V> map(std::string name) {
    check<V>();
    static_assert(key_type<M>, "a map's key must be comparable with == and describable; floating point, views and pointers are no keys");
    detail::check_state_name(name);
    std::unique_ptr<detail::map_table<std::uint64_t, M, V>> integers;
    std::unique_ptr<detail::map_table<std::string, M, V>> texts;
    if (integers_) integers = declare_map<std::uint64_t, M, V>(std::move(name));
    else texts = declare_map<std::string, M, V>(std::move(name));
    return map_state<M, V>(std::make_shared<detail::map_access<M, V>>(keys_, std::move(integers), std::move(texts)));
  }
  template <class T, class F = std::plus<>>
  reducing_state<T, F> reducing(std::string name, F f = {}) {
    check<T>();
    static_assert(std::is_invocable_r_v<T, F const&, T const&, T const&>, "reducing needs a function that makes one value of two: T f(T const&, T const&)");
    return reducing_state<T, F>(access<T>(std::move(name)), std::move(f));
  }
  template <class A>
  aggregating_state<A> aggregating(std::string name) {
    check<A>();
    static_assert(requires(A const& a) { a.result(); }, "an aggregate needs add(value) and result() const");
    return aggregating_state<A>(access<A>(std::move(name)));
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
    detail::check_state_name(name);
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
  template <class Stored, class M, class V>
  std::unique_ptr<detail::map_table<Stored, M, V>> declare_map(std::string name) {
    schema entry;
    entry.type = "struct";
    entry.fields = {{"key", key_}, {"map_key", schema_of<M>()}};
    using table = typename detail::map_table<Stored, M, V>::table_type;
    return std::make_unique<detail::map_table<Stored, M, V>>(declared_.declare<table>(std::move(name), std::move(entry), schema_of<V>()));
  }
  operator_state& declared_;
  detail::key_portion const& keys_;
  bool integers_;
  schema key_;
  std::vector<std::unique_ptr<detail::portion_state>> states_;
};

}  // namespace flow
