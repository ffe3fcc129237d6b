#pragma once
// Timers of a keyed operator: at most one per key and time, given out in the order of (time, hash of the key).
//
// The declared state is a table with the key (key, time). The order beside it (timer_order.hpp) is made from the table and
// may hold timers that have been removed since, which are skipped: it is rebuilt when it is more than twice as large.

#include <optional>

#include <flow/state/keyed_table.hpp>
#include <flow/state/timer_order.hpp>

namespace flow {

/// The key of a timer in its table. The leading half of the hash is the key's, so that a timer is in its key's group.
template <key_type K>
struct timer_key {
  K key{};
  timestamp at{};

  bool operator==(timer_key const&) const = default;
  std::uint64_t hash() const { return hash_with(hash_of(key), at); }
  static std::uint64_t hash_with(std::uint64_t key_hash, timestamp at) {
    std::uint64_t const mixed = mix_hash(key_hash ^ mix_hash(static_cast<std::uint64_t>(at.time_since_epoch().count())));
    return (key_hash >> 32 << 32) | (mixed >> 32);
  }

  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(key), CEREAL_NVP(at)); }
};

/// That a timer is set is all there is to say of it.
struct timer_is_set {
  template <class Archive>
  void serialize(Archive&) {}
};

template <key_type K>
class timer_queue {
 public:
  using timer = flow::timer<K>;

  void attach(keyed_table<timer_key<K>, timer_is_set>& state) {
    set_ = &state.all();
    rebuild();
  }
  std::size_t size() const { return set_->size(); }
  /// Entries of the order, those to be skipped included: at most 2 * size() + 1024.
  std::size_t ordered() const { return order_.size(); }

  /// Sets a timer; one that is set already stays as it is. Expected O(1), but for times that have been given out.
  void set(K const& key, std::uint64_t key_hash, timestamp at) {
    std::size_t const before = set_->size();
    set_->find_or_insert({key, at}, timer_key<K>::hash_with(key_hash, at));
    if (set_->size() == before) return;
    if (order_.size() >= 2 * set_->size() + slack) return rebuild();
    order_.push({at, key_hash, key});
  }
  /// Removes a timer, if it is set. Expected O(1).
  void remove(K const& key, std::uint64_t key_hash, timestamp at) {
    if (!set_->erase({key, at}, timer_key<K>::hash_with(key_hash, at))) return;
    if (order_.size() > 2 * set_->size() + slack) rebuild();
  }
  /// No timer is set for a time before this; nothing when none is set.
  std::optional<timestamp> first() const { return order_.lowest(); }
  /// Takes out the first timer, if its time has come; whether there was one. Amortised O(1).
  bool take(timestamp until, timer& into) {
    while (timer* const first = order_.first(until, [this](timer const& t) { set_->prefetch(hash_in_set(t)); })) {
      into = std::move(*first);
      order_.pop();
      if (set_->erase({into.key, into.at}, hash_in_set(into))) return true;
    }
    return false;
  }

 private:
  static constexpr std::size_t slack = 1024;
  static std::uint64_t hash_in_set(timer const& t) { return timer_key<K>::hash_with(t.key_hash, t.at); }

  void rebuild() {
    order_.clear();
    set_->for_each([this](timer_key<K> const& t, timer_is_set const&) { order_.push({t.at, hash_of(t.key), t.key}); });
  }

  table<timer_key<K>, timer_is_set>* set_ = nullptr;
  timer_order<K> order_;
};

}  // namespace flow
