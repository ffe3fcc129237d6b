#pragma once
// Map state: entries (key, map key) in one declared table, so that the entry is what a snapshot writes when it changed.
//
// Beside it an index says which map keys a key has; it is made from the table. The leading half of an entry's hash is
// that of the key, so that all entries of a key are in its key group.

#include <vector>

#include <flow/state/state_access.hpp>

namespace flow::detail {

template <class Stored, class M>
struct map_entry_key {
  Stored key{};
  M map_key{};

  bool operator==(map_entry_key const&) const = default;
  std::uint64_t hash() const { return hash_with(hash_of(key), map_key); }
  static std::uint64_t hash_with(std::uint64_t key_hash, M const& map_key) {
    return (key_hash >> 32 << 32) | (mix_hash(key_hash ^ hash_of(map_key)) >> 32);
  }
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(key), CEREAL_NVP(map_key)); }
};

template <class V>
struct map_entry {
  V value{};
  std::uint32_t position = 0;  // in the key's list of map keys
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(value)); }
};

/// The entries of all keys. Expected O(1) for an entry, O(entries of the key) for `clear` and `for_each`.
template <class Stored, class M, class V>
class map_table {
 public:
  using table_type = keyed_table<map_entry_key<Stored, M>, map_entry<V>>;

  explicit map_table(table_type& state) : entries_(state.all()) {
    entries_.for_each([this](auto const& k, auto const&) { list(k.key, hash_of(k.key), k.map_key, *entries_.locate(k, k.hash()).value); });
  }
  V const* find(Stored const& key, std::uint64_t hash, M const& m) {
    auto const* const e = entries_.find(wanted(key, m), wanted_.hash_with(hash, m));
    return e ? &e->value : nullptr;
  }
  V& change(Stored const& key, std::uint64_t hash, M const& m) {
    std::size_t const before = entries_.size();
    auto& e = entries_.find_or_insert(wanted(key, m), wanted_.hash_with(hash, m));
    if (entries_.size() != before) list(key, hash, m, e);
    return e.value;
  }
  bool erase(Stored const& key, std::uint64_t hash, M const& m) {
    auto const* const e = entries_.find(wanted(key, m), wanted_.hash_with(hash, m));
    if (!e) return false;
    std::uint32_t const position = e->position;
    entries_.erase(wanted_, wanted_.hash_with(hash, m));
    auto& listed = index_.find_or_insert(key, hash);
    if (position + 1 < listed.size()) {
      listed[position] = std::move(listed.back());
      entries_.locate(wanted(key, listed[position]), wanted_.hash_with(hash, listed[position])).value->position = position;
    }
    listed.pop_back();
    if (listed.empty()) index_.erase(key, hash);
    return true;
  }
  void clear(Stored const& key, std::uint64_t hash) {
    auto const* const listed = index_.find(key, hash);
    if (!listed) return;
    for (auto const& m : *listed) entries_.erase(wanted(key, m), wanted_.hash_with(hash, m));
    index_.erase(key, hash);
  }
  std::size_t size(Stored const& key, std::uint64_t hash) const {
    auto const* const listed = index_.find(key, hash);
    return listed ? listed->size() : 0;
  }
  template <class F>
  void for_each(Stored const& key, std::uint64_t hash, F f) {
    if (auto const* const listed = index_.find(key, hash))
      for (auto const& m : *listed) f(m, std::as_const(entries_.find(wanted(key, m), wanted_.hash_with(hash, m))->value));
  }

 private:
  /// The key of an entry, in a place of its own: assigning keeps the memory that strings have.
  map_entry_key<Stored, M> const& wanted(Stored const& key, M const& m) {
    wanted_.key = key;
    wanted_.map_key = m;
    return wanted_;
  }
  void list(Stored const& key, std::uint64_t hash, M const& m, map_entry<V>& e) {
    auto& listed = index_.find_or_insert(key, hash);
    e.position = static_cast<std::uint32_t>(listed.size());
    listed.push_back(m);
  }

  table<map_entry_key<Stored, M>, map_entry<V>>& entries_;
  table<Stored, std::vector<M>> index_;
  map_entry_key<Stored, M> wanted_;
};

/// A map state as its handle sees it: of the current key, in whichever form keys are stored.
template <class M, class V>
class map_access {
 public:
  map_access(key_portion const& keys, std::unique_ptr<map_table<std::uint64_t, M, V>> integers, std::unique_ptr<map_table<std::string, M, V>> texts)
      : keys_(keys), integers_(std::move(integers)), texts_(std::move(texts)) {}
  /// Calls `f(table, key, hash)`.
  template <class F>
  decltype(auto) with(F f) const {
    std::uint32_t const i = keys_.at_hand();
    return integers_ ? f(*integers_, keys_.integers[i], keys_.hashes[i]) : f(*texts_, *keys_.texts[i], keys_.hashes[i]);
  }

 private:
  key_portion const& keys_;
  std::unique_ptr<map_table<std::uint64_t, M, V>> integers_;
  std::unique_ptr<map_table<std::string, M, V>> texts_;
};

}  // namespace flow::detail
