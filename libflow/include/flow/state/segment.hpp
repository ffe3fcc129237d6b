#pragma once
// One segment of a state table: up to 1,024 entries in groups of 16, with two bitmaps of changes.
//
// A group has 16 control bytes, compared at once (the "Swiss table" of abseil): 0 for a free slot, else eight bits of the
// key's hash; and masks of entries: those changed in even and in odd epochs, those written last, those that
// are in some snapshot, and what is known of copies outside of memory. An entry lies in the group its hash names or, where that was full, in one of the next. Layout, in one allocation: a header, the groups in reverse,
// the entries. A segment is known by where its entries begin, so a look-up does not touch the header.

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include <flow/record/key.hpp>

namespace flow {

struct alignas(32) segment_group {
  static constexpr std::uint32_t slots = 16;
  std::uint8_t control[slots] = {};
  std::uint16_t changed[2] = {0, 0};
  std::uint16_t written = 0;  // by the newest snapshot, because they had changed
  std::uint16_t stored = 0;   // in a snapshot, in whatever form: their removal has to be told
  // Of a table with an entry store behind it (spilled.hpp):
  std::uint16_t used_lately = 0;  // since entries that had not been used were taken out of memory
  std::uint16_t copied = 0;       // the store has a copy, perhaps an old one
  std::uint16_t same = 0;         // the copy is as the entry was before the changes that the bits above tell of

#ifdef __SSE2__
  /// One bit for each slot whose control byte is `byte`.
  std::uint32_t matching(std::uint8_t byte) const {
    return static_cast<std::uint32_t>(_mm_movemask_epi8(
        _mm_cmpeq_epi8(_mm_load_si128(reinterpret_cast<__m128i const*>(control)), _mm_set1_epi8(static_cast<char>(byte)))));
  }
#else
  std::uint32_t matching(std::uint8_t byte) const {
    std::uint32_t bits = 0;
    for (std::uint32_t i = 0; i < slots; ++i) bits |= static_cast<std::uint32_t>(control[i] == byte) << i;
    return bits;
  }
#endif
  std::uint32_t used() const { return ~unused() & 0xFFFF; }
  std::uint32_t unused() const { return matching(0); }
};

/// What a slot's control byte says of a hash: bits that choose neither the segment nor the group; not 0.
constexpr std::uint8_t control_of(std::uint64_t hash) {
  auto const bits = static_cast<std::uint8_t>(hash >> 20);
  return static_cast<std::uint8_t>(bits + (bits == 0));
}

template <class K, class V>
struct segment_entry {
  K key;
  V value;
};

/// A segment, by the address of its entries with the logarithm of its capacity in the low bits.
template <class K, class V>
class segment {
 public:
  using entry = segment_entry<K, V>;

  /// Bytes that a segment of 2^log2 slots takes.
  static constexpr std::size_t bytes(std::uint32_t log2) { return entries_offset(log2) + (sizeof(entry) << log2); }
  /// Makes a segment in `memory`, which is aligned to 64. All entries share the first `depth` bits of their hashes; at
  /// `limit` entries it is full.
  static segment make(void* memory, std::uint32_t log2, std::uint32_t depth, std::uint32_t limit) {
    auto* const first = static_cast<std::byte*>(memory);
    segment s(first + entries_offset(log2), log2);
    ::new (memory) header{0, depth, limit};
    std::uninitialized_value_construct_n(&s.group(group_count(log2) - 1), group_count(log2));
    return s;
  }
  /// Destroys the entries; the memory is the caller's again.
  void* destroy() {
    clear();
    return &head();
  }

  std::uint32_t log2() const { return bits_ & 63; }
  std::uint32_t capacity() const { return 1u << log2(); }
  std::uint32_t groups() const { return capacity() / segment_group::slots; }
  entry* entries() const { return reinterpret_cast<entry*>(bits_ & ~std::uintptr_t{63}); }
  segment_group& group(std::uint32_t number) const { return *(reinterpret_cast<segment_group*>(bits_ & ~std::uintptr_t{63}) - 1 - number); }
  segment_group& group_of(std::uint32_t slot) const { return group(slot / segment_group::slots); }
  std::uint32_t& size() const { return head().size; }
  std::uint32_t depth() const { return head().depth; }
  bool full() const { return head().size >= head().limit; }

  /// Calls `f(slot, entry&)` for every entry, in slot order.
  template <class F>
  void for_each(F f) const {
    entry* const e = entries();
    for (std::uint32_t g = 0; g < groups(); ++g)
      for (std::uint32_t bits = group(g).used(); bits != 0; bits &= bits - 1) {
        std::uint32_t const slot = g * segment_group::slots + static_cast<std::uint32_t>(std::countr_zero(bits));
        f(slot, e[slot]);
      }
  }

  void clear() const {
    if constexpr (!std::is_trivially_destructible_v<entry>) for_each([](std::uint32_t, entry& e) { e.~entry(); });
    std::fill_n(&group(groups() - 1), groups(), segment_group{});
    size() = 0;
  }

