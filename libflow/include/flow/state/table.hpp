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

template <key_type K, class V>
class table {
 public:
  using entry = segment_entry<K, V>;

  table() : directory_(1, make_segment(smallest_log2, 0)) {}
  ~table() {
    for_each_segment([this](segment_type& s) { free_segment(s); });
  }
  table(table const&) = delete;
  table& operator=(table const&) = delete;

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::size_t memory() const { return memory_.held() + directory_.capacity() * sizeof(slot_ref); }

  /// Loads what `find_or_insert(key, hash)` will touch.
  void prefetch(std::uint64_t hash) const {
    slot_ref const d = directory_[index_of(hash)];
    std::uint32_t const slot = hash & (d.capacity() - 1);
    __builtin_prefetch(&d.target()->lines()[slot >> 6], 1);
    __builtin_prefetch(&d.target()->entries_at(d.log2())[slot], 1);
  }

  /// The value of a key, made by `V{}` where there was none; marks it as changed in this epoch. Expected O(1).
  V& find_or_insert(K const& key, std::uint64_t hash) {
    slot_ref const d = directory_[index_of(hash)];
    segment_line* const lines = d.target()->lines();
    entry* const entries = d.target()->entries_at(d.log2());
    std::uint32_t const mask = d.capacity() - 1;
    for (std::uint32_t slot = hash & mask;; slot = (slot + 1) & mask) {
      segment_line& line = lines[slot >> 6];
      std::uint64_t const bit = std::uint64_t{1} << (slot & 63);
      if (!(line.used & bit)) return insert(key, hash);
      if (entries[slot].key == key) {
        line.changed[epoch_ & 1] |= bit;
        return entries[slot].value;
      }
    }
  }

  /// The value of a key, or null; does not mark it as changed.
  V const* find(K const& key, std::uint64_t hash) const {
    slot_ref const d = directory_[index_of(hash)];
    std::uint32_t const slot = slot_of(d, key, hash);
    return slot == none ? nullptr : &d.target()->entries_at(d.log2())[slot].value;
  }

  /// Removes a key; whether it was there. Later entries of its run move up, so that no tombstones remain.
  bool erase(K const& key, std::uint64_t hash) {
    slot_ref const d = directory_[index_of(hash)];
    std::uint32_t const slot = slot_of(d, key, hash);
    if (slot == none) return false;
    close_gap(*d.target(), slot);
    --d.target()->size;
    --size_;
    return true;
  }

  /// Removes everything, keeps the memory.
  void clear() {
    for_each_segment([](segment_type& s) { s.clear(); });
    size_ = 0;
  }

  /// Calls `f(key, value)` for every entry, in the order of segments.
  template <class F>
  void for_each(F f) const {
    for_each_segment([&](segment_type& s) { s.for_each([&](std::uint32_t, entry& e) { f(std::as_const(e.key), std::as_const(e.value)); }); });
  }

