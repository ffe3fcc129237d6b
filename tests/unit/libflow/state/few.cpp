#include <catch2/catch.hpp>

#include <random>

#include <cereal/types/vector.hpp>

#include <flow/state/few.hpp>

namespace {
std::vector<std::string> all_of(flow::few<std::string> const& f) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < f.size(); ++i) all.push_back(f[i]);
  return all;
}
}  // namespace

TEST_CASE("a short sequence holds what a vector holds after the same insertions and removals") {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    flow::few<std::string> f;
    std::vector<std::string> expected;
    for (int i = 0; i < 200; ++i) {
      if (random() % 5 < 3) {
        auto const at = random() % (expected.size() + 1);
        std::string const text = "element number " + std::to_string(i) + ", on the heap";
        CHECK(f.insert(at, text) == text);
        expected.insert(expected.begin() + static_cast<std::ptrdiff_t>(at), text);
      } else {
        auto const last = random() % (expected.size() + 1), first = last - random() % (std::min<std::size_t>(last, 3) + 1);
        f.erase(first, last);
        expected.erase(expected.begin() + static_cast<std::ptrdiff_t>(first), expected.begin() + static_cast<std::ptrdiff_t>(last));
      }
      REQUIRE(all_of(f) == expected);
      REQUIRE(f.empty() == expected.empty());
      if (!f.empty()) REQUIRE(f.front() == expected.front());
    }
    f.clear();
    CHECK(f.empty());
  }
}

TEST_CASE("a short sequence is encoded and described as a list is") {
  flow::few<std::int32_t> f;
  for (std::int32_t i = 0; i < 4; ++i) f.insert(static_cast<std::size_t>(i), i * i);
  flow::bytes encoded;
  flow::encoder{encoded}(f);
  flow::bytes of_vector;
  flow::encoder{of_vector}(static_cast<std::uint64_t>(4), 0, 1, 4, 9);
  CHECK(encoded == of_vector);
  flow::few<std::int32_t> read;
  read.insert(0, 77);
  flow::decoder{encoded}(read);
  REQUIRE(read.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) CHECK(read[i] == f[i]);
  CHECK(flow::schema_of<flow::few<std::int32_t>>() == flow::schema_of<std::vector<std::int32_t>>());
}
