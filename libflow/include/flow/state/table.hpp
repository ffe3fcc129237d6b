#pragma once
// The memory backend's table: key to value in segments found by the leading bits of the key's hash.
//
// Extendible hashing (Fagin et al., 1979) over segments of at most 1,024 entries or 64 KiB: growth doubles a small segment
// or splits a full one in two, so that no insertion moves more than one segment's entries. Since key groups are
// leading bits of the hash, a group is a contiguous run of segments, and a cursor by hash survives growth.
//
// Every entry knows in which epoch it was last changed, as a bit in one of two bitmaps whose roles swap at each epoch:
// `begin_epoch` is O(1), and what changed in the epoch before can be written afterwards, segment by segment (`visit`), while
// the table goes on changing: an observer is told of an entry before its first change in the new epoch.
//
// Where an entry store stands behind the table (`keep_behind`), entries that have not been used lately are there and not in memory, and are
// brought back when their key is looked up; all else is the same (spilled.hpp, doc/decisions/024).
//
// Not thread-safe: it belongs to one task. References to values stay valid until the next insertion or removal and, with
// an entry store, until another key is looked up.

#include <cassert>
#include <limits>
#include <memory>
#include <type_traits>
#include <vector>

#include <flow/record/key.hpp>
#include <flow/state/arena.hpp>
#include <flow/state/segment.hpp>
#include <flow/state/table_observer.hpp>
#include <flow/state/table_place.hpp>

namespace flow {

template <key_type K, class V>
class spilled_entries;
class working_set;

template <key_type K, class V>
class table final : public watched_table {
 public:
  using entry = segment_entry<K, V>;
  using observer = table_observer<K, V>;

  /// Memory comes from `chunks`, which outlives the table, once the table is large; null: from the operating system.
  explicit table(chunk_pool* chunks = nullptr) : memory_(chunks), directory_(2, make_segment(smallest_log2, 0)) {}
  ~table() {
    if constexpr (!std::is_trivially_destructible_v<entry>) for_each_segment([](segment_type s) { s.destroy(); });
  }
  table(table const&) = delete;
  table& operator=(table const&) = delete;

  /// From now on what has not been used leaves memory when `set` has to make room; the table is empty. `set` outlives it.
  void keep_behind(working_set& set) { spilled_ = std::make_unique<spilled_entries<K, V>>(*this, set, spilled_entries<K, V>::whole()); }
  bool spills() const { return spilled_ != nullptr; }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::size_t memory() const { return memory_.held() + directory_.capacity() * sizeof(segment_type); }

  /// Loads what `find_or_insert(key, hash)` will most likely touch. Always inline: GCC takes a function that only
  /// prefetches for one without effects and drops the calls.
  [[gnu::always_inline]] void prefetch(std::uint64_t hash) const {
    prefetch_memory(hash);
    if (spilled_) [[unlikely]] spilled_->announce(hash);
  }
  [[gnu::always_inline]] void prefetch_memory(std::uint64_t hash) const {
    segment_type const s = directory_[index_of(hash)];
    std::uint32_t const slot = hash & (s.capacity() - 1);
    __builtin_prefetch(&s.group_of(slot), 1);
    __builtin_prefetch(&s.entries()[slot], 1);
    if constexpr (64 % sizeof(entry) != 0) __builtin_prefetch(reinterpret_cast<std::byte const*>(&s.entries()[slot + 1]) - 1, 1);
  }

  /// The value of a key, made by `V{}` where there was none; marks it as changed in this epoch. Expected O(1).
  [[gnu::always_inline]] V& find_or_insert(K const& key, std::uint64_t hash) {
    segment_type const s = directory_[index_of(hash)];
    std::uint64_t const home = s.home_slot(hash);
    segment_group& group = s.group_at(home);
    if (std::uint32_t const bits = group.matching(control_of(hash)); bits != 0) [[likely]] {
      entry& e = s.entries()[home + static_cast<std::uint32_t>(std::countr_zero(bits))];
      if (e.key == key) [[likely]] {
        mark(group, lowest_bit(bits), e);
        return e.value;
      }
    }
    return find_further(s, key, hash);
  }

