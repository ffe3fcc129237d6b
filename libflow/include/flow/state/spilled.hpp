#pragma once
// The part of a table that is not in memory: entries in a store, from where they are brought back when they are looked up.
//
// The unit is the hash: all entries with the same hash are in memory together, or in the store. An entry that is brought back leaves its
// copy there, so that taking it out of memory again writes only what has changed. Memory is right, the copy perhaps old: `copied` says
// that there is one, `same` that nothing changed before what the bits of the epochs tell. What is looked up but not in memory is
// read together with all that was announced with it (`table::prefetch`), in one call of the store.
//
// The epoch of its last change goes with an entry. As far as changes matter to the next snapshot (`since_`), the bits that the entry
// had follow from it when it comes back; the store's log says which hashes these are. So a snapshot sees entries in the store as it sees
// those in memory, and needs no copy of anything: only its own task changes the store, and not while it looks.
//
// Included by table.hpp.

#include <algorithm>
#include <array>
#include <deque>

#include <flow/state/table.hpp>
#include <flow/state/whole_value.hpp>
#include <flow/state/working_set.hpp>

namespace flow {

/// Some of the hashes that it was given, mostly the newest.
class few_hashes {
 public:
  bool has(std::uint64_t hash) const {
    auto const* const set = set_of(hash);
    return hash != 0 && std::find(set, set + ways, hash) != set + ways;
  }
  void add(std::uint64_t hash) {
    auto* const set = set_of(hash);
    std::copy_backward(set, set + ways - 1, set + ways);
    *set = hash;
  }
  void remove(std::uint64_t hash) { std::replace(set_of(hash), set_of(hash) + ways, hash, std::uint64_t{0}); }

 private:
  static constexpr std::size_t sets = 256, ways = 8;
  std::uint64_t* set_of(std::uint64_t hash) { return &all_[hash % sets * ways]; }
  std::uint64_t const* set_of(std::uint64_t hash) const { return &all_[hash % sets * ways]; }
  std::array<std::uint64_t, sets * ways> all_{};
};

template <key_type K, class V>
class spilled_entries final : private evictable {
  using table_type = table<K, V>;
  using segment_type = segment<K, V>;
  using entry = segment_entry<K, V>;

 public:
  /// How entries become bytes: told by whoever makes this, so that tables of what cannot be stored are possible.
  struct codec {
    void (*save)(encoder&, entry const&);
    void (*load_key)(decoder&, K&);
    void (*load_value)(decoder&, V&);
    std::size_t (*heap)(entry const&);  // bytes that it holds there
  };
  static codec whole() {
    return {[](encoder& out, entry const& e) {
              out(e.key);
              save_whole(out, e.value);
            },
            [](decoder& in, K& key) { in(key); }, [](decoder& in, V& value) { load_whole(in, value); },
            [](entry const& e) { return heap_of(e.key) + heap_of(e.value); }};
  }
  spilled_entries(table_type& of, working_set& set, codec how) : of_(of), set_(set), codec_(how), store_(set.backend()->open()) { set_.add(*this); }
  ~spilled_entries() { set_.remove(*this); }
  spilled_entries(spilled_entries const&) = delete;
  spilled_entries& operator=(spilled_entries const&) = delete;

  /// How many entries are in the store and not in memory.
  std::size_t size() const { return count_; }

  /// A key with this hash will be looked up soon.
  void announce(std::uint64_t hash) {
    if (announced_count_ == announced_.size()) note_use();
    announced_[announced_count_++] = hash;
  }
  /// Brings what lies under a hash to memory, and with it all that has been announced; false: there is nothing, or it is there already.
  bool bring(std::uint64_t hash) {
    if (count_ == 0 || absent_.has(hash) || holds(hash)) return false;
    wanted_.assign(1, hash);
    fetch();
    return holds(hash);
  }
  /// The same of several.
  void bring_all(std::span<std::uint64_t const> hashes) {
    if (count_ == 0) return;
    wanted_.clear();
    for (std::uint64_t const h : hashes)
      if (!holds(h, true) && !absent_.has(h)) wanted_.push_back(h);
    if (!wanted_.empty()) fetch();
  }
  /// Of the entries with hashes in [first, last], brings those of which `f(key, value)` says so. Gives how far it came.
  template <class F>
  std::uint64_t bring_where(std::uint64_t first, std::uint64_t last, F f) {
    last = scan(first, last);
    for (std::size_t i = 0; i < found_.size(); ++i) {
      bool wanted = false;
      each(i, [&](std::uint64_t, K const& key, V const& value) { wanted |= f(key, value); });
      if (wanted && !holds(found_.hashes[i])) load(found_.hashes[i], found_.at(i));
    }
    return last;
  }
  /// An entry is about to be removed.
  void removing(segment_type s, std::uint32_t slot) {
    if (!(s.group_of(slot).copied & segment_type::bit_of(slot))) return;
    std::uint64_t const hash = hash_of(s.entries()[slot].key);
    store_->remove(hash);
    unsettled_ = true;
    each_slot(s, hash, [&](std::uint32_t other) { s.group_of(other).copied &= static_cast<std::uint16_t>(~segment_type::bit_of(other)); });
  }
  /// The table is about to be emptied; `told`: its observer is to be told of each entry.
  void clear(bool told) {
    for (std::uint64_t at = 0; told && count_ > 0;) at = bring_where(at, ~std::uint64_t{0}, [](auto const&, auto const&) { return true; }) + 1;
    of_.size_ -= count_;
    count_ = 0;
    store_->clear();
    unsettled_ = false;
    announced_count_ = 0;
  }

