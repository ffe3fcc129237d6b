#include <catch2/catch.hpp>

#include <random>
#include <set>
#include <vector>

#include <flow/record/key.hpp>

namespace {
struct route {
  std::int32_t number = 0;
  std::string origin;
  bool operator==(route const&) const = default;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(number), CEREAL_NVP(origin)); }
};
struct no_equality {
  int a = 0;
  template <class Archive>
  void serialize(Archive& archive) { archive(a); }
};
struct no_description {
  int a = 0;
  bool operator==(no_description const&) const = default;
};
enum class gate : std::int8_t { a = 2, b = -1 };
std::uint64_t hash_of_text(std::string const& text) { return flow::hash_bytes(text.data(), text.size()); }
}  // namespace

static_assert(flow::key_type<int> && flow::key_type<std::string> && flow::key_type<route> && flow::key_type<gate>);
static_assert(!flow::key_type<double> && !flow::key_type<std::string_view> && !flow::key_type<char const*>);
static_assert(!flow::key_type<no_equality> && !flow::key_type<no_description>);

// The numbers in the next three tests come from Python: xxhash 4.1 (XXH3_64bits, seed 0), and the two multiplications of
// mix_hash written there once more. They are stored in snapshots and may never change.
TEST_CASE("integers and enums are hashed by known numbers") {
  CHECK(flow::hash_of(0) == 0);
  CHECK(flow::hash_of(1) == 0x4179b061e0c0e0d0);
  CHECK(flow::hash_of(std::uint8_t{2}) == 0x1c9963305febc252);
  CHECK(flow::hash_of(std::int64_t{42}) == 0x63eb4d090e3c46f3);
  CHECK(flow::hash_of(-1) == 0x448e29ced4103459);
  CHECK(flow::hash_of(std::int64_t{-1}) == 0x448e29ced4103459);
  CHECK(flow::hash_of(std::uint64_t{1} << 63) == 0x72446bbcf6c799d7);
  CHECK(flow::hash_of(0x123456789abcdef) == 0x3efdea49c590f4ec);
  CHECK(flow::hash_of(gate::a) == 0x1c9963305febc252);
  CHECK(flow::hash_of(gate::b) == 0x448e29ced4103459);
}

TEST_CASE("bytes are hashed by known numbers of xxh3, short and long") {
  CHECK(hash_of_text("") == 0x2d06800538d394c2);
  CHECK(hash_of_text("a") == 0xe6c632b61e964e1f);
  CHECK(hash_of_text("abc") == 0x78af5f94892f3950);
  CHECK(hash_of_text("0123456789abcdef") == 0x64439946d8fa212d);
  CHECK(hash_of_text(std::string(100, 'x')) == 0xc90984ffdf50ce42);
  std::string all;
  for (int i = 0; i < 1024; ++i) all += static_cast<char>(i);
  CHECK(hash_of_text(all) == 0xa870f92984398d22);
}

TEST_CASE("a string is hashed as its characters and a record as its encoding") {
  CHECK(flow::hash_of(std::string("JFK")) == 0x285b488641389eef);
  CHECK(flow::hash_of(route{7, "JFK"}) == 0x06aa794ae5bcae9b);
  CHECK(flow::hash_of(flow::timestamp{flow::duration{5}}) == 0x8e03e9aa39aaa78c);
  CHECK(flow::hash_of(route{7, "JFK"}) == flow::hash_of(route{7, "JFK"}));
  CHECK(flow::hash_of(route{8, "JFK"}) != flow::hash_of(route{7, "JFK"}));
}

TEST_CASE("one changed bit of an integer changes about half of its hash") {
  std::uint64_t const seed = 3;
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  for (int bit = 0; bit < 64; ++bit) {
    int changed = 0;
    for (int i = 0; i < 1'000; ++i) {
      auto const x = random();
      changed += std::popcount(flow::mix_hash(x) ^ flow::mix_hash(x ^ std::uint64_t{1} << bit));
    }
    INFO("bit " << bit);
    CHECK(changed > 29'000);
    CHECK(changed < 35'000);
  }
}

TEST_CASE("key groups follow the order of hashes, cover the range and are nearly equal") {
  std::uint64_t const seed = 4;
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  for (std::uint32_t const groups : {1u, 2u, 7u, 128u, 1000u, 65535u}) {
    INFO(groups << " groups");
    CHECK(flow::key_group_of(0, groups) == 0);
    CHECK(flow::key_group_of(~std::uint64_t{0}, groups) == groups - 1);
    for (int i = 0; i < 2'000; ++i) {
      auto a = random(), b = random();
      if (a > b) std::swap(a, b);
      REQUIRE(flow::key_group_of(a, groups) <= flow::key_group_of(b, groups));
      // The same, in floating point: the leading 32 bits as a fraction of the range.
      auto const exact = static_cast<double>(a >> 32) / 4294967296.0 * groups;
      REQUIRE(flow::key_group_of(a, groups) == static_cast<std::uint32_t>(exact));
    }
  }
}

TEST_CASE("every subtask owns a contiguous range of groups, as equal as can be") {
  for (std::uint32_t const groups : {1u, 5u, 128u, 1000u})
    for (std::uint32_t parallelism = 1; parallelism <= std::min(groups, 130u); ++parallelism) {
      INFO(groups << " groups to " << parallelism);
      std::vector<std::uint32_t> owned(parallelism, 0);
      std::uint32_t before = 0;
      for (std::uint32_t g = 0; g < groups; ++g) {
        auto const subtask = flow::subtask_of_group(g, parallelism, groups);
        REQUIRE(subtask < parallelism);
        REQUIRE((subtask == before || subtask == before + 1));
        ++owned[before = subtask];
      }
      for (auto const n : owned) {
        REQUIRE(n >= groups / parallelism);
        REQUIRE(n <= groups / parallelism + 1);
      }
    }
}
