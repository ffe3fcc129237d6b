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
template <class V, class Cell = timed<V>>
class state_handle {
 public:
  state_handle() = default;
  explicit state_handle(state_access<V, Cell>& access) : access_(&access) {}

  /// Whether there is anything for the current key.
  bool has() const { return access().find() != nullptr; }
  /// Removes what there is for the current key.
  void clear() const { access().erase(); }

 protected:
  state_access<V, Cell>& access() const {
    if (!access_) [[unlikely]] throw_undeclared_keyed_state();
    return *access_;
  }

 private:
  state_access<V, Cell>* access_ = nullptr;
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

/// A list per key; an empty one is none. With a time to live each element has its own, and `get` drops those that have
/// expired: O(elements) then.
template <class T>
class list_state : public detail::state_handle<std::vector<T>, detail::timed_list<T>> {
 public:
  using detail::state_handle<std::vector<T>, detail::timed_list<T>>::state_handle;
  std::vector<T> const& get() const {
    static std::vector<T> const none{};
    auto const* const list = this->access().find();
    return list ? *list : none;
  }
  /// Appends. Amortised O(1).
  void add(T value) const {
    this->access().change().push_back(std::move(value));
    this->access().written();
  }
  void set(std::vector<T> values) const {
    this->clear();
    if (values.empty()) return;
    this->access().change() = std::move(values);
    this->access().written();
  }
};

/// A map per key. With a time to live each entry has its own; `size` and `empty` then take O(entries) and are no reads.
template <class M, class V>
class map_state {
 public:
  map_state() = default;
  explicit map_state(detail::map_access<M, V>& access) : access_(&access) {}

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
  detail::map_access<M, V>* access_ = nullptr;
};

/// One value per key, into which others are folded: `f(T const& kept, T const& added)` gives the new one.
template <class T, class F = std::plus<>>
class reducing_state : public detail::state_handle<T> {
 public:
  reducing_state() = default;
  reducing_state(detail::state_access<T, detail::timed<T>>& access, F f) : detail::state_handle<T>(access), f_(std::move(f)) {}
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

/// Declares the keyed state of one operator. State that is declared with a time to live expires: state/time_to_live.hpp.
/// Throws `flow::error` (invalid_job) where a name is empty, begins with "flow." or is another state's, or a time to live
/// is not above 0.
class keyed_state {
 public:
  /// `integers`: whether keys are stored as integers; `form`: what these stand for; `key`: the keys' schema.
  keyed_state(operator_state& declared, detail::key_portion& keys, bool integers, stored_key const& form, schema key)
      : declared_(declared), keys_(keys), integers_(integers), form_(form), key_(std::move(key)) {}

  template <class T>
  value_state<T> value(std::string name) { return value_state<T>(plain<T, detail::timed<T>>(std::move(name))); }
  template <class T>
  value_state<T> value(std::string name, time_to_live life) { return value_state<T>(timed<T, detail::timed<T>>(std::move(name), life)); }

  template <class T>
  list_state<T> list(std::string name) { return list_state<T>(plain<std::vector<T>, detail::timed_list<T>>(std::move(name))); }
  template <class T>
  list_state<T> list(std::string name, time_to_live life) {
    return list_state<T>(timed<std::vector<T>, detail::timed_list<T>>(std::move(name), life));
  }

  template <class M, class V>
  map_state<M, V> map(std::string name) { return declare_map<M, V, detail::map_entry<V>>(std::move(name), schema_of<V>(), forever); }
  template <class M, class V>
  map_state<M, V> map(std::string name, time_to_live life) {
    check_life(name, life);
    return declare_map<M, V, detail::timed_map_entry<V>>(std::move(name), schema_of<detail::timed<V>>(), life, life);
  }

  template <class T, class F = std::plus<>>
  reducing_state<T, F> reducing(std::string name, F f = {}) {
    check_reduction<T, F>();
    return reducing_state<T, F>(plain<T, detail::timed<T>>(std::move(name)), std::move(f));
  }
  template <class T, class F = std::plus<>>
  reducing_state<T, F> reducing(std::string name, time_to_live life, F f = {}) {
    check_reduction<T, F>();
    return reducing_state<T, F>(timed<T, detail::timed<T>>(std::move(name), life), std::move(f));
  }

  template <class A>
  aggregating_state<A> aggregating(std::string name) {
    check_aggregate<A>();
    return aggregating_state<A>(plain<A, detail::timed<A>>(std::move(name)));
  }
  template <class A>
  aggregating_state<A> aggregating(std::string name, time_to_live life) {
    check_aggregate<A>();
    return aggregating_state<A>(timed<A, detail::timed<A>>(std::move(name), life));
  }