  /// Calls `f(key, value)` for all.
  template <class F>
  void for_each(F f) {
    each_between(0, ~std::uint64_t{0}, [&](K&& key, V&& value) { f(std::as_const(key), std::as_const(value)); });
  }
  /// Calls `f(entry const&)` for those with hashes in [first, last]; they are there until the next call.
  template <class F>
  void for_each_between(std::uint64_t first, std::uint64_t last, F f) {
    copies_.clear();
    each_between(first, last, [&](K&& key, V&& value) {
      copies_.push_back({std::move(key), std::move(value)});
      f(std::as_const(copies_.back()));
    });
  }
  /// The end of the part of all hashes that `hash` is in, where parts have a few hundred entries each.
  std::uint64_t end_of_portion(std::uint64_t hash) const {
    std::uint64_t const portions = count_ / 512;
    if (portions == 0) return ~std::uint64_t{0};
    std::uint64_t const width = ~std::uint64_t{0} / portions;
    std::uint64_t const begin = hash - hash % width;
    return begin > ~std::uint64_t{0} - width ? ~std::uint64_t{0} : begin + width - 1;
  }

  // Snapshots: see `table`.

  void begin_epoch(bool folds) {
    if (!folds) since_ = of_.epoch_ - 1;
    passed_ = 0;
    store_->forget_changes(since_);
    unsettled_ = true;
  }
  /// The snapshot has all entries with hashes below `at`.
  void passed(std::uint64_t at) { passed_ = at; }
  template <class F>
  std::uint64_t visit(std::uint64_t first, std::uint64_t last, bool all, F f) {
    last = all ? scan(first, last) : find_changed(first, last);
    for (std::size_t i = 0; i < found_.size(); ++i) {
      if (holds(found_.hashes[i])) continue;
      each(i, [&](std::uint64_t header, K&& key, V&& value) {
        std::uint64_t const changed = header >> 1;
        bool const now = changed == of_.epoch_ + 1;  // younger than the snapshot, or was written when it changed
        if (!now && (all || changed > since_)) f(entry{std::move(key), std::move(value)});
      });
    }
    return last;
  }

 private:
  static constexpr std::size_t most_in_a_step = 256;

  // ---- what is where

  /// Whether entries with this hash are in memory; `used`: they are about to be.
  bool holds(std::uint64_t hash, bool used = false) {
    bool found = false;
    segment_type const s = of_.directory_[of_.index_of(hash)];
    each_slot(s, hash, [&](std::uint32_t slot) {
      found = true;
      if (used) s.group_of(slot).used_lately |= segment_type::bit_of(slot);
    });
    return found;
  }
  template <class F>
  static void each_slot(segment_type s, std::uint64_t hash, F f) {
    std::uint32_t const last = s.groups() - 1;
    for (std::uint32_t g = s.home_of(hash), looked = 0; looked <= last; g = (g + 1) & last, ++looked) {
      for (std::uint32_t bits = s.group(g).matching(control_of(hash)); bits != 0; bits &= bits - 1) {
        std::uint32_t const slot = g * segment_group::slots + static_cast<std::uint32_t>(std::countr_zero(bits));
        if (hash_of(s.entries()[slot].key) == hash) f(slot);
      }
      if (s.group(g).unused() != 0) return;
    }
  }
  /// Reads what is wanted and what has been announced.
  void fetch() {
    for (std::size_t i = 0; i < announced_count_; ++i)
      if (!holds(announced_[i], true) && !absent_.has(announced_[i])) wanted_.push_back(announced_[i]);
    announced_count_ = 0;
    std::sort(wanted_.begin(), wanted_.end());
    wanted_.erase(std::unique(wanted_.begin(), wanted_.end()), wanted_.end());
    settle();
    found_.clear();
    store_->read(wanted_, found_);
    std::size_t next = 0;
    for (std::uint64_t const h : wanted_)
      if (next < found_.size() && found_.hashes[next] == h) load(h, found_.at(next++));
      else absent_.add(h);
  }
  void note_use() {
    for (std::size_t i = 0; i < announced_count_; ++i) holds(announced_[i], true);
    announced_count_ = 0;
  }
  void settle() {
    if (std::exchange(unsettled_, false)) store_->write();
  }

