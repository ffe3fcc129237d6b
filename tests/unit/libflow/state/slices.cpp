#include <catch2/catch.hpp>

#include "changes.hpp"

#include <map>
#include <random>
#include <span>
#include <set>

#include <flow/state/slices.hpp>

namespace {
flow::timestamp at(std::int64_t micros) { return flow::timestamp{flow::duration{micros}}; }
using counts = flow::slices<std::string, int>;
int& entry(counts& s, std::int64_t begin, std::string const& key) { return s.at(at(begin)).find_or_insert(key, flow::hash_of(key)); }
std::vector<std::int64_t> begins(std::span<counts::slice const> some) {
  std::vector<std::int64_t> all;
  for (auto const& s : some) all.push_back(s.begin.time_since_epoch().count());
  return all;
}
}  // namespace

TEST_CASE("slices are kept oldest first, whatever the order of their making") {
  counts s("per slice");
  for (std::int64_t const begin : {30, -10, 20, 0, 20, 10, 30}) ++entry(s, begin, "k");
  CHECK(begins(s.all()) == std::vector<std::int64_t>{-10, 0, 10, 20, 30});
  CHECK(entry(s, 20, "k") == 2);
  CHECK(entry(s, 0, "k") == 1);
  CHECK(s.entries() == 5);
  CHECK(s.name() == "per slice");
  CHECK(s.kind() == flow::state_kind::slices);
  flow::schema key;  // of an entry
  key.type = "struct";
  key.fields = {{"slice", flow::schema_of<flow::timestamp>()}, {"key", flow::schema_of<std::string>()}};
  CHECK(s.key_schema() == key);
  CHECK(s.value_schema() == flow::schema_of<int>());
}

TEST_CASE("a range of slices holds those that start in it, its end excluded") {
  counts s("s");
  for (std::int64_t begin = 0; begin < 100; begin += 10) entry(s, begin, "k");
  CHECK(begins(s.between(at(20), at(40))) == std::vector<std::int64_t>{20, 30});
  CHECK(begins(s.between(at(21), at(41))) == std::vector<std::int64_t>{30, 40});
  CHECK(begins(s.between(at(-50), at(1))) == std::vector<std::int64_t>{0});
  CHECK(begins(s.between(at(95), at(500))).empty());
  CHECK(begins(s.between(at(40), at(40))).empty());
}

TEST_CASE("a table stays where it is while slices are made before it") {
  counts s("s");
  auto* const table = &s.at(at(1'000));
  for (std::int64_t begin = 0; begin < 1'000; ++begin) s.at(at(begin));
  CHECK(&s.at(at(1'000)) == table);
}

TEST_CASE("a dropped slice leaves nothing behind but its memory") {
  counts s("s");
  entry(s, 0, "a") = 7;
  entry(s, 10, "b") = 8;
  s.drop_oldest();
  CHECK(begins(s.all()) == std::vector<std::int64_t>{10});
  CHECK(s.entries() == 1);
  auto const memory = s.memory();
  CHECK(s.at(at(20)).empty());
  CHECK(entry(s, 20, "a") == 0);
  CHECK(s.memory() == memory);
}

TEST_CASE("an epoch of slices knows what changed in each, also in a table that another slice has used") {
  std::uint64_t const seed = 8;
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  flow::slices<int, int> s("s");
  std::map<std::int64_t, std::set<int>> before;
  std::int64_t oldest = 0;
  for (int epoch = 0; epoch < 30; ++epoch) {
    std::map<std::int64_t, std::set<int>> now;
    for (int i = 0; i < 200; ++i) {
      auto const begin = oldest + static_cast<std::int64_t>(random() % 5);
      int const key = static_cast<int>(random() % 1'000);
      s.at(at(begin)).find_or_insert(key, flow::hash_of(key));
      now[begin].insert(key);
    }
    std::map<std::int64_t, std::set<int>> found;
    for (auto const& slice : s.all())
      take_changes(*slice.entries, [&](int k, int) { found[slice.begin.time_since_epoch().count()].insert(k); });
    REQUIRE(found == before);
    for (auto const& slice : s.all()) slice.entries->begin_epoch();
    while (!s.all().empty() && s.all().front().begin <= at(oldest)) s.drop_oldest();
    now.erase(now.begin(), now.upper_bound(oldest));
    before = now;
    ++oldest;
  }
}
