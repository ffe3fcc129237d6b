#pragma once
// Keys of tables in snapshots: encoded as their schema says, in whichever form the table has them.
//
// Keyed state keeps integers as 64 bits and composite keys as their encoding (state_access.hpp). Both know here what they
// stand for, so that a snapshot has the key as the user's type is encoded.

#include <cstring>
#include <string>

#include <flow/record/key.hpp>
#include <flow/record/schema.hpp>

namespace flow {

/// What a stored key stands for.
struct stored_key {
  std::uint8_t width = 0;   // of an integer in 64 bits: its own bytes; 0: the key is what it is
  bool is_signed = false;
  /// Of a composite in its encoding: the size of the encoded key that `data` begins with.
  std::size_t (*encoded_size)(std::byte const* data, std::size_t size) = nullptr;
};

/// How keys of type K are stored as integers or encodings.
template <key_type K>
stored_key stored_key_of() {
  if constexpr (std::is_enum_v<K>) {
    return {sizeof(K), std::is_signed_v<std::underlying_type_t<K>>};
  } else if constexpr (std::is_integral_v<K>) {
    return {sizeof(K), std::is_signed_v<K>};
  } else if constexpr (std::is_same_v<K, std::string>) {
    return {};
  } else {
    return {0, false, [](std::byte const* data, std::size_t size) {
              decoder archive(data, size);
              K key{};
              archive(key);
              return size - archive.left();
            }};
  }
}

inline void save_key(encoder& archive, std::uint64_t key, stored_key const& form) {
  if (form.width == 0 || form.width == sizeof key) archive.write(&key, sizeof key);  // of a size that the compiler knows
  else archive.write(&key, form.width);
}
inline void save_key(encoder& archive, std::string const& key, stored_key const& form) {
  if (form.encoded_size) archive.write(key.data(), key.size());
  else archive(key);
}
template <class K>
void save_key(encoder& archive, K const& key, stored_key const& form) {
  if constexpr (requires { key.map_key; }) {
    save_key(archive, key.key, form);
    archive(key.map_key);
  } else {
    archive(key);
  }
}

inline void load_key(decoder& archive, std::uint64_t& key, stored_key const& form) {
  std::uint32_t const width = form.width;
  if (width == 0 || width == sizeof key) return archive.read(&key, sizeof key);
  key = 0;
  archive.read(&key, width);
  if (form.is_signed && (key >> (8 * width - 1) & 1)) key |= ~std::uint64_t{0} << 8 * width;
}
inline void load_key(decoder& archive, std::string& key, stored_key const& form) {
  if (!form.encoded_size) {
    archive(key);
    return;
  }
  key.resize(form.encoded_size(archive.next(), archive.left()));
  archive.read(key.data(), key.size());
}
template <class K>
void load_key(decoder& archive, K& key, stored_key const& form) {
  if constexpr (requires { key.map_key; }) {
    load_key(archive, key.key, form);
    archive(key.map_key);
  } else {
    archive(key);
  }
}

/// Values that have no description are copied as they are.
template <class V>
void save_value(encoder& archive, V const& value) {
  if constexpr (describable<V>) archive(value);
  else archive.write(&value, sizeof value);
}
/// The part of a value that its schema describes.
template <class V>
V& described_part(V& value) { return value; }

}  // namespace flow