  /// The value of a key, or null; does not mark it as changed.
  V const* find(K const& key, std::uint64_t hash) const {
    segment_type const s = directory_[index_of(hash)];
    std::uint32_t const slot = s.slot_of(key, hash);
    if (slot != segment_type::none) [[likely]] return &s.entries()[slot].value;
    return bring(hash) ? find(key, hash) : nullptr;
  }

  /// Where the value of a key lies, to be read or to be marked and changed.
  [[gnu::always_inline]] table_place<V> locate(K const& key, std::uint64_t hash) {
    segment_type const s = directory_[index_of(hash)];
    auto const found = locate_at_home(s, key, hash, epoch_ & 1);
    return found.value ? found : locate_further(s, key, hash);
  }
  /// The same of `n` keys: calls `found(i, place)` for each i below n with the key `key(i)`.
  template <class Key, class F>
  void locate_all(std::uint32_t n, std::uint64_t const* hashes, Key key, F found) {
    if (spilled_) spilled_->bring_all({hashes, n});  // so that none of them moves another
    segment_type const* const directory = directory_.data();
    auto const shift = shift_;
    auto const parity = epoch_ & 1;
    for (std::uint32_t i = 0; i < n; ++i) {
      segment_type const s = directory[hashes[i] >> shift];
      if (auto const place = locate_at_home(s, key(i), hashes[i], parity); place.value) [[likely]] found(i, place);
      else found(i, locate_further(s, key(i), hashes[i]));
    }
  }

  /// Removes a key; whether it was there. Later entries of its run move up, so that no tombstones remain.
  bool erase(K const& key, std::uint64_t hash) {
    segment_type const s = directory_[index_of(hash)];
    std::uint32_t const slot = s.slot_of(key, hash);
    if (slot == segment_type::none) return bring(hash) && erase(key, hash);
    remove(s, slot);
    return true;
  }
  /// The value of a key that is there, to change what of it is derived and in no snapshot: it does not count as changed.
  V& derived(K const& key, std::uint64_t hash) {
    segment_type const s = directory_[index_of(hash)];
    std::uint32_t const slot = s.slot_of(key, hash);
    if (slot == segment_type::none) [[unlikely]] {
      [[maybe_unused]] bool const brought = bring(hash);
      assert(brought);
      return derived(key, hash);
    }
    s.group_of(slot).same &= static_cast<std::uint16_t>(~segment_type::bit_of(slot));
    return s.entries()[slot].value;
  }

  /// A step of a walk that removes entries and gives memory back: removes those of the segment at hash `at` of which
  /// `gone(key, place)` says so, at most `removals`, which is counted down. Then a segment that has become nearly empty is
  /// made smaller or joined with its neighbour, and `at` moves on to the next one, 0 after the last. False: `removals`
  /// ran out before. O(capacity of the segment). Of entries that are not in memory `gone` is asked where `may_be_gone(key, value)`.
  template <class F, class G = never_gone>
  bool sweep(std::uint64_t& at, std::uint32_t& removals, F gone, G may_be_gone = {}) {
    std::uint64_t end = end_of_segment(at);
    if constexpr (!std::is_same_v<G, never_gone>)
      if (spilled_) end = spilled_->bring_where(at, end, may_be_gone);
    segment_type const s = directory_[index_of(at)];
    for (std::uint32_t g = 0; g < s.groups(); ++g)
      for (std::uint32_t bits = s.group(g).used(); bits != 0;) {
        auto const place = static_cast<std::uint32_t>(std::countr_zero(bits));
        std::uint32_t const slot = g * segment_group::slots + place;
        entry& e = s.entries()[slot];
        if (removals == 0) return false;
        if (gone(std::as_const(e.key), place_of(s, slot))) {
          remove(s, slot);
          --removals;
          if (s.group(g).used() >> place & 1) continue;  // another has moved there
        }
        bits &= bits - 1;
      }
    tidy(s, at);
    at = end + 1;
    return true;
  }

  /// Removes everything, keeps the memory.
  void clear() {
    if (spilled_) spilled_->clear(observer_ != nullptr);
    for_each_segment([this](segment_type s) {
      if (observer_) s.for_each([&](std::uint32_t slot, entry&) { tell_of_removal(s, slot); });
      s.clear();
    });
    size_ = 0;
  }

