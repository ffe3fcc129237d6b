#include <catch2/catch.hpp>

#include "contract/join_reference.hpp"
#include "golden/random_jobs.hpp"

using namespace flow;
using namespace flow::testing;

namespace {

struct input {
  std::vector<trip> trips;
  std::vector<fare> fares;
};

input random_input(std::mt19937_64& random, std::size_t n, std::int32_t keys) {
  input all;
  for (std::size_t i = 0; i < n; ++i) {
    timestamp const t{duration{static_cast<std::int64_t>(i / 4) - 100 + static_cast<std::int64_t>(random() % 50)}};
    all.trips.push_back({t, static_cast<std::int32_t>(random()) % keys, static_cast<std::int64_t>(i)});
    if (random() % 3) all.fares.push_back({static_cast<std::int64_t>(i), static_cast<std::int32_t>(random()) % keys, t + duration{static_cast<std::int64_t>(random() % 20) - 10}});
  }
  return all;
}
records_in_time in_time(input const& all) {
  records_in_time r;
  r.trips = all.trips;
  r.fares = all.fares;
  return r;
}
std::vector<joined> without_times(std::vector<joined> all) {
  for (auto& j : all) j.at = {};
  return all;
}

/// The joins hold back watermarks of their own: some runs forward each at once.
settings random_join_settings(std::mt19937_64& random) {
  auto s = random_settings(random, 3);
  return s.watermark_interval(std::chrono::microseconds(random() % 2 ? 0 : 200));
}

auto trips_of(job& j, input const& all, duration disorder = duration{100}) {
  return j.source("trips", memory::values(all.trips, 3)).event_time(&trip::at, out_of_order_by(disorder));
}
auto fares_of(job& j, input const& all) { return j.source("fares", memory::values(all.fares, 2)).event_time(&fare::paid, out_of_order_by(duration{100})); }

/// All joins of trips and fares into one job.
void all_joins(job& j, input const& all, join_interval interval, window_spec const& spec, join_kind kind) {
  auto const trips = trips_of(j, all).key_by(&trip::key);
  auto const fares = fares_of(j, all).key_by(&fare::key);
  select_as(kind, "interval", trips.interval_join(fares).between(interval.lower, interval.upper)).sink("in-interval", memory::discard());
  select_as(kind, "window", trips.window_join(fares, spec)).sink("in-window", memory::discard());
  trips.temporal_join(fares).left_outer().select("temporal", pair_left).sink("valid", memory::discard());
}
void check_joins(run_result const& r, input const& all, join_interval interval, window_spec const& spec, join_kind kind) {
  REQUIRE(r.end == job_result::how::finished);
  CHECK(difference(without_times(expected_interval_join(in_time(all), interval, kind)), r.of<joined>("in-interval")) == "");
  window_join_reference windows(spec);
  for (auto const& t : all.trips) windows.process(t);
  for (auto const& f : all.fares) windows.process(f);
  std::vector<joined> pairs;
  windows.advance(end_of_time, [&](auto const& where, auto const& c) {
    for (auto const& p : window_join_reference::pairs(where, c, kind)) pairs.push_back(p);
  });
  CHECK(difference(without_times(pairs), r.of<joined>("in-window")) == "");
  for (auto const& o : r.operators) {
    INFO(o.name);
    CHECK(o.records_in == o.processed + o.late + o.filtered);
    CHECK(o.late == 0);
  }
}
/// Of several fares with one time any may be the last: what counts is that the trip has one of them.
void check_temporal(std::vector<joined> found, input const& all) {
  std::map<std::int64_t, fare> by_cents;
  for (auto const& f : all.fares) by_cents[f.cents] = f;
  auto const expected = expected_temporal_join(in_time(all), join_kind::left_outer);
  REQUIRE(found.size() == expected.size());
  std::sort(found.begin(), found.end(), [](auto const& a, auto const& b) { return a.trip < b.trip; });
  for (std::size_t i = 0; i < found.size(); ++i) {
    REQUIRE(found[i].trip == expected[i].trip);
    REQUIRE((found[i].fare == -1) == (expected[i].fare == -1));
    if (found[i].fare != -1) CHECK((by_cents.at(found[i].fare).paid == by_cents.at(expected[i].fare).paid && by_cents.at(found[i].fare).key == by_cents.at(expected[i].fare).key));
  }
}

}  // namespace

TEST_CASE("joins of a whole job are the same under every schedule, parallelism and batch size") {
  std::size_t with_barriers = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    std::mt19937_64 random(seed);
    auto all = random_input(random, random() % 200, 1 + static_cast<std::int32_t>(random() % 20));
    for (auto& f : all.fares) f.cents = f.cents * 100 + 1;  // none deletes
    join_interval interval;
    interval.lower = duration{static_cast<std::int64_t>(random() % 20) - 15};
    interval.upper = interval.lower + duration{static_cast<std::int64_t>(random() % 15)};
    auto const spec = random_windows(random);
    join_kind const kinds[] = {join_kind::inner, join_kind::left_outer, join_kind::right_outer, join_kind::full_outer};
    auto const kind = kinds[random() % 4];
    auto const s = random_join_settings(random);
    INFO("seed " << seed << " " << text(s));
    job j("joins");
    all_joins(j, all, interval, spec, kind);
    schedule how = deterministic(seed);
    how.barrier_every = seed % 3 == 0 ? 50 : 0;
    auto const r = testing::run(j, how, s);
    check_joins(r, all, interval, spec, kind);
    check_temporal(r.of<joined>("valid"), all);
    with_barriers += r.last_barrier > 0;
  }
  CHECK(with_barriers > 5);
}

