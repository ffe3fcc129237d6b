#include <catch2/catch.hpp>

#include <cereal/types/array.hpp>
#include <cereal/types/map.hpp>
#include <cereal/types/memory.hpp>
#include <cereal/types/optional.hpp>
#include <cereal/types/set.hpp>
#include <cereal/types/tuple.hpp>
#include <cereal/types/utility.hpp>
#include <cereal/types/variant.hpp>
#include <cereal/types/vector.hpp>

#include <flow/record/evolving_decoder.hpp>
#include <flow/record/json_text.hpp>
#include <flow/record/schema_change.hpp>

#include "unit/libflow/record/encoded.hpp"

namespace {

using flow::schema_of;
using record_tests::encoded;

/// Reads what was written as Stored as Now, in a sequence with a plain number behind each value.
template <class Now, class Stored>
std::vector<Now> evolved_all(std::vector<Stored> const& values) {
  flow::bytes data;
  flow::encoder out(data);
  std::uint32_t turn = 0;
  for (auto const& v : values) out(v, ++turn);
  flow::evolving_decoder in(schema_of<Stored>(), schema_of<Now>(), data.data(), data.size());
  std::vector<Now> read;
  Now reused{};  // what it held before must not matter
  for (std::size_t i = 1; i <= values.size(); ++i) {
    read_value(in, reused);
    std::uint32_t number = 0;
    in(number);
    REQUIRE(number == i);
    read.push_back(std::move(reused));
  }
  CHECK(in.left() == 0);
  return read;
}
template <class Now, class Stored>
Now evolved(Stored value) {
  std::vector<Stored> one;
  one.push_back(std::move(value));
  return std::move(evolved_all<Now>(one).front());
}
template <class Stored, class Now>
std::string refusal() {
  return flow::incompatibility(schema_of<Stored>(), schema_of<Now>()).value_or("");
}

namespace before {
enum class level : std::uint8_t { low = 1, high = 200 };
struct point {
  float x = 0;
  std::int32_t gone = 0;
  std::uint8_t y = 0;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(x), CEREAL_NVP(gone), CEREAL_NVP(y)); }
};
struct account {
  std::string owner;
  std::int32_t balance = 0;
  std::vector<std::string> removed;
  level trust = level::low;
  flow::timestamp since{};
  std::vector<point> path;
  std::optional<point> home;
  std::map<std::string, point> named;
  std::vector<std::uint16_t> counts;
  std::array<std::int8_t, 3> last{};
  std::variant<std::int32_t, point> either;
  std::unique_ptr<point> far;
  std::pair<std::int16_t, std::string> both;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(owner), CEREAL_NVP(balance), CEREAL_NVP(removed), CEREAL_NVP(trust), CEREAL_NVP(since), CEREAL_NVP(path), CEREAL_NVP(home),
            CEREAL_NVP(named), CEREAL_NVP(counts), CEREAL_NVP(last), CEREAL_NVP(either), CEREAL_NVP(far), CEREAL_NVP(both));
  }
};
}  // namespace before

namespace after {
enum class level : std::int32_t { low = 1, high = 200 };
struct point {
  std::int16_t y = 0;
  double x = 0;
  std::string label = "none";
  bool operator==(point const&) const = default;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(label), CEREAL_NVP(y), CEREAL_NVP(x)); }
};
struct account {
  std::int64_t limit = 100;
  std::pair<std::int64_t, std::string> both;
  std::unique_ptr<point> far;
  std::variant<double, point, std::string> either;
  std::array<std::int16_t, 3> last{};
  std::vector<std::uint64_t> counts;
  std::map<std::string, point> named;
  std::optional<point> home;
  std::vector<point> path;
  flow::timestamp since{};
  level trust = level::low;
  std::int64_t balance = 0;
  std::string owner;
  std::vector<point> added{{1, 2, "default"}};
  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(limit), CEREAL_NVP(both), CEREAL_NVP(far), CEREAL_NVP(either), CEREAL_NVP(last), CEREAL_NVP(counts), CEREAL_NVP(named),
            CEREAL_NVP(home), CEREAL_NVP(path), CEREAL_NVP(since), CEREAL_NVP(trust), CEREAL_NVP(balance), CEREAL_NVP(owner), CEREAL_NVP(added));
  }
};
}  // namespace after

