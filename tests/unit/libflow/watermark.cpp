#include <catch2/catch.hpp>

#include <random>
#include <stdexcept>

#include <flow/watermark.hpp>

#include "recording.hpp"

namespace {
using namespace std::chrono_literals;
using recording::at;
using recording::batch_of;
using times = std::vector<std::int64_t>;

/// What a strategy says after each batch of records that are their own time.
template <class Strategy>
times watermarks(Strategy const& strategy, std::vector<times> const& batches) {
  auto const time_of = [](std::int64_t const& t) { return at(t); };
  flow::typed_time_assigner<std::int64_t, decltype(time_of), Strategy> assigner(time_of, strategy);
  assigner.add_split();
  times said;
  for (auto const& records : batches) {
    auto b = batch_of(records);
    std::uint32_t failed_at = 0;
    assigner.assign(*b, 0, failed_at);
    for (std::size_t i = 0; i < records.size(); ++i) REQUIRE(b->timestamps()[i] == at(records[i]));
    said.push_back(recording::micros(assigner.watermark(0)));
  }
  return said;
}

struct says_the_newest {
  std::int64_t newest = 0;
  int throws_at = 0;
  void on_record(std::int64_t const&, flow::timestamp t) {
    newest = recording::micros(t);
    if (throws_at != 0 && newest == throws_at) throw std::runtime_error("no such time");
  }
  flow::timestamp watermark() const { return at(newest); }
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(newest)); }
};
}  // namespace

TEST_CASE("bounded disorder: the watermark stays the bound and an instant behind the highest time") {
  CHECK(watermarks(flow::out_of_order_by(flow::duration{10}), {{5}, {30, 20}, {25}, {31}}) == times{-6, 19, 19, 20});
}

TEST_CASE("monotonous times: records of the highest time are not late") {
  CHECK(watermarks(flow::monotonous(), {{5, 6}, {6}, {7}}) == times{5, 5, 6});
}

TEST_CASE("before any record there is no watermark") {
  CHECK(watermarks(flow::out_of_order_by(1s), {{}}) == times{recording::micros(flow::no_watermark)});
}

TEST_CASE("a bound wider than time itself does not wrap around") {
  CHECK(watermarks(flow::out_of_order_by(flow::duration::max()), {{-5}}) == times{recording::micros(flow::no_watermark)});
}

TEST_CASE("with bounded disorder no record within the bound is ever behind the watermark") {
  std::uint64_t const seed = 23;
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  std::vector<times> batches(200);
  std::int64_t time = -1'000;
  for (auto& b : batches)
    for (auto n = random() % 5; n > 0; --n) b.push_back((time += static_cast<std::int64_t>(random() % 8)) - static_cast<std::int64_t>(random() % 51));
  auto const said = watermarks(flow::out_of_order_by(flow::duration{50}), batches);
  for (std::size_t i = 1; i < batches.size(); ++i) {
    REQUIRE(said[i] >= said[i - 1]);
    for (auto const t : batches[i]) REQUIRE(t > said[i - 1]);
  }
}

TEST_CASE("the watermark of a user's generator never goes back, whatever it says") {
  CHECK(watermarks(flow::watermarks_from(says_the_newest{}), {{10}, {3}, {12, 11}, {40}, {-7}}) == times{10, 10, 11, 40, 40});
}

TEST_CASE("splits are followed apart from each other") {
  auto const time_of = [](std::int64_t const& t) { return at(t); };
  flow::typed_time_assigner<std::int64_t, decltype(time_of), flow::bounded_disorder> assigner(time_of, flow::monotonous());
  assigner.add_split();
  assigner.add_split();
  auto b = batch_of<std::int64_t>({100});
  std::uint32_t failed_at = 0;
  assigner.assign(*b, 1, failed_at);
  CHECK(assigner.watermark(0) == flow::no_watermark);
  CHECK(assigner.watermark(1) == at(99));
}

TEST_CASE("options are added to a strategy and leave it as it is") {
  auto const plain = flow::out_of_order_by(5s);
  auto const both = plain.idle_after(1min).max_drift(10s);
  CHECK(plain.options.idle_after == 0s);
  CHECK(both.options.idle_after == 1min);
  CHECK(both.options.max_drift == 10s);
  CHECK(flow::watermarks_from(says_the_newest{}).idle_after(2s).options.idle_after == 2s);
}

TEST_CASE("when the function of the time throws, the assigner says at which record") {
  auto const time_of = [](std::int64_t const& t) { return t == 7 ? throw std::runtime_error("no time") : at(t); };
  flow::typed_time_assigner<std::int64_t, decltype(time_of), flow::bounded_disorder> assigner(time_of, flow::monotonous());
  assigner.add_split();
  auto b = batch_of<std::int64_t>({5, 6, 7, 8});
  std::uint32_t failed_at = 99;
  CHECK_THROWS_WITH(assigner.assign(*b, 0, failed_at), "no time");
  CHECK(failed_at == 2);
}

TEST_CASE("when a user's generator throws, the assigner says at which record") {
  auto const time_of = [](std::int64_t const& t) { return at(t); };
  flow::typed_time_assigner<std::int64_t, decltype(time_of), flow::user_watermarks<says_the_newest>> assigner(
      time_of, flow::watermarks_from(says_the_newest{0, 7}));
  assigner.add_split();
  auto b = batch_of<std::int64_t>({5, 6, 7, 8});
  std::uint32_t failed_at = 99;
  CHECK_THROWS_WITH(assigner.assign(*b, 0, failed_at), "no such time");
  CHECK(failed_at == 2);
}

TEST_CASE("when what a user's generator says throws, the assigner names the last record") {
  auto const time_of = [](std::int64_t const& t) { return at(t); };
  struct silent {
    void on_record(std::int64_t const&, flow::timestamp) {}
    flow::timestamp watermark() const { throw std::runtime_error("do not know"); }
  };
  flow::typed_time_assigner<std::int64_t, decltype(time_of), flow::user_watermarks<silent>> assigner(time_of, flow::watermarks_from(silent{}));
  assigner.add_split();
  auto b = batch_of<std::int64_t>({5, 6, 7});
  std::uint32_t failed_at = 99;
  CHECK_THROWS_WITH(assigner.assign(*b, 0, failed_at), "do not know");
  CHECK(failed_at == 2);
}

TEST_CASE("what a generator remembers can be saved and goes on where it was") {
  auto const time_of = [](std::int64_t const& t) { return at(t); };
  auto const check = [&](auto strategy) {
    flow::typed_time_assigner<std::int64_t, decltype(time_of), decltype(strategy)> before(time_of, strategy), after(time_of, strategy);
    before.add_split();
    after.add_split();
    std::uint32_t failed_at = 0;
    before.assign(*batch_of<std::int64_t>({50, 60, 70}), 0, failed_at);
    after.restore(0, before.save(0));
    CHECK(after.watermark(0) == before.watermark(0));
    after.assign(*batch_of<std::int64_t>({10}), 0, failed_at);
    CHECK(after.watermark(0) == before.watermark(0));
  };
  check(flow::out_of_order_by(flow::duration{5}));
  check(flow::watermarks_from(says_the_newest{}));
}

TEST_CASE("a negative bound is refused") {
  CHECK_THROWS_WITH(flow::out_of_order_by(flow::duration{-1}), Catch::Contains("must not be negative"));
}
