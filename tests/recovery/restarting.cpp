// What a job goes on from when it fails before it has completed a checkpoint.

#include <catch2/catch.hpp>

#include <flow/flow.hpp>
#include <flow/testing/simulation.hpp>

#include "recovery/world.hpp"

namespace {

using namespace flow;
using namespace flow::testing;
using namespace std::chrono_literals;

struct numbered {
  world* w;
  value_state<std::int64_t> seen;
  void open(open_context& context) { seen = context.state().value<std::int64_t>("seen"); }
  void process(click const& c, auto&, output<row>& out) {
    w->user("process");
    out.emit(row{c.user, ++seen.change(), c.id});
  }
};

job counting(world& w, char const* name) {
  clicks all(2);
  for (std::uint32_t i = 0; i < 2'000; ++i) all[i % 2].push_back({i % 10, i, i, i % 2 * 10'000 + i / 2});
  job j{"counting"};
  left(j, w, {all, {}}).key_by(&click::user).process(name, numbered{&w, {}}).sink("out", w.sink("out"));
  return j;
}
settings some_settings() {
  return settings{}.parallelism(2).batch_size(4).task_buffer(256).checkpoint_interval(0us).restart({.form = restart_form::fixed_delay, .attempts = 3, .delay = 1ms});
}

}  // namespace

TEST_CASE("a job that is restored from a savepoint and fails before its first checkpoint goes on from the savepoint, renamed as it was said") {
  for (bool const own_checkpoints : {false, true}) {
    INFO(own_checkpoints);
    world w;
    schedule how{.seed = 3, .barrier_every = 40, .snapshots = &w.snapshots};
    how.savepoints = &w.savepoints;
    how.faults = &w.faults;
    how.wanted = {{90, "s", true, false}};
    auto const first = testing::run(counting(w, "counts"), how, some_settings());
    auto const& answer = first.savepoints.at("s");
    INFO((answer ? answer->message() : "taken") << ", the run took " << first.steps << " steps");
    REQUIRE(!answer);
    auto const published = w.sorted("out").size();
    REQUIRE(published > 0);
    REQUIRE(published < 2'000);

    memory_snapshots others;  // as with another directory of snapshots
    how = {.seed = 4, .snapshots = own_checkpoints ? &w.snapshots : &others};
    how.savepoints = &w.savepoints;
    how.faults = &w.faults;
    w.faults.set({"process", 20});
    restore_options from{{restore_form::path, 0, "s"}, {{"counts", "numbers"}}, {}, {}, false};
    auto const second = testing::run(counting(w, "numbers"), how, some_settings().restore(from));
    CHECK(second.end == job_result::how::finished);
    CHECK(second.restarts == 1);
    std::map<std::uint32_t, std::int64_t> last;
    for (auto const& r : w.sorted("out")) CHECK(r.value == ++last[r.key]);
    CHECK(w.sorted("out").size() == 2'000);
  }
}