  /// Calls `f(key, value)` for every entry, in the order of segments.
  template <class F>
  void for_each(F f) const {
    for_each_segment([&](segment_type s) { s.for_each([&](std::uint32_t, entry& e) { f(std::as_const(e.key), std::as_const(e.value)); }); });
    if (spilled_) spilled_->for_each(f);
  }

  /// The last hash of the segment that holds `hash`: its entries are those with hashes from the end of the one before.
  /// Growth divides segments and leaves their ends what they are; a sweep may join two, where an end was.
  /// With an entry store, about where as many entries have come as a segment has.
  std::uint64_t segment_end(std::uint64_t hash) const {
    std::uint64_t const end = end_of_segment(hash);
    return spilled_ ? std::min(end, spilled_->end_of_portion(hash)) : end;
  }
  /// Calls `f(entry const&)` for the entries with hashes within [first, last], which are mostly where segments begin and end. Entries that
  /// are not in memory are copies, which are there until the next call.
  template <class F>
  void for_each_between(std::uint64_t first, std::uint64_t last, F f) const {
    for (std::uint64_t at = first;;) {
      segment_type const s = directory_[index_of(at)];
      std::uint64_t const end = end_of_segment(at);
      bool const whole = begin_of(s, at) >= at && end <= last;
      s.for_each([&](std::uint32_t, entry& e) {
        if (whole || (hash_of(e.key) >= at && hash_of(e.key) <= last)) f(std::as_const(e));
      });
      if (end >= last) break;
      at = end + 1;
    }
    if (spilled_) spilled_->for_each_between(first, last, f);
  }

  /// Starts a new epoch: changes from now on are told apart from those before. O(1); what changed in the epoch before
  /// the last must have been visited.
  /// `folds`: what changed since the epoch before the last is to be written once more.
  void begin_epoch(bool folds = false) {
    ++epoch_;
    if (spilled_) spilled_->begin_epoch(folds);
  }
  std::uint64_t epoch() const { return epoch_; }
  /// Whom to tell of removals from now on, and who visits; null: nobody. It outlives its use.
  void observe(observer* o) { observer_ = o; }
  /// Whether the observer is told of first changes as well: from the beginning of an epoch until all has been visited.
  void watch(bool on) { watched_ = on && observer_; }

  /// Some entries of a group as a visit sees them; `which` has their bits.
  struct visited {
    segment_group& group;
    std::uint32_t which;
    entry const* entries;
    std::uint64_t epoch;
    std::uint16_t& before() const { return group.changed[(epoch & 1) ^ 1]; }
    std::uint16_t now() const { return group.changed[epoch & 1]; }
  };
  /// A step of a walk over the entries in the order of segments: calls `f(visited, first, last)` for the groups of the segment at
  /// hash `at` that have entries; their hashes are within [first, last]. `at` moves on to the next segment, 0 after the
  /// last. Gives the number of slots looked at. Entries with hashes below `at` are left out: they have been visited.
  /// At most up to `last`. Entries that are not in memory are not among them.
  template <class F>
  std::size_t visit(std::uint64_t& at, F f, std::uint64_t last = all_ones) {
    segment_type const s = directory_[index_of(at)];
    std::uint64_t const end = std::min(end_of_segment(at), last), first = at;
    bool const whole = begin_of(s, at) >= at && end == end_of_segment(at);
    for (std::uint32_t g = 0; g < s.groups(); ++g) {
      entry const* const entries = &s.entries()[g * segment_group::slots];
      std::uint32_t used = s.group(g).used();
      if (!whole)
        for (std::uint32_t bits = used; bits != 0; bits &= bits - 1) {
          auto const place = std::countr_zero(bits);
          if (std::uint64_t const hash = hash_of(entries[place].key); hash < first || hash > end) used &= ~(1u << place);
        }
      if (used == 0) continue;
      visited const v{s.group(g), used, entries, epoch_};
      if (spilled_) v.group.same &= static_cast<std::uint16_t>(~(v.before() & used));  // that they have changed will be forgotten
      f(v, first, end);
    }
    at = end + 1;
    if (spilled_) spilled_->passed(at);
    return s.capacity();
  }
  /// The same for entries that are not in memory and that a snapshot has to write: calls `f(entry const&)` for those with hashes in
  /// [first, last], `all` or those that have changed, and gives how far it came.
  template <class F>
  std::uint64_t visit_spilled(std::uint64_t first, std::uint64_t last, bool all, F f) { return spilled_->visit(first, last, all, f); }
  /// The value of a key as a snapshot has it: made where there was none, and unchanged.
  V& restore(K const& key, std::uint64_t hash) {
    segment_type s = directory_[index_of(hash)];
    std::uint32_t slot = s.slot_of(key, hash);
    if (slot == segment_type::none) {
      if (bring(hash)) return restore(key, hash);
      slot = add(s, key, hash);
    }
    segment_group& group = s.group_of(slot);
    group.same &= static_cast<std::uint16_t>(~segment_type::bit_of(slot));
    group.changed[epoch_ & 1] &= static_cast<std::uint16_t>(~segment_type::bit_of(slot));
    group.stored |= segment_type::bit_of(slot);
    return s.entries()[slot].value;
  }
  /// Makes room for about `count` keys with hashes within [first, last], spread evenly, where there are none yet.
  void reserve(std::uint64_t first, std::uint64_t last, std::uint64_t count) {
    if (spilled_) return;
    double const in_all = static_cast<double>(count) / (static_cast<double>(last - first) + 1) * 0x1p64;
    for (std::uint64_t at = first;;) {
      segment_type const s = directory_[index_of(at)];
      double const here = in_all / static_cast<double>(std::uint64_t{1} << s.depth());
      if (s.size() == 0 && here > s.capacity() * 5 / 8.0) {
        if (s.log2() < largest_log2) move_all(s, at, make_segment(s.log2() + 1, s.depth())); else split(s, at);
        continue;
      }
      if (end_of_segment(at) >= last) return;
      at = end_of_segment(at) + 1;
    }
  }

