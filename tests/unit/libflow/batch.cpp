#include <catch2/catch.hpp>

#include <cereal/types/vector.hpp>

#include <random>

#include "recording.hpp"

namespace {
using recording::at;
using recording::batch_of;
using recording::records_of;

/// Counts how many of it live.
struct counted {
  static inline int alive = 0, copies = 0;
  int n = 0;
  counted() { ++alive; }
  counted(int value) : n(value) { ++alive; }
  counted(counted const& other) : n(other.n) { ++alive, ++copies; }
  counted(counted&& other) noexcept : n(std::exchange(other.n, -1)) { ++alive; }
  counted& operator=(counted const&) = default;
  ~counted() { --alive; }
};
struct pair_of_numbers {
  std::int32_t a = 0, b = 0;
  bool operator==(pair_of_numbers const&) const = default;
};
struct letter {
  std::string text;
  std::vector<std::int64_t> marks;
  bool operator==(letter const&) const = default;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(text), CEREAL_NVP(marks)); }
};

template <class T>
T make(int i);
template <>
std::int64_t make(int i) { return i; }
template <>
std::string make(int i) { return "a record too long for the small string " + std::to_string(i); }

/// Deals random batches to random targets, by a list or by the hashes' key groups, a part at a time, and compares with
/// doing it record by record.
template <class T>
void check_scatter(bool move, bool stamped, bool hashed, bool by_hash, std::uint64_t seed) {
  INFO("seed " << seed << (move ? " move" : " copy") << (stamped ? " timestamps" : "") << (hashed ? " hashes" : ""));
  std::mt19937_64 random(seed);
  for (std::size_t const targets : {1, 2, 5, 64, 65, 200}) {
    std::uint32_t const n = random() % 300 + 1;
    std::vector<T> records;
    std::vector<std::int64_t> times;
    std::vector<std::uint64_t> hashes;
    std::vector<std::uint16_t> target;
    for (std::uint32_t i = 0; i < n; ++i) {
      records.push_back(make<T>(static_cast<int>(i)));
      if (stamped) times.push_back(static_cast<std::int64_t>(random() % 1000));
      if (hashed) hashes.push_back(random());
      target.push_back(static_cast<std::uint16_t>(random() % targets));
    }
    std::vector<std::uint16_t> target_of_group(3 * targets + 1);
    for (auto& t : target_of_group) t = static_cast<std::uint16_t>(random() % targets);
    if (by_hash)
      for (std::uint32_t i = 0; i < n; ++i) target[i] = target_of_group[flow::key_group_of(hashes[i], static_cast<std::uint32_t>(target_of_group.size()))];
    auto from = batch_of(records, times, hashes);
    std::vector<flow::batch_ref> to;
    std::vector<flow::batch_base*> raw;
    for (std::size_t t = 0; t < targets; ++t) raw.push_back(&*to.emplace_back(flow::batch_type_of<T>.create(n)));
    for (std::uint32_t first = 0; first < n;) {
      std::uint32_t const count = std::min<std::uint32_t>(n - first, random() % 100 + 1);
      if (by_hash) from->type().scatter_by_hash(*from, first, count, target_of_group, raw, move);
      else from->type().scatter(*from, first, count, target.data() + first, raw, move);
      first += count;
    }
    for (std::size_t t = 0; t < targets; ++t) {
      std::vector<T> expected;
      std::vector<std::int64_t> expected_times, found_times;
      std::vector<std::uint64_t> expected_hashes;
      for (std::uint32_t i = 0; i < n; ++i) {
        if (target[i] != t) continue;
        expected.push_back(records[i]);
        if (stamped) expected_times.push_back(times[i]);
        if (hashed) expected_hashes.push_back(hashes[i]);
      }
      for (auto const x : to[t]->timestamps()) found_times.push_back(recording::micros(x));
      REQUIRE(records_of<T>(to[t]) == expected);
      REQUIRE(found_times == expected_times);
      REQUIRE(std::vector<std::uint64_t>(to[t]->hashes().begin(), to[t]->hashes().end()) == expected_hashes);
    }
    if (!move) REQUIRE(records_of<T>(from) == records);
  }
}
}  // namespace

