#pragma once
// Keys: hashing that is the same on every machine and in every version, and the key groups that state moves in.
//
// Integers and enums are mixed directly (two multiplications); strings are hashed as their characters, everything else as
// its encoding, with xxh3. Floating point, views and pointers are no keys: they do not name the same thing everywhere.

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include <flow/record/encoding.hpp>

namespace flow {

/// xxh3 (64 bits, seed 0) of some bytes.
std::uint64_t hash_bytes(void const* data, std::size_t size);

/// Full-avalanche mix of 64 bits (the finaliser of rrmxmx's family: xor-shift, multiply, twice).
constexpr std::uint64_t mix_hash(std::uint64_t x) {
  x ^= x >> 32;
  x *= 0xD6E8FEB86659FD93ULL;
  x ^= x >> 32;
  x *= 0xD6E8FEB86659FD93ULL;
  return x ^ (x >> 32);
}

template <class K>
inline constexpr bool is_view = std::is_same_v<K, std::string_view> || std::is_pointer_v<K>;

/// What may be a key: comparable for equality and encodable, but not floating point, a view or a pointer.
template <class K>
concept key_type = std::equality_comparable<K> && !std::is_floating_point_v<K> && !is_view<K> &&
                   (std::is_enum_v<K> || describable<K>);

/// A composite that is stored beside the state of a key and says its own hash, whose leading half is that of the key.
template <class K>
concept hashes_itself = requires(K const& key) {
  { key.hash() } -> std::same_as<std::uint64_t>;
};

/// The hash of a key: named "mix64" for integers and "xxh3" otherwise in every format that stores it.
template <key_type K>
std::uint64_t hash_of(K const& key) {
  if constexpr (hashes_itself<K>) {
    return key.hash();
  } else if constexpr (std::is_integral_v<K> || std::is_enum_v<K>) {
    return mix_hash(static_cast<std::uint64_t>(key));
  } else if constexpr (std::is_same_v<K, std::string>) {
    return hash_bytes(key.data(), key.size());
  } else {
    thread_local bytes scratch;  // keeps its capacity: no allocation per key
    scratch.clear();
    encoder archive(scratch);
    archive(key);
    return hash_bytes(scratch.data(), scratch.size());
  }
}

/// The key group of a hash: its leading part, so that a group is a contiguous range of hashes. O(1).
constexpr std::uint32_t key_group_of(std::uint64_t hash, std::uint32_t max_parallelism) {
  return static_cast<std::uint32_t>(((hash >> 32) * max_parallelism) >> 32);
}

/// The subtask that owns a key group; groups are dealt in contiguous ranges.
constexpr std::uint32_t subtask_of_group(std::uint32_t group, std::uint32_t parallelism, std::uint32_t max_parallelism) {
  return static_cast<std::uint32_t>(std::uint64_t{group} * parallelism / max_parallelism);
}

}  // namespace flow