TEST_CASE("a stream joined with itself, and with what has been made of it, does not get stuck however small the buffers are") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    std::mt19937_64 random(seed);
    auto const all = random_input(random, 100 + random() % 150, 5);
    auto const s = random_join_settings(random);
    INFO("seed " << seed << " " << text(s));
    job j("diamond");
    auto const trips = trips_of(j, all);
    auto const keyed = trips.key_by(&trip::key);
    auto const numbers = [](trip const& a, trip const& b) { return joined{a.number, b.number, {}}; };
    auto const both = keyed.interval_join(keyed).between(duration{-3}, duration{3}).select("with-itself", numbers);
    both.sink("pairs", memory::discard());
    auto const [even, odd] = trips.branch([](trip const& t) { return t.number % 2 == 0; });
    auto const slow = odd.map([](trip const& t) { return trip{t.at, t.key, -t.number}; }).unchained().with_parallelism(1);
    even.key_by(&trip::key).interval_join(slow.key_by(&trip::key)).between(duration{-3}, duration{3}).left_outer()
        .select("diamond", [](trip const& a, trip const* b) { return joined{a.number, b ? b->number : 1, {}}; })
        .sink("diamond-pairs", memory::discard());
    auto const r = testing::run(j, deterministic(seed), s);
    REQUIRE(r.end == job_result::how::finished);
    std::vector<joined> pairs, diamond;
    for (auto const& a : all.trips) {
      bool alone = true;
      for (auto const& b : all.trips) {
        if (a.key != b.key || b.at - a.at < duration{-3} || b.at - a.at > duration{3}) continue;
        pairs.push_back({a.number, b.number, {}});
        if (a.number % 2 != 0 || b.number % 2 == 0) continue;
        diamond.push_back({a.number, -b.number, {}});
        alone = false;
      }
      if (alone && a.number % 2 == 0) diamond.push_back({a.number, 1, {}});
    }
    CHECK(difference(pairs, r.of<joined>("pairs")) == "");
    CHECK(difference(diamond, r.of<joined>("diamond-pairs")) == "");
  }
}

TEST_CASE("a side that is far behind the other does not hold it up: what waits is state") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    auto all = random_input(random, 400, 4);
    std::sort(all.fares.begin(), all.fares.end(), [](auto const& a, auto const& b) { return a.paid > b.paid; });  // the last first
    job j("far-behind");
    auto const trips = j.source("trips", memory::values(all.trips, 1)).event_time(&trip::at, out_of_order_by(duration{50}));
    auto const fares = j.source("fares", memory::values(all.fares, 1)).event_time(&fare::paid, out_of_order_by(duration{1'000}));
    trips.key_by(&trip::key).interval_join(fares.key_by(&fare::key)).between(duration{-5}, duration{5}).full_outer().select("billed", pair_full).sink("pairs", memory::discard());
    auto const r = testing::run(j, deterministic(seed), settings{}.parallelism(2).batch_size(1).task_buffer(1));
    REQUIRE(r.end == job_result::how::finished);
    CHECK(difference(without_times(expected_interval_join(in_time(all), {duration{-5}, duration{5}}, join_kind::full_outer)), r.of<joined>("pairs")) == "");
  }
}

TEST_CASE("the same job gives the same joins on threads") {
  std::mt19937_64 random(5);
  auto const all = random_input(random, 4'000, 50);
  join_interval const interval{duration{-8}, duration{5}};
  auto const expected = without_times(expected_interval_join(in_time(all), interval, join_kind::full_outer));
  for (std::uint32_t const batch_size : {1u, 7u, 1024u})
    for (std::uint32_t const parallelism : {1u, 2u, 4u}) {
      INFO("parallelism " << parallelism << " batch size " << batch_size);
      auto found = std::make_shared<memory::collected<joined>>();
      job j("joins");
      trips_of(j, all, duration{60}).key_by(&trip::key).interval_join(fares_of(j, all).key_by(&fare::key)).between(interval.lower, interval.upper).full_outer()
          .select("billed", pair_full).sink("found", memory::collect(found));
      auto const r = execute(j, settings{}.parallelism(parallelism).batch_size(batch_size));
      CHECK(difference(expected, found->values()) == "");
    }
}

TEST_CASE("records behind the watermark come out of the late outputs of a join, or are counted") {
  input all;
  for (std::int64_t i = 0; i < 100; ++i) all.trips.push_back({timestamp{duration{i % 2 ? i * 10 : 0}}, 1, i});
  all.fares = {{1, 1, timestamp{duration{5}}}};
  job j("late");
  auto const trips = j.source("trips", memory::values(all.trips, 1)).event_time(&trip::at, monotonous());
  auto const fares = j.source("fares", memory::values(all.fares, 1)).event_time(&fare::paid, monotonous());
  auto const billed = trips.key_by(&trip::key).interval_join(fares.key_by(&fare::key)).between(duration{0}, duration{10}).select("billed", pair_up);
  billed.sink("pairs", memory::discard());
  billed.late_left().sink("late-trips", memory::discard());
  auto const r = testing::run(j, deterministic(1), settings{}.parallelism(1).batch_size(1).task_buffer(1).watermark_interval(std::chrono::microseconds{0}));
  REQUIRE(r.end == job_result::how::finished);
  auto const late = r.of<trip>("late-trips");
  CHECK(!late.empty());
  for (auto const& t : late) CHECK(t.at == timestamp{});
  for (auto const& o : r.operators)
    if (o.name == "billed") {
      CHECK(o.late >= late.size());
      CHECK(o.records_in == o.processed + o.late);
    }
}
