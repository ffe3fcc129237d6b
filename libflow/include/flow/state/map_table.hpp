#pragma once
// Map state: entries (key, map key) in one declared table, so that the entry is what a snapshot writes when it changed.
//
// Beside it an index says which map keys a key has; it is made from the table. The leading half of an entry's hash is
// that of the key, so that all entries of a key are in its key group. With a time to live each entry has its own.

#include <memory>
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
  template <class Archive>
  void serialize_whole(Archive& archive) { archive(value, position); }
};
/// With a time to live.
template <class V>
struct timed_map_entry : timed<V> {
  std::uint32_t position = 0;
  template <class Archive>
  void serialize(Archive& archive) { timed<V>::serialize(archive); }
  template <class Archive>
  void serialize_whole(Archive& archive) {
    serialize(archive);
    archive(position);
  }
};

template <class V>
V& described_part(map_entry<V>& e) { return e.value; }
template <class V>
timed<V>& described_part(timed_map_entry<V>& e) { return e; }

/// The entries of all keys. Expected O(1) for an entry, O(entries of the key) for `clear`, `for_each` and, with a time to
/// live, `size`. What has expired is removed where it is found.
template <class Stored, class M, class V, class Entry>
class map_table {
 public:
  using table_type = keyed_table<map_entry_key<Stored, M>, Entry>;

  /// `now` is followed. Without a time to live neither matters.
  map_table(table_type& state, timestamp const& now, time_to_live life) : entries_(state.all()), now_(now), life_(life) {
    if (state.where().spills()) index_.keep_behind(*state.where().set);
    for_each_key(entries_, state.where().set, [this](auto const& k, std::uint64_t hash) { list(k.key, hash_of(k.key), k.map_key, entries_.derived(k, hash)); });
  }
  V const* find(Stored const& key, std::uint64_t hash, M const& m) {
    auto const place = alive(key, hash, m);
    if (!place.value) return nullptr;
    read(place);
    return &place.value->value;
  }
  V& change(Stored const& key, std::uint64_t hash, M const& m) {
    if constexpr (has_life) alive(key, hash, m);
    std::size_t const before = entries_.size();
    auto& e = entries_.find_or_insert(wanted(key, m), wanted_.hash_with(hash, m));
    if (entries_.size() != before) list(key, hash, m, e);
    if constexpr (has_life) e.written(now_);
    return e.value;
  }
  bool erase(Stored const& key, std::uint64_t hash, M const& m) {
    auto const place = alive(key, hash, m);
    if (!place.value) return false;
    remove(key, hash, m, place.value->position);
    return true;
  }
  void clear(Stored const& key, std::uint64_t hash) {
    auto const* const listed = index_.find(key, hash);
    if (!listed) return;
    for (auto const& m : *listed) entries_.erase(wanted(key, m), wanted_.hash_with(hash, m));
    index_.erase(key, hash);
  }
  std::size_t size(Stored const& key, std::uint64_t hash) {
    if constexpr (has_life) remove_expired(key, hash);
    auto const* const listed = index_.find(key, hash);
    return listed ? listed->size() : 0;
  }
  template <class F>
  void for_each(Stored const& key, std::uint64_t hash, F f) {
    if constexpr (has_life) remove_expired(key, hash);
    auto const* const listed = index_.find(key, hash);
    if (!listed) return;
    for (auto const& m : *listed) {
      auto const place = entries_.locate(wanted(key, m), wanted_.hash_with(hash, m));
      read(place);
      f(m, std::as_const(place.value->value));
    }
  }

  /// A step of a walk that removes what has expired: `table::sweep`, also of the index.
  bool sweep(std::uint64_t& at, std::uint32_t& removals) {
    bool const done = entries_.spills() ? sweep_apart(at, removals) : entries_.sweep(at, removals, [this](map_entry_key<Stored, M> const& k, table_place<Entry> const& place) {
      if (!expired(*place.value)) return false;
      unlist(k.key, hash_of(k.key), place.value->position);
      return true;
    });
    std::uint32_t none = 1;
    while (done && index_at_ != at && (at == 0 || index_at_ < at)) {
      index_.sweep(index_at_, none, [](auto const&, auto const&) { return false; });
      if (index_at_ == 0) break;
    }
    return done;
  }
  bool empty() const { return entries_.empty(); }

 private:
  static constexpr bool has_life = requires(Entry e) { e.touched; };