  // For operators:
  bool empty() const { return states_.empty(); }
  /// The keys of a portion are there: what handles give is now theirs.
  void begin_portion() {
    tell_time();
    for (auto& s : states_) s->begin_portion();
  }
  /// The same of a portion of one, or of none.
  void begin_single() {
    tell_time();
    for (auto& s : states_) s->begin_single();
  }
  /// Whether any has a time to live: then `sweep` is to be called after each batch with the number of its records, and
  /// without input at `next_sweep`; not while a function is called.
  bool timed() const { return timed_; }
  void sweep(std::uint32_t records = detail::sweeper::idle_records) {
    tell_time();
    for (auto& s : states_) s->sweep(declared_.clock()->now(), records);
  }
  /// Of the clock's `now`.
  std::chrono::nanoseconds next_sweep() const {
    auto next = detail::sweeper::never;
    for (auto const& s : states_) next = std::min(next, s->next_sweep());
    return next;
  }

 private:
  void tell_time() {
    if (timed_) keys_.now = declared_.clock()->wall();
  }
  static constexpr time_to_live forever{duration::max()};

  template <class T>
  static constexpr void check() {
    static_assert(describable<T> && std::is_default_constructible_v<T>,
                  "what is kept as state needs a default constructor and a `serialize` member that names its fields");
  }
  template <class T, class F>
  static constexpr void check_reduction() {
    static_assert(std::is_invocable_r_v<T, F const&, T const&, T const&>, "reducing needs a function that makes one value of two: T f(T const&, T const&)");
  }
  template <class A>
  static constexpr void check_aggregate() {
    static_assert(requires(A const& a) { a.result(); }, "an aggregate needs add(value) and result() const");
  }
  void check_life(std::string const& name, time_to_live const& life);

  template <class V, class Cell>
  detail::state_access<V, Cell>& plain(std::string name) {
    check<V>();
    return add(std::make_unique<detail::state_access<V, Cell>>(keys_, tables<V>(std::move(name))));
  }
  template <class V, class Cell>
  detail::state_access<V, Cell>& timed(std::string name, time_to_live life) {
    check<V>();
    check_life(name, life);
    return add(std::make_unique<detail::state_access<V, Cell>>(keys_, tables<Cell>(std::move(name)), life));
  }
  /// Declares a table of values per key.
  template <class V>
  detail::tables_of<V> tables(std::string name) {
    detail::check_state_name(name);
    if (integers_) return {&declared_.declare<keyed_table<std::uint64_t, V>>(std::move(name), key_, schema_of<V>(), form_).all(), nullptr};
    return {nullptr, &declared_.declare<keyed_table<std::string, V>>(std::move(name), key_, schema_of<V>(), form_).all()};
  }
  template <class M, class V, class Entry, class... Life>
  map_state<M, V> declare_map(std::string name, schema value, time_to_live life, Life... given) {
    check<V>();
    static_assert(key_type<M>, "a map's key must be comparable with == and describable; floating point, views and pointers are no keys");
    detail::check_state_name(name);
    typename detail::map_access<M, V>::template maps_of<Entry> maps;
    std::shared_ptr<void> owner;
    if (integers_) owner = make_map(maps.integers, std::move(name), std::move(value), life);
    else owner = make_map(maps.texts, std::move(name), std::move(value), life);
    return map_state<M, V>(add(std::make_unique<detail::map_access<M, V>>(keys_, std::move(owner), maps, given...)));
  }
  template <class Stored, class M, class V, class Entry>
  std::shared_ptr<void> make_map(detail::map_table<Stored, M, V, Entry>*& into, std::string name, schema value, time_to_live life) {
    schema entry;
    entry.type = "struct";
    entry.fields = {{"key", key_}, {"map_key", schema_of<M>()}};
    using map = detail::map_table<Stored, M, V, Entry>;
    auto made = std::make_shared<map>(declared_.declare<typename map::table_type>(std::move(name), std::move(entry), std::move(value), form_), keys_.now, life);
    into = made.get();
    return made;
  }
  template <class S>
  S& add(std::unique_ptr<S> made) {
    S& result = *made;
    states_.push_back(std::move(made));
    return result;
  }

  operator_state& declared_;
  detail::key_portion& keys_;
  bool integers_;
  stored_key form_;
  bool timed_ = false;
  schema key_;
  std::vector<std::unique_ptr<detail::portion_state>> states_;
};

}  // namespace flow
