#include "contract/join_trial.hpp"

using namespace flow;
using namespace flow::testing;

namespace {

using alone = join_alone<joined>;
timestamp micros(std::int64_t n) { return timestamp{duration{n}}; }
trip trip_at(std::int64_t t, std::int64_t number) { return {micros(t), 7, number}; }
fare fare_at(std::int64_t t, std::int64_t cents) { return {cents, 7, micros(t)}; }

alone temporal_join(two_streams& s, join_kind kind, std::uint32_t batch_size = 1024) {
  auto const described = s.trips().temporal_join(s.fares()).deleted_by(deletes);
  return kind == join_kind::inner ? alone(described.select("priced", pair_up), batch_size) : alone(described.left_outer().select("priced", pair_left), batch_size);
}
std::size_t versions_kept(alone& j) {
  for (auto const& o : j->tested().state().objects())
    if (o->name() == "right") return o->entries();
  return 0;
}

}  // namespace

TEST_CASE("a temporal join gives each record the version that is valid at its time, whatever comes first") {
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    auto const kind = seed % 2 ? join_kind::inner : join_kind::left_outer;
    two_streams s;
    auto j = temporal_join(s, kind, batch_sizes[seed % 3]);
    if (random() % 2) j->hold_up();
    records_in_time expected;
    // Versions that no record ends stay; a last one of each key deletes.
    std::int64_t number = 100'013;
    feed(j, expected, random, between_batches(seed), [&](timestamp w) {
      if (w == end_of_time)
        for (std::int32_t key = -5; key <= 5; ++key, number += 100) {
          fare const last{number, key, timestamp{duration{1'000'000}}};
          expected.process(last);
          j.process(last);
        }
      expected.watermark = w;
    });
    CHECK(difference(expected_temporal_join(expected, kind), j.output()) == "");
    CHECK(difference(expected.late_trips, j->late()) == "");
    CHECK(difference(expected.late_fares, j.late_right.values) == "");
    if (between_batches(seed) != between::restores) j.check_counts(expected.late_trips.size() + expected.late_fares.size());
  }
}

TEST_CASE("a record waits until the watermark has reached its time, and comes in the order of time") {
  two_streams s;
  auto j = temporal_join(s, join_kind::left_outer);
  j.process({trip_at(20, 2), trip_at(5, 1), trip_at(10, 3)});
  j.process({fare_at(8, 800), fare_at(20, 2000)});
  j->advance_watermark(micros(4));
  CHECK(j.output().empty());
  j->advance_watermark(micros(10));
  CHECK(j.output() == std::vector<joined>{{1, -1, micros(5)}, {3, 800, micros(10)}});
  j->advance_watermark(micros(20));
  CHECK(j.output().back() == joined{2, 2000, micros(20)});
}

TEST_CASE("of several versions with one time the one that came last is valid") {
  two_streams s;
  auto j = temporal_join(s, join_kind::inner);
  j.process({fare_at(8, 1), fare_at(8, 2)});
  j.process(trip_at(9, 1));
  j.process(fare_at(8, 3));
  j->advance_watermark(micros(9));
  CHECK(j.output() == std::vector<joined>{{1, 3, micros(9)}});
}

TEST_CASE("versions are cleaned by the watermark up to the one that is valid, which a deletion removes") {
  two_streams s;
  auto j = temporal_join(s, join_kind::inner);
  for (std::int64_t t = 0; t < 1'000; ++t) j.process(fare_at(t, 1000 + t * 100));
  CHECK(versions_kept(j) == 1'000);
  j->advance_watermark(micros(500));
  CHECK(versions_kept(j) == 500);
  j->advance_watermark(micros(2'000));
  CHECK(versions_kept(j) == 1);
  CHECK(j.entries() == 1);
  j.process(trip_at(3'000, 1));
  j->advance_watermark(micros(3'000));
  CHECK(j.output() == std::vector<joined>{{1, 1000 + 999 * 100, micros(3'000)}});
  j.process(fare_at(3'001, 13));
  j->advance_watermark(micros(4'000));
  CHECK(j.entries() == 0);
}

TEST_CASE("very many records of one key and time are given out as far as the receivers take them") {
  two_streams s;
  auto j = temporal_join(s, join_kind::inner, 1);
  j.process(fare_at(1, 100));
  for (std::int64_t i = 0; i < 1'000; ++i) j.process(trip_at(5, i));
  j->hold_up();
  j->tested().watermark(micros(10));
  std::size_t resumed = 0;
  for (; j->tested().suspended(); ++resumed) {
    CHECK(j->main().watermarks.empty());
    CHECK_FALSE(j->tested().may_pass_barrier());
    j->resume();
  }
  CHECK(resumed >= 900);
  REQUIRE(j.output().size() == 1'000);
  for (std::int64_t i = 0; i < 1'000; ++i) CHECK(j.output()[static_cast<std::size_t>(i)].trip == i);
  CHECK(j.entries() == 1);
}

TEST_CASE("an exception in the function of a temporal join names the operator and the records") {
  two_streams s;
  alone j(s.trips().temporal_join(s.fares()).select("priced", [](trip const&, fare const&) -> joined { throw std::runtime_error("unlucky"); }));
  j.process(fare_at(1, 100));
  j.process(trip_at(5, 77));
  CHECK_THROWS_WITH(j->end(), Catch::Contains("'priced'") && Catch::Contains("unlucky") && Catch::Contains("\"number\":77") && Catch::Contains("\"cents\":100"));
}
