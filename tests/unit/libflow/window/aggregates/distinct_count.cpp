#include <catch2/catch.hpp>

#include <cmath>
#include <set>
#include <string>

#include <flow/window/aggregates.hpp>

#include "parts.hpp"

namespace {
struct visit {
  std::string user;
  std::int64_t page = 0;
};
using users = flow::distinct_count<&visit::user>;
using pages = flow::distinct_count<&visit::page>;
using about_users = flow::approximate_distinct_count<&visit::user>;
template <int Precision>
using about_pages = flow::approximate_distinct_count<&visit::page, Precision>;

std::vector<visit> visits(std::mt19937_64& random, std::size_t n, std::uint64_t values) {
  std::vector<visit> made;
  for (std::size_t i = 0; i < n; ++i) {
    auto const page = static_cast<std::int64_t>(random() % values);
    made.push_back({"user " + std::to_string(page % 1000), page});
  }
  return made;
}

/// The relative errors of counting n different pages, for many seeds: of numbers in a row and of random ones.
template <int Precision>
std::vector<double> errors_of(std::int64_t n) {
  std::vector<double> errors;
  for (std::int64_t seed = 1; seed <= 30; ++seed) {
    about_pages<Precision> a;
    std::mt19937_64 random(static_cast<std::uint64_t>(seed));
    for (std::int64_t i = 0; i < n; ++i) a.add({"", seed % 2 ? seed * 1'000'000'000 + i : static_cast<std::int64_t>(random())});
    errors.push_back(static_cast<double>(a.result()) / static_cast<double>(n) - 1);
  }
  return errors;
}
}  // namespace

TEST_CASE("distinct values are counted as a set counts them, in whatever parts they come") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    auto const records = visits(random, random() % 400, 1 + random() % 300);
    std::set<std::int64_t> of_pages;
    std::set<std::string> of_users;
    for (auto const& v : records) of_pages.insert(v.page), of_users.insert(v.user);
    REQUIRE(parts::whole<pages>(records).result() == static_cast<std::int64_t>(of_pages.size()));
    REQUIRE(parts::merged<pages>(records, random).result() == static_cast<std::int64_t>(of_pages.size()));
    REQUIRE(parts::merged<users>(records, random).result() == static_cast<std::int64_t>(of_users.size()));
  }
}

TEST_CASE("a restored count of distinct values goes on counting") {
  std::mt19937_64 random(3);
  for (std::size_t const n : {0, 1, 16, 17, 1'000}) {
    INFO(n << " values, seed 3");
    auto const records = visits(random, n, 1'000'000);
    auto count = parts::restored(parts::whole<pages>(records));
    auto const before = count.result();
    for (auto const& v : records) count.add(v);
    CHECK(count.result() == before);
    count.add({"", -1});
    CHECK(count.result() == before + 1);
  }
}

TEST_CASE("an approximate count of up to 256 distinct values is exact") {
  about_users a;
  for (int i = 1; i <= 256; ++i) {
    for (int times = 0; times < 3; ++times) a.add({std::to_string(i), 0});
    REQUIRE(a.result() == i);
  }
}

TEST_CASE("the error of approximate distinct counts is what is promised, and has no bias") {
  for (std::int64_t const n : {300, 2'000, 6'000, 12'000, 50'000, 200'000}) {
    INFO(n << " values, seeds 1 to 30");
    double const standard_error = 1.04 / 64;
    double sum = 0, squares = 0;
    for (double const e : errors_of<12>(n)) {
      CHECK(std::abs(e) < 4 * standard_error);
      sum += e;
      squares += e * e;
    }
    CHECK(std::sqrt(squares / 30) < 1.4 * standard_error);
    CHECK(std::abs(sum / 30) < 4 * standard_error / std::sqrt(30.0));
  }
}

TEST_CASE("a higher precision of approximate distinct counts has a smaller error") {
  double squares = 0;
  for (double const e : errors_of<14>(100'000)) squares += e * e;
  CHECK(std::sqrt(squares / 30) < 1.4 * 1.04 / 128);
}

TEST_CASE("approximate distinct counts do not depend on parts and their order") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    auto const records = visits(random, random() % 3'000, 1 + random() % 2'000);
    REQUIRE(parts::merged<about_pages<8>>(records, random).result() == parts::whole<about_pages<8>>(records).result());
    REQUIRE(parts::merged<about_users>(records, random).result() == parts::whole<about_users>(records).result());
  }
}
