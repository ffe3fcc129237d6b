// Tables with an entry store behind them, of which little is in memory.

#include <catch2/catch.hpp>

#include <map>
#include <random>
#include <unordered_map>

#include <flow/state/keyed_table.hpp>

#include "unit/libflow/state/map_backend.hpp"
#include "unit/libflow/state/table_trial.hpp"

namespace {

using flow::testing::map_backend;

struct small_table {
  explicit small_table(std::size_t memory) : backend(memory) {}
  map_backend backend;
  flow::working_set set{&backend};
  flow::keyed_table<std::uint64_t, std::uint64_t> state{"counts", flow::state_memory(nullptr, &set)};
  flow::table<std::uint64_t, std::uint64_t>& table = state.all();
  std::uint64_t& at(std::uint64_t k) { return table.find_or_insert(k, flow::hash_of(k)); }
  std::uint64_t const* find(std::uint64_t k) { return table.find(k, flow::hash_of(k)); }
};

/// Keys of which many have the same hash.
struct crowded_key {
  int number = 0;
  bool operator==(crowded_key const&) const = default;
  std::uint64_t hash() const { return flow::mix_hash(static_cast<std::uint64_t>(number / 5)); }
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(number)); }
};

}  // namespace

TEST_CASE("a table larger than its memory has all its entries, and keeps within the memory") {
  small_table t(1 << 20);
  constexpr std::uint64_t keys = 300'000;
  for (std::uint64_t k = 0; k < keys; ++k) {
    t.at(k) = k;
    if (k % 256 == 0) t.set.make_room();
  }
  t.set.make_room();
  CHECK(t.table.size() == keys);
  CHECK(t.table.memory() < (2 << 20) + flow::chunk_pool::chunk_bytes);
  std::mt19937_64 random(1);
  for (int i = 0; i < 100'000; ++i) {
    std::uint64_t const k = random() % (keys + 1000);
    auto const* const found = t.find(k);
    REQUIRE((k < keys) == (found != nullptr));
    if (found) REQUIRE(*found == k);
    if (i % 64 == 0) t.set.make_room();
  }
  std::uint64_t sum = 0, n = 0;
  t.table.for_each([&](std::uint64_t k, std::uint64_t v) {
    sum += v;
    n += k == v;
  });
  CHECK(n == keys);
  CHECK(sum == keys * (keys - 1) / 2);
  CHECK(t.table.memory() < (2 << 20) + flow::chunk_pool::chunk_bytes);
}