 private:
  friend class spilled_entries<K, V>;
  using segment_type = segment<K, V>;
  static constexpr std::uint64_t all_ones = std::numeric_limits<std::uint64_t>::max();
  static constexpr std::uint32_t smallest_log2 = 4;
  /// Segments hold at most 1,024 entries and 64 KiB, but at least 16 entries.
  static constexpr std::uint32_t largest_log2 = std::clamp<std::uint32_t>(
      static_cast<std::uint32_t>(std::bit_width(65536 / sizeof(entry))) - (sizeof(entry) > 65536 ? 0u : 1u), smallest_log2, 10);

  std::uint64_t end_of_segment(std::uint64_t hash) const {
    std::uint32_t const depth = directory_[index_of(hash)].depth();
    return depth == 0 ? all_ones : hash | (all_ones >> depth);
  }
  /// Whether entries with this hash have been brought to memory just now.
  bool bring(std::uint64_t hash) const { return spilled_ && spilled_->bring(hash); }
  void remove(segment_type s, std::uint32_t slot) {
    tell_of_removal(s, slot);
    if (spilled_) spilled_->removing(s, slot);
    s.erase(slot);
    --size_;
  }
  std::size_t index_of(std::uint64_t hash) const { return hash >> shift_; }
  std::uint32_t directory_depth() const { return 64 - shift_; }

  segment_type make_segment(std::uint32_t log2, std::uint32_t depth) {
    in_segments_ += segment_type::bytes(log2);
    return segment_type::make(memory_.allocate(segment_type::bytes(log2)), log2, depth, next_limit(1u << log2));
  }
  /// Between 5/8 and 3/4 of the capacity, another for each segment: keys that come uniformly would otherwise fill all
  /// segments at about the same time, and every batch would have to split many.
  std::uint32_t next_limit(std::uint32_t capacity) {
    limits_ += 0x9E3779B9;  // the golden ratio's multiples: evenly spread however many there are
    return capacity * 5 / 8 + static_cast<std::uint32_t>(std::uint64_t{capacity / 8 + 1} * limits_ >> 32);
  }
  void free_segment(segment_type s) {
    std::size_t const bytes = segment_type::bytes(s.log2());
    in_segments_ -= bytes;
    memory_.release(s.destroy(), bytes);
  }
  template <class F>
  void for_each_segment(F f) const {
    for (std::size_t i = 0; i < directory_.size();) {
      segment_type const s = directory_[i];
      i += std::size_t{1} << (directory_depth() - s.depth());
      f(s);
    }
  }

