#include <catch2/catch.hpp>

#include <map>
#include <random>

#include <flow/window/functions.hpp>
#include <flow/window/merged_slices.hpp>

#include "../recording.hpp"

namespace {
using recording::at;
using key_counts = std::map<int, std::int64_t>;

flow::window_spec random_spec(std::mt19937_64& random) {
  flow::duration const slide{1 + static_cast<std::int64_t>(random() % 6)}, size{1 + static_cast<std::int64_t>(random() % 90)};
  return flow::sliding_windows(size, slide, flow::duration{static_cast<std::int64_t>(random() % 20) - 10});
}

using fold = flow::keyed_fold<std::identity, flow::aggregate_function<int, int, flow::count>>;

/// The slices of a window operator, with the plain sums of each beside them.
struct world {
  explicit world(flow::window_spec const& spec) : cuts(spec), runs(cuts, counting) { runs.attach(slices); }

  void add(int key, flow::timestamp t) {
    auto const slice = cuts.slice_of(t);
    if (!slice.in_a_window) return;
    runs.changing(slice.begin);
    ++slices.at(slice.begin).find_or_insert(key, flow::hash_of(key)).records;
    ++plain[slice.begin][key];
  }
  key_counts expected(flow::timestamp first, flow::timestamp last) const {
    key_counts sums;
    for (auto at = plain.lower_bound(first); at != plain.end() && at->first < last; ++at)
      for (auto const& [key, n] : at->second) sums[key] += n;
    return sums;
  }
  key_counts covered(flow::timestamp first, flow::timestamp last, std::size_t* tables = nullptr) {
    key_counts sums;
    auto const parts = runs.cover(first, last);
    if (tables) *tables = parts.size();
    for (auto const* part : parts) part->for_each([&](int key, flow::count const& c) { sums[key] += c.records; });
    return sums;
  }

  flow::slicing cuts;
  flow::slices<int, flow::count> slices{"slices"};
  fold counting{{}, {}};
  flow::merged_slices<fold> runs;
  std::map<flow::timestamp, key_counts> plain;
};
}  // namespace

TEST_CASE("slices are numbered in the order of time without gaps, and the numbers lead back to them") {
  std::uint64_t const seed = 11;
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  for (int trial = 0; trial < 200; ++trial) {
    flow::slicing const cuts(random_spec(random));
    auto slice = cuts.slice_of(at(-100));
    for (auto number = cuts.number_of(at(-100)); slice.begin < at(100); ++number) {
      REQUIRE(cuts.number_of(slice.begin) == number);
      REQUIRE(cuts.number_of(slice.begin + slice.length - flow::duration{1}) == number);
      REQUIRE(cuts.begin_of(number) == slice.begin);
      slice = cuts.slice_of(slice.begin + slice.length);
    }
  }
}

TEST_CASE("merged runs hold what the slices of a window hold, whatever has changed since they were merged") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    auto const spec = random_spec(random);
    world w(spec);
    flow::timestamp end = w.cuts.first_end(at(-50));
    for (int round = 0; round < 60; ++round, end = w.cuts.next_end(end)) {
      for (auto n = random() % 6; n > 0; --n)
        w.add(static_cast<int>(random() % 4), end - flow::duration{static_cast<std::int64_t>(random() % (2 * static_cast<std::uint64_t>(spec.size.count())))});
      REQUIRE(w.covered(w.cuts.start_of(end), end) == w.expected(w.cuts.start_of(end), end));
      w.add(1, end - spec.size);  // a change below runs that exist, then one key alone
      auto const sums = w.expected(w.cuts.start_of(end), end);
      for (int key = 0; key < 4; ++key)
        REQUIRE(w.runs.of_key(key, flow::hash_of(key), w.cuts.start_of(end), end).records == (sums.contains(key) ? sums.at(key) : 0));
    }
  }
}

TEST_CASE("a window of thousands of slices is put together from a few tables, and runs of the past are forgotten") {
  world w(flow::sliding_windows(flow::duration{4096}, flow::duration{1}));
  for (int t = 0; t < 10'000; ++t) {
    w.add(t % 3, at(t));
    if (t < 4096) continue;
    std::size_t tables = 0;
    auto const sums = w.covered(at(t - 4095), at(t + 1), &tables);
    REQUIRE(sums.at(0) + sums.at(1) + sums.at(2) == 4096);
    REQUIRE(tables <= 24);
    w.runs.drop_expired(at(t));
    REQUIRE(w.runs.runs() <= 4096);
  }
  w.runs.drop_expired(flow::end_of_time);
  CHECK(w.runs.runs() == 0);
}
