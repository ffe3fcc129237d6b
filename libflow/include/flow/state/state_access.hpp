#pragma once
// How a handle to keyed state finds the value of the current key, without knowing the type of the key.
//
// Keys are stored in one of two forms: integers and enums as 64 bits, all others as the bytes that their hash is taken of
// (a string's characters, else the encoding). The hash of either form is the hash of the key, so there are two kinds of
// table per type of value, however many types of key there are (doc/decisions/011).
//
// Records are worked on in portions. Each state looks up a whole portion in one virtual call; until an entry moves, a
// handle then finds its value by a load. Otherwise, and for timers, it looks the key up again.

#include <array>
#include <cstdint>
#include <limits>
#include <string>

#include <flow/record/encoding.hpp>
#include <flow/record/key.hpp>
#include <flow/state/keyed_table.hpp>

namespace flow::detail {

template <class K>
inline constexpr bool integer_key = std::is_integral_v<K> || std::is_enum_v<K>;

[[noreturn]] void throw_no_current_key();

/// The keys of a portion of records, in the form in which they are stored. For a timer: a portion of one.
struct key_portion {
  static constexpr std::uint32_t most = 64;
  std::uint32_t current = 0;  // the record at hand
  std::uint32_t size = 0;
  std::array<std::uint64_t, most> hashes{};
  std::array<std::uint64_t, most> integers{};
  std::array<std::string const*, most> texts{};

  /// The record at hand; an error where there is none, and so no key: in `open` and `close`, and for a broadcast record.
  std::uint32_t at_hand() const {
    if (size == 0) [[unlikely]] throw_no_current_key();
    return current;
  }
  template <class Stored>
  Stored const& stored(std::uint32_t i) const {
    if constexpr (std::is_same_v<Stored, std::uint64_t>) return integers[i]; else return *texts[i];
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
  /// Looks up all keys of the portion.
  virtual void resolve() = 0;
  /// What has been resolved is not of the portion at hand.
  virtual void forget() = 0;
};

/// A state as its handle sees it: the value of the current key. References are valid until the next call.
template <class V>
class state_access : public portion_state {
 public:
  explicit state_access(key_portion const& keys) : keys_(keys) {}

  /// The value, or null; to be read.
  V const* find() {
    if (*version_ == resolved_version_) [[likely]] {
      V* const value = resolved_[keys_.current].value;
      if (value || *size_ == resolved_size_) return value;
    }
    return look_up();
  }
  /// The value, to be changed; made by `V{}` where there was none.
  V& change() {
    if (*version_ == resolved_version_) [[likely]] {
      auto const& place = resolved_[keys_.current];
      if (place.value) {
        place.mark();
        return *place.value;
      }
    }
    return insert();
  }
  virtual void erase() = 0;

  void forget() final { resolved_version_ = never; }

 protected:
  virtual V const* look_up() = 0;
  virtual V& insert() = 0;

  static constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();
  key_portion const& keys_;
  std::uint64_t const* version_ = nullptr;
  std::size_t const* size_ = nullptr;
  std::uint64_t resolved_version_ = never;
  std::size_t resolved_size_ = 0;
  std::array<table_place<V>, key_portion::most> resolved_{};
};

template <class Stored, class V>
class table_access final : public state_access<V> {
 public:
  table_access(keyed_table<Stored, V>& state, key_portion const& keys) : state_access<V>(keys), table_(state.all()) {
    this->version_ = &table_.version();
    this->size_ = &table_.count();
  }
  void resolve() override {
    auto const& keys = this->keys_;
    if (table_.size() > worth_prefetching)
      for (std::uint32_t i = 0; i < keys.size; ++i) table_.prefetch(keys.hashes[i]);
    for (std::uint32_t i = 0; i < keys.size; ++i) this->resolved_[i] = table_.locate(keys.template stored<Stored>(i), keys.hashes[i]);
    this->resolved_version_ = table_.version();
    this->resolved_size_ = table_.size();
  }
  void erase() override { table_.erase(key(), hash()); }

 protected:
  V const* look_up() override { return table_.find(key(), hash()); }
  V& insert() override { return table_.find_or_insert(key(), hash()); }

 private:
  static constexpr std::size_t worth_prefetching = 4096;
  Stored const& key() const { return this->keys_.template stored<Stored>(this->keys_.at_hand()); }
  std::uint64_t hash() const { return this->keys_.hashes[this->keys_.at_hand()]; }

  table<Stored, V>& table_;
};

}  // namespace flow::detail
