#pragma once
// The keys of a portion of records, and where in a table their values lie.
//
// Where most records use a state, the keys of a portion are looked up together: the processor works on several at a time,
// and what a record then needs is a load. The same holds for the mark that its value was changed since the last snapshot. Where few do, a key is looked up when its record uses the state.

#include <array>
#include <cstdint>
#include <string>
#include <type_traits>

#include <flow/state/table.hpp>
#include <flow/time.hpp>

namespace flow::detail {

[[noreturn]] void throw_no_current_key();

/// The keys of a portion of records, in the form in which they are stored. For a timer: a portion of one.
struct key_portion {
  static constexpr std::uint32_t most = 128;
  std::uint32_t current = 0;  // the record at hand
  std::uint32_t size = 0;
  timestamp now{};  // the time of day, where there is state with a time to live
  std::array<std::uint64_t, most> hashes{};
  std::array<std::uint64_t, most> integers{};
  std::array<std::string const*, most> texts{};

  /// A key in the form K, which is that of all.
  template <class K>
  K const& key(std::uint32_t i) const {
    if constexpr (std::is_same_v<K, std::string>) return *texts[i];
    else return integers[i];
  }
  /// The record at hand; an error where there is none, and so no key: in `open` and `close`, and for a broadcast record.
  std::uint32_t at_hand() const {
    if (size == 0) [[unlikely]] throw_no_current_key();
    return current;
  }
};

/// Where the values of a portion's records lie, as far as they have been looked up: all, or one. Valid until values move:
/// `forget` is to be called before anybody else adds or removes.
template <class V>
class portion_places {
 public:
  /// A portion begins.
  template <class K>
  void begin(table<K, V>& of, key_portion const& keys) {
    end_trial();
    if (of.size() > worth_prefetching) {
      for (std::uint32_t i = 0; i < keys.size; ++i) of.prefetch(keys.hashes[i]);
      asm volatile("");  // GCC takes a function that only prefetches for one without effects and drops the calls
    }
    bool const tries = portions_++ % portions_per_trial == 0;
    if (tries || !ahead_) {
      forget();
      trial_ = tries ? keys.size : 0;
      return;
    }
    of.locate_all(keys.size, keys.hashes.data(), [&](std::uint32_t i) -> K const& { return keys.key<K>(i); },
                  [this](std::uint32_t i, table_place<V> const& found) { keep(i, found); });
    all_ = true;
    last_ = none;
  }
  /// A portion of one, or of none.
  void begin_single() {
    end_trial();
    forget();
  }
  void forget() {
    if (all_) {
      values_.fill(nullptr);
      marked_.fill(nullptr);
    } else if (last_ != none) {
      values_[last_] = marked_[last_] = nullptr;
    }
    all_ = false;
    last_ = none;
  }

  /// The value of the i-th record; null: it has not been looked up, or there is none.
  V* value(std::uint32_t i) const { return values_[i]; }
  /// The same where it may be changed; null also where it has to be marked before.
  V* marked(std::uint32_t i) const { return marked_[i]; }

  /// The value of the record at hand; null: there is none.
  template <class K>
  V* look_up(table<K, V>& of, K const& key, std::uint64_t hash, std::uint32_t i) {
    if (!all_ && last_ != i) {
      ++looked_up_;
      forget();
      keep(i, of.locate(key, hash));
      last_ = i;
    }
    return values_[i];
  }
  /// Marks the value of the record at hand, which has been looked up; it is added where there is none.
  template <class K>
  void mark(table<K, V>& of, K const& key, std::uint64_t hash, std::uint32_t i) {
    if (values_[i]) {
      of.locate(key, hash).mark();
      marked_[i] = values_[i];
    } else {
      forget();
      values_[i] = marked_[i] = &of.find_or_insert(key, hash);
      last_ = i;
    }
  }
  /// Removes the value of the record at hand, if there is one.
  template <class K>
  void erase(table<K, V>& of, K const& key, std::uint64_t hash, std::uint32_t i) {
    forget();
    of.erase(key, hash);
    last_ = i;
  }

 private:
  static constexpr std::size_t worth_prefetching = 4096;
  static constexpr std::uint32_t portions_per_trial = 128, none = key_portion::most;

  [[gnu::always_inline]] void keep(std::uint32_t i, table_place<V> const& found) {
    values_[i] = found.value;
    marked_[i] = found.value && found.marked() ? found.value : nullptr;
  }
  /// A trial's records have looked up their keys, or have not.
  void end_trial() {
    if (trial_ > 0) ahead_ = 2 * looked_up_ >= trial_;
    trial_ = looked_up_ = 0;
  }

  bool ahead_ = false;         // at least half of the records of the last trial have used the state
  bool all_ = false;           // this portion's have been looked up
  std::uint32_t last_ = none;  // else this one, or none
  std::uint32_t portions_ = 0;
  std::uint32_t trial_ = 0;  // the size of the portion at hand if it is one
  std::uint32_t looked_up_ = 0;
  std::array<V*, key_portion::most> values_{};
  std::array<V*, key_portion::most> marked_{};
};

}  // namespace flow::detail