TEST_CASE("what was announced is read with one call of the store") {
  small_table t(0);
  for (std::uint64_t k = 0; k < 10'000; ++k) t.at(k) = k;
  t.set.make_room();
  for (std::uint64_t k = 0; k < 64; ++k) t.table.prefetch(flow::hash_of(k * 3));
  auto const before = t.backend.counts.reads;
  for (std::uint64_t k = 0; k < 64; ++k) REQUIRE(*t.find(k * 3) == k * 3);
  CHECK(t.backend.counts.reads == before + 1);
  for (std::uint64_t k = 20'000; k < 20'064; ++k) t.table.prefetch(flow::hash_of(k));
  for (std::uint64_t k = 20'000; k < 20'064; ++k) REQUIRE(!t.find(k));
  for (std::uint64_t k = 20'000; k < 20'064; ++k) t.at(k) = 1;  // known not to be there
  CHECK(t.backend.counts.reads == before + 2);
}

TEST_CASE("what has only been read is not written again, and what is used stays in memory") {
  small_table t(1 << 20);
  for (std::uint64_t k = 0; k < 200'000; ++k) {
    t.at(k) = k;
    if (k % 64 == 0) t.set.make_room();
  }
  auto const round = [&](std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t k = first; k < last; k += 64) {
      for (std::uint64_t i = k; i < k + 64; ++i) t.table.prefetch(flow::hash_of(i));
      for (std::uint64_t i = k; i < k + 64; ++i) REQUIRE(*t.find(i) == i);
      t.set.make_room();
    }
  };
  for (int i = 0; i < 4; ++i) round(0, 200'000);
  auto const puts = t.backend.counts.puts;
  round(0, 200'000);
  CHECK(t.backend.counts.puts == puts);
  for (int i = 0; i < 4; ++i) round(0, 8'192);
  auto const read = t.backend.counts.hashes_read;
  round(0, 8'192);
  CHECK(t.backend.counts.hashes_read == read);
}

TEST_CASE("a removed entry does not come back from its copy") {
  small_table t(0);
  t.at(1) = 1;
  t.set.make_room();
  CHECK(*t.find(1) == 1);
  CHECK(t.table.erase(1, flow::hash_of(std::uint64_t{1})));
  CHECK(!t.find(1));
  t.set.make_room();
  CHECK(!t.find(1));
  CHECK(t.table.empty());
  t.at(1) = 2;
  t.set.make_room();
  CHECK(*t.find(1) == 2);
  t.at(1) = 3;  // the copy is old now
  std::map<std::uint64_t, std::uint64_t> all;
  t.table.for_each([&](std::uint64_t k, std::uint64_t v) { all[k] += v; });
  CHECK(all == std::map<std::uint64_t, std::uint64_t>{{1, 3}});
}

TEST_CASE("keys with the same hash go and come together") {
  std::mt19937_64 random(7);
  map_backend backend(0);
  flow::working_set set(&backend);
  flow::table<crowded_key, std::string> table;
  table.keep_behind(set);
  std::unordered_map<int, std::string> model;
  for (int i = 0; i < 50'000; ++i) {
    crowded_key const k{static_cast<int>(random() % 400)};
    switch (random() % 4) {
      case 0: REQUIRE(table.erase(k, k.hash()) == (model.erase(k.number) > 0)); break;
      case 1:
        table.find_or_insert(k, k.hash()) = model[k.number] = "a text too long for its place, number " + std::to_string(i);
        break;
      default: {
        auto const* const found = table.find(k, k.hash());
        auto const known = model.find(k.number);
        REQUIRE((found != nullptr) == (known != model.end()));
        if (found) REQUIRE(*found == known->second);
      }
    }
    REQUIRE(table.size() == model.size());
    if (random() % 8 == 0) set.make_room();
  }
  std::size_t met = 0;
  for (std::uint64_t first = 0;;) {
    auto const last = table.segment_end(first);
    table.for_each_between(first, last, [&](auto const& e) {
      REQUIRE(model.at(e.key.number) == e.value);
      ++met;
    });
    if (last == ~std::uint64_t{0}) break;
    first = last + 1;
  }
  CHECK(met == model.size());
}

TEST_CASE("a sweep removes entries that are not in memory") {
  small_table t(0);
  for (std::uint64_t k = 0; k < 20'000; ++k) t.at(k) = k;
  t.set.make_room();
  std::uint64_t at = 0;
  bool done = false;
  do {
    std::uint32_t removals = 100;
    done = t.table.sweep(at, removals, [](std::uint64_t k, auto const&) { return k % 2 == 0; }, [](std::uint64_t k, std::uint64_t) { return k % 2 == 0; });
    t.set.make_room();
  } while (!done || at != 0);
  CHECK(t.table.size() == 10'000);
  CHECK(!t.find(2));
  CHECK(*t.find(3) == 3);
}

TEST_CASE("a walk over all keys meets each key once, whatever it looks up") {
  small_table t(0);
  for (std::uint64_t k = 0; k < 20'000; ++k) t.at(k) = k;
  t.set.make_room();
  std::map<std::uint64_t, int> met;
  flow::for_each_key(t.table, &t.set, [&](std::uint64_t k, std::uint64_t hash) {
    ++met[k];
    ++t.table.derived(k, hash);
  });
  CHECK(met.size() == 20'000);
  for (auto const& [k, times] : met) {
    REQUIRE(times == 1);
    REQUIRE(*t.find(k) == k + 1);
  }
}

TEST_CASE("a table that is mostly not in memory is stored as it was at the barrier") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    map_backend backend(seed % 3 == 0 ? 0 : 1000 * (seed % 7));
    table_trial::trial<table_trial::one_table>(seed, &backend);
    CHECK(backend.counts.stores == 0);
  }
}

TEST_CASE("slices that are mostly not in memory are stored as they were at the barrier") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    map_backend backend(seed % 3 == 0 ? 0 : 1000 * (seed % 7));
    table_trial::trial<table_trial::many_slices>(seed, &backend);
    CHECK(backend.counts.stores == 0);
  }
}
