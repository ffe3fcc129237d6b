#include <catch2/catch.hpp>

#include <numeric>

#include <cereal/types/vector.hpp>

#include <flow/job.hpp>
#include <flow/memory.hpp>
#include <flow/testing.hpp>
#include <flow/testing/difference.hpp>

#include "contract/window_reference.hpp"

using namespace flow;
using namespace flow::testing;

namespace {

/// All records of a window, in the order in which they came.
struct listed {
  std::vector<reading> all;
  void add(reading const& r) { all.push_back(r); }
  bool operator==(listed const&) const = default;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(all)); }
};
using listing = windowed<std::int32_t, listed>;
using whole_listing = windowed<whole_stream, listed>;

/// Makes one reading of two: the sum, and which came first and last.
reading joined(reading const& a, reading const& b) { return {std::min(a.at, b.at), std::max(a.key, b.key), a.value + b.value}; }

/// The greatest window edge up to a time, by trying: where the slice begins.
std::int64_t slice_begin(reading const& r, window_spec const& spec) {
  auto const is_edge = [&](std::int64_t t) {
    return (t - spec.offset.count()) % spec.slide.count() == 0 || (t - spec.offset.count() - spec.size.count()) % spec.slide.count() == 0;
  };
  auto t = r.at.time_since_epoch().count();
  while (!is_edge(t)) --t;
  return t;
}

auto keyed(job& j, window_spec const& spec) {
  return j.source("readings", memory::values(std::vector<reading>{})).event_time(&reading::at, monotonous()).key_by(&reading::key).window(spec);
}

struct trial {
  window_spec spec;
  std::uint32_t batch_size;
  bool held_up;
};
trial random_trial(std::uint64_t seed, std::mt19937_64& random) {
  auto spec = random_windows(random);
  if (random() % 2) spec = spec.allowed_lateness(duration{static_cast<std::int64_t>(random() % 30)});
  std::uint32_t const batch_sizes[] = {1, 7, 1024};
  return {spec, batch_sizes[seed % 3], seed % 2 == 0};
}

/// Calls `f(job, trial, random)` with random trials.
template <class F>
void for_random_trials(std::uint64_t seeds, F f) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    auto const how = random_trial(seed, random);
    job j("windows");
    f(j, how, random);
  }
}

/// Feeds the operator and the reference with the same random batches and watermarks.
template <class Harness>
window_reference_of<listed> feed(Harness& h, trial const& how, std::mt19937_64& random, std::int32_t keys) {
  if (how.held_up) h.hold_up();
  window_reference_of<listed> expected(how.spec);
  std::int64_t now = static_cast<std::int64_t>(random() % 200) - 100;
  for (std::uint64_t round = 1; round <= 30; ++round) {
    std::vector<reading> records;
    std::vector<timestamp> times;
    for (std::size_t i = random() % 30; i > 0; --i) {
      reading const r{timestamp{duration{now + static_cast<std::int64_t>(random() % 60) - 40}},
                      static_cast<std::int32_t>(random() % static_cast<std::uint32_t>(keys)), static_cast<std::int64_t>(random() % 1000)};
      records.push_back(r);
      times.push_back(r.at);
      expected.process(r);
    }
    if (!records.empty()) h.process(records, times);
    if (round % 5 == 0) h.pass({round, 0}).restore();
    now += static_cast<std::int64_t>(random() % 20);
    h.advance_watermark(timestamp{duration{now - 15}});
    expected.advance(timestamp{duration{now - 15}});
  }
  h.end();
  expected.advance(end_of_time);
  CHECK(difference(expected.late, h.late()) == "");
  return expected;
}

listed in_order_of_slices(listed of, window_spec const& spec) {
  std::stable_sort(of.all.begin(), of.all.end(), [&](auto const& a, auto const& b) { return slice_begin(a, spec) < slice_begin(b, spec); });
  return of;
}
auto const list_all = [](auto const& window, std::span<reading const> records, output<listing>& out) {
  out.emit({window.key, window.start, window.end, {{records.begin(), records.end()}}});
};

/// Throws where two values that do not go together meet.
reading fragile(reading const& a, reading const& b) {
  if (a.value + b.value == 13) throw std::runtime_error("unlucky");
  return joined(a, b);
}

template <class F>
void check_names_all(F f) {
  std::string said;
  try {
    f();
  } catch (error const& e) {
    said = e.what();
  }
  INFO("said: " << said);
  for (auto const* part : {"'fragile'", "unlucky", "from 1970-01-01T00:00:00Z to 1970-01-01T00:00:00.000020Z", "key", "7"})
    CHECK(said.find(part) != std::string::npos);
}

}  // namespace

TEST_CASE("a window's function gets all its records slice by slice, late ones and re-firing included") {
  for_random_trials(200, [](job& j, trial const& how, std::mt19937_64& random) {
    harness<reading, listing> h(keyed(j, how.spec).process("all", list_all), &reading::key, how.batch_size);
    auto expected = feed(h, how, random, 5);
    for (auto& w : expected.results) w.value = in_order_of_slices(w.value, how.spec);
    CHECK(difference(expected.results, h.output()) == "");
    for (std::size_t i = 0; i < h.output().size(); ++i) CHECK(h.main().times[i] == h.output()[i].end - duration{1});
  });
}

