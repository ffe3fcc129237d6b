#include <catch2/catch.hpp>

#include <numeric>
#include <random>
#include <vector>

#include <flow/window/aggregates.hpp>

namespace {
struct reading {
  std::int32_t whole = 0;
  std::uint8_t small = 0;
  float fraction = 0;
  std::string name;
  std::int64_t doubled() const { return 2 * std::int64_t{whole}; }
};
double halved(reading const& r) { return r.whole / 2.0; }
constexpr auto positive = [](reading const& r) { return r.whole > 0; };
using all = std::tuple<flow::count, flow::sum<&reading::whole>, flow::mean<&reading::fraction>, flow::min<&reading::whole>,
                       flow::max<&reading::whole>, flow::min<&reading::name>>;

std::vector<reading> readings(std::mt19937_64& random, std::size_t n) {
  std::vector<reading> made;
  for (std::size_t i = 0; i < n; ++i)
    made.push_back({static_cast<std::int32_t>(random()), static_cast<std::uint8_t>(random()), static_cast<float>(random() % 1000) / 8,
                    std::to_string(random() % 100)});
  return made;
}
template <class A>
A of(std::vector<reading> const& records) {
  A a;
  for (auto const& r : records) a.add(r);
  return a;
}
template <class A>
void check_parts(std::vector<reading> const& records, std::mt19937_64& random) {
  A merged;
  for (std::size_t first = 0; first < records.size();) {
    auto const n = std::min<std::size_t>(records.size() - first, random() % 5);
    A part;
    for (std::size_t i = 0; i < n; ++i) part.add(records[first + i]);
    if (random() % 2) {
      merged.merge(part);
    } else {
      part.merge(merged);
      merged = part;
    }
    first += n;
  }
  REQUIRE(merged.result() == of<A>(records).result());
}
struct only_adds {
  void add(reading const&) {}
};
}  // namespace

static_assert(flow::aggregate_of<flow::count, reading>);
static_assert(flow::aggregate_of<flow::max<&reading::name>, reading>);
static_assert(!flow::aggregate_of<flow::sum<&reading::whole>, int>);
static_assert(!flow::aggregate_of<only_adds, reading>);
static_assert(std::is_same_v<flow::result_of<flow::sum<&reading::small>>, std::uint64_t>);
static_assert(std::is_same_v<flow::result_of<flow::sum<&reading::whole>>, std::int64_t>);
static_assert(std::is_same_v<flow::result_of<flow::sum<&reading::fraction>>, double>);
static_assert(std::is_same_v<flow::result_of<flow::min<&reading::name>>, std::string>);

TEST_CASE("aggregates of records agree with the algorithms of the standard library") {
  std::uint64_t const seed = 19;
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  for (std::size_t const n : {1, 2, 500}) {
    auto const records = readings(random, n);
    auto const whole = [](reading const& a, reading const& b) { return a.whole < b.whole; };
    CHECK(of<flow::count>(records).result() == static_cast<std::int64_t>(n));
    CHECK(of<flow::sum<&reading::whole>>(records).result() ==
          std::accumulate(records.begin(), records.end(), std::int64_t{0}, [](std::int64_t s, reading const& r) { return s + r.whole; }));
    CHECK(of<flow::min<&reading::whole>>(records).result() == std::min_element(records.begin(), records.end(), whole)->whole);
    CHECK(of<flow::max<&reading::whole>>(records).result() == std::max_element(records.begin(), records.end(), whole)->whole);
    double total = 0;
    for (auto const& r : records) total += r.fraction;  // eighths: exact in any order
    CHECK(of<flow::mean<&reading::fraction>>(records).result() == total / static_cast<double>(n));
  }
}

TEST_CASE("merged parts of any size are the aggregate of the whole") {
  std::uint64_t const seed = 20;
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 200; ++i) {
    auto const records = readings(random, random() % 30);
    std::apply([&](auto... a) { (check_parts<decltype(a)>(records, random), ...); }, all{});
  }
}

TEST_CASE("aggregates of no records are zero or a default-made value") {
  CHECK(flow::count{}.result() == 0);
  CHECK(flow::sum<&reading::whole>{}.result() == 0);
  CHECK(flow::mean<&reading::whole>{}.result() == 0.0);
  CHECK(flow::min<&reading::whole>{}.result() == 0);
  CHECK(flow::max<&reading::name>{}.result().empty());
}

TEST_CASE("extremes of only negative or only positive values are not held by the zero they began with") {
  CHECK(of<flow::max<&reading::whole>>({{-5, 0, 0, ""}, {-3, 0, 0, ""}}).result() == -3);
  CHECK(of<flow::min<&reading::whole>>({{5, 0, 0, ""}, {3, 0, 0, ""}}).result() == 3);
}

TEST_CASE("sums do not overflow the width of their member") {
  flow::sum<&reading::whole> s;
  flow::mean<&reading::whole> m;
  for (int i = 0; i < 4; ++i) {
    s.add({2'000'000'000, 0, 0, ""});
    m.add({2'000'000'000, 0, 0, ""});
  }
  CHECK(s.result() == 8'000'000'000);
  CHECK(m.result() == 2e9);
}

TEST_CASE("aggregates are of members, member functions and functions of a record") {
  std::vector<reading> const records{{5, 0, 0, "a"}, {-2, 0, 0, "bb"}};
  CHECK(of<flow::sum<&reading::doubled>>(records).result() == 6);
  CHECK(of<flow::max<halved>>(records).result() == 2.5);
  CHECK(of<flow::mean<[](reading const& r) { return r.name.size(); }>>(records).result() == 1.5);
  CHECK(of<flow::distinct_count<positive>>(records).result() == 2);
}

TEST_CASE("an aggregate is state: it is encoded and decoded whole") {
  auto const given = of<flow::max<&reading::name>>({{0, 0, 0, "b"}, {0, 0, 0, "a"}});
  flow::bytes encoded;
  flow::encoder out(encoded);
  out(given);
  flow::max<&reading::name> found;
  flow::decoder in(encoded);
  in(found);
  found.merge({});
  CHECK(found.result() == "b");
}