  /// The key of an entry, in a place of its own: assigning keeps the memory that strings have.
  map_entry_key<Stored, M> const& wanted(Stored const& key, M const& m) {
    wanted_.key = key;
    wanted_.map_key = m;
    return wanted_;
  }
  /// To take an entry off the index, another of its key is looked up, which may have to be brought to memory: not while the table is
  /// walked through.
  bool sweep_apart(std::uint64_t& at, std::uint32_t& removals) {
    std::uint64_t const from = at;
    expired_.clear();
    entries_.sweep(at, removals, [this](map_entry_key<Stored, M> const& k, table_place<Entry> const& place) {
      if (expired(*place.value)) expired_.push_back(k);
      return false;
    }, [this](auto const&, Entry const& e) { return expired(e); });
    for (auto const& k : expired_) {
      if (removals == 0) {
        at = from;
        return false;
      }
      alive(k.key, hash_of(k.key), k.map_key);
      --removals;
    }
    return true;
  }
  bool expired(Entry const& e) const {
    if constexpr (has_life) return e.expired(now_, life_) > 0; else return false;
  }
  void read(table_place<Entry> const& place) {
    if constexpr (has_life)
      if (life_.renewed_by_reads() && place.value->older(now_)) {
        place.mark();
        place.value->renew(now_);
      }
  }
  /// Where the entry lies, if it has not expired.
  table_place<Entry> alive(Stored const& key, std::uint64_t hash, M const& m) {
    auto const place = entries_.locate(wanted(key, m), wanted_.hash_with(hash, m));
    if (!place.value || !expired(*place.value)) return place;
    remove(key, hash, m, place.value->position);
    return {};
  }
  void remove_expired(Stored const& key, std::uint64_t hash) {
    auto const* const listed = index_.find(key, hash);
    for (std::size_t i = listed ? listed->size() : 0; i-- > 0;) {
      M const m = (*listed)[i];
      alive(key, hash, m);  // puts the last one, which has been looked at, in its place
    }
  }
  void remove(Stored const& key, std::uint64_t hash, M const& m, std::uint32_t position) {
    entries_.erase(wanted(key, m), wanted_.hash_with(hash, m));
    unlist(key, hash, position);
  }
  void list(Stored const& key, std::uint64_t hash, M const& m, Entry& e) {
    auto& listed = index_.find_or_insert(key, hash);
    e.position = static_cast<std::uint32_t>(listed.size());
    listed.push_back(m);
  }
  void unlist(Stored const& key, std::uint64_t hash, std::uint32_t position) {
    auto& listed = index_.find_or_insert(key, hash);
    if (position + 1 < listed.size()) {
      listed[position] = std::move(listed.back());
      entries_.derived(wanted(key, listed[position]), wanted_.hash_with(hash, listed[position])).position = position;
    }
    listed.pop_back();
    if (listed.empty()) index_.erase(key, hash);
  }

  table<map_entry_key<Stored, M>, Entry>& entries_;
  table<Stored, std::vector<M>> index_;
  std::uint64_t index_at_ = 0;  // how far the index has been swept
  map_entry_key<Stored, M> wanted_;
  std::vector<map_entry_key<Stored, M>> expired_;
  timestamp const& now_;
  time_to_live life_;
};

/// A map state as its handle sees it: of the current key, in whichever form keys are stored, with a time to live or not.
template <class M, class V>
class map_access final : public portion_state {
 public:
  template <class Entry>
  using maps_of = by_form<map_table<std::uint64_t, M, V, Entry>, map_table<std::string, M, V, Entry>>;

  /// `owner` owns the maps.
  map_access(key_portion const& keys, std::shared_ptr<void> owner, maps_of<map_entry<V>> plain)
      : keys_(keys), owner_(std::move(owner)), plain_(plain) {}
  map_access(key_portion const& keys, std::shared_ptr<void> owner, maps_of<timed_map_entry<V>> timed, time_to_live life)
      : keys_(keys), owner_(std::move(owner)), timed_(timed), sweeper_(pass_of(life)) {}

  /// Calls `f(map, key, hash)`.
  template <class F>
  decltype(auto) with(F f) const { return plain_ ? plain_.with(keys_, f) : timed_.with(keys_, f); }

  void sweep(std::chrono::nanoseconds now, std::uint32_t records) override {
    if (!timed_) return;
    timed_.with_table([&](auto& map) {
      sweeper_.step(now, records, map.empty(), [&](std::uint64_t& at, std::uint32_t& removals) { return map.sweep(at, removals); });
    });
  }
  std::chrono::nanoseconds next_sweep() const override {
    return timed_ ? sweeper_.due(timed_.with_table([](auto& map) { return map.empty(); })) : sweeper::never;
  }

 private:
  key_portion const& keys_;
  std::shared_ptr<void> owner_;
  maps_of<map_entry<V>> plain_;
  maps_of<timed_map_entry<V>> timed_;
  sweeper sweeper_{std::chrono::hours(1)};
};

}  // namespace flow::detail
