#pragma once
// Values as an entry store keeps them: all of a value, also what is derived and in no snapshot.

#include <string>
#include <type_traits>
#include <vector>

#include <flow/state/stored_key.hpp>

namespace flow {

/// A value with members that its `serialize` leaves out has `serialize_whole`.
template <class Archive, class V>
concept has_whole = requires(Archive& archive, V& value) { value.serialize_whole(archive); };

template <class V>
void save_whole(encoder& archive, V const& value) {
  if constexpr (std::is_trivially_copyable_v<V>) archive.write(&value, sizeof value);
  else if constexpr (has_whole<encoder, V>) const_cast<V&>(value).serialize_whole(archive);
  else archive(value);
}
template <class V>
void load_whole(decoder& archive, V& value) {
  if constexpr (std::is_trivially_copyable_v<V>) archive.read(&value, sizeof value);
  else if constexpr (has_whole<decoder, V>) value.serialize_whole(archive);
  else archive(value);
}

/// Bytes that a value holds on the heap, about.
inline std::size_t heap_of(std::string const& s) { return s.capacity() < sizeof(std::string) / 2 ? 0 : s.capacity() + 17; }
template <class V>
std::size_t heap_of(V const& value);
template <class T>
std::size_t heap_of(std::vector<T> const& all) {
  std::size_t n = all.capacity() == 0 ? 0 : all.capacity() * sizeof(T) + 16;
  if constexpr (!std::is_trivially_copyable_v<T>)
    for (auto const& each : all) n += heap_of(each);
  return n;
}
/// Of any other value the size of its encoding says how much that is.
template <class V>
std::size_t heap_of(V const& value) {
  if constexpr (std::is_trivially_copyable_v<V>) {
    return 0;
  } else {
    bytes data;
    encoder archive(data);
    save_whole(archive, value);
    return data.size() > sizeof value ? data.size() + data.size() / 4 + 32 : data.size() / 2;
  }
}

}  // namespace flow
