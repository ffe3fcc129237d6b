#include "contract/join_trial.hpp"

using namespace flow;
using namespace flow::testing;
using namespace std::chrono_literals;

namespace {

using alone = join_alone<joined>;
timestamp micros(std::int64_t n) { return timestamp{duration{n}}; }
trip trip_at(std::int64_t t, std::int64_t number = 1) { return {micros(t), 7, number}; }
fare fare_at(std::int64_t t, std::int64_t cents = 100) { return {cents, 7, micros(t)}; }

alone interval_join(two_streams& s, std::int64_t lower, std::int64_t upper, join_kind kind, std::uint32_t batch_size = 1024) {
  return alone(select_as(kind, "billed", s.trips().interval_join(s.fares()).between(duration{lower}, duration{upper})), batch_size);
}

/// Counts records that are not before the watermark.
struct watermark_checker final : receiver {
  void receive(batch_ref& b) override {
    records += b->size();
    for (auto const t : b->timestamps()) behind += t <= last;
  }
  void watermark(timestamp w) override {
    behind += w <= last;
    last = w;
  }
  void idle() override {}
  void pass(barrier const&) override {}
  void end() override {}
  bool ready() const override { return true; }
  timestamp last = no_watermark;
  std::size_t records = 0, behind = 0;
};

}  // namespace

TEST_CASE("an interval join gives what comparing all records with all others gives, of every kind") {
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    auto const kind = all_kinds[seed % 4];
    join_interval interval;
    interval.lower = duration{static_cast<std::int64_t>(random() % 50) - 25};
    interval.upper = interval.lower + duration{static_cast<std::int64_t>(random() % 30)};
    INFO("lower " << interval.lower.count() << " upper " << interval.upper.count());
    two_streams s;
    auto j = interval_join(s, interval.lower.count(), interval.upper.count(), kind, batch_sizes[seed % 3]);
    if (random() % 2) j->hold_up();
    records_in_time expected;
    feed(j, expected, random, between_batches(seed), [&](timestamp w) { expected.watermark = w; });
    CHECK(difference(expected_interval_join(expected, interval, kind), j.output()) == "");
    CHECK(difference(expected.late_trips, j->late()) == "");
    CHECK(difference(expected.late_fares, j.late_right.values) == "");
    if (between_batches(seed) != between::restores) j.check_counts(expected.late_trips.size() + expected.late_fares.size());
  }
}

TEST_CASE("nothing that an interval join gives is behind the watermark that it has passed on") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    two_streams s;
    auto j = interval_join(s, static_cast<std::int64_t>(random() % 20) - 15, 6, all_kinds[seed % 4]);
    watermark_checker checker;
    j->tested().port(0).connect(checker);
    records_in_time expected;
    feed(j, expected, random, between::nothing, [&](timestamp w) { expected.watermark = w; });
    CHECK(checker.records > 0);
    CHECK(checker.behind == 0);
  }
}

TEST_CASE("the bounds of an interval belong to it, unless they are said not to") {
  two_streams s;
  auto const between = s.trips().interval_join(s.fares()).between(duration{-5}, duration{3});
  alone j(between.select("closed", pair_up)), k(between.lower_bound_exclusive().upper_bound_exclusive().select("open", pair_up));
  for (std::int64_t t = 90; t <= 110; ++t) j.process(fare_at(t, t)), k.process(fare_at(t, t));
  j.process(trip_at(100)), k.process(trip_at(100));
  REQUIRE(j.output().size() == 9);
  CHECK(j.output().front() == joined{1, 95, micros(100)});
  CHECK(j.output().back() == joined{1, 103, micros(103)});
  REQUIRE(k.output().size() == 7);
  CHECK(k.output().front().fare == 96);
  CHECK(k.output().back().fare == 102);
}

