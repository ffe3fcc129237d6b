#pragma once
// One segment of a state table: up to 1,024 entries in open addressing, with two bitmaps of changes.
//
// Layout, in one allocation: a header; per 64 slots one line of three bitmaps (used, changed in an even epoch, changed
// in an odd epoch); the entries. The header is not touched by a look-up.

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

namespace flow {

struct segment_line {
  std::uint64_t used = 0;
  std::uint64_t changed[2] = {0, 0};
  std::uint64_t reserved = 0;
};

template <class K, class V>
struct segment_entry {
  K key;
  V value;
};

/// The header of a segment; the lines and entries follow it.
template <class K, class V>
struct alignas(64) segment {
  using entry = segment_entry<K, V>;

  std::uint32_t size = 0;
  std::uint32_t capacity_log2;
  std::uint32_t depth;  // how many leading bits of the hash all entries share

  segment(std::uint32_t log2, std::uint32_t prefix_bits) : capacity_log2(log2), depth(prefix_bits) {
    std::uninitialized_value_construct_n(lines(), line_count(log2));
  }
  ~segment() { clear(); }

  static constexpr std::uint32_t line_count(std::uint32_t log2) { return log2 <= 6 ? 1u : 1u << (log2 - 6); }
  static constexpr std::size_t lines_offset() { return sizeof(segment); }
  static constexpr std::size_t entries_offset(std::uint32_t log2) {
    constexpr std::size_t alignment = std::max<std::size_t>(64, alignof(entry));
    return (lines_offset() + line_count(log2) * sizeof(segment_line) + alignment - 1) / alignment * alignment;
  }
  static constexpr std::size_t bytes(std::uint32_t log2) { return entries_offset(log2) + (sizeof(entry) << log2); }

  std::uint32_t capacity() const { return 1u << capacity_log2; }
  segment_line* lines() { return reinterpret_cast<segment_line*>(reinterpret_cast<std::byte*>(this) + lines_offset()); }
  entry* entries() { return entries_at(capacity_log2); }
  entry* entries_at(std::uint32_t log2) {
    return reinterpret_cast<entry*>(reinterpret_cast<std::byte*>(this) + entries_offset(log2));
  }
  bool used(std::uint32_t slot) { return lines()[slot >> 6].used >> (slot & 63) & 1; }

  /// Calls `f(slot, entry&)` for every entry, in slot order.
  template <class F>
  void for_each(F f) {
    entry* const e = entries();
    for (std::uint32_t l = 0; l < line_count(capacity_log2); ++l)
      for (std::uint64_t bits = lines()[l].used; bits != 0; bits &= bits - 1) {
        std::uint32_t const slot = l * 64 + static_cast<std::uint32_t>(std::countr_zero(bits));
        f(slot, e[slot]);
      }
  }

  void clear() {
    if constexpr (!std::is_trivially_destructible_v<entry>) for_each([](std::uint32_t, entry& e) { e.~entry(); });
    std::fill_n(lines(), line_count(capacity_log2), segment_line{});
    size = 0;
  }
};

}  // namespace flow
