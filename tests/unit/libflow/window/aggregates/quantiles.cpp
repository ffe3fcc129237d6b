#include <catch2/catch.hpp>

#include <cmath>
#include <functional>

#include <flow/record/json_text.hpp>
#include <flow/window/aggregates.hpp>

#include "parts.hpp"

namespace {
struct sample {
  double value = 0;
};
using many = flow::quantiles<0, 1, 10, 100, 250, 500, 750, 900, 990, 999, 1000, &sample::value>;
int const asked[] = {0, 1, 10, 100, 250, 500, 750, 900, 990, 999, 1000};

using random_value = std::function<double(std::mt19937_64&)>;
std::vector<std::pair<char const*, random_value>> const distributions{
    {"uniform", [](auto& r) { return std::uniform_real_distribution<>(0, 1)(r); }},
    {"exponential", [](auto& r) { return std::exponential_distribution<>(0.001)(r); }},
    {"normal, of both signs", [](auto& r) { return std::normal_distribution<>(0, 50)(r); }},
    {"log-normal", [](auto& r) { return std::lognormal_distribution<>(3, 3)(r); }},
    {"heavy tail", [](auto& r) { return std::pow(std::uniform_real_distribution<>(1e-9, 1)(r), -1.5); }},
    {"few whole numbers and zeros", [](auto& r) { return static_cast<double>(r() % 7) - 2; }},
    {"constant", [](auto&) { return -42.5; }},
    {"two lumps far apart", [](auto& r) { return r() % 2 ? 1e-6 : 1e6; }},
};
std::vector<sample> samples(random_value const& of, std::size_t n, std::mt19937_64& random) {
  std::vector<sample> made;
  for (std::size_t i = 0; i < n; ++i) made.push_back({of(random)});
  return made;
}

/// Against the sorted values: the value at the rank of each quantile.
void check_values(std::vector<sample> const& all, double error) {
  std::vector<double> sorted;
  for (auto const& s : all) sorted.push_back(s.value);
  std::sort(sorted.begin(), sorted.end());
  auto const found = parts::whole<many>(all).result();
  for (std::size_t i = 0; i < std::size(asked); ++i) {
    INFO("quantile " << asked[i]);
    auto at = static_cast<std::size_t>(0);  // the first value that this share does not exceed
    while ((at + 1) * 1000 < static_cast<std::size_t>(asked[i]) * sorted.size()) ++at;
    REQUIRE(std::abs(found.values[i] - sorted[at]) <= error * std::abs(sorted[at]));
  }
}
}  // namespace

TEST_CASE("quantiles of up to 128 values are the values themselves") {
  for (auto const& [name, of] : distributions)
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
      INFO(name << ", seed " << seed);
      std::mt19937_64 random(seed);
      check_values(samples(of, 1 + random() % 128, random), 0);
    }
}

TEST_CASE("quantiles of more values are within one per cent of them, whatever their distribution") {
  for (auto const& [name, of] : distributions)
    for (std::uint64_t seed = 1; seed <= 8; ++seed)
      for (std::size_t const n : {129, 1'000, 30'000}) {
        INFO(name << ", " << n << " values, seed " << seed);
        std::mt19937_64 random(seed);
        check_values(samples(of, n, random), 0.01 * (1 + 1e-9));
      }
}

TEST_CASE("quantiles do not depend on parts and their order") {
  for (auto const& [name, of] : distributions)
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
      INFO(name << ", seed " << seed);
      std::mt19937_64 random(seed);
      auto const all = samples(of, random() % 700, random);
      REQUIRE(parts::merged<many>(all, random).result() == parts::whole<many>(all).result());
    }
}

TEST_CASE("a sketch of values further apart than its buckets reach keeps the large ones, in whatever order they come") {
  std::uint64_t const seed = 4;
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  auto const all = samples([](auto& r) { return std::pow(10.0, std::uniform_real_distribution<>(-300, 300)(r)); }, 3'000, random);
  auto const found = parts::whole<many>(all).result();
  for (int i = 0; i < 20; ++i) REQUIRE(parts::merged<many>(all, random).result() == found);
  std::vector<double> sorted;
  for (auto const& s : all) sorted.push_back(s.value);
  std::sort(sorted.begin(), sorted.end());
  CHECK(found.at<999>() == Approx(sorted[2996]).epsilon(0.0101));
  CHECK(found.at<0>() == sorted.front());
  CHECK(found.at<1000>() == sorted.back());
}

TEST_CASE("a sketch holds at most 33 KB, whatever it is given") {
  many sketch;
  for (int exponent = -300; exponent <= 300; ++exponent)
    for (int i = 0; i < 5; ++i) {
      sketch.add({std::pow(10.0, exponent) * (i + 1)});
      sketch.add({-std::pow(10.0, -exponent) * (i + 1)});
    }
  flow::bytes encoded;
  flow::encoder out(encoded);
  out(sketch);
  CHECK(encoded.size() > 30'000);
  CHECK(encoded.size() <= 33'000);
}

TEST_CASE("what is no number is left out of quantiles, and infinite values are the largest there are") {
  many sketch;
  CHECK(sketch.result().at<500>() == 0);
  for (double const x : std::initializer_list<double>{NAN, 1.0, INFINITY, -INFINITY, NAN}) sketch.add({x});
  CHECK(sketch.result().at<500>() == 1);
  for (int i = 0; i < 1'000; ++i) sketch.add({INFINITY});
  CHECK(sketch.result().at<0>() == std::numeric_limits<double>::lowest());
  CHECK(sketch.result().at<500>() == std::numeric_limits<double>::max());
}

TEST_CASE("results of quantiles are structs whose fields are named by them") {
  auto const found = parts::whole<flow::quantiles<500, 990, 999, &sample::value>>(std::vector<sample>{{3}, {1}, {2}}).result();
  CHECK(flow::to_json(found) == R"({"p50":2,"p99":3,"p99_9":3})");
  CHECK(found.at<500>() == 2);
}