TEST_CASE("records scattered to targets arrive once, in order, with their columns") {
  std::uint64_t seed = 100;
  for (bool const move : {false, true})
    for (bool const stamped : {false, true})
      for (bool const hashed : {false, true}) {
        for (bool const by_hash : {false, true}) {
          if (by_hash && !hashed) continue;
          check_scatter<std::int64_t>(move, stamped, hashed, by_hash, ++seed);
          check_scatter<std::string>(move, stamped, hashed, by_hash, ++seed);
        }
      }
}

TEST_CASE("appending takes the asked-for records with their columns, by copy or by move") {
  for (bool const move : {false, true}) {
    auto from = batch_of<std::string>({"zero", "one", std::string(50, 'x'), "three"}, {0, 10, 20, 30}, {5, 6, 7, 8});
    auto to = flow::batch_type_of<std::string>.create(4);
    from->type().append(*to, *from, 1, 2, move);
    from->type().append(*to, *from, 3, 1, move);
    CHECK(records_of<std::string>(to) == std::vector<std::string>{"one", std::string(50, 'x'), "three"});
    CHECK(to->timestamps()[2] == at(30));
    CHECK(to->hashes()[1] == 7);
    CHECK(to->room() == 1);
    CHECK(flow::as<std::string>(*from)[2].empty() == move);
    CHECK(flow::as<std::string>(*from)[0] == "zero");
  }
}

TEST_CASE("an empty batch takes the columns of what is appended, a cleared one has none") {
  auto to = batch_of<int>({1}, {1}, {1});
  to->clear();
  CHECK_FALSE(to->has_timestamps());
  CHECK_FALSE(to->has_hashes());
  CHECK(to->capacity() == 2);
  auto from = batch_of<int>({4}, {9});
  from->type().append(*to, *from, 0, 1, false);
  CHECK(to->has_timestamps());
  CHECK_FALSE(to->has_hashes());
  CHECK(to->timestamps().size() == 1);
  CHECK(to->hashes().empty());
}

TEST_CASE("every record of a batch is destroyed exactly once") {
  REQUIRE(counted::alive == 0);
  {
    auto first = flow::batch_type_of<counted>.create(8);
    auto& b = flow::as<counted>(*first);
    for (int i = 0; i < 6; ++i) b.emplace_back(i);
    CHECK(counted::alive == 6);
    b.pop_back();
    CHECK(counted::alive == 5);
    auto second = flow::batch_type_of<counted>.create(8);
    counted::copies = 0;
    first->type().append(*second, *first, 0, 3, true);
    CHECK(counted::copies == 0);
    first->type().append(*second, *first, 3, 1, false);
    CHECK(counted::copies == 1);
    CHECK(counted::alive == 9);
    std::vector<std::uint16_t> const target{0, 1, 0, 1};
    auto third = flow::batch_type_of<counted>.create(4), fourth = flow::batch_type_of<counted>.create(4);
    std::array<flow::batch_base*, 2> const to{&*third, &*fourth};
    second->type().scatter(*second, 0, 4, target.data(), to, true);
    CHECK(counted::alive == 13);
    CHECK(flow::as<counted>(*fourth)[0].n == 1);
    second->clear();
    CHECK(counted::alive == 9);
    flow::batch_ref const shared = first;
    first = {};
    CHECK(counted::alive == 9);
  }
  CHECK(counted::alive == 0);
}

TEST_CASE("a batch is unique while one reference holds it and lives as long as any does") {
  auto a = batch_of<int>({1, 2});
  CHECK(a.unique());
  auto b = a;
  CHECK_FALSE(a.unique());
  CHECK_FALSE(b.unique());
  CHECK(&*a == &*b);
  auto c = std::move(b);
  CHECK_FALSE(static_cast<bool>(b));
  CHECK_FALSE(c.unique());
  a = {};
  CHECK(c.unique());
  CHECK(records_of<int>(c) == std::vector{1, 2});
  flow::batch_ref& itself = c;
  c = itself;
  CHECK(c.unique());
}