TEST_CASE("a reduced window is what its records give one after the other") {
  using result = windowed<std::int32_t, reading>;
  for_random_trials(200, [](job& j, trial const& how, std::mt19937_64& random) {
    harness<reading, result> h(keyed(j, how.spec).reduce("one", joined), &reading::key, how.batch_size);
    std::vector<result> expected;
    for (auto const& w : feed(h, how, random, 5).results)
      expected.push_back({w.key, w.start, w.end, std::accumulate(w.value.all.begin() + 1, w.value.all.end(), w.value.all.front(), joined)});
    CHECK(difference(expected, h.output()) == "");
  });
}

TEST_CASE("the function behind an aggregate sees the window and emits any number of records, held up anywhere") {
  for_random_trials(200, [](job& j, trial const& how, std::mt19937_64& random) {
    auto const some = [](window_of<std::int32_t> const& w, fingerprint const& f, output<window_result>& out) {
      for (std::int64_t i = 0; i < f.sum % 4; ++i) out.emit({w.key, w.start, w.end, {f.records, i}});
    };
    harness<reading, window_result> h(keyed(j, how.spec).aggregate<fingerprint>("some", some), &reading::key, how.batch_size);
    std::vector<window_result> expected;
    for (auto const& w : feed(h, how, random, 5).results) {
      fingerprint all;
      for (auto const& r : w.value.all) all.add(r);
      for (std::int64_t i = 0; i < all.sum % 4; ++i) expected.push_back({w.key, w.start, w.end, {all.records, i}});
    }
    CHECK(difference(expected, h.output()) == "");
  });
}

TEST_CASE("over the whole stream one subtask hands all records of a window to its function") {
  for_random_trials(100, [](job& j, trial const& how, std::mt19937_64& random) {
    auto const list = [](auto const& w, std::span<reading const> records, output<whole_listing>& out) {
      out.emit({w.start, w.end, {{records.begin(), records.end()}}});
    };
    auto const windows = j.source("readings", memory::values(std::vector<reading>{})).event_time(&reading::at, monotonous()).window(how.spec).process("all", list);
    harness<reading, whole_listing> h(windows, how.batch_size);
    std::vector<whole_listing> expected;
    for (auto const& w : feed(h, how, random, 1).results) expected.push_back({w.start, w.end, in_order_of_slices(w.value, how.spec)});
    CHECK(difference(expected, h.output()) == "");
  });
}

TEST_CASE("no barrier passes within a firing of several records per window, and one passes when it is complete") {
  job j("windows");
  auto const twice = [](auto const& w, std::int64_t n, output<windowed<std::int32_t, std::int64_t>>& out) {
    for (int i = 0; i < 3; ++i) out.emit({w.key, w.start, w.end, n});
  };
  harness<reading, windowed<std::int32_t, std::int64_t>> h(keyed(j, tumbling_windows(duration{10})).aggregate<flow::count>("counts", twice), &reading::key, 2);
  for (std::int32_t k = 0; k < 5'000; ++k) h.process({at(duration{1}), k, k}, at(duration{1}));
  h.hold_up();
  h.tested().watermark(at(duration{20}));
  REQUIRE(h.tested().suspended());
  for (; h.tested().suspended(); h.resume()) CHECK_FALSE(h.tested().may_pass_barrier());
  CHECK(h.tested().may_pass_barrier());
  CHECK(h.output().size() == 15'000);
}

TEST_CASE("what a window's function throws names the operator, the window and the key") {
  auto const spec = sliding_windows(duration{20}, duration{10});
  std::vector<reading> const records{{at(duration{1}), 7, 6}, {at(duration{11}), 7, 7}};
  std::vector<timestamp> const times{at(duration{1}), at(duration{11})};
  SECTION("process") {
    job j("windows");
    auto const f = [](auto const& w, std::span<reading const>, output<listing>&) { if (w.start == at(duration{0})) throw std::runtime_error("unlucky"); };
    harness<reading, listing> h(keyed(j, spec).process("fragile", f), &reading::key);
    h.process(records, times);
    check_names_all([&] { h.advance_watermark(at(duration{100})); });
  }
  SECTION("the function behind an aggregate, for a late record") {
    job j("windows");
    int calls = 0;
    auto const f = [&calls](auto const& w, std::int64_t, output<listing>&) { if (w.start == at(duration{0}) && ++calls == 2) throw std::runtime_error("unlucky"); };
    harness<reading, listing> h(keyed(j, spec.allowed_lateness(duration{50})).aggregate<flow::count>("fragile", f), &reading::key);
    h.process(records, times).advance_watermark(at(duration{25}));
    check_names_all([&] { h.process(records, times); });
  }
  SECTION("reduce, where slices are merged") {
    job j("windows");
    harness<reading, windowed<std::int32_t, reading>> h(keyed(j, spec).reduce("fragile", fragile), &reading::key);
    h.process(records, times);
    check_names_all([&] { h.advance_watermark(at(duration{100})); });
  }
}

TEST_CASE("what a window keeps for its function is declared state that is described by its records") {
  job j("windows");
  harness<reading, listing> h(keyed(j, tumbling_windows(duration{10})).process("all", list_all), &reading::key);
  h.process({{at(duration{1}), 7, 1}, {at(duration{2}), 7, 2}, {at(duration{2}), 8, 2}}, {at(duration{1}), at(duration{2}), at(duration{2})});
  auto const& slices = *h.tested().state().objects().front();
  CHECK(slices.entries() == 2);
  CHECK(to_string(slices.value_schema()).find("\"value\":\"i64\"") != std::string::npos);
}
