#include <catch2/catch.hpp>

#include <cereal/types/array.hpp>
#include <cereal/types/map.hpp>
#include <cereal/types/memory.hpp>
#include <cereal/types/optional.hpp>
#include <cereal/types/utility.hpp>
#include <cereal/types/variant.hpp>
#include <cereal/types/vector.hpp>

#include <flow/record/json_by_schema.hpp>

#include "unit/libflow/record/encoded.hpp"

namespace {

using record_tests::encoded;

enum class colour : std::uint8_t { red = 1, blue = 200 };
struct point {
  float x = 0.1F;
  double y = 1e300;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(x), CEREAL_NVP(y)); }
};
struct everything {
  bool flag = true;
  std::int8_t tiny = -128;
  std::uint8_t byte = 255;
  std::int64_t low = std::numeric_limits<std::int64_t>::min();
  std::uint64_t high = std::numeric_limits<std::uint64_t>::max();
  double none = std::numeric_limits<double>::quiet_NaN();
  colour paint = colour::blue;
  std::string text = "a \"quoted\"\n\xC3\xA4";
  flow::timestamp when{flow::duration{1'234'567}};
  point where;
  std::vector<point> path{{1, 2}, {}};
  std::vector<std::vector<std::int32_t>> grid{{}, {1}, {2, 3}};
  std::optional<std::string> some = "yes", nothing;
  std::map<std::string, std::uint16_t> named{{"a", 1}, {"b", 2}};
  std::array<std::int16_t, 2> both{-3, 4};
  std::variant<std::int32_t, point> either = point{};
  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(flag), CEREAL_NVP(tiny), CEREAL_NVP(byte), CEREAL_NVP(low), CEREAL_NVP(high), CEREAL_NVP(none), CEREAL_NVP(paint), CEREAL_NVP(text),
            CEREAL_NVP(when), CEREAL_NVP(where), CEREAL_NVP(path), CEREAL_NVP(grid), CEREAL_NVP(some), CEREAL_NVP(nothing), CEREAL_NVP(named),
            CEREAL_NVP(both), CEREAL_NVP(either));
  }
};
struct tree {
  int value = 0;
  std::unique_ptr<tree> left, right;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(value), CEREAL_NVP(left), CEREAL_NVP(right)); }
};
struct with_shared {
  std::shared_ptr<int> number;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(number)); }
};

std::string json(flow::schema const& s, flow::bytes const& data) {
  std::string text;
  flow::json_writer writer(text);
  flow::byte_cursor at(data.data(), data.size());
  write_json(writer, flow::layout(s).root(), at);
  CHECK(at.left() == 0);
  return text;
}
template <class T>
std::string json(T const& value) { return json(flow::schema_of<T>(), encoded(value)); }

}  // namespace

TEST_CASE("a value printed by its schema reads as the record itself does") {
  everything const value;
  CHECK(json(value) == flow::to_json(value));
  everything other;
  other.flag = false;
  other.path.clear();
  other.nothing = "";
  other.either = 7;
  other.when = flow::timestamp{flow::duration{-1}};
  CHECK(json(std::vector<everything>{other, value}) == "[" + flow::to_json(other) + "," + flow::to_json(value) + "]");
}

TEST_CASE("fields without names are named by position, what is opaque is its digits, a pointer what it points to") {
  CHECK(json(std::pair<int, std::string>(1, "x")) == R"({"0":1,"1":"x"})");
  flow::schema opaque;
  opaque.type = "opaque:3";
  CHECK(json(opaque, {std::byte{0}, std::byte{0xAB}, std::byte{9}}) == R"("00ab09")");
  tree root{1, std::make_unique<tree>(), nullptr};
  root.left->right = std::make_unique<tree>(tree{3, nullptr, nullptr});
  CHECK(json(root) == R"({"value":1,"left":{"value":0,"left":null,"right":{"value":3,"left":null,"right":null}},"right":null})");
}

TEST_CASE("text that is not UTF-8 is shown byte by byte, so that it is JSON") {
  CHECK(flow::as_utf8("plain \xE2\x82\xAC \xF0\x9F\x98\x80") == "plain \xE2\x82\xAC \xF0\x9F\x98\x80");
  CHECK(flow::as_utf8("\xFF" "a\xC3") == "\xC3\xBF" "a\xC3\x83");
  for (auto const* wrong : {"\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "\x80"}) CHECK(flow::as_utf8(wrong) != wrong);
  CHECK(json(std::string("\xFF")) == "\"\xC3\xBF\"");
}

TEST_CASE("bytes that are no value of the schema are an error, at whichever byte they end") {
  auto const whole = encoded(everything{});
  auto const s = flow::schema_of<everything>();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    INFO("cut at " << size << " of " << whole.size());
    CHECK_THROWS_AS(json(s, flow::bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size))), flow::error);
  }
  CHECK_THROWS_WITH(json(flow::schema_of<std::variant<int>>(), encoded(std::int32_t{1})), Catch::Contains("1 alternatives is said to hold number 1"));
  CHECK_THROWS_WITH(json(flow::schema_of<std::vector<int>>(), encoded(std::uint64_t{1} << 60)), Catch::Contains("elements in 0 bytes"));
  CHECK_THROWS_WITH(json(with_shared{std::make_shared<int>(1)}), Catch::Contains("not described by its schema"));
}

TEST_CASE("a schema of a type that is not known is refused") {
  flow::schema s;
  for (auto const* type : {"i128", "recursive:1", "list", "struct:x", "opaque:", "", "array:18446744073709551616"}) {
    s.type = type;
    CHECK_THROWS_WITH(flow::layout(s), Catch::Contains("the type '" + std::string(type) + "', which this version of libflow does not know"));
  }
}