  /// Looks only at the first entry that may be it; by far most often it is.
  [[gnu::always_inline]] table_place<V> locate_at_home(segment_type s, K const& key, std::uint64_t hash, std::size_t parity) {
    std::uint64_t const home = s.home_slot(hash);
    segment_group& group = s.group_at(home);
    if (std::uint32_t const bits = group.matching(control_of(hash)); bits != 0) [[likely]] {
      entry& e = s.entries()[home + static_cast<std::uint32_t>(std::countr_zero(bits))];
      if (e.key == key) [[likely]] return {&e.value, &group.changed[parity], bits & -bits, this};
    }
    return {};
  }
  [[gnu::noinline]] table_place<V> locate_further(segment_type s, K const& key, std::uint64_t hash) {
    std::uint32_t const slot = s.slot_of(key, hash);
    if (slot == segment_type::none) return bring(hash) ? locate_further(directory_[index_of(hash)], key, hash) : table_place<V>{};
    return place_of(s, slot);
  }
  table_place<V> place_of(segment_type s, std::uint32_t slot) {
    return {&s.entries()[slot].value, &s.group_of(slot).changed[epoch_ & 1], segment_type::bit_of(slot), this};
  }
  /// Mostly set already: a branch is cheaper than a store to a word that is shared.
  [[gnu::always_inline]] void mark(segment_group& group, std::uint16_t bit, entry& e) {
    std::uint16_t& bits = group.changed[epoch_ & 1];
    if (bits & bit) return;
    if (watched_) [[unlikely]] tell_of_change(e, group, bit);
    bits |= bit;
  }
  static std::uint16_t lowest_bit(std::uint32_t bits) { return static_cast<std::uint16_t>(bits & -bits); }
  static entry_history history(segment_group const& group, std::uint16_t bit, std::uint64_t epoch) {
    return {(group.changed[(epoch & 1) ^ 1] & bit) != 0, (group.written & bit) != 0, (group.stored & bit) != 0, (group.changed[epoch & 1] & bit) != 0};
  }
  void first_change(void* value, std::uint16_t* changed, std::uint32_t bit) override {
    auto& e = *reinterpret_cast<entry*>(static_cast<std::byte*>(value) - offsetof_value());
    auto& group = *reinterpret_cast<segment_group*>(reinterpret_cast<std::byte*>(changed - (epoch_ & 1)) - offsetof(segment_group, changed));
    tell_of_change(e, group, static_cast<std::uint16_t>(bit));
  }
  [[gnu::noinline]] void tell_of_change(entry& e, segment_group& group, std::uint16_t bit) {
    if (observer_->changing(e, history(group, bit, epoch_))) group.stored |= bit;
  }
  static std::size_t offsetof_value() {
    alignas(entry) static std::byte const place[sizeof(entry)]{};
    auto const* const e = reinterpret_cast<entry const*>(place);
    return static_cast<std::size_t>(reinterpret_cast<std::byte const*>(std::addressof(e->value)) - place);
  }
  void tell_of_removal(segment_type s, std::uint32_t slot) {
    if (observer_) observer_->removing(s.entries()[slot], history(s.group_of(slot), segment_type::bit_of(slot), epoch_));
  }
  [[gnu::noinline]] V& find_further(segment_type s, K const& key, std::uint64_t hash) {
    std::uint32_t const slot = s.slot_of(key, hash);
    if (slot == segment_type::none) return bring(hash) ? find_further(directory_[index_of(hash)], key, hash) : insert(key, hash);
    mark(s.group_of(slot), segment_type::bit_of(slot), s.entries()[slot]);
    return s.entries()[slot].value;
  }

  V& insert(K const& key, std::uint64_t hash) {
    segment_type s = directory_[index_of(hash)];
    std::uint32_t const slot = add(s, key, hash);
    s.group_of(slot).changed[epoch_ & 1] |= segment_type::bit_of(slot);
    return s.entries()[slot].value;
  }
  /// Adds a key that is not there; `s` is then where it is, and the result its slot.
  std::uint32_t add(segment_type& s, K const& key, std::uint64_t hash) {
    while (s.full()) [[unlikely]] {
      grow(s, hash);
      s = directory_[index_of(hash)];
    }
    std::uint32_t const slot = s.take_slot(hash);
    ::new (static_cast<void*>(&s.entries()[slot])) entry{key, V{}};
    ++s.size();
    ++size_;
    return slot;
  }