before::account full() {
  before::account a;
  a.owner = "ada";
  a.balance = -7;
  a.removed = {"x", "", "yz"};
  a.trust = before::level::high;
  a.since = flow::timestamp{flow::duration{99}};
  a.path = {{1.5F, 1, 200}, {-2, 2, 3}};
  a.home = before::point{0.25F, 9, 9};
  a.named = {{"a", {1, 1, 1}}, {"b", {2, 2, 2}}};
  a.counts = {1, 65535};
  a.last = {-1, 2, -3};
  a.either = before::point{4, 4, 4};
  a.far = std::make_unique<before::point>(before::point{8, 8, 8});
  a.both = {-5, "five"};
  return a;
}

}  // namespace

TEST_CASE("fields are found by name where they were moved, removed, added and widened, at any depth") {
  std::vector<before::account> stored;
  stored.push_back(full());
  stored.emplace_back();  // with nothing in it
  stored.push_back(full());
  auto const read = evolved_all<after::account>(stored);
  for (auto const* full : {&read[0], &read[2]}) {
    CHECK(full->owner == "ada");
    CHECK(full->balance == -7);
    CHECK(full->trust == after::level::high);
    CHECK(full->since == flow::timestamp{flow::duration{99}});
    CHECK(full->path == std::vector<after::point>{{200, 1.5, "none"}, {3, -2, "none"}});
    CHECK(full->home == after::point{9, 0.25, "none"});
    CHECK(full->named == std::map<std::string, after::point>{{"a", {1, 1, "none"}}, {"b", {2, 2, "none"}}});
    CHECK(full->counts == std::vector<std::uint64_t>{1, 65535});
    CHECK(full->last == std::array<std::int16_t, 3>{-1, 2, -3});
    CHECK(std::get<1>(full->either) == after::point{4, 4, "none"});
    REQUIRE(full->far);
    CHECK(*full->far == after::point{8, 8, "none"});
    CHECK(full->both == std::pair<std::int64_t, std::string>(-5, "five"));
  }
  CHECK(read[1].owner.empty());
  CHECK(read[1].path.empty());
  CHECK_FALSE(read[1].home);
  CHECK_FALSE(read[1].far);
  CHECK(std::get<0>(read[1].either) == 0);
  for (auto const& account : read) {
    CHECK(account.limit == 100);
    CHECK(account.added == std::vector<after::point>{{1, 2, "default"}});
  }
}

TEST_CASE("values evolve among others that a plain decoder reads") {
  flow::bytes data;
  flow::encoder out(data);
  for (int i = 0; i < 3; ++i) out(i, full(), std::string("behind"));
  flow::evolving_decoder values(schema_of<before::account>(), schema_of<after::account>());
  flow::decoder in(data);
  for (int i = 0; i < 3; ++i) {
    int number = -1;
    after::account account;
    std::string behind;
    in(number);
    values.read_from(in, account);
    in(behind);
    CHECK(number == i);
    CHECK(account.owner == "ada");
    CHECK(account.path.size() == 2);
    CHECK(behind == "behind");
  }
  CHECK(in.left() == 0);
  flow::decoder short_in(data.data(), 20);
  after::account account;
  CHECK_THROWS_AS(values.read_from(short_in, account), flow::error);
}

TEST_CASE("what is stored under the schema of today is read as it is") {
  auto const read = evolved_all<before::account>(std::vector<before::account>{});
  CHECK(read.empty());
  std::vector<before::account> given;
  given.push_back(full());
  given.push_back(full());
  auto const same = evolved_all<before::account>(given);
  CHECK(encoded(same[1].path) == encoded(given[1].path));
  CHECK(same[1].both == given[1].both);
  CHECK(same[1].far->y == 8);
}

namespace {
template <class Stored, class Now>
void check_widened() {
  using limits = std::numeric_limits<Stored>;
  INFO(flow::plain_type_name<Stored>() << " as " << flow::plain_type_name<Now>());
  for (Stored const value : {limits::lowest(), limits::max(), Stored{0}, Stored{1}}) {
    auto const read = evolved<Now>(value);
    CHECK(read == static_cast<Now>(value));
    CHECK(static_cast<Stored>(read) == value);
  }
  auto const many = evolved<std::vector<Now>>(std::vector<Stored>{limits::lowest(), limits::max()});
  CHECK(many == std::vector<Now>{static_cast<Now>(limits::lowest()), static_cast<Now>(limits::max())});
}
template <class Stored, class... Now>
void check_all_widened() { (check_widened<Stored, Now>(), ...); }

template <class Stored, class... Now>
void check_refused() {
  for (auto const& [now, found] : {std::pair(flow::plain_type_name<Now>(), refusal<Stored, Now>())...})
    CHECK(found == "the value is stored as \"" + flow::plain_type_name<Stored>() + "\", the program has \"" + now +
                       "\", which does not hold all its values; give it a type that does, or give the new field another name");
}
}  // namespace

