#pragma once
// How a handle to keyed state finds the value of the current key, without knowing the type of the key.
//
// Keys are stored in one of two forms: integers and enums as 64 bits, all others as the bytes that their hash is taken of
// (a string's characters, else the encoding). The hash of either form is the hash of the key, so there are two kinds of
// table per type of value, however many types of key there are (doc/decisions/011), and as many for values with a time
// to live. Which it is, is a branch that is always taken the same way: no virtual call.
//
// Records are worked on in portions, so that the memory that a portion will touch is loaded ahead. A value is looked up
// when it is first used for a record or timer; what follows in the same turn is a load.

#include <array>
#include <cstdint>
#include <string>

#include <flow/record/encoding.hpp>
#include <flow/record/key.hpp>
#include <flow/state/keyed_table.hpp>
#include <flow/state/sweeper.hpp>
#include <flow/state/time_to_live.hpp>

namespace flow::detail {

template <class K>
inline constexpr bool integer_key = std::is_integral_v<K> || std::is_enum_v<K>;

[[noreturn]] void throw_no_current_key();

/// The keys of a portion of records, in the form in which they are stored. For a timer: a portion of one.
struct key_portion {
  static constexpr std::uint32_t most = 64;
  std::uint32_t current = 0;  // the record at hand
  std::uint32_t size = 0;
  std::uint64_t begun = most;  // grows by `most` with each portion
  timestamp now{};             // the time of day, where there is state with a time to live
  std::array<std::uint64_t, most> hashes{};
  std::array<std::uint64_t, most> integers{};
  std::array<std::string const*, most> texts{};

  /// Another number for each record and timer.
  std::uint64_t turn() const { return begun + current; }
  /// The record at hand; an error where there is none, and so no key: in `open` and `close`, and for a broadcast record.
  std::uint32_t at_hand() const {
    if (size == 0) [[unlikely]] throw_no_current_key();
    return current;
  }
};

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
  /// A portion begins: loads what it will touch.
  virtual void prefetch() {}
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
    if (turn_ != keys_.turn()) look_up();
    if (cell_.value) read();
    return place_.value;
  }
  /// The value, to be changed; made by `V{}` where there was none.
  V& change() {
    if (turn_ != keys_.turn()) look_up();
    if (!place_.value) [[unlikely]] insert();
    if (cell_.value) {
      cell_.mark();
      written();
    } else {
      place_.mark();
    }
    return *place_.value;
  }
  /// What `change` gave has been changed: for cells that count their parts.
  void written() {
    if (cell_.value) cell_.value->written(keys_.now);
  }
  void erase() {
    nothing_here();
    auto const remove = [](auto& table, auto const& key, std::uint64_t hash) { table.erase(key, hash); };
    if (plain_) plain_.with(keys_, remove); else cells_.with(keys_, remove);
  }

  void prefetch() override {
    if (plain_) plain_.with_table([this](auto& table) { this->prefetch(table); });
    else cells_.with_table([this](auto& table) { this->prefetch(table); });
  }
  void sweep(std::chrono::nanoseconds now, std::uint32_t records) override {
    if (!cells_) return;
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
  static constexpr auto locate = [](auto& table, auto const& key, std::uint64_t hash) { return table.locate(key, hash); };

  void look_up() {
    if (!plain_) return look_up_cell();
    plain_.with(keys_, [this](auto& table, auto const& key, std::uint64_t hash) { table.locate(key, hash, place_); });
    turn_ = keys_.turn();
  }
  void nothing_here() {
    turn_ = keys_.turn();
    place_ = {};
    cell_ = {};
  }
  /// What has expired is removed where it is found.
  [[gnu::noinline]] void look_up_cell() {
    auto const cell = cells_.with(keys_, locate);
    nothing_here();
    if (!cell.value) return;
    if (shorten(cell)) erase(); else hold(cell);
  }
  [[gnu::noinline]] void insert() {
    auto const make = [](auto& table, auto const& key, std::uint64_t hash) {
      table.find_or_insert(key, hash);
      return table.locate(key, hash);
    };
    if (plain_) place_ = plain_.with(keys_, make); else hold(cells_.with(keys_, make));
  }
  void hold(table_place<Cell> const& cell) {
    cell_ = cell;
    place_.value = &cell.value->value;
  }
  void read() {
    if (!life_.renewed_by_reads() || !cell_.value->older(keys_.now)) return;
    cell_.mark();
    cell_.value->renew(keys_.now);
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
  template <class Table>
  void prefetch(Table const& table) const {
    if (table.size() <= worth_prefetching) return;
    for (std::uint32_t i = 0; i < keys_.size; ++i) table.prefetch(keys_.hashes[i]);
    asm volatile("");  // GCC takes a function that only prefetches for one without effects and drops the calls
  }
  static constexpr std::size_t worth_prefetching = 4096;

  key_portion const& keys_;
  std::uint64_t turn_ = 0;  // for which the place was looked up
  table_place<V> place_;
  table_place<Cell> cell_;  // that the value is in, where there are cells
  tables_of<V> plain_;
  tables_of<Cell> cells_;
  time_to_live life_{duration::max()};
  sweeper sweeper_{std::chrono::hours(1)};
};

}  // namespace flow::detail