  // ---- entries as bytes: a header, with the epoch of the last change plus one or 0 and whether it is in a snapshot, the key, the value

  /// Calls `f(header, key, value)` for what lies under the i-th hash found.
  template <class F>
  void each(std::size_t i, F f) const {
    auto const data = found_.at(i);
    decoder in(data.data(), data.size());
    while (in.left() > 0) {
      std::uint64_t header = 0;
      entry e{};
      in(header);
      codec_.load_key(in, e.key);
      codec_.load_value(in, e.value);
      f(header, std::move(e.key), std::move(e.value));
    }
  }
  void load(std::uint64_t hash, std::span<std::byte const> data) {
    decoder in(data.data(), data.size());
    K key{};
    while (in.left() > 0) {
      std::uint64_t header = 0;
      in(header);
      codec_.load_key(in, key);
      segment_type s = of_.directory_[of_.index_of(hash)];
      std::uint32_t const slot = of_.add(s, key, hash);
      --of_.size_;  // it was among them before
      --count_;
      codec_.load_value(in, s.entries()[slot].value);
      tell_bits(s.group_of(slot), segment_type::bit_of(slot), hash, header);
    }
  }
  /// As if the entry had never been away.
  void tell_bits(segment_group& group, std::uint16_t bit, std::uint64_t hash, std::uint64_t header) const {
    group.copied |= bit;
    group.same |= bit;
    std::uint64_t const changed = header >> 1, now = of_.epoch_ + 1;
    if (header & 1 || (of_.observer_ && changed < now)) group.stored |= bit;
    if (!of_.observer_) return;
    if (changed <= since_) return;
    if (changed == now) group.changed[of_.epoch_ & 1] |= bit;
    else if (ahead(hash) && changed + 1 == now) group.changed[(of_.epoch_ & 1) ^ 1] |= bit;
    else group.written |= bit;
  }
  std::uint64_t header_of(segment_group const& group, std::uint16_t bit, std::uint64_t hash) const {
    std::uint64_t const now = of_.epoch_ + 1;
    std::uint64_t changed = 0;
    if (group.changed[of_.epoch_ & 1] & bit) changed = now;
    else if (group.changed[(of_.epoch_ & 1) ^ 1] & bit) changed = now - 1;
    else if (group.written & bit) changed = ahead(hash) ? now - 2 : now - 1;
    return changed << 1 | ((group.stored & bit) != 0);
  }
  /// Whether a snapshot has still to come by.
  bool ahead(std::uint64_t hash) const { return of_.watched_ && hash >= passed_; }

  // ---- out of memory

  std::size_t in_memory() override {
    if (asked_++ % 16 == 0) weigh(of_.directory_[of_.index_of(asked_ * 0x9E3779B97F4A7C15)]);
    return of_.in_segments_ + static_cast<std::size_t>(heap_per_entry_ * static_cast<double>(of_.size_ - count_));
  }
  bool evict() override {
    note_use();
    segment_type const s = of_.directory_[of_.index_of(hand_)];
    for (std::uint32_t g = 0; g < s.groups(); ++g)
      for (std::uint32_t bits = s.group(g).used(); bits != 0;) {
        auto const place = static_cast<std::uint32_t>(std::countr_zero(bits));
        std::uint16_t const bit = segment_type::bit_of(place);
        if (!(s.group(g).used() & bit)) {  // it went with another of the same hash
          bits &= bits - 1;
          continue;
        }
        if (s.group(g).used_lately & bit) {
          s.group(g).used_lately &= static_cast<std::uint16_t>(~bit);
        } else {
          evict(s, hash_of(s.entries()[g * segment_group::slots + place].key));
          if (s.group(g).used() >> place & 1) continue;  // another has moved there
        }
        bits &= bits - 1;
      }
    std::uint64_t const end = of_.end_of_segment(hand_);
    of_.tidy(s, hand_, true);
    hand_ = end + 1;
    return hand_ == 0;
  }
  void evict(segment_type s, std::uint64_t hash) {
    bool same = true;
    std::uint64_t changed = 0;
    each_slot(s, hash, [&](std::uint32_t slot) {
      segment_group const& group = s.group_of(slot);
      std::uint16_t const bit = segment_type::bit_of(slot);
      same &= (group.copied & group.same & ~group.changed[0] & ~group.changed[1] & bit) != 0;
    });
    if (!same) {
      written_.clear();
      each_slot(s, hash, [&](std::uint32_t slot) {
        std::uint64_t const header = header_of(s.group_of(slot), segment_type::bit_of(slot), hash);
        archive_(header);
        codec_.save(archive_, s.entries()[slot]);
        changed = std::max(changed, header >> 1);
      });
      store_->put(hash, written_);
      if (of_.observer_ && changed > since_) store_->note_change(changed - 1, hash);
      unsettled_ = true;
    }
    for (bool some = true; some;) {
      some = false;
      std::uint32_t found = 0;
      each_slot(s, hash, [&](std::uint32_t slot) {
        found = slot;
        some = true;
      });
      if (!some) break;
      s.erase(found);
      ++count_;
    }
    absent_.remove(hash);
  }
  void write() override { settle(); }
  /// Values may hold memory of their own.
  void weigh(segment_type s) {
    if constexpr (!std::is_trivially_copyable_v<K> || !std::is_trivially_copyable_v<V>) {
      std::size_t heap = 0, looked_at = 0;
      for (std::uint32_t g = 0; g < s.groups() && looked_at < 32; ++g)
        for (std::uint32_t bits = s.group(g).used(); bits != 0; bits &= bits - 1, ++looked_at)
          heap += codec_.heap(s.entries()[g * segment_group::slots + static_cast<std::uint32_t>(std::countr_zero(bits))]);
      if (looked_at == 0) return;
      double const each = static_cast<double>(heap) / static_cast<double>(looked_at);
      heap_per_entry_ += heap_per_entry_ == 0 ? each : (each - heap_per_entry_) / 8;
    }
  }

