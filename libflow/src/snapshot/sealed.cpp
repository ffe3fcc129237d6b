#include "snapshot/sealed.hpp"

#include <cereal/types/vector.hpp>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace flow::detail {
namespace {

std::string const magic = "libflow snapshots";

std::uint64_t checksum(std::string_view key, std::span<std::byte const> data) {
  return XXH3_64bits_withSeed(data.data(), data.size(), XXH3_64bits(key.data(), key.size()));
}

void check_version(std::uint32_t version) {
  if (version == format_version) return;
  throw error(error_code::bad_record, "it has format version " + std::to_string(version) + ", and this libflow reads version " +
                                          std::to_string(format_version) + "; read it with the libflow that wrote it");
}

/// Encodes what `write` gives an archive, sealed and with the format's version in front.
template <class F>
bytes encode(std::string_view key, F write) {
  bytes value(seal_bytes);
  encoder archive(value);
  archive(format_version);
  write(archive);
  seal(key, value);
  return value;
}

template <class F>
void decode(std::string_view key, bytes const& value, F read) {
  auto const inner = unseal(key, value);
  decoder archive(inner.data(), inner.size());
  std::uint32_t version = 0;
  archive(version);
  check_version(version);
  try {
    read(archive);
  } catch (std::length_error const&) {  // a count that no container can have
    throw error(error_code::bad_record, "a count in it is impossible");
  } catch (std::bad_alloc const&) {
    throw error(error_code::bad_record, "a count in it is impossible");
  }
  if (archive.left() > 0) throw error(error_code::bad_record, std::to_string(archive.left()) + " bytes are left over at its end");
}

template <class Archive>
void fields(Archive& archive, piece_header& h) { archive(h.form, h.key, h.value, h.entries, h.bytes, h.checksum, h.chunks); }

}  // namespace

std::uint64_t seal(std::string_view key, std::span<std::byte> value) {
  std::uint64_t const sum = checksum(key, value.subspan(seal_bytes));
  std::memcpy(value.data(), &sum, sizeof sum);
  return sum;
}

std::uint64_t seal_of(std::span<std::byte const> value) {
  if (value.size() < seal_bytes)
    throw error(error_code::bad_record, "it is truncated: expected at least 8 bytes, found " + std::to_string(value.size()));
  std::uint64_t sum = 0;
  std::memcpy(&sum, value.data(), sizeof sum);
  return sum;
}

std::span<std::byte const> unseal(std::string_view key, std::span<std::byte const> value) {
  std::uint64_t const written = seal_of(value);
  auto const inner = value.subspan(seal_bytes);
  if (checksum(key, inner) != written)
    throw error(error_code::bad_record, "its checksum does not fit its " + std::to_string(inner.size()) + " bytes: it was changed or truncated");
  return inner;
}

std::uint64_t checksum_of(std::vector<std::uint64_t> const& seals) { return XXH3_64bits(seals.data(), seals.size() * sizeof(std::uint64_t)); }

bytes encode_format(std::string_view key) {
  return encode(key, [](encoder& archive) { archive(magic); });
}

void check_format(std::string_view key, bytes const& value) {
  decode(key, value, [](decoder& archive) {
    std::string found;
    archive(found);
    if (found != magic) throw error(error_code::bad_record, "expected '" + magic + "', found '" + found + "'");
  });
}

bytes encode_header(std::string_view key, piece_header header) {
  return encode(key, [&](encoder& archive) { fields(archive, header); });
}

piece_header decode_header(std::string_view key, bytes const& value) {
  piece_header header;
  decode(key, value, [&](decoder& archive) { fields(archive, header); });
  return header;
}

bytes encode_manifest(std::string_view key, snapshot_manifest const& manifest) {
  return encode(key, [&](encoder& archive) { archive(manifest); });
}

snapshot_manifest decode_manifest(std::string_view key, bytes const& value) {
  snapshot_manifest manifest;
  decode(key, value, [&](decoder& archive) { archive(manifest); });
  return manifest;
}

}  // namespace flow::detail
