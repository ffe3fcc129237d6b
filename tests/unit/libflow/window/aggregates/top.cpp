#include <catch2/catch.hpp>

#include <cmath>
#include <map>
#include <string>

#include <flow/window/aggregates.hpp>

#include "parts.hpp"

namespace {
struct sale {
  std::int32_t cents = 0;
  std::string item;
  double weight = 0;
  std::int32_t pieces() const { return cents / 10; }
  bool operator==(sale const&) const = default;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(cents), CEREAL_NVP(item), CEREAL_NVP(weight)); }
};
/// Values that are compared for equality only.
struct place {
  std::int32_t row = 0;
  bool operator==(place const&) const = default;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(row)); }
};
struct seat {
  place at;
};

std::vector<sale> sales(std::mt19937_64& random, std::size_t n) {
  std::vector<sale> made;
  for (std::size_t i = 0; i < n; ++i)
    made.push_back({static_cast<std::int32_t>(random() % 30) - 15, std::string(1, static_cast<char>('a' + random() % 20)), static_cast<double>(random() % 9) / 2});
  return made;
}
}  // namespace

TEST_CASE("the top records are the first of all, sorted by the value") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    auto const records = sales(random, random() % 60);
    auto const found = parts::whole<flow::top<5, &sale::cents>>(records).result();
    auto values = std::vector<std::int32_t>{};
    for (auto const& s : records) values.push_back(s.cents);
    std::sort(values.rbegin(), values.rend());
    values.resize(std::min<std::size_t>(5, values.size()));
    REQUIRE(found.size() == values.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      REQUIRE(found[i].cents == values[i]);
      REQUIRE(std::count(found.begin(), found.end(), found[i]) <= std::count(records.begin(), records.end(), found[i]));
    }
  }
}

TEST_CASE("top records and frequent values, ties included, do not depend on parts and their order") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    auto const records = sales(random, random() % 200);
    REQUIRE(parts::merged<flow::top<7, &sale::cents>>(records, random).result() == parts::whole<flow::top<7, &sale::cents>>(records).result());
    using lightest = flow::top<3, &sale::weight, std::less<>>;
    REQUIRE(parts::merged<lightest>(records, random).result() == parts::whole<lightest>(records).result());
    using items = flow::most_frequent<4, &sale::item>;
    REQUIRE(parts::merged<items>(records, random).result() == parts::whole<items>(records).result());
  }
}

TEST_CASE("the most frequent values are those that a map counts most, smaller ones first where counts are equal") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    auto const records = sales(random, random() % 100);
    std::map<std::int32_t, std::int64_t> counts;
    for (auto const& s : records) ++counts[s.pieces()];
    std::vector<flow::value_count<std::int32_t>> expected;
    for (auto const& [value, n] : counts) expected.push_back({value, n});
    std::stable_sort(expected.begin(), expected.end(), [](auto const& a, auto const& b) { return a.records > b.records; });
    expected.resize(std::min<std::size_t>(3, expected.size()));
    REQUIRE(parts::merged<flow::most_frequent<3, &sale::pieces>>(records, random).result() == expected);
  }
}

TEST_CASE("values without an order are counted too") {
  using seats = flow::most_frequent<2, &seat::at>;
  std::vector<seat> const taken{{{1}}, {{3}}, {{2}}, {{3}}, {{2}}};
  std::mt19937_64 random(1);
  CHECK(parts::whole<seats>(taken).result() == std::vector<flow::value_count<place>>{{{2}, 2}, {{3}, 2}});
  CHECK(parts::merged<seats>(taken, random).result() == parts::whole<seats>(taken).result());
}

TEST_CASE("what is no number is no top record") {
  auto const found = parts::whole<flow::top<2, &sale::weight>>(std::vector<sale>{{1, "", NAN}, {2, "", 1}, {3, "", INFINITY}, {4, "", NAN}}).result();
  REQUIRE(found.size() == 2);
  CHECK(found[0].cents == 3);
  CHECK(found[1].cents == 2);
}
