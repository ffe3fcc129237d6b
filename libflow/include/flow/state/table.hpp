#pragma once
// The memory backend's table: key to value in segments found by the leading bits of the key's hash.
//
// Extendible hashing (Fagin et al., 1979) over segments of at most 1,024 entries or 64 KiB: growth doubles a small segment
// or splits a full one in two, so that no insertion moves more than one segment's entries. Since key groups are
// leading bits of the hash, a group is a contiguous run of segments, and a cursor by hash survives growth.
//
// Every entry knows in which epoch it was last changed, as a bit in one of two bitmaps whose roles swap at each epoch:
// `begin_epoch` is O(1), and what changed in the epoch before can be taken out afterwards, piece by piece.
//
// Not thread-safe: it belongs to one task. References to values stay valid until the next insertion or removal.

#include <cassert>
#include <limits>
#include <vector>

#include <flow/record/key.hpp>
#include <flow/state/arena.hpp>
#include <flow/state/segment.hpp>

namespace flow {

/// Where a value lies, and what says that it was changed. Valid until the table's `version` changes and, for marking,
/// until its epoch does.
template <class V>
struct table_place {
  V* value = nullptr;  // null: the key is not there
  std::uint16_t* changed = nullptr;
  std::uint16_t bit = 0;

  /// Mostly marked already: a branch is cheaper than a store to a word that is shared.
  void mark() const {
    if (!(*changed & bit)) *changed |= bit;
  }
};

template <key_type K, class V>
class table {
 public:
  using entry = segment_entry<K, V>;

  /// Memory comes from `chunks`, which outlives the table, once the table is large; null: from the operating system.
  explicit table(chunk_pool* chunks = nullptr) : memory_(chunks), directory_(1, make_segment(smallest_log2, 0)) {}
  ~table() {
    for_each_segment([this](segment_type s) { free_segment(s); });
  }
  table(table const&) = delete;
  table& operator=(table const&) = delete;

  std::size_t size() const { return size_; }
  /// The size, to be watched.
  std::size_t const& count() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::size_t memory() const { return memory_.held() + directory_.capacity() * sizeof(segment_type); }

  /// Loads what `find_or_insert(key, hash)` will most likely touch. Always inline: GCC takes a function that only
  /// prefetches for one without effects and drops the calls.
  [[gnu::always_inline]] void prefetch(std::uint64_t hash) const {
    segment_type const s = directory_[index_of(hash)];
    std::uint32_t const slot = hash & (s.capacity() - 1);
    __builtin_prefetch(&s.group_of(slot), 1);
    __builtin_prefetch(&s.entries()[slot], 1);
  }

  /// The value of a key, made by `V{}` where there was none; marks it as changed in this epoch. Expected O(1).
  [[gnu::always_inline]] V& find_or_insert(K const& key, std::uint64_t hash) {
    segment_type const s = directory_[index_of(hash)];
    std::uint32_t const home = home_of(s, hash);
    segment_group& group = s.group(home);
    if (std::uint32_t const bits = group.matching(control_of(hash)); bits != 0) [[likely]] {
      auto const place = static_cast<std::uint32_t>(std::countr_zero(bits));
      entry& e = s.entries()[home * segment_group::slots + place];
      if (e.key == key) [[likely]] {
        mark(group, place);
        return e.value;
      }
    }
    return find_further(s, key, hash);
  }

  /// The value of a key, or null; does not mark it as changed.
  V const* find(K const& key, std::uint64_t hash) const {
    segment_type const s = directory_[index_of(hash)];
    std::uint32_t const slot = slot_of(s, key, hash);
    return slot == none ? nullptr : &s.entries()[slot].value;
  }

  /// Where the value of a key lies, to be read or to be marked and changed.
  table_place<V> locate(K const& key, std::uint64_t hash) {
    segment_type const s = directory_[index_of(hash)];
    std::uint32_t const slot = slot_of(s, key, hash);
    if (slot == none) return {};
    return {&s.entries()[slot].value, &s.group_of(slot).changed[epoch_ & 1], bit_of(slot)};
  }
  /// Changes whenever an entry moves or is removed: as long as it stays, references to values are valid.
  std::uint64_t const& version() const { return version_; }

  /// Removes a key; whether it was there. Later entries of its run move up, so that no tombstones remain.
  bool erase(K const& key, std::uint64_t hash) {
    segment_type const s = directory_[index_of(hash)];
    std::uint32_t const slot = slot_of(s, key, hash);
    if (slot == none) return false;
    close_gap(s, slot);
    ++version_;
    --s.size();
    --size_;
    return true;
  }

  /// Removes everything, keeps the memory.
  void clear() {
    for_each_segment([](segment_type s) { s.clear(); });
    ++version_;
    size_ = 0;
  }

  /// Calls `f(key, value)` for every entry, in the order of segments.
  template <class F>
  void for_each(F f) const {
    for_each_segment([&](segment_type s) { s.for_each([&](std::uint32_t, entry& e) { f(std::as_const(e.key), std::as_const(e.value)); }); });
  }

