// Graphs with diamonds, which are changed between a savepoint and the run that is restored from it.

#include <catch2/catch.hpp>

#include <flow/flow.hpp>

#include "recovery/attack.hpp"

namespace {

using namespace flow;
using namespace flow::testing;
using namespace std::chrono_literals;

struct running_sum {
  world* w;
  value_state<std::int64_t> sum;
  void open(open_context& context) { sum = context.state().value<std::int64_t>("sum"); }
  void process(click const& c, auto&, output<row>& out) {
    w->user("process");
    sum.change() += c.amount;
    out.emit(row{c.user, sum.get(), c.id});
  }
};

void build(job& j, world& w, inputs const& in) {
  auto all = left(j, w, in);
  auto const [even, uneven] = all.branch([](click const& c) { return c.amount % 2 == 0; });
  auto const twice = even.map([&w](click c) {
    w.user("map");
    c.amount *= 2;
    return c;
  }).unchained();
  twice.union_with(uneven.filter([](click const& c) { return c.amount % 5 != 0; }))
      .union_with(right(j, w, in))
      .key_by(&click::user)
      .window(tumbling_windows(100us))
      .aggregate<sum<&click::amount>>("diamond")
      .map([](auto const& r) { return row_of(r); })
      .sink("diamond-out", w.sink("diamond-out"));
  auto by_user = all.key_by(&click::user);
  by_user.process(w.changed ? "running-sums" : "sums", running_sum{&w, {}}).sink("sums-out", w.sink("sums-out"));
  if (!w.changed)
    by_user.window(session_windows(40us)).aggregate<count>("given-up").map([](auto const& r) { return row_of(r); }).sink("given-up-out", w.sink("given-up-out"));
  if (w.changed) all.rebalance().filter([](click const& c) { return c.amount % 4 == 0; }).map([](click const& c) { return row{c.user, c.id, c.at}; }).sink("added-out", w.sink("added-out"));
  if (w.changed) by_user.process("added", running_sum{&w, {}}).map([](row const& r) { return row{r.key, 0, r.at}; }).sink("added-sums", w.sink("added-sums"));
}

}  // namespace

TEST_CASE("a job whose graph is changed behind a savepoint gives the results of what is in both once, wherever it is disturbed") {
  restore_options change;
  change.renames = {{"sums", "running-sums"}};
  change.dropped = {"given-up", "given-up-out"};
  change.empty = {"added"};
  attack({build, {}, {}, change, {"given-up-out", "added-out", "added-sums"}});
}