TEST_CASE("a number may become one that holds all its values") {
  using namespace std;
  check_all_widened<int8_t, int16_t, int32_t, int64_t, double>();
  check_all_widened<int16_t, int32_t, int64_t, double>();
  check_all_widened<int32_t, int64_t, double>();
  check_all_widened<uint8_t, uint16_t, uint32_t, uint64_t, int16_t, int32_t, int64_t, double>();
  check_all_widened<uint16_t, uint32_t, uint64_t, int32_t, int64_t, double>();
  check_all_widened<uint32_t, uint64_t, int64_t, double>();
  check_all_widened<float, double>();
}

TEST_CASE("a number may not become one that does not hold all its values") {
  using namespace std;
  check_refused<int8_t, uint8_t, uint16_t, uint64_t, float>();
  check_refused<int64_t, int32_t, uint64_t, double>();
  check_refused<uint64_t, int64_t, uint32_t, double>();
  check_refused<uint32_t, int32_t>();
  check_refused<double, float, int64_t>();
  check_refused<float, int32_t>();
  CHECK(refusal<bool, int>() == R"(the value is stored as "bool", the program has "i32"; give the new field another name)");
}

namespace {
struct wheel {
  std::int64_t size = 0;
  std::string name;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(size), CEREAL_NVP(name)); }
};
struct small_wheel {
  std::int32_t size = 0;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(size)); }
};
template <class Wheel>
struct car {
  std::map<std::string, std::vector<Wheel>> wheels;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(wheels)); }
};
template <class A, class B>
struct bare_pair {
  A a{};
  B b{};
  template <class Archive>
  void serialize(Archive& archive) { archive(a, b); }
};
template <class T>
struct with_shared {
  T changed{};
  std::shared_ptr<int> shared;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(changed), CEREAL_NVP(shared)); }
};
struct two_of_a_name {
  int a = 1, b = 2;
  template <class Archive>
  void serialize(Archive& archive) { archive(cereal::make_nvp("n", a), cereal::make_nvp("n", b)); }
};
struct one_of_a_name {
  int a = 1;
  template <class Archive>
  void serialize(Archive& archive) { archive(cereal::make_nvp("n", a)); }
};
struct plain_bytes {
  char text[8];
};
struct more_bytes {
  char text[12];
};
}  // namespace

TEST_CASE("a refusal names the field, what is stored and what the program has, and says what to do") {
  CHECK(refusal<car<wheel>, car<small_wheel>>() == "field 'wheels[].value[].size' is stored as \"i64\", the program has \"i32\", which does not hold all its "
                                                    "values; give it a type that does, or give the new field another name");
  CHECK(refusal<car<wheel>, car<std::string>>() == "field 'wheels[].value[]' is stored as struct, the program has \"string\"; give the new field another name");
  CHECK(refusal<std::optional<int>, int>() == R"(the value is stored as {"optional":"i32"}, the program has "i32"; give the new field another name)");
  CHECK(refusal<std::array<int, 3>, std::array<int, 4>>() ==
        R"(the value is stored as {"array:3":"i32"}, the program has {"array:4":"i32"}; give the new field another name)");
  CHECK(refusal<std::variant<int, std::string>, std::variant<int>>() ==
        "field '<1>' is an alternative that is stored, and the program has only 1; add new ones at the end and keep the others");
  CHECK(refusal<std::variant<int, std::string>, std::variant<std::string, int>>().starts_with("field '<0>' is stored as \"i32\""));
  CHECK(refusal<flow::timestamp, std::int64_t>() == R"(the value is stored as "timestamp", the program has "i64"; give the new field another name)");
  CHECK(refusal<bare_pair<int, int>, bare_pair<int, std::string>>().starts_with("field '1' is stored as \"i32\""));
  CHECK(refusal<std::tuple<int>, std::tuple<int, int>>() ==
        "field '1' is new and has no name, so that it cannot be told which one it is; name fields with CEREAL_NVP or make_nvp");
  CHECK(refusal<with_shared<int>, with_shared<std::int64_t>>().starts_with("the value is stored with a shared or polymorphic pointer"));
  CHECK(refusal<two_of_a_name, one_of_a_name>().starts_with("the value has two fields 'n' in what is stored"));
  CHECK(refusal<one_of_a_name, two_of_a_name>().starts_with("the value has two fields 'n' in the program"));
  CHECK(refusal<plain_bytes, more_bytes>() == R"(the value is stored as "opaque:8", the program has "opaque:12"; give the new field another name)");
}

