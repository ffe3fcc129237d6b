#include <catch2/catch.hpp>

#include <map>
#include <random>

#include <flow/state/versions.hpp>

using namespace flow;

namespace {

using numbers = versions<std::string, std::int64_t>;
timestamp micros(std::int64_t n) { return timestamp{duration{n}}; }

std::optional<std::int64_t> at(numbers& v, std::string const& key, std::int64_t t) {
  auto const* const found = v.at(key, hash_of(key), micros(t));
  return found ? std::optional(*found) : std::nullopt;
}

}  // namespace

TEST_CASE("versions are what an ordered map is, and stay that when they are taken up again") {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    numbers::table_type table("versions");
    numbers v;
    v.attach(table);
    std::map<std::string, std::map<std::int64_t, std::optional<std::int64_t>>> expected;
    std::int64_t from = 0;  // nobody asks for what was before
    for (int i = 0; i < 500; ++i) {
      auto const key = std::to_string(random() % 3);
      auto const t = from + static_cast<std::int64_t>(random() % 100);
      auto const value = random() % 5 == 0 ? std::nullopt : std::optional(static_cast<std::int64_t>(random() % 1000));
      v.put(key, hash_of(key), micros(t), value);
      expected[key][t] = value;
      if (random() % 20 == 0) {
        from += static_cast<std::int64_t>(random() % 50);
        for (auto const& [k, list] : expected) v.forget_before(k, hash_of(k), micros(from));
      }
      if (random() % 100 == 0) v.attach(table);
      auto const asked = from + static_cast<std::int64_t>(random() % 120);
      for (auto const& [k, list] : expected) {
        auto const after = list.upper_bound(asked);
        CHECK(at(v, k, asked) == (after == list.begin() ? std::nullopt : std::prev(after)->second));
      }
    }
    std::size_t kept = 0;
    for (auto const& [k, list] : expected) {
      v.forget_before(k, hash_of(k), micros(from));
      auto first = list.upper_bound(from);
      if (first != list.begin() && std::prev(first)->second) --first;
      kept += static_cast<std::size_t>(std::distance(first, list.end()));
    }
    CHECK(v.size() == kept);
  }
}

TEST_CASE("a key whose last version is a deletion is forgotten as a whole") {
  numbers::table_type table("versions");
  numbers v;
  v.attach(table);
  std::string const key = "a";
  for (std::int64_t t = 0; t < 100; ++t) v.put(key, hash_of(key), micros(t), t);
  v.put(key, hash_of(key), micros(100), std::nullopt);
  v.forget_before(key, hash_of(key), micros(99));
  CHECK(v.size() == 2);
  CHECK(at(v, key, 99) == 99);
  v.forget_before(key, hash_of(key), micros(100));
  CHECK(v.size() == 0);
  CHECK(v.keys() == 0);
}