TEST_CASE("a record without a partner is given out when the watermark has passed its interval, and not before") {
  two_streams s;
  auto j = interval_join(s, 0, 10, join_kind::full_outer);
  j.process(trip_at(100));
  j.process(fare_at(105, 5));
  j.process({micros(100), 8, 2});
  j.process(fare_at(99, 3));
  CHECK(j.output() == std::vector<joined>{{1, 5, micros(105)}});
  j->advance_watermark(micros(98));
  CHECK(j.output().size() == 1);
  j->advance_watermark(micros(99));  // a fare's trip would not be later than the fare
  CHECK(j.output().back() == joined{-1, 3, micros(99)});
  j->advance_watermark(micros(109));
  CHECK(j.output().size() == 2);
  j->advance_watermark(micros(110));
  CHECK(j.output().back() == joined{2, -1, micros(110)});
  CHECK(j.output().size() == 3);
  CHECK(j.entries() == 0);
}

TEST_CASE("a record whose interval the watermark has passed when it comes is not kept") {
  two_streams s;
  auto j = interval_join(s, -20, -10, join_kind::left_outer);
  j.process(fare_at(100, 5));
  j->advance_watermark(micros(95));
  j.process(trip_at(112, 1));
  j->advance_watermark(micros(100));
  j.process(trip_at(105, 2));
  j.process(trip_at(112, 3));
  CHECK(difference({{1, 5, micros(112)}, {2, -1, micros(105)}, {3, 5, micros(112)}}, j.output()) == "");
  CHECK(j->tested().state().objects()[1]->name() == "left");
  j->advance_watermark(micros(102));
  CHECK(j->tested().state().objects()[1]->entries() == 0);
}

TEST_CASE("the state of an interval join is cleaned by the watermark, and stays as large as the interval is long") {
  for (auto const kind : all_kinds) {
    two_streams s;
    auto j = interval_join(s, -50'000, 50'000, kind);
    std::size_t most = 0;
    for (std::int64_t t = 0; t < 20'000; ++t) {
      j.process({at(t * 1ms), static_cast<std::int32_t>(t % 100), t});
      j.process(fare{t, static_cast<std::int32_t>(t % 100), at(t * 1ms)});
      j->advance_watermark((t - 10) * 1ms);
      most = std::max(most, j.entries());
    }
    CHECK(most >= 120);
    CHECK(most < 250);
    j->advance_watermark(30s);
    CHECK(j.entries() == 0);
  }
}