TEST_CASE("a batch is renewed in place unless it is shared or too small") {
  auto b = batch_of<int>({1, 2, 3});
  auto const* const before = &*b;
  flow::renew<int>(b, 4);
  CHECK(&*b == before);
  CHECK(b->empty());
  auto const other = b;
  flow::renew<int>(b, 4);
  CHECK(&*b != &*other);
  auto const* const small = &*b;
  flow::renew<int>(b, 5);
  CHECK((&*b != small || b->capacity() >= 5));
  CHECK(b->capacity() == 5);
}

TEST_CASE("a batch is encoded and decoded with its records and columns") {
  std::uint64_t const seed = 21;
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 50; ++i) {
    std::vector<letter> records;
    std::vector<pair_of_numbers> plain;
    std::vector<std::int64_t> times;
    std::vector<std::uint64_t> hashes;
    for (auto n = random() % 20; n > 0; --n) {
      records.push_back({std::string(random() % 30, 'q'), std::vector<std::int64_t>(random() % 5, 3)});
      plain.push_back({static_cast<std::int32_t>(random()), static_cast<std::int32_t>(random())});
      if (i & 1) times.push_back(static_cast<std::int64_t>(random()));
      if (i & 2) hashes.push_back(random());
    }
    auto check = [&](auto const& given) {
      using T = typename std::decay_t<decltype(given)>::value_type;
      auto const from = batch_of<T>(given, times, hashes);
      flow::bytes encoded;
      from->type().encode(*from, encoded);
      auto to = batch_of<T>({T{}}, {1}, {1});
      to = flow::batch_type_of<T>.create(20);
      flow::decoder in(encoded);
      to->type().decode(*to, in);
      REQUIRE(in.left() == 0);
      REQUIRE(records_of<T>(to) == given);
      REQUIRE(std::ranges::equal(to->timestamps(), from->timestamps()));
      REQUIRE(std::ranges::equal(to->hashes(), from->hashes()));
      for (std::size_t size = 0; size < encoded.size(); ++size) {
        flow::decoder cut(encoded.data(), size);
        REQUIRE_THROWS_AS(to->type().decode(*to, cut), flow::error);
      }
    };
    check(records);
    check(plain);
  }
}

TEST_CASE("an encoded batch that does not fit is refused") {
  auto const from = batch_of<int>({1, 2, 3});
  flow::bytes encoded;
  from->type().encode(*from, encoded);
  auto to = flow::batch_type_of<int>.create(2);
  flow::decoder in(encoded);
  CHECK_THROWS_WITH(to->type().decode(*to, in), Catch::Contains("3 records exceeds 2"));
}

TEST_CASE("the footprint of a batch is its memory, columns and heap included") {
  auto numbers = flow::batch_type_of<std::int64_t>.create(100);
  CHECK(numbers->footprint() == 800);
  numbers->add_timestamps();
  CHECK(numbers->footprint() == 1600);
  numbers->add_hashes();
  numbers->clear();
  CHECK(numbers->footprint() == 2400);  // cleared columns keep their memory
  auto texts = flow::batch_type_of<std::string>.create(4);
  auto const bare = texts->footprint();
  CHECK(bare == 4 * sizeof(std::string));
  flow::as<std::string>(*texts).emplace_back(std::string(1000, 'x'));
  CHECK(texts->footprint() >= bare + 1000);
  CHECK(texts->footprint() < bare + 1100);
  flow::as<std::string>(*texts).emplace_back("short");
  CHECK(texts->footprint() < bare + 1100);
}

TEST_CASE("a batch prints a record and describes its type") {
  auto const b = batch_of<letter>({{"a", {}}, {"b", {1}}});
  CHECK(b->type().print(*b, 1) == R"({"text":"b","marks":[1]})");
  CHECK(b->type().record_bytes == sizeof(letter));
  CHECK(b->type().describe() == flow::schema_of<letter>());
}
