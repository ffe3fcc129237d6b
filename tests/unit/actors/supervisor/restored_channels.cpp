#include <catch2/catch.hpp>

#include "supervisor/restore_plan.hpp"

#include <flow/flow.hpp>
#include <flow/memory.hpp>
#include <flow/snapshot/channel_log.hpp>

using namespace flow;

TEST_CASE("what was on its way is no operator's; it fits the same graph only, and an input that takes it") {
  job j{"j"};
  j.source("in", memory::values<int>({1})).rebalance().map([](int i) { return i; }).named("out-of").sink("out", memory::discard());
  auto const s = settings{}.parallelism(2);
  snapshot_manifest m;
  m.fingerprint = make_plan(j.graph(), s).fingerprint;
  state_part const some{1, {{7, piece_form::base, 1, 1, 1}}};
  operator_manifest const source{"in", 2, {}, {}, {}, {}};
  m.operators = {source, {channels_name("out-of", 0), 2, {{"received", state_kind::union_list, {}, schema_of<int>(), {some}}}, {}, {}, {}}};

  restore_plan const p(m, j.graph(), s);
  CHECK(p.mistakes().empty());
  CHECK(p.has_channels());
  REQUIRE(p.channels("out-of", 0));
  CHECK(p.channels("out-of", 1) == nullptr);
  CHECK(p.base().operators == std::vector{source});  // the next checkpoint does not build on it

  auto changed = m;
  ++changed.fingerprint;
  auto const refused = restore_plan(changed, j.graph(), s).mistakes();
  REQUIRE(refused.size() == 1);
  CHECK_THAT(refused.front(), Catch::Contains("overtaken records") && Catch::Contains("stop it with a savepoint"));

  auto nowhere = m;
  nowhere.operators[1].name = channels_name("out-of", 1);
  auto const lost = restore_plan(nowhere, j.graph(), s).mistakes();
  REQUIRE(lost.size() == 1);
  CHECK_THAT(lost.front(), Catch::Contains("no operator of the job takes"));

  // In one task they are handed on within it.
  CHECK(restore_plan(m, j.graph(), settings{}.parallelism(1)).mistakes().empty());
  changed.operators[1].states.front().parts.clear();
  CHECK_FALSE(restore_plan(changed, j.graph(), s).has_channels());
  CHECK(restore_plan(changed, j.graph(), s).mistakes().empty());
}