  /// The last hash of the segment that holds `hash`: its entries are those with hashes from the end of the one before.
  std::uint64_t segment_end(std::uint64_t hash) const {
    std::uint32_t const depth = directory_[index_of(hash)].depth();
    return depth == 0 ? all_ones : hash | (all_ones >> depth);
  }
  /// Calls `f(entry const&)` for the entries of all segments that lie within [first, last]; both are ends of segments.
  template <class F>
  void for_each_between(std::uint64_t first, std::uint64_t last, F f) const {
    for (std::uint64_t at = first;;) {
      directory_[index_of(at)].for_each([&](std::uint32_t, entry& e) { f(std::as_const(e)); });
      std::uint64_t const end = segment_end(at);
      if (end >= last) return;
      at = end + 1;
    }
  }

  /// Starts a new epoch: changes from now on are told apart from those before. O(1); what changed in the epoch before
  /// the last must have been taken.
  void begin_epoch() { ++epoch_; }
  std::uint64_t epoch() const { return epoch_; }
  /// Calls `f(key, value)` for each entry that was changed in the epoch before this one and forgets that it was.
  template <class F>
  void take_changes(F f) {
    std::size_t const before = (epoch_ & 1) ^ 1;
    for_each_segment([&](segment_type s) {
      for (std::uint32_t g = 0; g < s.groups(); ++g) {
        segment_group& group = s.group(g);
        for (std::uint32_t bits = std::exchange(group.changed[before], 0) & group.used(); bits != 0; bits &= bits - 1) {
          entry const& e = s.entries()[g * segment_group::slots + static_cast<std::uint32_t>(std::countr_zero(bits))];
          f(e.key, e.value);
        }
      }
    });
  }

 private:
  using segment_type = segment<K, V>;
  static constexpr std::uint64_t all_ones = std::numeric_limits<std::uint64_t>::max();
  static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
  static constexpr std::uint32_t smallest_log2 = 4;
  /// Segments hold at most 1,024 entries and 64 KiB, but at least 16 entries.
  static constexpr std::uint32_t largest_log2 = std::clamp<std::uint32_t>(
      static_cast<std::uint32_t>(std::bit_width(65536 / sizeof(entry))) - (sizeof(entry) > 65536 ? 0u : 1u), smallest_log2, 10);

  std::size_t index_of(std::uint64_t hash) const { return (hash >> 1) >> (63 - depth_); }
  static std::uint32_t home_of(segment_type s, std::uint64_t hash) { return (hash & (s.capacity() - 1)) / segment_group::slots; }

  static std::uint32_t slot_of(segment_type s, K const& key, std::uint64_t hash) {
    std::uint32_t const last = s.groups() - 1;
    entry const* const entries = s.entries();
    for (std::uint32_t g = home_of(s, hash);; g = (g + 1) & last) {
      segment_group const& group = s.group(g);
      for (std::uint32_t bits = group.matching(control_of(hash)); bits != 0; bits &= bits - 1) {
        std::uint32_t const slot = g * segment_group::slots + static_cast<std::uint32_t>(std::countr_zero(bits));
        if (entries[slot].key == key) [[likely]] return slot;
      }
      if (group.unused() != 0) return none;
    }
  }

  segment_type make_segment(std::uint32_t log2, std::uint32_t depth) {
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
    memory_.release(s.destroy(), bytes);
  }
  template <class F>
  void for_each_segment(F f) const {
    for (std::size_t i = 0; i < directory_.size();) {
      segment_type const s = directory_[i];
      i += std::size_t{1} << (depth_ - s.depth());
      f(s);
    }
  }

  /// Mostly set already: a branch is cheaper than a store to a word that is shared.
  void mark(segment_group& group, std::uint32_t place) const {
    std::uint16_t& bits = group.changed[epoch_ & 1];
    if (!(bits >> place & 1)) bits |= bit_of(place);
  }
  [[gnu::noinline]] V& find_further(segment_type s, K const& key, std::uint64_t hash) {
    std::uint32_t const slot = slot_of(s, key, hash);
    if (slot == none) return insert(key, hash);
    mark(s.group_of(slot), slot % segment_group::slots);
    return s.entries()[slot].value;
  }