TEST_CASE("the decoder refuses what cannot be read, and ends where bytes do") {
  CHECK_THROWS_WITH(flow::evolving_decoder(schema_of<double>(), schema_of<int>(), nullptr, 0), Catch::StartsWith("stored values cannot be read: the value is stored as"));
  auto const whole = encoded(before::account{});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    flow::evolving_decoder in(schema_of<before::account>(), schema_of<after::account>(), whole.data(), size);
    after::account read;
    INFO("cut at " << size << " of " << whole.size());
    CHECK_THROWS_AS(read_value(in, read), flow::error);
  }
}

TEST_CASE("keys are the same or not, and the refusal shows both") {
  CHECK_FALSE(flow::key_incompatibility(schema_of<wheel>(), schema_of<wheel>()));
  CHECK(*flow::key_incompatibility(schema_of<std::int32_t>(), schema_of<std::int64_t>()) ==
        "keys are stored as \"i32\", the program has \"i64\"; state is found by the bytes of its keys, so they cannot change: leave them as they were, or give "
        "the state another name");
}

TEST_CASE("fields without a name are found by position, also structures; those at the end may go") {
  auto const read = evolved<bare_pair<std::int64_t, wheel>>(bare_pair<std::int32_t, small_wheel>{7, {8}});
  CHECK(read.a == 7);
  CHECK(read.b.size == 8);
  CHECK(evolved<std::tuple<std::int64_t>>(std::tuple<std::int32_t, std::string>(5, "gone")) == std::tuple<std::int64_t>(5));
}

TEST_CASE("a state without a description is read as its bytes") {
  plain_bytes given{"seven77"}, read{};
  auto const* const data = reinterpret_cast<std::byte const*>(&given);
  flow::evolving_decoder in(schema_of<plain_bytes>(), schema_of<plain_bytes>(), data, sizeof given);
  read_value(in, read);
  CHECK(std::string(read.text) == "seven77");
}

namespace {
struct tree {
  std::int32_t value = 0;
  std::vector<tree> below;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(value), CEREAL_NVP(below)); }
};
struct named_tree {
  std::string name = "new";
  std::int64_t value = 0;
  std::vector<named_tree> below;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(name), CEREAL_NVP(value), CEREAL_NVP(below)); }
};
struct unset {
  std::int64_t kept, added;  // nothing says what they are at first
  bool operator==(unset const&) const = default;
  bool operator<(unset const& other) const { return kept < other.kept; }
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(kept), CEREAL_NVP(added)); }
};
struct unset_before {
  std::int32_t kept;
  bool operator<(unset_before const& other) const { return kept < other.kept; }
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(kept)); }
};
}  // namespace

TEST_CASE("types that contain themselves evolve at every level") {
  auto const read = evolved<named_tree>(tree{1, {tree{2, {tree{3, {}}}}, tree{4, {}}}});
  CHECK(read.value == 1);
  CHECK(read.below.at(0).below.at(0).value == 3);
  CHECK(read.below.at(0).below.at(0).name == "new");
  CHECK(read.below.at(1).value == 4);
}

TEST_CASE("a field that is added and has no default is zero, wherever Cereal makes its structure") {
  std::map<int, unset_before> const stored{{1, {10}}, {2, {20}}};
  CHECK(evolved<std::map<int, unset>>(stored) == std::map<int, unset>{{1, {10, 0}}, {2, {20, 0}}});
  CHECK(evolved<std::set<unset>>(std::set<unset_before>{{10}, {20}}) == std::set<unset>{{10, 0}, {20, 0}});
}

namespace {
struct priced_before {
  std::int64_t euros = 0;
  template <class Archive>
  void serialize(Archive& archive, std::uint32_t) { archive(CEREAL_NVP(euros)); }
};
struct priced {
  std::int64_t euros = 0, cents = 0;
  template <class Archive>
  void serialize(Archive& archive, std::uint32_t version) {
    archive(CEREAL_NVP(euros));
    if (version >= 2) archive(CEREAL_NVP(cents));
    else cents = 100 * euros;
  }
};
}  // namespace
CEREAL_CLASS_VERSION(priced_before, 1)
CEREAL_CLASS_VERSION(priced, 2)

TEST_CASE("a class with a version is given the one it was stored with, and each value stands for itself") {
  auto const read = evolved<std::vector<priced>>(std::vector<priced_before>{{3}, {4}});
  REQUIRE(read.size() == 2);
  CHECK(read[0].cents == 300);
  CHECK(read[1].cents == 400);
  CHECK(encoded(priced_before{3}, priced_before{4}).size() == 16);
  auto const same = evolved<priced>(priced{1, 2});
  CHECK(same.cents == 2);
  CHECK(refusal<priced, priced_before>() == "the value is stored as version 2 of its class, the program has version 1; run the program that wrote it or a later one");
}
