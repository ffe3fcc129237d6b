#include <catch2/catch.hpp>

#include <cereal/types/optional.hpp>
#include <cereal/types/utility.hpp>
#include <cereal/types/vector.hpp>

#include <flow/record/schema.hpp>

namespace {
enum class level : std::int16_t { low, high };

struct point {
  float x = 0;
  double y = 0;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(x), CEREAL_NVP(y)); }
};
struct unnamed_fields {
  int a = 0;
  std::string b;
  template <class Archive>
  void serialize(Archive& archive) { archive(a, cereal::make_nvp("bee", b)); }
};
struct everything {
  bool flag = false;
  std::int8_t tiny = 0;
  std::uint64_t huge = 0;
  level how = level::low;
  std::string name;
  flow::timestamp when{};
  point where;
  std::vector<point> path;
  std::optional<std::string> note;
  std::vector<std::vector<std::int32_t>> grid;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(flag), CEREAL_NVP(tiny), CEREAL_NVP(huge), CEREAL_NVP(how), CEREAL_NVP(name), CEREAL_NVP(when), CEREAL_NVP(where),
            CEREAL_NVP(path), CEREAL_NVP(note), CEREAL_NVP(grid));
  }
};
struct bare {
  std::int32_t a, b, c;
};
struct nothing {
  template <class Archive>
  void serialize(Archive&) {}
};

template <class T>
std::string text_of() { return to_string(flow::schema_of<T>()); }
}  // namespace

TEST_CASE("the schema of a single value is its type and width") {
  CHECK(text_of<bool>() == "\"bool\"");
  CHECK(text_of<std::int8_t>() == "\"i8\"");
  CHECK(text_of<std::uint16_t>() == "\"u16\"");
  CHECK(text_of<std::int64_t>() == "\"i64\"");
  CHECK(text_of<float>() == "\"f32\"");
  CHECK(text_of<double>() == "\"f64\"");
  CHECK(text_of<std::string>() == "\"string\"");
  CHECK(text_of<flow::timestamp>() == "\"timestamp\"");
  CHECK(text_of<level>() == "\"i16\"");
}

TEST_CASE("the schema of a record names its fields, nested ones, lists and optionals included") {
  CHECK(text_of<everything>() ==
        R"({"flag":"bool","tiny":"i8","huge":"u64","how":"i16","name":"string","when":"timestamp","where":{"x":"f32","y":"f64"},)"
        R"("path":{"list":{"x":"f32","y":"f64"}},"note":{"optional":"string"},"grid":{"list":{"list":"i32"}}})");
}

TEST_CASE("fields without a name are named by their position") {
  auto const s = flow::schema_of<unnamed_fields>();
  REQUIRE(s.fields.size() == 2);
  CHECK(s.type == "struct");
  CHECK(s.fields[0].name == "0");
  CHECK(s.fields[1].name == "bee");
  CHECK(text_of<std::vector<point>>() == R"({"list":{"x":"f32","y":"f64"}})");
}

TEST_CASE("the schema of a record without a description is opaque and has its size") {
  CHECK(text_of<bare>() == "\"opaque:12\"");
}

TEST_CASE("schemas are equal when types, names and order of their fields are") {
  auto const s = flow::schema_of<everything>();
  CHECK(s == flow::schema_of<everything>());
  auto changed = s;
  changed.fields[6].value.fields[0].name = "z";
  CHECK_FALSE(changed == s);
  changed = s;
  changed.fields[6].value.fields[0].value.type = "f64";
  CHECK_FALSE(changed == s);
  changed = s;
  std::swap(changed.fields[0], changed.fields[1]);
  CHECK_FALSE(changed == s);
  changed = s;
  changed.fields.pop_back();
  CHECK_FALSE(changed == s);
  CHECK_FALSE(s == changed);
  CHECK(flow::schema_of<nothing>().fields.empty());
}
