#pragma once
// Every value in a snapshot store begins with a checksum over itself and its key (doc/snapshot_format.md).

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <flow/record/encoding.hpp>
#include <flow/snapshot/piece.hpp>

namespace flow::detail {

constexpr std::uint32_t format_version = 1;
constexpr std::size_t seal_bytes = sizeof(std::uint64_t);

/// Fills the first `seal_bytes` of a value, which were left free, with the checksum of the rest. Returns it.
std::uint64_t seal(std::string_view key, std::span<std::byte> value);
/// What is behind the checksum. Throws (bad_record) where it does not fit; the caller says whose value it is.
std::span<std::byte const> unseal(std::string_view key, std::span<std::byte const> value);
std::uint64_t seal_of(std::span<std::byte const> value);
/// A checksum over those of all chunks in order.
std::uint64_t checksum_of(std::vector<std::uint64_t> const& seals);

struct piece_header {
  std::uint32_t version = format_version;
  piece_form form = piece_form::base;
  schema key, value;
  std::uint64_t entries = 0, bytes = 0, checksum = 0;
  std::uint32_t chunks = 0;
};

// Each gives a sealed value, or reads one; reading throws where it is damaged or of a later version.
bytes encode_format(std::string_view key);
void check_format(std::string_view key, bytes const& value);
bytes encode_header(std::string_view key, piece_header header);
piece_header decode_header(std::string_view key, bytes const& value);
bytes encode_manifest(std::string_view key, snapshot_manifest const& manifest);
snapshot_manifest decode_manifest(std::string_view key, bytes const& value);

}  // namespace flow::detail
