#include <catch2/catch.hpp>

#include <cereal/types/array.hpp>
#include <cereal/types/bitset.hpp>
#include <cereal/types/deque.hpp>
#include <cereal/types/map.hpp>
#include <cereal/types/memory.hpp>
#include <cereal/types/optional.hpp>
#include <cereal/types/set.hpp>
#include <cereal/types/tuple.hpp>
#include <cereal/types/utility.hpp>
#include <cereal/types/variant.hpp>
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

namespace {
struct versioned_point : point {
  std::vector<std::pair<std::string, versioned_point>> below;
  template <class Archive>
  void serialize(Archive& archive, std::uint32_t) { archive(cereal::make_nvp("base", cereal::base_class<point>(this)), CEREAL_NVP(below)); }
};
struct twice_versioned {
  versioned_point first, second;
  template <class Archive>
  void serialize(Archive& archive) { archive(first, CEREAL_NVP(second)); }
};
struct own_bytes {
  int numbers[3] = {};
  template <class Archive>
  void serialize(Archive& archive) { archive(cereal::binary_data(numbers, sizeof numbers)); }
};
struct wrapped {
  std::string text;
};
template <class Archive>
std::string save_minimal(Archive const&, wrapped const& w) { return w.text; }
template <class Archive>
void load_minimal(Archive const&, wrapped& w, std::string const& text) { w.text = text; }
}  // namespace
CEREAL_CLASS_VERSION(versioned_point, 3)

TEST_CASE("containers, arrays, variants and pointers say what they can hold, though the value described is empty") {
  CHECK(text_of<std::map<std::string, point>>() == R"({"list":{"key":"string","value":{"x":"f32","y":"f64"}}})");
  CHECK(text_of<std::set<std::int16_t>>() == R"({"list":"i16"})");
  CHECK(text_of<std::deque<bool>>() == R"({"list":"bool"})");
  CHECK(text_of<std::vector<bool>>() == R"({"list":"bool"})");
  CHECK(text_of<std::array<std::int32_t, 3>>() == R"({"array:3":"i32"})");
  CHECK(text_of<std::array<point, 2>>() == R"({"array:2":{"x":"f32","y":"f64"}})");
  CHECK(text_of<std::variant<std::int32_t, point>>() == R"({"variant":{"0":"i32","1":{"x":"f32","y":"f64"}}})");
  CHECK(text_of<std::unique_ptr<point>>() == R"({"pointer":{"x":"f32","y":"f64"}})");
  CHECK(text_of<std::pair<std::int8_t, std::string>>() == R"({"0":"i8","1":"string"})");
  CHECK(text_of<std::tuple<>>() == R"("struct")");
  CHECK(text_of<wrapped>() == R"("string")");
}

TEST_CASE("each place of a class tells its version, and a class that holds itself says how far out it begins") {
  auto const one = R"({"struct:3":{"base":{"x":"f32","y":"f64"},"below":{"list":{"0":"string","1":"recursive:3"}}}})";
  CHECK(text_of<versioned_point>() == one);
  CHECK(text_of<twice_versioned>() == std::string(R"({"0":)") + one + R"(,"second":)" + one + "}");
}

TEST_CASE("what no schema can say is undescribed") {
  CHECK(text_of<std::shared_ptr<int>>() == R"("undescribed")");
  CHECK(text_of<std::bitset<8>>() == R"("undescribed")");
  CHECK(text_of<own_bytes>() == R"({"0":"undescribed"})");
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
