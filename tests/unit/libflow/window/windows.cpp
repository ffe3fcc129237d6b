#include <catch2/catch.hpp>

#include <algorithm>
#include <random>
#include <vector>

#include <flow/window/windows.hpp>

namespace {
using flow::duration;
using flow::timestamp;
timestamp at(std::int64_t micros) { return timestamp{duration{micros}}; }
std::int64_t micros(timestamp t) { return t.time_since_epoch().count(); }

/// A window by its edges; all those that touch [from, to].
struct window {
  std::int64_t begin, end;
  bool contains(std::int64_t t) const { return begin <= t && t < end; }
};
std::vector<window> windows_around(flow::window_spec const& s, std::int64_t from, std::int64_t to) {
  std::int64_t const size = s.size.count(), slide = s.slide.count(), offset = s.offset.count();
  std::vector<window> all;
  std::int64_t k = (from - offset - size) / slide - 3;
  for (; k * slide + offset <= to; ++k)
    if (k * slide + offset + size > from) all.push_back({k * slide + offset, k * slide + offset + size});
  return all;
}

/// Compares the arithmetic with a look at every window, for every time in a range.
void check_all(flow::window_spec const& spec, std::int64_t from, std::int64_t to) {
  flow::slicing const slicing(spec);
  std::int64_t const reach = 2 * (spec.size.count() + spec.slide.count());
  auto const windows = windows_around(spec, from - reach, to + reach);
  std::vector<std::int64_t> edges;
  for (auto const& w : windows) edges.push_back(w.begin), edges.push_back(w.end);
  std::sort(edges.begin(), edges.end());
  edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
  for (std::int64_t t = from; t < to; ++t) {
    INFO("time " << t);
    auto const slice = slicing.slice_of(at(t));
    auto const begin = micros(slice.begin), end = begin + slice.length.count();
    auto const next_edge = std::upper_bound(edges.begin(), edges.end(), t);
    REQUIRE(begin == *(next_edge - 1));  // a slice reaches from edge to edge: none lies within it
    REQUIRE(end == *next_edge);
    std::vector<window> in;
    std::copy_if(windows.begin(), windows.end(), std::back_inserter(in), [&](window const& w) { return w.contains(t); });
    REQUIRE(slice.in_a_window == !in.empty());
    if (in.empty()) continue;
    auto const by_end = [](window const& a, window const& b) { return a.end < b.end; };
    REQUIRE(micros(slicing.first_end(slice.begin)) == std::min_element(in.begin(), in.end(), by_end)->end);
    REQUIRE(micros(slicing.last_end(slice.begin)) == std::max_element(in.begin(), in.end(), by_end)->end);
    std::size_t counted = 0;
    for (auto e = slicing.first_end(slice.begin); e <= slicing.last_end(slice.begin); e = slicing.next_end(e), ++counted)
      REQUIRE(std::any_of(in.begin(), in.end(), [&](window const& w) { return w.end == micros(e) && w.begin == micros(slicing.start_of(e)); }));
    REQUIRE(counted == in.size());
    auto const following = std::find_if(windows.begin(), windows.end(), [&](window const& w) { return w.end > t; });
    REQUIRE(micros(slicing.end_after(at(t))) == following->end);
  }
}
}  // namespace

TEST_CASE("slices and window ends agree with a look at every window") {
  std::uint64_t const seed = 17;
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 400; ++i) {
    auto const slide = static_cast<std::int64_t>(random() % 30) + 1;
    auto const size = i % 4 == 0 ? slide * static_cast<std::int64_t>(random() % 4 + 1) : static_cast<std::int64_t>(random() % 60) + 1;
    auto const offset = static_cast<std::int64_t>(random() % 121) - 60;
    INFO("size " << size << " slide " << slide << " offset " << offset);
    auto const middle = i % 3 == 0 ? static_cast<std::int64_t>(random() % 2'000'000'000'000) - 1'000'000'000'000 : 0;
    check_all(flow::sliding_windows(duration{size}, duration{slide}, duration{offset}), middle - 80, middle + 80);
  }
}

TEST_CASE("there are at most two slices per slide") {
  for (std::int64_t size = 1; size < 40; ++size)
    for (std::int64_t slide = 1; slide < 20; ++slide) {
      flow::slicing const slicing(flow::sliding_windows(duration{size}, duration{slide}));
      int slices = 0;
      for (timestamp t = at(0); t < at(slide); t += slicing.slice_of(t).length) ++slices;
      REQUIRE(slices == (size % slide == 0 ? 1 : 2));
    }
}

TEST_CASE("tumbling windows are one slice each, aligned to their offset") {
  flow::slicing const slicing(flow::tumbling_windows(duration{10}, duration{3}));
  auto const slice = slicing.slice_of(at(-1));
  CHECK(slice.begin == at(-7));
  CHECK(slice.length == duration{10});
  CHECK(slicing.first_end(slice.begin) == at(3));
  CHECK(slicing.last_end(slice.begin) == at(3));
}

TEST_CASE("a slide above the size leaves gaps that are in no window") {
  flow::slicing const slicing(flow::sliding_windows(duration{3}, duration{10}));
  CHECK(slicing.slice_of(at(2)).in_a_window);
  CHECK_FALSE(slicing.slice_of(at(3)).in_a_window);
  CHECK(slicing.slice_of(at(3)).begin == at(3));
  CHECK(slicing.slice_of(at(3)).length == duration{7});
  CHECK(slicing.slice_of(at(-1)).begin == at(-7));
}

TEST_CASE("a window fires when the watermark reaches its last instant and expires after its lateness") {
  flow::slicing const strict(flow::tumbling_windows(duration{10}));
  CHECK_FALSE(flow::slicing::fired(at(10), at(8)));
  CHECK(flow::slicing::fired(at(10), at(9)));
  CHECK_FALSE(strict.expired(at(10), at(8)));
  CHECK(strict.expired(at(10), at(9)));
  flow::slicing const patient(flow::tumbling_windows(duration{10}).allowed_lateness(duration{5}));
  CHECK_FALSE(patient.expired(at(10), at(13)));
  CHECK(patient.expired(at(10), at(14)));
  CHECK_FALSE(patient.expired(at(10), flow::no_watermark));
  flow::slicing const forever(flow::tumbling_windows(duration{10}).allowed_lateness(duration::max()));
  CHECK_FALSE(forever.expired(at(10), flow::end_of_time - duration{1}));
}

TEST_CASE("before any watermark there is no window end to follow") {
  flow::slicing const slicing(flow::tumbling_windows(duration{10}));
  CHECK(slicing.end_after(flow::no_watermark) == flow::no_watermark);
  CHECK(slicing.end_after(at(9)) == at(10));
  CHECK(slicing.end_after(at(10)) == at(20));
}