TEST_CASE("of many records that fall due at about the same time all are dropped soon after, in steps") {
  two_streams s;
  auto j = interval_join(s, 0, 1'000'000, join_kind::inner);
  std::vector<trip> trips;
  for (std::int32_t i = 0; i < 20'000; ++i) trips.push_back({at(1s + (i % 1000) * 1us), i, i});
  j.process(trips);
  j->advance_watermark(2s);
  CHECK(j.entries() == 20'000);
  j->tested().watermark(at(2s + 40ms));
  CHECK(j->tested().suspended());
  CHECK(j->main().watermarks.size() == 1);
  CHECK(j.entries() > 0);
  while (j->tested().suspended()) j->resume();
  CHECK(j.entries() == 0);
  CHECK(j->main().watermarks.size() == 2);
}

TEST_CASE("a record with very many partners is given out as far as the receivers take it, and no barrier passes in its middle") {
  two_streams s;
  std::size_t calls = 0;
  alone j(s.trips().interval_join(s.fares()).between(duration{-10}, duration{10}).select("billed", [&calls](trip const& t, fare const& f) {
    ++calls;
    return pair_up(t, f);
  }));
  constexpr std::int64_t many = 300'000;
  std::vector<fare> fares;
  for (std::int64_t i = 0; i < many; ++i) fares.push_back(fare_at(i % 10, i));
  j.process(fares);
  CHECK(j.entries() < static_cast<std::size_t>(many) / 32);
  j->hold_up();
  batch_ref b = batch_type_of<trip>.create(1);
  b->add_timestamps()[0] = micros(5);
  b->add_hashes()[0] = hash_of(std::int32_t{7});
  as<trip>(*b).emplace_back(trip_at(5));
  j->tested().receive(b);
  CHECK(j->tested().suspended());
  CHECK(calls <= 2 * 1024);
  std::size_t resumed = 0;
  for (; j->tested().suspended(); ++resumed) {
    CHECK(!j->tested().may_pass_barrier());
    j->resume();
  }
  CHECK(resumed > 250);
  auto given = j.output();
  REQUIRE(given.size() == static_cast<std::size_t>(many));
  std::sort(given.begin(), given.end(), [](auto const& a, auto const& c) { return a.fare < c.fare; });
  for (std::int64_t i = 0; i < many; ++i) REQUIRE(given[static_cast<std::size_t>(i)].fare == i);
}

TEST_CASE("records without partners are given out as far as the receivers take them, and a barrier and the watermark follow at the end") {
  two_streams s;
  auto j = interval_join(s, 0, 10, join_kind::left_outer, 1);
  std::vector<trip> trips;
  for (std::int64_t i = 0; i < 5'000; ++i) trips.push_back({micros(i % 7), static_cast<std::int32_t>(i % 50), i});
  j.process(trips);
  j->hold_up();
  j->tested().watermark(micros(100));
  REQUIRE(j->tested().suspended());
  for (; j->tested().suspended(); j->resume()) {
    CHECK(j->main().watermarks.empty());
    CHECK_FALSE(j->tested().may_pass_barrier());
  }
  CHECK(j->tested().may_pass_barrier());
  CHECK(j->main().watermarks == std::vector<timestamp>{micros(100)});
  CHECK(j.output().size() == 5'000);
  CHECK(j.entries() == 0);
}

TEST_CASE("the function of a join may give any number of records") {
  two_streams s;
  alone j(s.trips().interval_join(s.fares()).between(duration{0}, duration{9}).select("several", [](trip const& t, fare const& f, output<joined>& out) {
    for (std::int64_t i = 0; i < f.cents; ++i) out.emit({t.number, i, {}});
  }), 1);
  j.process(trip_at(0));
  j.process({fare_at(1, 3), fare_at(2, 0), fare_at(3, 2)});
  CHECK(j.output() == std::vector<joined>{{1, 0, micros(1)}, {1, 1, micros(1)}, {1, 2, micros(1)}, {1, 0, micros(3)}, {1, 1, micros(3)}});
}

TEST_CASE("an exception in the function of an interval join names the operator and the records") {
  two_streams s;
  auto const unlucky = [](trip const& t, fare const* f) {
    if (!f || f->cents == 13) throw std::runtime_error("unlucky");
    return joined{t.number, f->cents, {}};
  };
  alone j(s.trips().interval_join(s.fares()).between(duration{0}, duration{9}).left_outer().select("billed", unlucky));
  j.process(trip_at(0, 77));
  CHECK_THROWS_WITH(j.process(fare_at(1, 13)), Catch::Contains("'billed'") && Catch::Contains("unlucky") && Catch::Contains("the records were") &&
                                                   Catch::Contains("\"number\":77") && Catch::Contains("\"cents\":13"));
  alone k(s.trips().interval_join(s.fares()).between(duration{0}, duration{9}).left_outer().select("billed-too", unlucky));
  k.process(trip_at(0, 78));
  CHECK_THROWS_WITH(k->advance_watermark(micros(9)), Catch::Contains("'billed-too'") && Catch::Contains("has no partner") && Catch::Contains("\"number\":78"));
}

TEST_CASE("times and bounds at the ends of what can be represented wrap nowhere") {
  for (auto const kind : all_kinds) {
    two_streams s;
    auto j = interval_join(s, -longest_window.count(), longest_window.count(), kind);
    for (auto const t : {timestamp::max(), timestamp::max() - duration{1}, timestamp::min() + duration{1}, timestamp{}}) {
      j.process(trip{t, 7, 1});
      j.process(fare{1, 7, t});
    }
    j->end();
    std::size_t pairs = 0;
    for (auto const& o : j.output()) pairs += o.trip == 1 && o.fare == 1;
    CHECK(pairs == 6);
    CHECK(j.output().size() == pairs);
    CHECK(j.entries() == 0);
  }
}