  /// The last hash of the segment that holds `hash`: its entries are those with hashes from the end of the one before.
  std::uint64_t segment_end(std::uint64_t hash) const {
    std::uint32_t const depth = directory_[index_of(hash)].target()->depth;
    return depth == 0 ? all_ones : hash | (all_ones >> depth);
  }
  /// Calls `f(entry const&)` for the entries of all segments that lie within [first, last]; both are ends of segments.
  template <class F>
  void for_each_between(std::uint64_t first, std::uint64_t last, F f) const {
    for (std::uint64_t at = first;;) {
      segment_type& s = *directory_[index_of(at)].target();
      s.for_each([&](std::uint32_t, entry& e) { f(std::as_const(e)); });
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
    for_each_segment([&](segment_type& s) {
      for (std::uint32_t l = 0; l < segment_type::line_count(s.capacity_log2); ++l) {
        segment_line& line = s.lines()[l];
        for (std::uint64_t bits = std::exchange(line.changed[before], 0) & line.used; bits != 0; bits &= bits - 1) {
          entry const& e = s.entries()[l * 64 + static_cast<std::uint32_t>(std::countr_zero(bits))];
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

  /// A pointer to a segment with its capacity in the low bits, which are free since segments are aligned to 64.
  class slot_ref {
   public:
    slot_ref(segment_type* s) : bits_(reinterpret_cast<std::uintptr_t>(s) | s->capacity_log2) {}
    segment_type* target() const { return reinterpret_cast<segment_type*>(bits_ & ~std::uintptr_t{63}); }
    std::uint32_t log2() const { return bits_ & 63; }
    std::uint32_t capacity() const { return 1u << log2(); }

   private:
    std::uintptr_t bits_;
  };

  std::size_t index_of(std::uint64_t hash) const { return (hash >> 1) >> (63 - depth_); }
  static std::uint32_t limit_of(segment_type const& s) { return s.capacity() - s.capacity() / 4; }

  static std::uint32_t slot_of(slot_ref d, K const& key, std::uint64_t hash) {
    std::uint32_t const mask = d.capacity() - 1;
    segment_line* const lines = d.target()->lines();
    entry* const entries = d.target()->entries_at(d.log2());
    for (std::uint32_t slot = hash & mask;; slot = (slot + 1) & mask) {
      if (!(lines[slot >> 6].used >> (slot & 63) & 1)) return none;
      if (entries[slot].key == key) return slot;
    }
  }

  segment_type* make_segment(std::uint32_t log2, std::uint32_t depth) {
    return ::new (memory_.allocate(segment_type::bytes(log2))) segment_type(log2, depth);
  }
  void free_segment(segment_type& s) {
    std::size_t const bytes = segment_type::bytes(s.capacity_log2);
    s.~segment_type();
    memory_.release(&s, bytes);
  }
  template <class F>
  void for_each_segment(F f) const {
    for (std::size_t i = 0; i < directory_.size();) {
      segment_type& s = *directory_[i].target();
      i += std::size_t{1} << (depth_ - s.depth);
      f(s);
    }
  }

  [[gnu::noinline]] V& insert(K const& key, std::uint64_t hash) {
    segment_type* s = directory_[index_of(hash)].target();
    while (s->size >= limit_of(*s)) {
      grow(*s, hash);
      s = directory_[index_of(hash)].target();
    }
    std::uint32_t const slot = free_slot(*s, hash);
    entry* const e = ::new (static_cast<void*>(&s->entries()[slot])) entry{key, V{}};
    set_bits(*s, slot, true, epoch_ & 1, true);
    ++s->size;
    ++size_;
    return e->value;
  }
  static std::uint32_t free_slot(segment_type& s, std::uint64_t hash) {
    std::uint32_t const mask = s.capacity() - 1;
    std::uint32_t slot = hash & mask;
    while (s.used(slot)) slot = (slot + 1) & mask;
    return slot;
  }
  static void set_bits(segment_type& s, std::uint32_t slot, bool used, std::size_t parity, bool changed) {
    segment_line& line = s.lines()[slot >> 6];
    std::uint64_t const bit = std::uint64_t{1} << (slot & 63);
    if (used) line.used |= bit;
    if (changed) line.changed[parity] |= bit;
  }

  /// Makes room where `hash` belongs: doubles a small segment, splits a large one. Where splitting would make the
  /// directory much larger than the data (hashes that agree in many leading bits), the segment grows beyond its size.
  void grow(segment_type& s, std::uint64_t hash) {
    bool const small = s.capacity_log2 < largest_log2;
    bool const crowded = s.depth >= static_cast<std::uint32_t>(std::bit_width(size_ / (std::size_t{1} << largest_log2))) + 12;
    if (small || crowded) {
      segment_type* const larger = make_segment(s.capacity_log2 + 1, s.depth);
      move_entries(s, *larger, *larger);
      replace(s, hash, larger, larger);
    } else {
      segment_type* const low = make_segment(s.capacity_log2, s.depth + 1);
      segment_type* const high = make_segment(s.capacity_log2, s.depth + 1);
      move_entries(s, *low, *high);
      if (s.depth == depth_) double_directory();
      replace(s, hash, low, high);
    }
    free_segment(s);
  }
  void move_entries(segment_type& s, segment_type& low, segment_type& high) {
    std::uint32_t const shift = 63 - s.depth;
    s.for_each([&](std::uint32_t slot, entry& e) {
      std::uint64_t const h = hash_of(e.key);
      segment_type& to = (h >> shift) & 1 ? high : low;
      std::uint32_t const at = free_slot(to, h);
      ::new (static_cast<void*>(&to.entries()[at])) entry(std::move(e));
      copy_bits(s, slot, to, at);
      ++to.size;
    });
  }
  static void copy_bits(segment_type& from, std::uint32_t slot, segment_type& to, std::uint32_t at) {
    segment_line const& line = from.lines()[slot >> 6];
    for (std::size_t parity : {0, 1}) set_bits(to, at, true, parity, line.changed[parity] >> (slot & 63) & 1);
  }
  void replace(segment_type& s, std::uint64_t hash, segment_type* low, segment_type* high) {
    std::size_t const span = std::size_t{1} << (depth_ - s.depth);
    std::size_t const first = index_of(hash) & ~(span - 1);
    for (std::size_t i = 0; i < span; ++i) directory_[first + i] = i < (span + 1) / 2 ? low : high;
  }
  void double_directory() {
    std::vector<slot_ref> larger;
    larger.reserve(directory_.size() * 2);
    for (slot_ref d : directory_) {
      larger.push_back(d);
      larger.push_back(d);
    }
    directory_.swap(larger);
    ++depth_;
  }

  /// Removes the entry in `slot` and closes the gap: entries that were pushed past their place by it move back.
  void close_gap(segment_type& s, std::uint32_t gap) {
    std::uint32_t const mask = s.capacity() - 1;
    entry* const e = s.entries();
    for (std::uint32_t at = (gap + 1) & mask; s.used(at); at = (at + 1) & mask) {
      std::uint32_t const home = hash_of(e[at].key) & mask;
      if (((at - home) & mask) < ((at - gap) & mask)) continue;
      e[gap] = std::move(e[at]);
      forget_bits(s, gap);
      copy_bits(s, at, s, gap);
      gap = at;
    }
    e[gap].~entry();
    forget_bits(s, gap);
  }
  static void forget_bits(segment_type& s, std::uint32_t slot) {
    segment_line& line = s.lines()[slot >> 6];
    std::uint64_t const others = ~(std::uint64_t{1} << (slot & 63));
    line.used &= others;
    for (auto& bits : line.changed) bits &= others;
  }

  arena memory_;
  std::uint32_t depth_ = 0;
  std::vector<slot_ref> directory_;
  std::size_t size_ = 0;
  std::uint64_t epoch_ = 0;
};

}  // namespace flow
