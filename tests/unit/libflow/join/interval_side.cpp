#include <catch2/catch.hpp>

#include <random>
#include <set>

#include <flow/join/interval_side.hpp>

using namespace flow;

namespace {

using side = interval_side<std::int32_t, std::int64_t>;
timestamp micros(std::int64_t n) { return timestamp{duration{n}}; }
std::uint64_t hash(std::int32_t key) { return hash_of(key); }

std::vector<std::int64_t> alone(side& s, std::int64_t watermark) {
  std::vector<std::int64_t> all;
  side::due_row due;
  while (auto const* row = s.take_alone(micros(watermark), due)) all.push_back(row->record);
  return all;
}

}  // namespace

TEST_CASE("rows fall due in the order of time, whichever way they are added") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    due_rows<std::int32_t> due(static_cast<int>(random() % 12));
    std::multiset<std::int64_t> expected;
    std::int64_t now = -500;
    due_rows<std::int32_t>::item item;
    for (int i = 0; i < 300; ++i) {
      for (auto n = random() % 20; n > 0; --n) {
        auto const t = now + 1 + static_cast<std::int64_t>(random() % 1'000);
        due.add({micros(t), 0, 0, {}, 0});
        expected.insert(t);
      }
      now += static_cast<std::int64_t>(random() % 60);
      while (due.take(micros(now), item)) {
        REQUIRE(!expected.empty());
        CHECK(item.at == micros(*expected.begin()));
        expected.erase(expected.begin());
      }
      CHECK((expected.empty() || *expected.begin() > now));
    }
    due.add({end_of_time, 0, 0, {}, 0});
    while (due.take(end_of_time, item)) {}
    CHECK(item.at == end_of_time);
  }
}

TEST_CASE("what a side has kept is given out and dropped in the same way when it is taken up from its table") {
  for (bool const again : {false, true}) {
    side::rows::table_type table("left");
    side s(duration{100}, duration{50}, true);
    s.attach(table);
    for (std::int64_t i = 0; i < 1'000; ++i) s.add(static_cast<std::int32_t>(i % 7), hash(static_cast<std::int32_t>(i % 7)), i, micros(i), i % 3 == 0);
    CHECK(alone(s, 60).size() == 7);  // those at 1, 2, 4, 5, 7, 8 and 10
    side taken_up(duration{100}, duration{50}, true);
    if (again) taken_up.attach(table);
    side& now = again ? taken_up : s;
    std::vector<std::int64_t> expected;
    for (std::int64_t i = 11; i < 1'000; ++i)
      if (i % 3 != 0) expected.push_back(i);
    CHECK(alone(now, 5'000) == expected);
    CHECK(now.clean(micros(5'000), 100'000));
    CHECK(table.entries() == 0);
  }
}

TEST_CASE("a span is dropped when the watermark has passed its youngest record, and not before") {
  side::rows::table_type table("left");
  side s(duration{1'000'000}, duration{1'000'000}, false);
  s.attach(table);
  s.add(1, hash(1), 10, micros(10), false);
  s.add(1, hash(1), 20, micros(500'000), false);
  s.add(2, hash(2), 10, micros(10), false);
  CHECK(table.entries() == 2);
  CHECK(s.clean(micros(1'000'009), 1'000));
  CHECK(table.entries() == 2);
  CHECK(s.clean(micros(1'000'010), 1'000));
  CHECK(table.entries() == 1);
  CHECK(s.clean(micros(1'499'999), 1'000));
  CHECK(table.entries() == 1);
  CHECK(s.clean(micros(2'100'000), 1'000));
  CHECK(table.entries() == 0);
}
