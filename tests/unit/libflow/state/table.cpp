#include <catch2/catch.hpp>

#include "changes.hpp"

#include <map>
#include <random>
#include <set>
#include <unordered_map>

#include <flow/state/table.hpp>

namespace {
using flow::hash_of;

/// Undoes `mix_hash`: the integer whose hash this is.
std::uint64_t unmix(std::uint64_t hash) {
  constexpr std::uint64_t inverse = 0xcfee444d8b59a89b;  // of 0xD6E8FEB86659FD93, modulo 2^64
  hash ^= hash >> 32;
  hash *= inverse;
  hash ^= hash >> 32;
  hash *= inverse;
  return hash ^ (hash >> 32);
}

std::int64_t integer_key(std::uint64_t n) { return static_cast<std::int64_t>(n) - 500; }
std::string string_key(std::uint64_t n) { return n % 2 ? "k" + std::to_string(n) : "a key on the heap with the number " + std::to_string(n); }
/// Keys whose hashes agree in their leading 52 bits.
std::uint64_t crowded_key(std::uint64_t n) { return unmix(0xABCDEF0123456000 | n % 4096); }
/// Keys whose hashes agree in their leading 40 bits and in their last 8, on which slots depend.
std::uint64_t colliding_key(std::uint64_t n) { return unmix(0xABCDEF0123000077 | n << 8); }

/// Keys whose hashes agree in their last 28 bits: in slot, group and all else that a segment looks at.
std::uint64_t alike_key(std::uint64_t n) { return unmix(n << 28 | 0x5A5A5A5); }

/// Random insertions, changes, look-ups and removals of `keys` different keys, beside a std::unordered_map.
template <class K, class F>
void check_against_map(F key, std::uint64_t keys, int steps, std::uint64_t seed) {
  INFO("seed " << seed << " keys " << keys);
  std::mt19937_64 random(seed);
  flow::table<K, std::uint64_t> table;
  std::unordered_map<K, std::uint64_t> expected;
  for (int i = 0; i < steps; ++i) {
    K const k = key(random() % keys);
    auto const h = hash_of(k);
    switch (random() % 8) {
      case 0: case 1: case 2: case 3:
        REQUIRE(table.find_or_insert(k, h) == expected[k]);
        table.find_or_insert(k, h) = expected[k] = random();
        break;
      case 4: case 5: {
        auto const* const found = table.find(k, h);
        REQUIRE((found != nullptr) == expected.contains(k));
        if (found) REQUIRE(*found == expected[k]);
        break;
      }
      default: REQUIRE(table.erase(k, h) == (expected.erase(k) > 0));
    }
    REQUIRE(table.size() == expected.size());
  }
  std::unordered_map<K, std::uint64_t> found;
  table.for_each([&](K const& k, std::uint64_t v) { REQUIRE(found.emplace(k, v).second); });
  REQUIRE(found == expected);
  table.clear();
  CHECK(table.empty());
  table.for_each([](K const&, std::uint64_t) { FAIL("a cleared table has entries"); });
  for (auto const& [k, v] : expected) REQUIRE(table.find(k, hash_of(k)) == nullptr);
}

template <class Table>
std::set<std::uint64_t> taken(Table& t) {
  std::set<std::uint64_t> keys;
  take_changes(t, [&](auto const& k, auto const&) { REQUIRE(keys.insert(k).second); });
  return keys;
}
}  // namespace

TEST_CASE("a hash can be undone, so that crowded keys can be made") {
  for (std::uint64_t const h : {0ull, 1ull, 0xABCDEF0123456789ull, ~0ull}) CHECK(flow::mix_hash(unmix(h)) == h);
}

