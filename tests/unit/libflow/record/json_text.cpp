#include <catch2/catch.hpp>

#include <cereal/types/array.hpp>
#include <cereal/types/map.hpp>
#include <cereal/types/vector.hpp>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <map>
#include <random>

#include <flow/record/json_text.hpp>

namespace {
enum class side { left, right };

struct place {
  double x = 0;
  std::vector<std::string> names;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(x), CEREAL_NVP(names)); }
};
struct trip {
  std::int8_t number = 0;
  bool done = false;
  side where = side::left;
  flow::timestamp at{};
  place goal;
  std::vector<place> stops;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(number), CEREAL_NVP(done), CEREAL_NVP(where), CEREAL_NVP(at), CEREAL_NVP(goal), CEREAL_NVP(stops));
  }
};
struct odd_name {
  int a = 1, b = 2;
  template <class Archive>
  void serialize(Archive& archive) { archive(cereal::make_nvp("say \"hi\"", a), b); }
};
struct empty {
  template <class Archive>
  void serialize(Archive&) {}
};
struct holds_empty {
  empty e;
  int n = 3;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(e), CEREAL_NVP(n)); }
};
struct bare {
  std::int64_t a, b;
};
}  // namespace

TEST_CASE("strings are escaped as JSON asks and other bytes stay as they are") {
  CHECK(flow::to_json(std::string("a\"b\\c")) == R"("a\"b\\c")");
  CHECK(flow::to_json(std::string("line\nend\r\ttab")) == R"("line\nend\r\ttab")");
  CHECK(flow::to_json(std::string("\x01\x1f\0!", 4)) == R"("\u0001\u001f\u0000!")");
  CHECK(flow::to_json(std::string("\b\f")) == R"("\u0008\u000c")");
  CHECK(flow::to_json(std::string("\xc3\xa4/\x7f")) == "\"\xc3\xa4/\x7f\"");
}

TEST_CASE("what JSON cannot say of a number is null") {
  CHECK(flow::to_json(std::nan("")) == "null");
  CHECK(flow::to_json(std::numeric_limits<double>::infinity()) == "null");
  CHECK(flow::to_json(-std::numeric_limits<float>::infinity()) == "null");
  CHECK(flow::to_json(place{std::nan(""), {}}) == R"({"x":null,"names":[]})");
}

TEST_CASE("numbers keep their value, characters and bytes are numbers") {
  CHECK(flow::to_json(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
  CHECK(flow::to_json(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
  CHECK(flow::to_json(std::int8_t{-5}) == "-5");
  CHECK(flow::to_json(std::uint8_t{200}) == "200");
  CHECK(flow::to_json('a') == "97");
  CHECK(flow::to_json(0.1) == "0.1");
  CHECK(flow::to_json(0.1F) == "0.1");
}

TEST_CASE("a double is written so that it reads back equal") {
  std::uint64_t const seed = 5;
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 20'000; ++i) {
    auto const number = std::bit_cast<double>(random());
    if (!std::isfinite(number)) continue;
    auto const text = flow::to_json(number);
    INFO(text);
    REQUIRE(std::strtod(text.c_str(), nullptr) == number);
  }
}

TEST_CASE("a record is an object of its fields, nested records and lists included") {
  trip t{7, true, side::right, flow::timestamp{std::chrono::seconds{1}}, {0.5, {"a", "b"}}, {{1, {}}, {2, {"c"}}}};
  CHECK(flow::to_json(t) ==
        R"({"number":7,"done":true,"where":1,"at":"1970-01-01T00:00:01Z","goal":{"x":0.5,"names":["a","b"]},)"
        R"("stops":[{"x":1,"names":[]},{"x":2,"names":["c"]}]})");
  CHECK(flow::to_json(std::vector<std::vector<int>>{{1, 2}, {}}) == "[[1,2],[]]");
  CHECK(flow::to_json(empty{}) == "{}");
  CHECK(flow::to_json(holds_empty{}) == R"({"e":{},"n":3})");
  CHECK(flow::to_json(odd_name{}) == R"({"say \"hi\"":1,"value":2})");
}

TEST_CASE("times are written in the format that was asked for") {
  std::string text;
  flow::json_writer archive(text, "%Y/%m");
  archive(trip{}.at);
  CHECK(text == "\"1970/01\"");
}

TEST_CASE("a record without a description is told by its size") {
  CHECK(flow::to_json(bare{1, 2}) == "(16 bytes)");
}

TEST_CASE("an array is an array, of numbers and of records") {
  CHECK(flow::to_json(std::array<int, 3>{1, 2, 3}) == "[1,2,3]");
  CHECK(flow::to_json(std::array<place, 1>{}) == R"([{"x":0,"names":[]}])");
}