  V& insert(K const& key, std::uint64_t hash) {
    segment_type s = directory_[index_of(hash)];
    while (s.full()) {
      grow(s, hash);
      s = directory_[index_of(hash)];
    }
    std::uint32_t const slot = take_slot(s, hash);
    entry* const e = ::new (static_cast<void*>(&s.entries()[slot])) entry{key, V{}};
    s.group_of(slot).changed[epoch_ & 1] |= bit_of(slot);
    ++s.size();
    ++size_;
    return e->value;
  }
  static std::uint16_t bit_of(std::uint32_t slot) { return static_cast<std::uint16_t>(1u << (slot % segment_group::slots)); }
  /// Marks a slot for a hash as used: the one that `prefetch` expects, if it is free.
  static std::uint32_t take_slot(segment_type s, std::uint64_t hash) {
    std::uint32_t g = home_of(s, hash);
    while (s.group(g).unused() == 0) g = (g + 1) & (s.groups() - 1);
    std::uint32_t const wished = hash % segment_group::slots, unused = s.group(g).unused();
    std::uint32_t const place = (unused >> wished) & 1 ? wished : static_cast<std::uint32_t>(std::countr_zero(unused));
    s.group(g).control[place] = control_of(hash);
    return g * segment_group::slots + place;
  }

  /// Makes room where `hash` belongs: doubles a small segment, splits a large one. Where splitting would make the
  /// directory much larger than the data (hashes that agree in many leading bits), the segment grows beyond its size.
  void grow(segment_type s, std::uint64_t hash) {
    ++version_;
    bool const small = s.log2() < largest_log2;
    bool const crowded = s.depth() >= static_cast<std::uint32_t>(std::bit_width(size_ / (std::size_t{1} << largest_log2))) + 12;
    if (small || crowded) {
      segment_type const larger = make_segment(s.log2() + 1, s.depth());
      move_entries(s, larger, larger);
      replace(s, hash, larger, larger);
    } else {
      segment_type const low = make_segment(s.log2(), s.depth() + 1);
      segment_type const high = make_segment(s.log2(), s.depth() + 1);
      move_entries(s, low, high);
      if (s.depth() == depth_) double_directory();
      replace(s, hash, low, high);
    }
    free_segment(s);
  }
  static void move_entries(segment_type s, segment_type low, segment_type high) {
    std::uint32_t const shift = 63 - s.depth();
    s.for_each([&](std::uint32_t slot, entry& e) {
      std::uint64_t const h = hash_of(e.key);
      segment_type const to = (h >> shift) & 1 ? high : low;
      std::uint32_t const at = take_slot(to, h);
      ::new (static_cast<void*>(&to.entries()[at])) entry(std::move(e));
      copy_bits(s, slot, to, at);
      ++to.size();
    });
  }
  static void copy_bits(segment_type from, std::uint32_t slot, segment_type to, std::uint32_t at) {
    for (std::size_t parity : {0, 1})
      if (from.group_of(slot).changed[parity] & bit_of(slot)) to.group_of(at).changed[parity] |= bit_of(at);
  }
  void replace(segment_type s, std::uint64_t hash, segment_type low, segment_type high) {
    std::size_t const span = std::size_t{1} << (depth_ - s.depth());
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
    ++depth_;
  }

  /// Removes the entry in `slot`. Where its group was full, an entry that had to go further moves back in, and so on: a
  /// group with a free slot has no entry beyond it.
  static void close_gap(segment_type s, std::uint32_t slot) {
    std::uint32_t const last = s.groups() - 1;
    for (;;) {
      std::uint32_t const gap = slot / segment_group::slots;
      bool const was_full = s.group(gap).unused() == 0;
      s.entries()[slot].~entry();
      forget(s, slot);
      if (!was_full) return;
      std::uint32_t const next = displaced_past(s, gap, last);
      if (next == none) return;
      std::uint32_t const at = gap * segment_group::slots + slot % segment_group::slots;
      ::new (static_cast<void*>(&s.entries()[at])) entry(std::move(s.entries()[next]));
      s.group(gap).control[at % segment_group::slots] = s.group_of(next).control[next % segment_group::slots];
      copy_bits(s, next, s, at);
      slot = next;
    }
  }
  /// An entry beyond group `gap` whose way from home leads through it.
  static std::uint32_t displaced_past(segment_type s, std::uint32_t gap, std::uint32_t last) {
    for (std::uint32_t g = (gap + 1) & last; g != gap; g = (g + 1) & last) {
      for (std::uint32_t bits = s.group(g).used(); bits != 0; bits &= bits - 1) {
        std::uint32_t const slot = g * segment_group::slots + static_cast<std::uint32_t>(std::countr_zero(bits));
        std::uint32_t const home = home_of(s, hash_of(s.entries()[slot].key));
        if (((g - home) & last) >= ((g - gap) & last)) return slot;
      }
      if (s.group(g).unused() != 0) return none;
    }
    return none;
  }
  static void forget(segment_type s, std::uint32_t slot) {
    segment_group& group = s.group_of(slot);
    group.control[slot % segment_group::slots] = 0;
    for (auto& bits : group.changed) bits &= static_cast<std::uint16_t>(~bit_of(slot));
  }

  arena memory_;
  std::uint32_t limits_ = 0;
  std::uint32_t depth_ = 0;
  std::vector<segment_type> directory_;
  std::size_t size_ = 0;
  std::uint64_t epoch_ = 0;
  std::uint64_t version_ = 0;
};

}  // namespace flow
