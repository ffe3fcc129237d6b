// Whole jobs that crash at any step and are restored, also with other numbers of subtasks: what the sinks publish is what an
// undisturbed run publishes.

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>
#include <set>

#include <flow/flow.hpp>
#include <flow/memory/collect.hpp>
#include <flow/memory/generate.hpp>
#include <flow/testing.hpp>

namespace {

using namespace flow;
using namespace std::chrono_literals;

struct click {
  std::uint32_t user = 0;
  std::int64_t at = 0;
  std::int64_t amount = 0;
  timestamp time() const { return timestamp{duration{at}}; }
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(user), CEREAL_NVP(at), CEREAL_NVP(amount)); }
};

/// A key, what was found for it, and when: what every sink here takes.
struct found {
  std::uint32_t user = 0;
  std::int64_t value = 0, at = 0;
  auto operator<=>(found const&) const = default;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(user), CEREAL_NVP(value), CEREAL_NVP(at)); }
};
std::ostream& operator<<(std::ostream& out, found const& f) { return out << "{" << f.user << ", " << f.value << ", " << f.at << "}"; }

/// Adds five clicks of a user at a time, and tells of each 40 us in which a user has clicked.
struct fives {
  value_state<std::int64_t> sum;
  list_state<std::int64_t> recent;
  map_state<std::int64_t, std::int32_t> amounts;

  void open(open_context& context) {
    sum = context.state().value<std::int64_t>("sum");
    recent = context.state().list<std::int64_t>("recent");
    amounts = context.state().map<std::int64_t, std::int32_t>("amounts");
  }
  void process(click const& c, auto& context, output<found>& out) {
    sum.change() += c.amount;
    recent.add(c.amount);
    ++amounts.change(c.amount % 7);
    if (recent.get().size() == 5) {
      recent.clear();
      out.emit(found{c.user, sum.get() * 100 + static_cast<std::int64_t>(amounts.size()), c.at});
      if (sum.get() % 3 == 0) amounts.clear();
    }
    context.event_timer(timestamp{duration{(c.at / 40 + 1) * 40}});
  }
  void on_timer(timestamp t, auto& context, output<found>& out) { out.emit(found{context.key(), -1, t.time_since_epoch().count()}); }
};

constexpr std::uint64_t clicks = 6'000;
constexpr std::uint32_t splits = 3, block = 16;

/// A user's clicks are all in one split, so that they come in one order.
click click_number(std::uint64_t i) {
  auto const split = static_cast<std::uint32_t>(i / block % splits);
  auto const mixed = mix_hash(i);
  return {split + splits * static_cast<std::uint32_t>(mixed % 37), static_cast<std::int64_t>(i), static_cast<std::int64_t>(mixed >> 40 & 1023)};
}

using results = std::shared_ptr<memory::collected<found>>;

job make_job(results const& into) {
  job j{"clicks"};
  auto all = j.source("clicks", memory::generate<click>(clicks, click_number).splits(splits).block(block))
                 .event_time(&click::time, out_of_order_by(5us));
  auto by_user = all.key_by(&click::user);
  by_user.process("fives", fives{}).sink("fives-out", memory::collect(into));
  by_user.window(sliding_windows(200us, 50us))
      .aggregate<sum<&click::amount>>("sums")
      .map([](windowed<std::uint32_t, std::int64_t> const& w) { return found{w.key, w.value, w.end.time_since_epoch().count()}; })
      .sink("sums-out", memory::collect(into));
  by_user.window(session_windows(60us))
      .aggregate<count>("sessions")
      .map([](windowed<std::uint32_t, std::int64_t> const& w) { return found{w.key, w.value, w.start.time_since_epoch().count()}; })
      .sink("sessions-out", memory::collect(into));
  all.window(tumbling_windows(100us))
      .aggregate<sum<&click::amount>>("total")
      .map([](windowed<whole_stream, std::int64_t> const& w) { return found{0, w.value, w.end.time_since_epoch().count()}; })
      .sink("total-out", memory::collect(into));
  return j;
}

std::vector<found> sorted(results const& r) {
  auto all = r->values();
  std::sort(all.begin(), all.end());
  return all;
}

std::vector<found> undisturbed() {
  auto into = std::make_shared<memory::collected<found>>();
  auto const j = make_job(into);
  auto const r = testing::run(j, testing::deterministic(1), settings{}.parallelism(1));
  REQUIRE(r.end == job_result::how::finished);
  return sorted(into);
}

/// Crashes and restores, now and then with another number of subtasks, until a run comes to its end.
void trial(std::uint64_t seed, std::vector<found> const& expected) {
  std::mt19937_64 random(seed);
  auto into = std::make_shared<memory::collected<found>>();
  memory_snapshots snapshots;
  std::uint32_t parallelism = 1 + random() % 4;
  for (int run = 0;; ++run) {
    auto const j = make_job(into);
    testing::schedule how;
    how.seed = random();
    how.barrier_every = 40 + random() % 400;
    how.snapshots = &snapshots;
    if (run < 6) how.crash_after = random() % 6'000;
    auto s = settings{}.parallelism(parallelism).batch_size(1u << (2 + random() % 6)).task_buffer(1u << (10 + random() % 8));
    s.keep_succeeded(true);  // a crash may come when all is done
    s.checkpoint_interval(0us).restore({.origin = {restore_form::latest_or_fresh}});
    auto const r = testing::run(j, how, s);
    if (!r.crashed) {
      REQUIRE(!r.failure);
      REQUIRE(r.end == job_result::how::finished);
      break;
    }
    if (random() % 2) parallelism = 1 + random() % 4;
  }
  auto const all = sorted(into);
  std::vector<found> missing, extra;
  std::set_difference(expected.begin(), expected.end(), all.begin(), all.end(), std::back_inserter(missing));
  std::set_difference(all.begin(), all.end(), expected.begin(), expected.end(), std::back_inserter(extra));
  REQUIRE(missing == std::vector<found>{});
  REQUIRE(extra == std::vector<found>{});
}

}  // namespace

TEST_CASE("a job that crashes at any step and is restored publishes what an undisturbed run publishes") {
  auto const expected = undisturbed();
  REQUIRE(expected.size() > 1'000);
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    trial(seed, expected);
  }
}

TEST_CASE("without alignment every record is published at least once, and some are more often") {
  std::size_t repeated = 0;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    auto into = std::make_shared<memory::collected<std::uint64_t>>();
    memory_snapshots snapshots;
    for (int run = 0;; ++run) {
      job j{"numbers"};
      j.source("numbers", memory::generate<std::uint64_t>(4'000, [](std::uint64_t i) { return i; }).splits(4).block(8))
          .rebalance()
          .map([](std::uint64_t i) { return i; })
          .sink("out", memory::collect(into));
      testing::schedule how;
      how.seed = random();
      how.barrier_every = 20 + random() % 100;
      how.snapshots = &snapshots;
      if (run < 5) how.crash_after = random() % 1'000;
      auto const r = testing::run(j, how, settings{}.parallelism(4).batch_size(8).task_buffer(512).at_least_once(true).keep_succeeded(true).restore({.origin = {restore_form::latest_or_fresh}}));
      if (r.crashed) continue;
      REQUIRE(!r.failure);
      break;
    }
    auto all = into->values();
    std::set<std::uint64_t> const distinct(all.begin(), all.end());
    REQUIRE(distinct.size() == 4'000);
    repeated += all.size() - distinct.size();
  }
  CHECK(repeated > 0);
}
