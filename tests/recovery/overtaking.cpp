// Checkpoints whose barriers overtake what is on its way.

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>

#include <flow/flow.hpp>
#include <flow/memory.hpp>
#include <flow/run.hpp>
#include <flow/testing/simulation.hpp>

#include "recovery/world.hpp"

namespace {

using namespace flow;
using namespace flow::testing;
using namespace std::chrono_literals;

constexpr std::uint32_t users = 12, splits = 4;
constexpr std::int64_t clicks_each = 150;  // of a user

/// A user's clicks come in one split, in order.
clicks all_clicks() {
  clicks all(splits);
  for (std::int64_t i = 0; i < clicks_each; ++i)
    for (std::uint32_t u = 0; u < users; ++u) all[u % splits].push_back({u, i, i + 1, u * 1'000 + i});
  return all;
}

struct numbered {
  value_state<std::int64_t> seen;
  void open(open_context& context) { seen = context.state().value<std::int64_t>("seen"); }
  void process(click const& c, auto&, output<row>& out) { out.emit(row{c.user, ++seen.change(), c.amount}); }
};
/// Tells by how much a user's row is not the one after the row before.
struct in_order {
  value_state<std::int64_t> last;
  void open(open_context& context) { last = context.state().value<std::int64_t>("last"); }
  void process(row const& r, auto&, output<row>& out) { out.emit(row{r.key, r.value, r.value - ++last.change()}); }
};

/// From one owner of a user's state to another, by way of a task that has none.
job two_owners(flow::source<click> const& from, flow::sink<row> const& to) {
  job j{"two-owners"};
  j.source("in", from)
      .key_by(&click::user)
      .process("numbers", numbered{})
      .map([](row const& r) { return r; })
      .unchained()
      .key_by(&row::key)
      .process("in-order", in_order{})
      .rebalance()
      .sink("out", to);
  return j;
}
/// Two exchanges, and nobody who is ever in the middle of its output.
job passed_on(flow::source<click> const& from, flow::sink<row> const& to) {
  job j{"passed-on"};
  j.source("in", from).rebalance().map([](click const& c) { return row{c.user, c.amount, 0}; }).rebalance().sink("out", to);
  return j;
}
settings some_settings(std::uint32_t parallelism) {
  return settings{}.parallelism(parallelism).batch_size(4).task_buffer(1'024).checkpoint_interval(0us).restore({{restore_form::latest_or_fresh, 0, {}}, {}, {}, {}, false});
}

/// Takes nothing until it is opened.
class gated_writer final : public writer<row> {
 public:
  gated_writer(bool open, std::shared_ptr<std::vector<row>> into) : open_(open), into_(std::move(into)) {}
  bool ready() const override { return open_; }
  void write(batch<row> const& rows) override { into_->insert(into_->end(), rows.begin(), rows.end()); }

 private:
  bool open_;
  std::shared_ptr<std::vector<row>> into_;
};
flow::sink<row> gate(bool open, std::shared_ptr<std::vector<row>> const& into) {
  return {.make_writer = [open, into] { return std::make_unique<gated_writer>(open, into); }};
}

}  // namespace

TEST_CASE("a checkpoint completes though the sinks take nothing, within what credit allows, and all of it is processed once") {
  for (std::uint32_t const parallelism_after : {1u, 2u, 3u}) {
    INFO("restored with parallelism " << parallelism_after);
    memory_snapshots snapshots;
    auto const rows = std::make_shared<std::vector<row>>();
    auto const stuck = passed_on(split_records(all_clicks(), false), gate(false, rows));
    auto const open = passed_on(split_records(all_clicks(), false), gate(true, rows));
    schedule how{.seed = 5, .barrier_every = 60, .snapshots = &snapshots, .crash_after = 120};  // before nothing moves any more
    CHECK(testing::run(stuck, how, some_settings(2)).checkpoints.completed == 0);

    how = {.seed = 5, .snapshots = &snapshots, .crash_after = 4'000};
    auto const r = testing::run(stuck, how, some_settings(2).checkpoint_interval(50us).aligned_checkpoint_timeout(0us));
    CHECK(r.crashed);
    CHECK(rows->empty());
    CHECK(r.checkpoints.completed > 0);
    constexpr std::uint64_t exchanges = 2, buffers = exchanges * 2 * 1'024, beyond = exchanges * 4 * 2 * 512, state = 2'048;
    CHECK(r.checkpoints.bytes > 1'000);
    CHECK(r.checkpoints.bytes < buffers + beyond + state);

    how = {.seed = 6, .snapshots = &snapshots};
    CHECK(testing::run(open, how, some_settings(parallelism_after)).end == job_result::how::finished);
    std::sort(rows->begin(), rows->end());
    std::vector<row> expected;
    for (std::uint32_t u = 0; u < users; ++u)
      for (std::int64_t i = 1; i <= clicks_each; ++i) expected.push_back({u, i, 0});
    CHECK(*rows == expected);
  }
}

TEST_CASE("what was on its way is processed before anything new, wherever its state has gone") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    memory_snapshots snapshots;
    auto const rows = std::make_shared<memory::collected<row>>();
    for (std::uint64_t run = 0;; ++run) {
      auto const j = two_owners(split_records(all_clicks(), false), memory::collect(rows).make<row>());
      schedule how{.seed = 10 * seed + run, .barrier_every = 40 + seed % 100, .snapshots = &snapshots};
      if (run < 4) how.crash_after = 300 + 37 * seed % 500;
      auto const r = testing::run(j, how, some_settings(1 + static_cast<std::uint32_t>((seed + run) % 4)).keep_succeeded(true).aligned_checkpoint_timeout(0us));
      if (r.crashed) continue;
      REQUIRE(r.end == job_result::how::finished);
      break;
    }
    REQUIRE(rows->values().size() == users * clicks_each);
    for (auto const& r : rows->values()) REQUIRE(r.at == 0);
  }
}

TEST_CASE("what overtakes is restored into the same graph only") {
  memory_snapshots snapshots;
  auto const rows = std::make_shared<std::vector<row>>();
  schedule how{.seed = 5, .snapshots = &snapshots, .crash_after = 4'000};
  auto const stuck = passed_on(split_records(all_clicks(), false), gate(false, rows));
  REQUIRE(testing::run(stuck, how, some_settings(2).checkpoint_interval(50us).aligned_checkpoint_timeout(0us)).checkpoints.completed > 0);
  auto changed = passed_on(split_records(all_clicks(), false), gate(true, rows));
  changed.source("more", split_records(all_clicks(), false)).sink("nowhere", memory::discard());
  CHECK_THROWS_WITH(testing::run(changed, {.seed = 1, .snapshots = &snapshots}, some_settings(2)), Catch::Contains("overtaken records") && Catch::Contains("savepoint"));
}

namespace {
/// Cannot be described, and is no plain memory.
struct closed_record {
  std::uint32_t user = 0;
  std::unique_ptr<int> inside{};
  closed_record() = default;
  closed_record(closed_record const& other) : user(other.user) {}
  closed_record& operator=(closed_record const& other) {
    user = other.user;
    return *this;
  }
};
}  // namespace

TEST_CASE("a job whose records cannot be stored is refused where barriers may overtake, and says which") {
  job j{"closed"};
  j.source("in", split_records(all_clicks(), false)).map([](click const&) { return closed_record{}; }).named("closing").rebalance().sink("out", memory::discard());
  auto const s = settings{}.parallelism(2).snapshots("d");
  CHECK_NOTHROW(check(j, s));
  CHECK_THROWS_WITH(check(j, settings(s).aligned_checkpoint_timeout(0us)), Catch::Contains("'closing'") && Catch::Contains("serialize"));
}
