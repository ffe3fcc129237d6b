#include <catch2/catch.hpp>

#include "changes.hpp"

#include <map>
#include <random>
#include <set>

#include <flow/state/portion_places.hpp>

namespace {
using flow::hash_of;
using flow::detail::key_portion;
using flow::detail::portion_places;

/// A table and what a state does with it, portion by portion.
struct world {
  flow::table<std::uint64_t, int> table;
  key_portion keys;
  portion_places<int> places;

  void begin(std::vector<std::uint64_t> const& of) {
    keys.size = static_cast<std::uint32_t>(of.size());
    for (std::uint32_t i = 0; i < keys.size; ++i) {
      keys.integers[i] = of[i];
      keys.hashes[i] = hash_of(of[i]);
    }
    places.begin(table, keys);
  }
  int* look_up(std::uint32_t i) { return places.look_up(table, keys.integers[i], keys.hashes[i], i); }
  int& change(std::uint32_t i) {
    if (!places.marked(i)) {
      look_up(i);
      places.mark(table, keys.integers[i], keys.hashes[i], i);
    }
    REQUIRE(places.marked(i) == places.value(i));
    return *places.marked(i);
  }
  void erase(std::uint32_t i) { places.erase(table, keys.integers[i], keys.hashes[i], i); }
  std::uint32_t known() const {
    std::uint32_t n = 0;
    for (std::uint32_t i = 0; i < keys.size; ++i) n += places.value(i) != nullptr;
    return n;
  }
};

std::vector<std::uint64_t> first_keys(std::uint64_t n) {
  std::vector<std::uint64_t> keys(n);
  for (std::uint64_t k = 0; k < n; ++k) keys[k] = k;
  return keys;
}
}  // namespace

TEST_CASE("the keys of a portion are looked up together once half of a portion's records have used the state") {
  for (std::uint32_t const used : {0u, 31u, 32u, 64u}) {
    INFO(used << " of 64 records use it");
    world w;
    auto const keys = first_keys(64);
    for (auto const k : keys) w.table.find_or_insert(k, hash_of(k));
    w.begin(keys);
    CHECK(w.known() == 0);
    for (std::uint32_t i = 0; i < used; ++i) {
      CHECK(w.look_up(i) == w.table.find(keys[i], hash_of(keys[i])));
      CHECK(w.known() == 1);
    }
    w.begin(keys);
    CHECK(w.known() == (used >= 32 ? 64 : 0));
  }
}

TEST_CASE("what has not changed since the epoch began is not known as marked") {
  world w;
  auto const keys = first_keys(64);
  for (auto const k : keys) w.table.find_or_insert(k, hash_of(k));
  w.begin(keys);
  for (std::uint32_t i = 0; i < 64; ++i) w.look_up(i);
  w.table.begin_epoch();
  take_changes(w.table, [](auto const&, auto const&) {});
  for (int round = 0; round < 3; ++round) {
    w.begin(keys);
    REQUIRE(w.known() == 64);
    for (std::uint32_t i = 0; i < 64; ++i) CHECK((w.places.marked(i) != nullptr) == (round > 0 && i % 7 == 0));
    for (std::uint32_t i = 0; i < 64; i += 7) ++w.change(i);
  }
  w.table.begin_epoch();
  std::set<std::uint64_t> changed;
  take_changes(w.table, [&](std::uint64_t k, int v) {
    CHECK(v == 3);
    changed.insert(k);
  });
  CHECK(changed.size() == 10);
  for (auto const k : changed) CHECK(k % 7 == 0);
}

TEST_CASE("portions find, add, change and remove what a map does, whatever they look up ahead") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    std::uint64_t const different = seed % 2 ? 50 : 5000;
    world w;
    std::map<std::uint64_t, int> expected;
    bool looked_ahead = false;
    for (int portion = 0; portion < 600; ++portion) {
      std::vector<std::uint64_t> keys(1 + random() % key_portion::most);
      for (auto& k : keys) k = random() % different;
      if (random() % 16 == 0) w.places.begin_single();
      w.begin(keys);
      looked_ahead = looked_ahead || w.known() > 1;
      std::uint64_t const adds = portion % 3 == 0 ? 4 : 0;  // mostly what is there is used
      for (std::uint32_t i = 0; i < keys.size(); ++i) {
        auto const k = keys[i];
        auto const there = expected.find(k);
        int* const found = w.look_up(i);
        REQUIRE((found != nullptr) == (there != expected.end()));
        if (found) REQUIRE(*found == there->second);
        if (found || random() % 8 < adds) w.change(i) = expected[k] = static_cast<int>(random() % 1000);
        if (random() % 64 < adds) {
          w.erase(i);
          expected.erase(k);
          REQUIRE(w.look_up(i) == nullptr);
        }
      }
    }
    CHECK(looked_ahead);
    CHECK(w.table.size() == expected.size());
  }
}