  // ---- walks over the store

  /// Finds some with hashes in [first, last], whether they are in memory or not; gives how far it came.
  std::uint64_t scan(std::uint64_t first, std::uint64_t last) {
    settle();
    found_.clear();
    if (count_ > 0) store_->scan(first, last, most_in_a_step, found_);
    return found_.size() == most_in_a_step ? found_.hashes.back() : last;
  }
  /// The same for those that the log has.
  std::uint64_t find_changed(std::uint64_t first, std::uint64_t last) {
    settle();
    wanted_.clear();
    for (std::uint64_t epoch = since_; count_ > 0 && epoch < of_.epoch_; ++epoch) {
      std::size_t const before = wanted_.size();
      store_->changes(epoch, first, last, most_in_a_step, wanted_);
      if (wanted_.size() - before == most_in_a_step) last = wanted_.back();
    }
    std::erase_if(wanted_, [&](std::uint64_t h) { return h > last || holds(h); });
    std::sort(wanted_.begin(), wanted_.end());
    wanted_.erase(std::unique(wanted_.begin(), wanted_.end()), wanted_.end());
    found_.clear();
    if (!wanted_.empty()) store_->read(wanted_, found_);
    return last;
  }
  template <class F>
  void each_between(std::uint64_t first, std::uint64_t last, F f) {
    for (std::uint64_t at = first; count_ > 0;) {
      std::uint64_t const end = scan(at, last);
      for (std::size_t i = 0; i < found_.size(); ++i)
        if (!holds(found_.hashes[i])) each(i, [&](std::uint64_t, K&& key, V&& value) { f(std::move(key), std::move(value)); });
      if (end == last) return;
      at = end + 1;
    }
  }

  table_type& of_;
  working_set& set_;
  codec codec_;
  std::unique_ptr<entry_store> store_;
  std::size_t count_ = 0;
  bool unsettled_ = false;     // the store has been given what it has not written
  std::uint64_t hand_ = 0;     // where `evict` goes on
  double heap_per_entry_ = 0;  // bytes
  std::uint64_t asked_ = 0;    // how often `in_memory` was

  std::uint64_t since_ = 0;    // entries that have changed in this epoch or later matter to the next snapshot
  std::uint64_t passed_ = 0;

  std::array<std::uint64_t, 256> announced_{};
  std::size_t announced_count_ = 0;
  few_hashes absent_;  // that were not found in the store
  std::vector<std::uint64_t> wanted_;
  stored_entries found_;
  bytes written_;
  encoder archive_{written_};
  std::deque<entry> copies_;
};

/// Calls `f(key, hash)` for all keys of a table, which may look entries up and change them. Between them room is made in memory.
template <class K, class V, class F>
void for_each_key(table<K, V>& of, working_set* set, F f) {
  std::vector<K> keys;
  for (std::uint64_t at = 0;;) {
    std::uint64_t const last = of.segment_end(at);
    keys.clear();
    of.for_each_between(at, last, [&](segment_entry<K, V> const& e) { keys.push_back(e.key); });
    for (auto const& key : keys) f(key, hash_of(key));
    if (set) set->make_room();
    if (last == ~std::uint64_t{0}) return;
    at = last + 1;
  }
}

}  // namespace flow
