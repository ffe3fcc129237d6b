#pragma once
// How a handle to keyed state finds the value of the current key, without knowing the type of the key.
//
// Keys are stored in one of two forms: integers and enums as 64 bits, all others as the bytes that their hash is taken of
// (a string's characters, else the encoding). The hash of either form is the hash of the key, so there are two kinds of
// table per type of value, however many types of key there are (doc/decisions/011), and as many for values with a time
// to live. Which it is, is a branch that is always taken the same way: no virtual call.
//
// Records are worked on in portions (state/portion_places.hpp), so that the memory that a portion will touch is loaded ahead.

#include <array>
#include <cstdint>
#include <string>

#include <flow/record/encoding.hpp>
#include <flow/record/key.hpp>
#include <flow/state/keyed_table.hpp>
#include <flow/state/portion_places.hpp>
#include <flow/state/sweeper.hpp>
#include <flow/state/time_to_live.hpp>

namespace flow::detail {

template <class K>
inline constexpr bool integer_key = std::is_integral_v<K> || std::is_enum_v<K>;

/// Stores keys of type K into a portion. Keys outlive their use there.
template <key_type K>
class key_storer {
 public:
  void store(key_portion& into, std::uint32_t i, K const& key, std::uint64_t hash) {
    into.hashes[i] = hash;
    if constexpr (integer_key<K>) {
      into.integers[i] = static_cast<std::uint64_t>(key);
    } else if constexpr (std::is_same_v<K, std::string>) {
      into.texts[i] = &key;
    } else {
      scratch_.clear();
      encoder archive(scratch_);
      archive(key);
      texts_[i].assign(reinterpret_cast<char const*>(scratch_.data()), scratch_.size());
      into.texts[i] = &texts_[i];
    }
  }

 private:
  struct nothing {};
  static constexpr bool encodes = !integer_key<K> && !std::is_same_v<K, std::string>;
  [[no_unique_address]] std::conditional_t<encodes, std::array<std::string, key_portion::most>, nothing> texts_;
  bytes scratch_;
};

/// A state as the operator sees it.
class portion_state {
 public:
  virtual ~portion_state() = default;
  /// A portion begins.
  virtual void begin_portion() {}
  /// A portion of one begins, or of none.
  virtual void begin_single() {}
  /// Does a step of removing what has expired, paid for by `records`, if it is time.
  virtual void sweep(std::chrono::nanoseconds, std::uint32_t) {}
  virtual std::chrono::nanoseconds next_sweep() const { return sweeper::never; }
};

/// One of two: the table, by the form in which keys are stored; or neither.
template <class OfIntegers, class OfTexts>
struct by_form {
  OfIntegers* integers = nullptr;
  OfTexts* texts = nullptr;

  explicit operator bool() const { return integers || texts; }
  /// Calls `f(table, key, hash)` for the current key.
  template <class F>
  decltype(auto) with(key_portion const& keys, F f) const {
    std::uint32_t const i = keys.at_hand();
    return integers ? f(*integers, keys.integers[i], keys.hashes[i]) : f(*texts, *keys.texts[i], keys.hashes[i]);
  }
  /// Calls `f(table)`.
  template <class F>
  decltype(auto) with_table(F f) const { return integers ? f(*integers) : f(*texts); }
};
template <class V>
using tables_of = by_form<table<std::uint64_t, V>, table<std::string, V>>;

/// A state as its handle sees it: the value of the current key. References are valid until the next call for another key
/// or that adds or removes. With a time to live the table has a `Cell` for each value.
template <class V, class Cell>
class state_access final : public portion_state {
 public:
  state_access(key_portion const& keys, tables_of<V> plain) : keys_(keys), plain_(plain) {}
  state_access(key_portion const& keys, tables_of<Cell> cells, time_to_live life)
      : keys_(keys), cells_(cells), life_(life), sweeper_(pass_of(life)) {}