  /// Makes room where `hash` belongs: doubles a small segment, splits a large one. Where splitting would make the
  /// directory much larger than the data (hashes that agree in many leading bits), the segment grows beyond its size.
  void grow(segment_type s, std::uint64_t hash) {
    bool const small = s.log2() < largest_log2;
    bool const crowded = s.depth() >= static_cast<std::uint32_t>(std::bit_width(size_ / (std::size_t{1} << largest_log2))) + 12;
    if (small || crowded) move_all(s, hash, make_segment(s.log2() + 1, s.depth())); else split(s, hash);
  }
  void split(segment_type s, std::uint64_t hash) {
    segment_type const low = make_segment(s.log2(), s.depth() + 1);
    segment_type const high = make_segment(s.log2(), s.depth() + 1);
    std::uint32_t const bit = 63 - s.depth();
    s.move_entries([&](std::uint64_t h) { return h >> bit & 1 ? high : low; });
    if (s.depth() == directory_depth()) double_directory();
    replace(s, hash, low, high);
    free_segment(s);
  }
  /// Moves the entries of the segment at `hash` to one that takes its place.
  void move_all(segment_type s, std::uint64_t hash, segment_type to) {
    s.move_entries([&](std::uint64_t) { return to; });
    replace(s, hash, to, to);
    free_segment(s);
  }
  static std::uint64_t begin_of(segment_type s, std::uint64_t hash) { return s.depth() == 0 ? 0 : hash & ~(all_ones >> s.depth()); }

  /// Gives back memory of a segment that has hardly any entries left. Far from the limit of growth, so that none of it is
  /// soon undone; from below each level of segments that are joined, as a walk in the order of hashes comes by.
  /// `soon`: memory is wanted back; that some of it may be undone is accepted.
  void tidy(segment_type s, std::uint64_t hash, bool soon = false) {
    if (s.log2() > smallest_log2 && s.size() < s.capacity() / (soon ? 4 : 8)) {
      segment_type const smaller = make_segment(std::max(smallest_log2, static_cast<std::uint32_t>(std::bit_width((soon ? 2 : 4) * s.size()))), s.depth());
      move_all(s, hash, smaller);
      s = smaller;
    }
    while (s.depth() > 0 && hash >> (64 - s.depth()) & 1) {
      std::uint64_t const below = begin_of(s, hash) - 1;
      segment_type const low = directory_[index_of(below)];
      if (low.depth() != s.depth() || low.size() + s.size() > std::max(low.capacity(), s.capacity()) / (soon ? 2 : 4)) return;
      segment_type const joined = make_segment(std::max(low.log2(), s.log2()), s.depth() - 1);
      move_all(low, below, joined);
      move_all(s, hash, joined);
      s = joined;
    }
  }
  void replace(segment_type s, std::uint64_t hash, segment_type low, segment_type high) {
    std::size_t const span = std::size_t{1} << (directory_depth() - s.depth());
    std::size_t const first = index_of(hash) & ~(span - 1);
    for (std::size_t i = 0; i < span; ++i) directory_[first + i] = i < (span + 1) / 2 ? low : high;
  }
  void double_directory() {
    std::vector<segment_type> larger;
    larger.reserve(directory_.size() * 2);
    for (segment_type const d : directory_) {
      larger.push_back(d);
      larger.push_back(d);
    }
    directory_.swap(larger);
    --shift_;
  }

  arena memory_;
  std::size_t in_segments_ = 0;  // bytes
  std::uint32_t limits_ = 0;
  std::uint32_t shift_ = 63;  // by which a hash is its place in the directory
  std::vector<segment_type> directory_;
  std::size_t size_ = 0;
  std::uint64_t epoch_ = 0;
  observer* observer_ = nullptr;
  std::unique_ptr<spilled_entries<K, V>> spilled_;
};

}  // namespace flow

#include <flow/state/spilled.hpp>
