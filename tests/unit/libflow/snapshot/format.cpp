// A snapshot, read by what libflow/doc/snapshot_format.md says and by nothing of ours: RocksDB and xxHash only.

#include <cereal/types/utility.hpp>
#include <rocksdb/db.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "contract/snapshot_contract.hpp"

using namespace snapshot_tests;

namespace {

// Bytes by hand.
template <class N>
std::string le(N n) {
  std::string out;
  for (std::size_t i = 0; i < sizeof(N); ++i) out += static_cast<char>(static_cast<std::uint64_t>(n) >> 8 * i);
  return out;
}
template <class N>
std::string be(N n) {
  auto const out = le(n);
  return {out.rbegin(), out.rend()};
}
std::string text(std::string const& s) { return le<std::uint64_t>(s.size()) + s; }
std::string count(std::uint64_t n) { return le(n); }
std::string leaf(std::string const& type) { return text(type) + count(0); }
std::string u8(int n) { return le(static_cast<std::uint8_t>(n)); }
std::string u32(std::uint32_t n) { return le(n); }
std::string u64(std::uint64_t n) { return le(n); }

std::string sum(std::string const& content, std::string const& key) {
  return u64(XXH3_64bits_withSeed(content.data(), content.size(), XXH3_64bits(key.data(), key.size())));
}
std::string sealed(std::string const& key, std::string const& content) { return sum(content, key) + content; }

using rows = std::map<std::string, std::string>;

/// In hexadecimal digits, so that a failing test says where rows differ.
std::vector<std::string> readable(rows const& from) {
  auto const hex = [](std::string const& bytes) {
    std::string digits;
    for (unsigned char const c : bytes) {
      digits += "0123456789abcdef"[c >> 4];
      digits += "0123456789abcdef"[c & 15];
    }
    return digits;
  };
  std::vector<std::string> to;
  for (auto const& [key, value] : from) to.push_back(hex(key) + ": " + hex(value));
  return to;
}

std::map<std::string, rows> everything_in(std::string const& directory) {
  rocksdb::DBOptions options;
  std::vector<rocksdb::ColumnFamilyDescriptor> const families{{"default", {}}, {"headers", {}}, {"chunks", {}}};
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* opened = nullptr;
  REQUIRE(rocksdb::DB::OpenForReadOnly(options, directory, families, &handles, &opened).ok());
  std::unique_ptr<rocksdb::DB> const db(opened);
  std::map<std::string, rows> all;
  for (auto* const handle : handles) {
    {
      std::unique_ptr<rocksdb::Iterator> const it(db->NewIterator({}, handle));
      for (it->SeekToFirst(); it->Valid(); it->Next()) all[handle->GetName()][it->key().ToString()] = it->value().ToString();
      CHECK(it->status().ok());
    }
    db->DestroyColumnFamilyHandle(handle);
  }
  return all;
}

}  // namespace

TEST_CASE("the bytes of a snapshot are those that the description of the format says") {
  directory const where("snapshots-by-hand");
  {
    auto const store = open_snapshots(where.path.string(), {.newest = 2});
    piece_place const group{"counts", "count", 5, state_kind::table};
    bytes encoded;
    encoder archive(encoded);
    archive(std::string("ab"), std::int64_t{-2});
    store->begin(0x0102);
    auto writer = store->write(0x0102, group, contents());
    writer->append(encoded, 1);
    auto const base = writer->finish();
    auto first = manifest(0x0102, {{5, {base}}});
    store->finish(first);

    store->begin(0x0103);
    bytes changed;
    encoder changes(changed);
    changes(std::uint8_t{0}, std::string("ab"));
    writer = store->write(0x0103, group, contents(piece_form::delta));
    writer->append(changed, 1);
    auto second = manifest(0x0103, {{5, {base, writer->finish()}}}, snapshot_kind::savepoint);
    second.time = timestamp{duration{-1}};
    second.fingerprint = 7;
    second.max_parallelism = 64;
    second.attempt = 2;
    second.operators[0].parallelism = 3;
    second.operators[0].committable_schema = schema_of<std::pair<std::string, std::int64_t>>();
    second.operators[0].committables = {{2, to_bytes("xyz")}};
    second.operators[0].finished = {1};
    store->finish(second);
    store->begin(0x0104);
    auto const unfinished = store->write(0x0104, group, contents());
    unfinished->append(bytes(200'000), 1);
    unfinished->append(bytes(200'000), 1);  // does not fit into the first chunk
  }
  auto found = everything_in(where.path.string());

  rows manifests, headers, chunks;
  manifests["format"] = sealed("format", u32(1) + text("libflow snapshots"));
  auto const names = std::string("\0\6counts\0\5count\0\0\0\5", 2 + 6 + 2 + 5 + 4);
  auto const base_key = be<std::uint64_t>(0x0102) + names, delta_key = be<std::uint64_t>(0x0103) + names;
  auto const first_chunk = base_key + be<std::uint32_t>(1), second_chunk = delta_key + be<std::uint32_t>(1);
  chunks[first_chunk] = sealed(first_chunk, u64(1) + text("ab") + le<std::int64_t>(-2));
  chunks[second_chunk] = sealed(second_chunk, u64(1) + u8(0) + text("ab"));
  auto const checksum = [](std::string const& chunk) { return u64(XXH3_64bits(chunk.data(), 8)); };
  auto const schemas = leaf("string") + leaf("i64");
  auto const base = u64(1) + u64(18) + checksum(chunks[first_chunk]), delta = u64(1) + u64(11) + checksum(chunks[second_chunk]);
  headers[base_key] = sealed(base_key, u32(1) + u8(0) + schemas + base + u32(1));
  headers[delta_key] = sealed(delta_key, u32(1) + u8(1) + schemas + delta + u32(1));

  auto const state = text("count") + le<std::int32_t>(1) + schemas + count(1) + u32(5);
  auto const first_key = "m" + be<std::uint64_t>(0x0102), second_key = "m" + be<std::uint64_t>(0x0103);
  manifests[first_key] = sealed(first_key, u32(1) + u64(0x0102) + u8(0) + le<std::int64_t>(0) + text("job") + u64(0) + u32(128) + u64(0) + count(1) +
                                               text("counts") + u32(1) + count(1) + state + count(1) + u64(0x0102) + u8(0) + base + leaf("") + count(0) + count(0));
  auto const pair = text("struct") + count(2) + text("0") + leaf("string") + text("1") + leaf("i64");
  auto const pieces = count(2) + u64(0x0102) + u8(0) + base + u64(0x0103) + u8(1) + delta;
  manifests[second_key] = sealed(second_key, u32(1) + u64(0x0103) + u8(1) + le<std::int64_t>(-1) + text("job") + u64(7) + u32(64) + u64(2) + count(1) +
                                                 text("counts") + u32(3) + count(1) + state + pieces + pair + count(1) + u32(2) + text("xyz") + count(1) + u32(1));

  CHECK(readable(found["default"]) == readable(manifests));
  // What was not finished may be there: a header that says nothing, and chunks.
  auto const rest = be<std::uint64_t>(0x0104) + names;
  if (found["headers"].contains(rest)) CHECK(found["headers"][rest].empty());
  found["headers"].erase(rest);
  found["chunks"].erase(rest + be<std::uint32_t>(1));
  CHECK(readable(found["headers"]) == readable(headers));
  CHECK(readable(found["chunks"]) == readable(chunks));
}