  static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
  /// Where a key lies, or `none`.
  std::uint32_t slot_of(K const& key, std::uint64_t hash) const {
    std::uint32_t const last = groups() - 1;
    entry const* const all = entries();
    for (std::uint32_t g = home_of(hash);; g = (g + 1) & last) {
      segment_group const& here = group(g);
      for (std::uint32_t bits = here.matching(control_of(hash)); bits != 0; bits &= bits - 1) {
        std::uint32_t const slot = g * segment_group::slots + static_cast<std::uint32_t>(std::countr_zero(bits));
        if (all[slot].key == key) [[likely]] return slot;
      }
      if (here.unused() != 0) return none;
    }
  }
  std::uint32_t home_of(std::uint64_t hash) const { return static_cast<std::uint32_t>(home_slot(hash)) / segment_group::slots; }
  /// The first slot of the group that a hash names.
  std::uint64_t home_slot(std::uint64_t hash) const {
    return hash & ((std::uint64_t{1} << log2()) - 1) & ~std::uint64_t{segment_group::slots - 1};
  }
  /// The group that begins at a slot, with the least arithmetic.
  segment_group& group_at(std::uint64_t first_slot) const {
    static_assert(sizeof(segment_group) == 2 * segment_group::slots);
    return *reinterpret_cast<segment_group*>((bits_ & ~std::uintptr_t{63}) - sizeof(segment_group) - 2 * first_slot);
  }
  static constexpr std::uint16_t bit_of(std::uint32_t slot) { return static_cast<std::uint16_t>(1u << (slot % segment_group::slots)); }

  /// Marks a slot for a hash as used: the one that a table's `prefetch` expects, if it is free. There must be room.
  std::uint32_t take_slot(std::uint64_t hash) const {
    std::uint32_t g = home_of(hash);
    while (group(g).unused() == 0) g = (g + 1) & (groups() - 1);
    std::uint32_t const wished = hash % segment_group::slots, unused = group(g).unused();
    std::uint32_t const place = (unused >> wished) & 1 ? wished : static_cast<std::uint32_t>(std::countr_zero(unused));
    group(g).control[place] = control_of(hash);
    return g * segment_group::slots + place;
  }
  /// Moves the entries, with what is known of their changes, to `target(hash)`; they must be destroyed here afterwards.
  template <class F>
  void move_entries(F target) const {
    for_each([&](std::uint32_t slot, entry& e) {
      std::uint64_t const hash = hash_of(e.key);
      segment const to = target(hash);
      std::uint32_t const at = to.take_slot(hash);
      ::new (static_cast<void*>(&to.entries()[at])) entry(std::move(e));
      copy_bits(slot, to, at);
      ++to.size();
    });
  }
  /// Removes the entry in `slot`. Where its group was full, an entry that had to go further moves back in, and so on: a
  /// group with a free slot has no entry beyond it.
  void erase(std::uint32_t slot) const {
    for (;;) {
      std::uint32_t const gap = slot / segment_group::slots;
      bool const was_full = group(gap).unused() == 0;
      entries()[slot].~entry();
      forget(slot);
      if (!was_full) break;
      std::uint32_t const next = displaced_past(gap);
      if (next == none) break;
      ::new (static_cast<void*>(&entries()[slot])) entry(std::move(entries()[next]));
      group(gap).control[slot % segment_group::slots] = group_of(next).control[next % segment_group::slots];
      copy_bits(next, *this, slot);
      slot = next;
    }
    --size();
  }

 private:
  struct alignas(64) header {
    std::uint32_t size;
    std::uint32_t depth;
    std::uint32_t limit;
  };
  static_assert(alignof(entry) <= 64);

  /// An entry beyond group `gap` whose way from home leads through it.
  std::uint32_t displaced_past(std::uint32_t gap) const {
    std::uint32_t const last = groups() - 1;
    for (std::uint32_t g = (gap + 1) & last; g != gap; g = (g + 1) & last) {
      for (std::uint32_t bits = group(g).used(); bits != 0; bits &= bits - 1) {
        std::uint32_t const slot = g * segment_group::slots + static_cast<std::uint32_t>(std::countr_zero(bits));
        std::uint32_t const home = home_of(hash_of(entries()[slot].key));
        if (((g - home) & last) >= ((g - gap) & last)) return slot;
      }
      if (group(g).unused() != 0) return none;
    }
    return none;
  }
  void copy_bits(std::uint32_t slot, segment to, std::uint32_t at) const {
    auto const copy = [&](std::uint16_t from, std::uint16_t& into) { if (from & bit_of(slot)) into |= bit_of(at); };
    segment_group const& from = group_of(slot);
    segment_group& into = to.group_of(at);
    copy(from.changed[0], into.changed[0]);
    copy(from.changed[1], into.changed[1]);
    copy(from.written, into.written);
    copy(from.stored, into.stored);
    copy(from.used_lately, into.used_lately);
    copy(from.copied, into.copied);
    copy(from.same, into.same);
  }
  void forget(std::uint32_t slot) const {
    segment_group& of = group_of(slot);
    of.control[slot % segment_group::slots] = 0;
    for (auto* bits : {&of.changed[0], &of.changed[1], &of.written, &of.stored, &of.used_lately, &of.copied, &of.same}) *bits &= static_cast<std::uint16_t>(~bit_of(slot));
  }

  segment(std::byte* entries, std::uint32_t log2) : bits_(reinterpret_cast<std::uintptr_t>(entries) | log2) {}
  static constexpr std::uint32_t group_count(std::uint32_t log2) { return (1u << log2) / segment_group::slots; }
  static constexpr std::size_t entries_offset(std::uint32_t log2) {
    return sizeof(header) + (group_count(log2) * sizeof(segment_group) + 63) / 64 * 64;
  }
  header& head() const { return *reinterpret_cast<header*>(reinterpret_cast<std::byte*>(entries()) - entries_offset(log2())); }

  std::uintptr_t bits_;
};

}  // namespace flow