  /// The value, or null; to be read.
  V const* find() {
    if (V const* const value = plain_places_.value(keys_.current)) [[likely]] return value;
    return find_further();
  }
  /// The value, to be changed; made by `V{}` where there was none.
  V& change() {
    if (V* const value = plain_places_.marked(keys_.current)) [[likely]] return *value;
    return change_further();
  }
  /// What `change` gave has been changed: for cells that count their parts.
  void written() {
    if (cells_) cell_places_.value(keys_.current)->written(keys_.now);
  }
  void erase() {
    if (cells_) erase(cells_, cell_places_); else erase(plain_, plain_places_);
  }

  void begin_portion() override {
    if (cells_) cells_.with_table([this](auto& table) { cell_places_.begin(table, keys_); });
    else plain_.with_table([this](auto& table) { plain_places_.begin(table, keys_); });
  }
  void begin_single() override {
    plain_places_.begin_single();
    cell_places_.begin_single();
  }
  void sweep(std::chrono::nanoseconds now, std::uint32_t records) override {
    if (!cells_) return;
    cell_places_.forget();
    cells_.with_table([&](auto& table) {
      sweeper_.step(now, records, table.empty(), [&](std::uint64_t& at, std::uint32_t& removals) {
        return table.sweep(at, removals, [this](auto const&, table_place<Cell> const& cell) { return shorten(cell); },
                           [this](auto const&, Cell const& cell) { return cell.expired(keys_.now, life_) > 0; });
      });
    });
  }
  std::chrono::nanoseconds next_sweep() const override {
    return cells_ ? sweeper_.due(cells_.with_table([](auto& table) { return table.empty(); })) : sweeper::never;
  }

 private:
  template <class P>
  P* look_up(tables_of<P> const& of, portion_places<P>& places) {
    return of.with(keys_, [&](auto& table, auto const& key, std::uint64_t hash) { return places.look_up(table, key, hash, keys_.current); });
  }
  template <class P>
  P* mark(tables_of<P> const& of, portion_places<P>& places) {
    of.with(keys_, [&](auto& table, auto const& key, std::uint64_t hash) { places.mark(table, key, hash, keys_.current); });
    return places.marked(keys_.current);
  }
  template <class P>
  void erase(tables_of<P> const& of, portion_places<P>& places) {
    of.with(keys_, [&](auto& table, auto const& key, std::uint64_t hash) { places.erase(table, key, hash, keys_.current); });
  }

  [[gnu::noinline]] V const* find_further() {
    if (!cells_) return look_up(plain_, plain_places_);
    Cell* cell = find_alive();
    if (!cell) return nullptr;
    if (life_.renewed_by_reads() && cell->older(keys_.now)) {
      cell = mark(cells_, cell_places_);
      cell->renew(keys_.now);
    }
    return &cell->value;
  }
  [[gnu::noinline]] V& change_further() {
    if (cells_) {
      find_alive();
      Cell& cell = changeable(cells_, cell_places_);
      cell.written(keys_.now);
      return cell.value;
    }
    look_up(plain_, plain_places_);
    return changeable(plain_, plain_places_);
  }
  /// What has been looked up, marked.
  template <class P>
  P& changeable(tables_of<P> const& of, portion_places<P>& places) {
    P* const value = places.marked(keys_.current);
    return value ? *value : *mark(of, places);
  }
  /// The cell of the record at hand, or null. What has expired is removed where it is found.
  Cell* find_alive() {
    Cell* const cell = look_up(cells_, cell_places_);
    if (!cell) return nullptr;
    std::size_t const gone = cell->expired(keys_.now, life_);
    if (gone == 0) [[likely]] return cell;
    if (gone == cell->size()) {
      erase();
      return nullptr;
    }
    mark(cells_, cell_places_)->drop(gone);
    return cell;
  }
  /// Drops what has expired of a cell; true: that is all of it, which is left to the caller.
  bool shorten(table_place<Cell> const& cell) const {
    std::size_t const gone = cell.value->expired(keys_.now, life_);
    if (gone == cell.value->size()) return true;
    if (gone > 0) {
      cell.mark();
      cell.value->drop(gone);
    }
    return false;
  }

  key_portion const& keys_;
  tables_of<V> plain_;
  tables_of<Cell> cells_;
  portion_places<V> plain_places_;
  portion_places<Cell> cell_places_;
  time_to_live life_{duration::max()};
  sweeper sweeper_{std::chrono::hours(1)};
};

}  // namespace flow::detail
