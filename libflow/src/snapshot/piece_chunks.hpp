#pragma once
// A piece as it lies in a key-value store: a header and chunks.

#include <memory>
#include <string>
#include <vector>

#include <flow/snapshot/piece.hpp>

#include "snapshot/key_value_store.hpp"
#include "snapshot/piece_index.hpp"
#include "snapshot/sealed.hpp"

namespace flow::detail {

class chunk_writer final : public piece_writer {
 public:
  chunk_writer(key_value_store& store, piece_index& index, checkpoint_id id, piece_place place, piece_contents const& contents);
  void append(std::span<std::byte const> data, std::uint64_t entries) override;
  piece_info finish() override;

 private:
  static constexpr std::size_t full_bytes = 256 << 10;
  void start_chunk();
  void seal_chunk(std::string const& key);
  /// The chunk, where there is one, and the header.
  void write(std::string const& key, bytes const& header);

  key_value_store& store_;
  piece_index& index_;
  checkpoint_id id_;
  piece_place place_;
  std::string key_;
  piece_header header_;
  bytes chunk_;                        // checksum, number of entries, entries
  std::uint64_t chunk_entries_ = 0;
  std::vector<std::uint64_t> seals_;
};

class chunk_reader final : public piece_reader {
 public:
  /// Reads and checks the header.
  chunk_reader(key_value_store const& store, piece_place place, piece_info const& expected);
  piece_contents const& contents() const override { return contents_; }
  void read(std::function<void(chunk const&)> const& use) override;

 private:
  bytes get(family f, std::string const& key, std::string const& what) const;
  [[noreturn]] void fail(error const& cause, std::string const& what) const;
  void check_header() const;

  key_value_store const& store_;
  piece_place place_;
  piece_info expected_;
  std::string key_;
  piece_header header_;
  piece_contents contents_;
};

}  // namespace flow::detail
