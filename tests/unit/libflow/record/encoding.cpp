#include <catch2/catch.hpp>

#include <cereal/types/map.hpp>
#include <cereal/types/memory.hpp>
#include <cereal/types/optional.hpp>
#include <cereal/types/variant.hpp>
#include <cereal/types/vector.hpp>

#include <map>
#include <random>

#include "unit/libflow/record/encoded.hpp"

namespace {
using record_tests::encoded;

enum class colour : std::uint8_t { red = 1, blue = 200 };

struct inner {
  std::int16_t small = 0;
  std::string name;
  bool operator==(inner const&) const = default;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(small), CEREAL_NVP(name)); }
};

struct outer {
  bool flag = false;
  double number = 0;
  flow::timestamp when{};
  colour paint = colour::red;
  inner one;
  std::vector<inner> many;
  std::vector<std::uint32_t> plain;
  std::map<std::string, std::int64_t> named;
  std::optional<inner> perhaps;
  std::variant<int, std::string> either;
  bool operator==(outer const&) const = default;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(flag), CEREAL_NVP(number), CEREAL_NVP(when), CEREAL_NVP(paint), CEREAL_NVP(one), CEREAL_NVP(many), CEREAL_NVP(plain),
            CEREAL_NVP(named), CEREAL_NVP(perhaps), CEREAL_NVP(either));
  }
};

std::string text(std::mt19937_64& random) { return std::string(random() % 40, static_cast<char>('a' + random() % 26)); }
inner any_inner(std::mt19937_64& random) { return {static_cast<std::int16_t>(random()), text(random)}; }
outer any_outer(std::mt19937_64& random) {
  outer o{random() % 2 == 0, static_cast<double>(random()) / 3, flow::timestamp{flow::duration{static_cast<std::int64_t>(random())}},
          random() % 2 ? colour::red : colour::blue, any_inner(random), {}, {}, {}, {}, {}};
  for (auto n = random() % 4; n > 0; --n) o.many.push_back(any_inner(random));
  for (auto n = random() % 4; n > 0; --n) o.plain.push_back(static_cast<std::uint32_t>(random()));
  for (auto n = random() % 4; n > 0; --n) o.named[text(random)] = static_cast<std::int64_t>(random());
  if (random() % 2) o.perhaps = any_inner(random);
  if (random() % 2) o.either = text(random);
  return o;
}

template <class T>
T decoded(std::byte const* data, std::size_t size) {
  T value{};
  flow::decoder archive(data, size);
  archive(value);
  return value;
}
std::vector<int> numbers(flow::bytes const& b) {
  std::vector<int> n;
  for (auto const x : b) n.push_back(static_cast<int>(x));
  return n;
}
}  // namespace

TEST_CASE("numbers are encoded in their own width, the lowest byte first") {
  CHECK(numbers(encoded(std::uint32_t{0x01020304})) == std::vector{4, 3, 2, 1});
  CHECK(numbers(encoded(std::int16_t{-2})) == std::vector{254, 255});
  CHECK(numbers(encoded(true)) == std::vector{1});
  CHECK(numbers(encoded(1.0)) == std::vector{0, 0, 0, 0, 0, 0, 0xF0, 0x3F});
  CHECK(numbers(encoded(flow::timestamp{flow::duration{258}})) == std::vector{2, 1, 0, 0, 0, 0, 0, 0});
}

TEST_CASE("strings and containers are a count of 64 bits and their elements, fields have no names") {
  CHECK(numbers(encoded(std::string("ab"))) == std::vector<int>{2, 0, 0, 0, 0, 0, 0, 0, 'a', 'b'});
  CHECK(numbers(encoded(std::vector<std::uint8_t>{7, 9})) == std::vector{2, 0, 0, 0, 0, 0, 0, 0, 7, 9});
  CHECK(numbers(encoded(inner{3, ""})) == std::vector{3, 0, 0, 0, 0, 0, 0, 0, 0, 0});
}

TEST_CASE("nested records and containers are read back equal, one after the other") {
  std::uint64_t const seed = 11;
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  flow::bytes all;
  std::vector<outer> given;
  flow::encoder out(all);
  for (int i = 0; i < 200; ++i) out(given.emplace_back(any_outer(random)));
  flow::decoder in(all);
  for (auto const& expected : given) {
    outer found;
    in(found);
    REQUIRE(found == expected);
  }
  CHECK(in.left() == 0);
}

TEST_CASE("an encoding cut short at any byte is an error and never read beyond its end") {
  std::uint64_t const seed = 12;
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  auto const whole = encoded(any_outer(random));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    flow::bytes const cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    INFO("cut at " << size << " of " << whole.size());
    try {
      decoded<outer>(cut.data(), cut.size());
      FAIL("it was read");
    } catch (flow::error const& e) {
      REQUIRE(e.code() == flow::error_code::bad_record);
    }
  }
  CHECK_NOTHROW(decoded<outer>(whole.data(), whole.size()));
}

namespace {
struct base {
  int a = 0;
  std::uint32_t read_as = 0;
  template <class Archive>
  void serialize(Archive& archive, std::uint32_t version) {
    archive(CEREAL_NVP(a));
    read_as = version;
  }
};
struct derived : base {
  std::uint32_t b = 0;
  std::uint32_t derived_read_as = 0;
  template <class Archive>
  void serialize(Archive& archive, std::uint32_t version) {
    archive(cereal::base_class<base>(this), CEREAL_NVP(b));
    derived_read_as = version;
  }
};
}  // namespace
CEREAL_CLASS_VERSION(base, 4)
CEREAL_CLASS_VERSION(derived, 7)

TEST_CASE("the version of a class is not written with its values: each is complete, whichever comes first") {
  derived d;
  d.a = 1;
  d.b = 2;
  CHECK(numbers(encoded(d)) == std::vector{1, 0, 0, 0, 2, 0, 0, 0});
  CHECK(encoded(std::vector{d, d}).size() == 8 + 2 * 8);
  auto const data = encoded(std::vector{d, d});
  auto const read = decoded<std::vector<derived>>(data.data(), data.size());
  for (auto const& r : read) {
    CHECK(r.read_as == 4);
    CHECK(r.derived_read_as == 7);
    CHECK(r.b == 2);
  }
}

static_assert(flow::describable<outer>);
static_assert(flow::describable<std::vector<std::optional<inner>>>);
static_assert(flow::describable<std::unique_ptr<inner>>);
namespace {
struct bare { int x; };
}  // namespace
static_assert(!flow::describable<bare>);
