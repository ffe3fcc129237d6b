#pragma once
// Values of a key that follow one another in time: from its time on each is valid, until that of the next.
//
// A version is an entry of the declared table, with the key (key, time). Beside it an index has the times of each key in order;
// it is made from the table. There is one version per key and time: another of the same time takes its place.

#include <algorithm>
#include <optional>
#include <vector>

#include <cereal/types/optional.hpp>
#include <cereal/types/vector.hpp>

#include <flow/state/keyed_rows.hpp>
#include <flow/time.hpp>

namespace flow {

template <class V>
struct valid_from {
  std::optional<V> value;  // none: from here on there is no value
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(value)); }
};

template <key_type K, class V>
class versions {
 public:
  using table_type = keyed_table<row_key<K>, valid_from<V>>;

  /// Takes up what is in the table.
  void attach(table_type& state) {
    values_ = &state.all();
    if (state.where().spills() && !index_.spills()) index_.keep_behind(*state.where().set);
    std::vector<row_key<K>> all;
    values_->for_each([&](row_key<K> const& k, auto const&) { all.push_back(k); });
    std::sort(all.begin(), all.end(), [](auto const& a, auto const& b) { return a.bucket < b.bucket; });
    index_.clear();
    for (auto const& k : all) index_.find_or_insert(k.key, hash_of(k.key)).all.push_back(timestamp{duration{k.bucket}});
  }
  std::size_t size() const { return values_->size(); }
  /// Keys that have versions.
  std::size_t keys() const { return index_.size(); }

  [[gnu::always_inline]] void prefetch(std::uint64_t key_hash, timestamp t) const {
    if (values_->size() > worth_prefetching) values_->prefetch(hash_at(key_hash, t));
  }
  /// O(1) for the newest, O(versions of the key) at worst.
  void put(K const& key, std::uint64_t key_hash, timestamp from, std::optional<V> value) {
    std::size_t const before = values_->size();
    values_->find_or_insert(wanted(key, from), hash_at(key_hash, from)).value = std::move(value);
    if (values_->size() != before) insert(index_.find_or_insert(key, key_hash), from);
  }
  /// What is valid at a time, or null. O(log versions of the key).
  V const* at(K const& key, std::uint64_t key_hash, timestamp t) {
    times const* const list = index_.find(key, key_hash);
    if (!list) return nullptr;
    auto const after = std::upper_bound(list->begin(), list->end(), t);
    if (after == list->begin()) return nullptr;
    auto const* const v = values_->find(wanted(key, *(after - 1)), hash_at(key_hash, *(after - 1)));
    return v && v->value ? &*v->value : nullptr;
  }
  /// Forgets what nobody asks for any more who asks for times from `t` on only. Amortised O(1) per version forgotten.
  void forget_before(K const& key, std::uint64_t key_hash, timestamp t) {
    if (!index_.find(key, key_hash)) return;
    times& list = index_.find_or_insert(key, key_hash);
    while (list.size() > 1 && *(list.begin() + 1) <= t) forget_first(list, key, key_hash);
    if (*list.begin() <= t && !values_->find(wanted(key, *list.begin()), hash_at(key_hash, *list.begin()))->value) forget_first(list, key, key_hash);
    if (list.size() == 0) index_.erase(key, key_hash);
  }

 private:
  static constexpr std::size_t worth_prefetching = 4096;
  /// The times of a key, in order; those before `first` are gone.
  struct times {
    std::vector<timestamp> all;
    std::size_t first = 0;
    auto begin() const { return all.begin() + static_cast<std::ptrdiff_t>(first); }
    auto end() const { return all.end(); }
    std::size_t size() const { return all.size() - first; }
    template <class Archive>
    void serialize(Archive& archive) { archive(all, first); }
  };
  static void insert(times& list, timestamp t) { list.all.insert(std::upper_bound(list.begin(), list.end(), t), t); }
  void forget_first(times& list, K const& key, std::uint64_t key_hash) {
    values_->erase(wanted(key, *list.begin()), hash_at(key_hash, *list.begin()));
    if (++list.first * 2 < list.all.size()) return;
    list.all.erase(list.all.begin(), list.begin());
    list.first = 0;
  }
  /// The key of a version, in a place of its own: assigning keeps the memory that strings have.
  row_key<K> const& wanted(K const& key, timestamp t) {
    wanted_.key = key;
    wanted_.bucket = t.time_since_epoch().count();
    return wanted_;
  }
  static std::uint64_t hash_at(std::uint64_t key_hash, timestamp t) { return row_key<K>::hash_with(key_hash, t.time_since_epoch().count(), 0); }

  table<row_key<K>, valid_from<V>>* values_ = nullptr;
  table<K, times> index_;
  row_key<K> wanted_;
};

}  // namespace flow