TEST_CASE("a table holds what a map would hold") {
  check_against_map<std::int64_t>(integer_key, 10, 2'000, 1);
  check_against_map<std::int64_t>(integer_key, 3'000, 40'000, 2);
  check_against_map<std::int64_t>(integer_key, 1'000'000, 60'000, 3);
  check_against_map<std::string>(string_key, 10, 2'000, 4);
  check_against_map<std::string>(string_key, 20'000, 60'000, 5);
}

TEST_CASE("a table of keys with crowded hashes holds what a map would hold") {
  check_against_map<std::uint64_t>(crowded_key, 4'096, 60'000, 6);
  check_against_map<std::uint64_t>(colliding_key, 2'000, 20'000, 7);
  check_against_map<std::uint64_t>(alike_key, 600, 20'000, 8);
}

TEST_CASE("a table of keys with crowded hashes stays in proportion to them") {
  flow::table<std::uint64_t, std::uint64_t> table;
  for (std::uint64_t n = 0; n < 4'096; ++n) {
    auto const k = crowded_key(n);
    table.find_or_insert(k, hash_of(k)) = n;
  }
  CHECK(table.size() == 4'096);
  CHECK(table.memory() < 4'096 * 16 * 64);
}

TEST_CASE("a table grows to many entries and keeps them all") {
  flow::table<std::uint64_t, std::uint64_t> table;
  for (std::uint64_t n = 0; n < 200'000; ++n) table.find_or_insert(n, hash_of(n)) = n * 3;
  std::uint64_t wrong = 0;
  for (std::uint64_t n = 0; n < 200'000; ++n) {
    auto const* const v = table.find(n, hash_of(n));
    wrong += !v || *v != n * 3;
  }
  CHECK(wrong == 0);
  CHECK(table.size() == 200'000);
  auto const before = table.memory();
  table.clear();
  for (std::uint64_t n = 0; n < 200'000; ++n) table.find_or_insert(n, hash_of(n));
  CHECK(table.memory() == before);
}

TEST_CASE("the changes of an epoch are exactly the entries touched in it, across growth and removals") {
  for (std::uint64_t seed = 30; seed < 36; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    bool const crowded = seed % 2 == 0;
    flow::table<std::uint64_t, std::uint64_t> table;
    std::set<std::uint64_t> changed, changed_before, present;
    for (int epoch = 0; epoch < 12; ++epoch) {
      bool took = epoch == 0;
      auto const steps = random() % 3'000;
      auto const take_at = random() % (steps + 1);
      auto take = [&] {
        std::set<std::uint64_t> expected;
        for (auto const k : changed_before)
          if (present.contains(k)) expected.insert(k);
        REQUIRE(taken(table) == expected);
        REQUIRE(taken(table).empty());
        took = true;
      };
      for (std::uint64_t i = 0; i < steps; ++i) {
        if (i == take_at && !took) take();
        auto const n = random() % 4'000;
        auto const k = crowded ? crowded_key(n) : n;
        if (random() % 4 == 0) {
          table.erase(k, hash_of(k));
          present.erase(k), changed.erase(k), changed_before.erase(k);  // what comes again is a new entry
        } else {
          table.find_or_insert(k, hash_of(k));
          present.insert(k), changed.insert(k);
        }
        auto const other = random() % 4'000;
        table.find(other, hash_of(other));  // looking changes nothing
      }
      if (!took) take();
      table.begin_epoch();
      changed_before = std::exchange(changed, {});
    }
  }
}

TEST_CASE("walking over ranges of hashes meets each entry once, segments in the order of hashes") {
  for (std::uint64_t const keys : {0, 1, 20, 5'000, 50'000}) {
    INFO(keys << " keys");
    flow::table<std::uint64_t, int> table;
    for (std::uint64_t n = 0; n < keys; ++n) table.find_or_insert(n, hash_of(n));
    std::set<std::uint64_t> met;
    std::uint64_t first = 0;
    for (;;) {
      auto const last = table.segment_end(first);
      REQUIRE(last >= first);
      table.for_each_between(first, last, [&](auto const& e) {
        auto const h = hash_of(e.key);
        REQUIRE((h >= first && h <= last));
        REQUIRE(met.insert(e.key).second);
      });
      if (last == ~std::uint64_t{0}) break;
      first = last + 1;
    }
    REQUIRE(met.size() == keys);
    std::size_t at_once = 0;
    table.for_each_between(0, ~std::uint64_t{0}, [&](auto const&) { ++at_once; });
    REQUIRE(at_once == keys);
  }
}

TEST_CASE("a cursor by hash survives growth: entries there before are met exactly once") {
  std::uint64_t const seed = 41;
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  flow::table<std::uint64_t, int> table;
  for (std::uint64_t n = 0; n < 3'000; ++n) table.find_or_insert(n, hash_of(n));
  std::map<std::uint64_t, int> met;
  for (std::uint64_t first = 0, fresh = 10'000;;) {
    auto const last = table.segment_end(first);
    table.for_each_between(first, last, [&](auto const& e) { ++met[e.key]; });
    if (last == ~std::uint64_t{0}) break;
    first = last + 1;
    for (int i = 0; i < 2'000; ++i, ++fresh) table.find_or_insert(fresh, hash_of(fresh));
  }
  for (std::uint64_t n = 0; n < 3'000; ++n) REQUIRE(met[n] == 1);
}

TEST_CASE("the groups of keys are contiguous runs of a table") {
  flow::table<std::uint64_t, int> table;
  for (std::uint64_t n = 0; n < 50'000; ++n) table.find_or_insert(n, hash_of(n));
  std::uint32_t newest = 0;
  for (std::uint64_t first = 0;;) {
    auto const last = table.segment_end(first);
    std::uint32_t lowest = 128, highest = 0;
    table.for_each_between(first, last, [&](auto const& e) {
      auto const group = flow::key_group_of(hash_of(e.key), 128);
      lowest = std::min(lowest, group);
      highest = std::max(highest, group);
    });
    if (lowest < 128) {
      REQUIRE(lowest >= newest);
      newest = highest;
    }
    if (last == ~std::uint64_t{0}) break;
    first = last + 1;
  }
  CHECK(newest == 127);
}

TEST_CASE("the segments of a table do not all become full at the same time") {
  flow::table<std::int64_t, std::int64_t> table;
  auto const segments = [&] {
    std::size_t n = 1;
    for (std::uint64_t end = table.segment_end(0); end != ~std::uint64_t{0}; end = table.segment_end(end + 1)) ++n;
    return n;
  };
  std::size_t most = 0, before = 0;
  for (std::int64_t k = 0; k < 1'000'000; ++k) {
    table.find_or_insert(k, hash_of(k)) = k;
    if (k % 8192 != 0) continue;
    std::size_t const now = segments();
    if (k > 200'000) most = std::max(most, now - before);
    before = now;
  }
  // With one limit for all it is 128: nearly every segment is split within a sixth of the insertions.
  INFO("most segments split by 8,192 keys: " << most);
  CHECK(most < 90);
}

TEST_CASE("sweeping removes what is to go and no other, keeps what is known of changes, and gives memory back") {
  for (std::uint64_t seed = 50; seed < 62; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    bool const crowded = seed % 3 == 0;
    std::uint64_t const keys = crowded ? 4'000 : seed % 2 ? 200'000 : 20'000;
    auto const key_of = [&](std::uint64_t n) { return crowded ? crowded_key(n) : n; };
    flow::table<std::uint64_t, std::uint64_t> table;
    std::map<std::uint64_t, std::uint64_t> expected;
    std::set<std::uint64_t> changed;
    for (std::uint64_t n = 0; n < keys; ++n) table.find_or_insert(key_of(n), hash_of(key_of(n))) = expected[key_of(n)] = random() % 1000;
    table.begin_epoch();
    take_changes(table, [](auto const&, auto const&) {});
    std::size_t const full = table.memory();
    for (std::uint64_t limit : {100, 100, 900, 1000}) {  // removes a tenth, nothing, most, all
      for (std::uint64_t at = 0, steps = 0, last = 0;; ++steps) {
        std::uint32_t removals = 1 + random() % 500;
        std::uint32_t const granted = removals;
        std::size_t const before = table.size();
        bool const done = table.sweep(at, removals, [&](std::uint64_t, auto place) { return *place.value < limit; });
        REQUIRE(before - table.size() == granted - removals);
        REQUIRE((done || removals == 0));
        if (done && at == 0) break;
        REQUIRE(at >= last);
        last = at;
        for (int i = 0; i < 3; ++i) {  // others go on meanwhile
          auto const k = key_of(random() % keys);
          if (!expected.contains(k) || expected[k] < limit) continue;
          table.find_or_insert(k, hash_of(k)) = expected[k] = limit + random() % (1001 - limit);
          changed.insert(k);
        }
        REQUIRE(steps < 20'000);
      }
      std::erase_if(expected, [&](auto const& e) { return e.second < limit; });
      std::erase_if(changed, [&](std::uint64_t k) { return !expected.contains(k); });
      std::map<std::uint64_t, std::uint64_t> found;
      table.for_each([&](std::uint64_t k, std::uint64_t v) { REQUIRE(found.emplace(k, v).second); });
      REQUIRE(found == expected);
      for (auto const& [k, v] : expected) REQUIRE(table.find(k, hash_of(k)));
      table.begin_epoch();
      REQUIRE(taken(table) == changed);
      changed.clear();
    }
    CHECK(table.size() == expected.size());
    if (keys > 100'000) CHECK(table.memory() < full / 20 + flow::chunk_pool::chunk_bytes);
    for (std::uint64_t n = 0; n < keys; ++n) table.find_or_insert(key_of(n), hash_of(key_of(n))) = n;
    for (std::uint64_t n = 0; n < keys; ++n) REQUIRE(*table.find(key_of(n), hash_of(key_of(n))) == n);
  }
}

TEST_CASE("a cursor by hash survives that segments are joined: entries there before are met exactly once") {
  for (std::uint64_t seed = 70; seed < 80; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    flow::table<std::uint64_t, std::uint64_t> table;
    for (std::uint64_t n = 0; n < 60'000; ++n) table.find_or_insert(n, hash_of(n)) = n % 100;
    auto const sweep = [&] {
      for (std::uint64_t at = 0;;) {
        std::uint32_t removals = 10'000;
        if (table.sweep(at, removals, [](std::uint64_t, auto place) { return *place.value > 0; }) && at == 0) return;
      }
    };
    std::map<std::uint64_t, int> met;
    auto const sweep_at = random() % 60;
    for (std::uint64_t first = 0, steps = 0;; ++steps) {
      if (steps == sweep_at) sweep();
      auto const last = table.segment_end(first);
      table.for_each_between(first, last, [&](auto const& e) { ++met[e.key]; });
      if (last == ~std::uint64_t{0}) break;
      first = last + 1;
    }
    REQUIRE(table.size() == 600);
    for (std::uint64_t n = 0; n < 60'000; n += 100) REQUIRE(met[n] == 1);
  }
}

TEST_CASE("a place that is marked is among the changes of its epoch") {
  flow::table<std::int64_t, int> table;
  for (std::int64_t k = 0; k < 100; ++k) table.find_or_insert(k, hash_of(k));
  table.begin_epoch();
  take_changes(table, [](auto const&, auto const&) {});
  for (std::int64_t k = 0; k < 100; k += 7) {
    auto const place = table.locate(k, hash_of(k));
    place.mark();
    *place.value = 1;
  }
  table.begin_epoch();
  std::set<std::int64_t> changed;
  take_changes(table, [&](std::int64_t k, int v) {
    CHECK(v == 1);
    changed.insert(k);
  });
  CHECK(changed.size() == 15);
  for (auto const k : changed) CHECK(k % 7 == 0);
}
