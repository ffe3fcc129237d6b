#include "contract/join_trial.hpp"

using namespace flow;
using namespace flow::testing;
using namespace std::chrono_literals;

namespace {

using alone = join_alone<joined>;
timestamp micros(std::int64_t n) { return timestamp{duration{n}}; }

/// What a window holds, so that a record lost, doubled or in another window is seen.
struct group {
  std::int32_t key = 0;
  timestamp start{};
  std::int64_t trips = 0, trip_numbers = 0, fares = 0, cents = 0;
  timestamp at{};
  bool operator==(group const&) const = default;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(key), CEREAL_NVP(start), CEREAL_NVP(trips), CEREAL_NVP(trip_numbers), CEREAL_NVP(fares), CEREAL_NVP(cents), CEREAL_NVP(at));
  }
};
template <class Trips, class Fares>
group group_of(std::int32_t key, timestamp start, timestamp end, Trips const& trips, Fares const& fares) {
  group g{key, start, static_cast<std::int64_t>(trips.size()), 0, static_cast<std::int64_t>(fares.size()), 0, end - duration{1}};
  for (trip const& t : trips) g.trip_numbers += t.number;
  for (fare const& f : fares) g.cents += f.cents;
  return g;
}
constexpr auto grouped = [](window_of<std::int32_t> const& w, std::span<trip const> trips, std::span<fare const> fares) {
  return group_of(w.key, w.start, w.end, trips, fares);
};

window_spec some_windows(std::mt19937_64& random) {
  auto const spec = random_windows(random);
  return random() % 2 ? spec.allowed_lateness(duration{static_cast<std::int64_t>(random() % 30)}) : spec;
}
std::string text(window_spec const& s) {
  return "size " + std::to_string(s.size.count()) + " slide " + std::to_string(s.slide.count()) + " offset " + std::to_string(s.offset.count()) + " lateness " +
         std::to_string(s.lateness.count());
}

template <class Out>
void check_rest(join_alone<Out>& j, window_join_reference const& expected, std::uint64_t seed) {
  CHECK(difference(expected.late_trips, j->late()) == "");
  CHECK(difference(expected.late_fares, j.late_right.values) == "");
  if (between_batches(seed) == between::restores) return;  // which begin the counters anew
  j.check_counts(expected.late_trips.size() + expected.late_fares.size(), expected.in_no_window);
}

}  // namespace

TEST_CASE("a window join gives what comparing all records of every window gives, of every kind, late ones and re-firing included") {
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    auto const kind = all_kinds[seed % 4];
    auto const spec = some_windows(random);
    INFO(text(spec));
    two_streams s;
    alone j(select_as(kind, "paired", s.trips().window_join(s.fares(), spec)), batch_sizes[seed % 3]);
    if (random() % 2) j->hold_up();
    window_join_reference expected(spec);
    std::vector<joined> pairs;
    feed(j, expected, random, between_batches(seed), [&](timestamp w) {
      expected.advance(w, [&](auto const& where, auto const& c) {
        for (auto const& p : window_join_reference::pairs(where, c, kind)) pairs.push_back(p);
      });
    });
    CHECK(difference(pairs, j.output()) == "");
    check_rest(j, expected, seed);
  }
}

TEST_CASE("a co-group is given all that both sides have in a window") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    auto const spec = some_windows(random);
    INFO(text(spec));
    two_streams s;
    join_alone<group> j(s.trips().co_group(s.fares(), spec).select("groups", grouped), batch_sizes[seed % 3]);
    if (random() % 2) j->hold_up();
    window_join_reference expected(spec);
    std::vector<group> groups;
    feed(j, expected, random, between_batches(seed), [&](timestamp w) {
      expected.advance(w, [&](auto const& where, auto const& c) {
        auto const [end, start, key] = where;
        groups.push_back(group_of(key, micros(start), micros(end), c.trips, c.fares));
      });
    });
    CHECK(difference(groups, j.output()) == "");
    check_rest(j, expected, seed);
  }
}

TEST_CASE("a window of a join is given out when the watermark passes its end, and dropped") {
  two_streams s;
  alone j(s.trips().window_join(s.fares(), tumbling_windows(duration{10})).select("paired", pair_up));
  j.process({micros(1), 7, 1});
  j.process(fare{100, 7, micros(9)});
  j.process({micros(10), 7, 2});
  j->advance_watermark(micros(8));
  CHECK(j.output().empty());
  j->advance_watermark(micros(9));
  CHECK(j.output() == std::vector<joined>{{1, 100, micros(9)}});
  j->advance_watermark(micros(19));
  CHECK(j.output().size() == 1);
  CHECK(j.entries() == 0);
}

