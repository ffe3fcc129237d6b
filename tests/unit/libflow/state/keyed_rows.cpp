#include <catch2/catch.hpp>

#include "changes.hpp"

#include <map>
#include <random>

#include <flow/state/keyed_rows.hpp>

using namespace flow;

namespace {

using texts = keyed_rows<std::string, std::int64_t>;

std::vector<std::int64_t> rows_of(texts& rows, std::string const& key, std::int64_t bucket) {
  std::vector<std::int64_t> all;
  row_place from;
  rows.walk(key, hash_of(key), bucket, from, [&](std::int64_t row, auto const&) {
    all.push_back(row);
    return true;
  });
  return all;
}
std::string key_number(std::uint64_t n) { return "a key that is longer than a short string, number " + std::to_string(n); }

}  // namespace

TEST_CASE("rows by key and bucket are what vectors in a map are") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    texts::table_type table("rows");
    texts rows;
    rows.attach(table);
    std::map<std::pair<std::string, std::int64_t>, std::vector<std::int64_t>> expected;
    for (std::int64_t i = 0; i < 5'000; ++i) {
      auto const key = key_number(random() % 4);
      auto const bucket = static_cast<std::int64_t>(random() % 6) - 3;
      auto& list = expected[{key, bucket}];
      if (random() % 400 == 0) {
        rows.drop(key, hash_of(key), bucket);
        list.clear();
        continue;
      }
      auto const place = rows.add(key, hash_of(key), bucket, i);
      CHECK((place == row_place{}) == list.empty());
      list.push_back(i);
      CHECK(*rows.at(key, hash_of(key), bucket, place).first == i);
    }
    for (auto const& [where, list] : expected) {
      CHECK(rows_of(rows, where.first, where.second) == list);
      std::vector<std::span<std::int64_t const>> pieces;
      rows.list(where.first, hash_of(where.first), where.second, pieces);
      std::vector<std::int64_t> joined;
      for (auto const& p : pieces) joined.insert(joined.end(), p.begin(), p.end());
      CHECK(joined == list);
      rows.drop(where.first, hash_of(where.first), where.second);
    }
    CHECK(table.entries() == 0);
  }
}

TEST_CASE("a walk over rows goes on where it was stopped") {
  texts::table_type table("rows");
  texts rows;
  rows.attach(table);
  auto const key = key_number(1);
  for (std::int64_t i = 0; i < 300; ++i) rows.add(key, hash_of(key), 7, i);
  std::vector<std::int64_t> all;
  row_place from;
  int stops = 0;
  while (!rows.walk(key, hash_of(key), 7, from, [&, left = 7](std::int64_t row, auto const&) mutable {
    if (left-- == 0) return false;
    all.push_back(row);
    return true;
  })) ++stops;
  CHECK(stops == 300 / 7);
  REQUIRE(all.size() == 300);
  for (std::int64_t i = 0; i < 300; ++i) CHECK(all[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("a long list is many entries of the table, of which only the last changes when rows are added") {
  texts::table_type table("rows");
  texts rows;
  rows.attach(table);
  auto const key = key_number(1);
  for (std::int64_t i = 0; i < 10'000; ++i) rows.add(key, hash_of(key), 7, i);
  CHECK(table.entries() == (10'000 + texts::rows_per_part - 1) / texts::rows_per_part);
  table.all().begin_epoch();
  rows.add(key, hash_of(key), 7, 1);
  table.all().begin_epoch();
  std::vector<std::uint32_t> changed;
  take_changes(table.all(), [&](auto const& k, auto const&) { changed.push_back(k.part); });
  std::sort(changed.begin(), changed.end());
  CHECK(changed == std::vector<std::uint32_t>{0, 156});  // the first tells how many there are
}

TEST_CASE("the memory of dropped rows is used again") {
  texts::table_type table("rows");
  texts rows;
  rows.attach(table);
  auto const key = key_number(1);
  std::size_t held = 0;
  for (std::int64_t round = 0; round < 1'000; ++round) {
    for (std::int64_t i = 0; i < 100; ++i) rows.add(key, hash_of(key), round * 100 + i, i);
    for (std::int64_t i = 0; i < 100; ++i) rows.drop(key, hash_of(key), round * 100 + i);
    if (round == 100) held = table.memory();
  }
  CHECK(table.memory() == held);
}