TEST_CASE("the records of a window join are kept once, however many windows they are in, until the last has expired") {
  two_streams s;
  alone j(s.trips().window_join(s.fares(), sliding_windows(duration{100}, duration{10})).select("paired", pair_up));
  for (std::int64_t t = 0; t < 5'000; ++t) {
    j.process({micros(t), 7, t});
    j->advance_watermark(micros(t - 5));
    CHECK(j.entries() < 30);
  }
  j->end();
  CHECK(j.entries() == 0);
}

TEST_CASE("a window with very many pairs is given out as far as the receivers take them, and the watermark follows at its end") {
  two_streams s;
  std::size_t calls = 0;
  alone j(s.trips().window_join(s.fares(), sliding_windows(duration{30}, duration{10})).select("paired", [&calls](trip const& t, fare const& f) {
    ++calls;
    return pair_up(t, f);
  }));
  constexpr std::int64_t many = 500;
  for (std::int64_t i = 0; i < many; ++i) j.process({micros(i % 30), 7, i}), j.process(fare{i, 7, micros(i * 7 % 30)});
  j->hold_up();
  j->tested().watermark(micros(29));
  std::size_t resumed = 0;
  CHECK(calls <= 2 * 1024);
  for (; j->tested().suspended(); ++resumed) {
    CHECK(j->main().watermarks.empty());
    j->resume();
  }
  CHECK(resumed > 200);
  CHECK(j->main().watermarks == std::vector<timestamp>{micros(29)});
  std::set<std::pair<std::int64_t, std::int64_t>> pairs;
  std::size_t in_window = 0;
  for (auto const& p : j.output()) {
    in_window += p.at == micros(29);
    if (p.at == micros(29)) pairs.insert({p.trip, p.fare});
  }
  CHECK(in_window == static_cast<std::size_t>(many * many));
  CHECK(pairs.size() == in_window);
}

TEST_CASE("no barrier passes while the pairs of windows are given out, and one passes after the last") {
  two_streams s;
  alone j(s.trips().window_join(s.fares(), tumbling_windows(duration{10})).select("paired", pair_up), 1);
  for (std::int64_t i = 0; i < 40; ++i) j.process({micros(1), static_cast<std::int32_t>(i % 2), i}), j.process(fare{i, static_cast<std::int32_t>(i % 2), micros(2)});
  j->hold_up();
  j->tested().watermark(micros(100));
  REQUIRE(j->tested().suspended());
  for (; j->tested().suspended(); j->resume()) CHECK_FALSE(j->tested().may_pass_barrier());
  CHECK(j->tested().may_pass_barrier());
  CHECK(j.output().size() == 800);
}

TEST_CASE("an exception in the function of a window join names the operator, the records and the window") {
  two_streams s;
  alone j(s.trips().window_join(s.fares(), tumbling_windows(10min)).select("paired", [](trip const&, fare const&) -> joined { throw std::runtime_error("unlucky"); }));
  j.process({at(60s), 7, 77});
  j.process(fare{13, 7, at(61s)});
  CHECK_THROWS_WITH(j->end(), Catch::Contains("'paired'") && Catch::Contains("unlucky") && Catch::Contains("\"number\":77") && Catch::Contains("\"cents\":13") &&
                                  Catch::Contains("the window was from 1970-01-01T00:00:00Z to 1970-01-01T00:10:00Z of key 7"));
  join_alone<group> k(s.trips().co_group(s.fares(), tumbling_windows(10min)).select("groups", [](auto const&, auto, auto) -> group { throw std::runtime_error("unlucky"); }));
  k.process({at(60s), 7, 77});
  CHECK_THROWS_WITH(k->end(), Catch::Contains("'groups'") && Catch::Contains("the window was from 1970-01-01T00:00:00Z"));
}

TEST_CASE("an event time too far from any date is an error of a window join that names the record") {
  two_streams s;
  alone j(s.trips().window_join(s.fares(), tumbling_windows(duration{10})).select("paired", pair_up));
  j.process({micros(100), 7, 1});
  CHECK_THROWS_WITH(j.process({timestamp::min() + duration{1}, 7, 13}), Catch::Contains("'paired'") && Catch::Contains("event time") && Catch::Contains("\"number\":13"));
}
