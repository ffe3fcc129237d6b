#include <catch2/catch.hpp>

#include "supervisor/restore_plan.hpp"

using namespace flow;

namespace {

schema of(std::string type, std::vector<schema_field> fields = {}) {
  schema s;
  s.type = std::move(type);
  s.fields = std::move(fields);
  return s;
}
state_part const some{3, {{7, piece_form::base, 1, 1, 1}}};
state_manifest table(std::string name, std::vector<state_part> parts = {some}) { return {std::move(name), state_kind::table, of("string"), of("i32"), std::move(parts)}; }
operator_manifest op(std::string name, std::vector<state_manifest> states) { return {std::move(name), 2, std::move(states), {}, {}, {}}; }
snapshot_manifest stored(std::vector<operator_manifest> operators) {
  snapshot_manifest m;
  m.id = 7;
  m.job = "j";
  m.operators = std::move(operators);
  return m;
}
graph job_of(std::vector<std::string> const& names) {
  graph g;
  for (auto const& n : names) g.add("process", n);
  return g;
}
settings with(restore_options o) { return settings{}.restore(std::move(o)); }
declared_state declared(std::string name) { return {std::move(name), state_kind::table, of("string"), of("i32")}; }
using mistakes = std::vector<std::string>;

}  // namespace

TEST_CASE("operators that are as they were find their state, and nothing is wrong") {
  graph const g = job_of({"counts", "stateless"});
  restore_plan const p(stored({op("counts", {table("count")}), op("stateless", {})}), g, {});
  CHECK(p.mistakes().empty());
  REQUIRE(p.stored("counts"));
  CHECK(p.stored("counts")->states == std::vector{table("count")});
  CHECK(p.mistakes_of("counts", std::vector{declared("count")}).empty());
  CHECK(p.mistakes_of("stateless", {}).empty());
  CHECK(p.base() == p.manifest());
}

TEST_CASE("state whose operator is not in the job is a mistake, until it is renamed or dropped") {
  graph const g = job_of({"new", "other"});
  auto const m = stored({op("old", {table("count"), table("none", {})}), op("other", {}), op("gone", {table("empty", {})})});
  CHECK(restore_plan(m, g, {}).mistakes() ==
        mistakes{"operator 'old' with state 'count' is not in the job; say what it is called now with --restore-rename old=NEW, or give it up with --restore-drop old"});

  restore_plan const renamed(m, g, with({.renames = {{"old", "new"}}}));
  CHECK(renamed.mistakes().empty());
  REQUIRE(renamed.stored("new"));
  CHECK(renamed.stored("new")->name == "old");
  CHECK(renamed.is_renamed("new"));
  CHECK_FALSE(renamed.is_renamed("other"));
  CHECK(renamed.base().operators == std::vector{op("other", {})});  // pieces lie under the old name

  restore_plan const dropped(m, g, with({.dropped = {"old"}}));
  CHECK(dropped.mistakes().empty());
  CHECK_FALSE(dropped.stored("old"));
  CHECK(dropped.base().operators == std::vector{op("other", {})});
}

TEST_CASE("results that a sink has prepared are not given up silently") {
  auto sink = op("out", {});
  sink.committable_schema = of("struct");
  sink.committables = {{0, {}}, {1, {}}};
  auto const m = stored({sink});
  CHECK_THAT(restore_plan(m, job_of({"other"}), {}).mistakes().at(0), Catch::Contains("operator 'out' with 2 prepared results that are not published yet is not in the job"));
  restore_plan const p(m, job_of({"out"}), {});
  CHECK(p.mistakes_of("out", {}, of("struct")).empty());
  for (auto const& now : {schema{}, of("string")}) {
    auto const found = p.mistakes_of("out", {}, now);
    REQUIRE(found.size() == 1);
    CHECK_THAT(found[0], Catch::Contains("2 results that it has prepared are not published yet") && Catch::Contains("--restore-drop out"));
  }
  CHECK(restore_plan(m, job_of({"out"}), with({.dropped = {"out"}})).mistakes_of("out", {}, of("string")).empty());
}

TEST_CASE("an operator with state that the checkpoint does not know is a mistake, until it is renamed or may begin empty") {
  graph const g = job_of({"counts", "new"});
  auto const m = stored({op("counts", {table("count")})});
  std::vector const states{declared("sum")};
  CHECK(restore_plan(m, g, {}).mistakes_of("new", states) ==
        mistakes{"operator 'new' of the job has state, for which it has nothing; say what it was called with --restore-rename OLD=new, or let it start without with --restore-empty new"});
  CHECK(restore_plan(m, g, {}).mistakes_of("new", {}).empty());
  CHECK(restore_plan(m, g, with({.empty = {"new"}})).mistakes_of("new", states).empty());
}

TEST_CASE("an operator that is to start empty does so, whatever there is for it") {
  restore_plan const p(stored({op("counts", {table("count")})}), job_of({"counts"}), with({.empty = {"counts"}}));
  CHECK(p.mistakes().empty());
  CHECK_FALSE(p.stored("counts"));
  CHECK(p.mistakes_of("counts", std::vector{declared("another")}).empty());
  CHECK(p.base().operators.empty());
}

TEST_CASE("a state that is not declared any more is a mistake, until it is dropped; a new one starts empty") {
  graph const g = job_of({"counts"});
  auto const m = stored({op("counts", {table("count"), table("sum"), table("without entries", {})})});
  std::vector const states{declared("count"), declared("new")};
  CHECK(restore_plan(m, g, {}).mistakes_of("counts", states) == mistakes{"operator 'counts' has no state 'sum' any more; declare it, or give it up with --restore-drop counts/sum"});
  restore_plan const p(m, g, with({.dropped = {"counts/sum"}}));
  CHECK(p.mistakes().empty());
  CHECK(p.mistakes_of("counts", states).empty());
  REQUIRE(p.stored("counts"));
  CHECK(p.stored("counts")->states == std::vector{table("count"), table("without entries", {})});
  CHECK(p.base().operators == std::vector{*p.stored("counts")});
}

TEST_CASE("a state of another kind, key or value is a mistake, a value that can be read as the new one is none") {
  graph const g = job_of({"counts"});
  auto count = table("count");
  count.value = of("struct", {{"n", of("i32")}});
  restore_plan const p(stored({op("counts", {count})}), g, {});
  auto const told = [&](declared_state now) {
    auto const all = p.mistakes_of("counts", std::vector{now});
    return all.size() == 1 ? all[0] : std::to_string(all.size());
  };
  declared_state const same{"count", state_kind::table, of("string"), count.value};
  CHECK(told(same) == "0");
  auto wider = same;
  wider.value = of("struct", {{"n", of("i64")}, {"m", of("string")}});
  CHECK(told(wider) == "0");
  auto kind = same;
  kind.kind = state_kind::slices;
  CHECK(told(kind) == "operator 'counts', state 'count': it was a table and is a slices now; give the changed state another name, or start it empty with --restore-drop counts/count");
  auto key = same;
  key.key = of("i64");
  CHECK_THAT(told(key), Catch::StartsWith("operator 'counts', state 'count': its key is another: "));
  auto narrower = same;
  narrower.value = of("struct", {{"n", of("i16")}});
  CHECK_THAT(told(narrower), Catch::Contains("'n'") && Catch::Contains("--restore-drop counts/count"));
}

TEST_CASE("another number of key groups is refused") {
  auto m = stored({});
  m.max_parallelism = 64;
  CHECK(restore_plan(m, job_of({"a"}), {}).mistakes() ==
        mistakes{"it has 64 key groups and the run 128, for which its state cannot be divided anew; run with --set max-parallelism=64"});
  CHECK(restore_plan(m, job_of({"a"}), settings{}.max_parallelism(64)).mistakes().empty());
}

TEST_CASE("options that name what there is not, or contradict each other, are mistakes") {
  graph const g = job_of({"a", "b"});
  auto const m = stored({op("a", {table("s")}), op("b", {table("s")}), op("x", {table("s")})});
  auto const told = [&](restore_options o) {
    std::string all;
    restore_plan const p(m, g, with(std::move(o)));
    for (auto const& text : p.mistakes()) all += text + "\n";
    return all;
  };
  CHECK_THAT(told({.dropped = {"x", "nobody"}}), Catch::Equals("--restore-drop nobody: it has no operator 'nobody', nor an operator and state of it written so\n"));
  CHECK_THAT(told({.dropped = {"x"}, .empty = {"nobody"}}), Catch::Equals("--restore-empty nobody: the job has no operator 'nobody'\n"));
  CHECK_THAT(told({.renames = {{"nobody", "a"}}, .dropped = {"x", "a"}}), Catch::Equals("--restore-rename nobody=a: it has no operator 'nobody'\n"));
  CHECK_THAT(told({.renames = {{"x", "y"}}}), Catch::Contains("--restore-rename x=y: the job has no operator 'y'\n"));
  CHECK_THAT(told({.renames = {{"x", "a"}}}), Catch::Contains("--restore-rename x=a: it has an operator 'a', too; rename that as well, or give it up with --restore-drop a"));
  CHECK_THAT(told({.renames = {{"x", "a"}}, .dropped = {"x", "a"}}), Catch::Contains("--restore-rename x=a: --restore-drop x contradicts it"));
}

TEST_CASE("two operators may change their names for each other's") {
  graph const g = job_of({"a", "b"});
  auto const m = stored({op("a", {table("s")}), op("b", {table("t")})});
  restore_plan const p(m, g, with({.renames = {{"a", "b"}, {"b", "a"}}}));
  CHECK(p.mistakes().empty());
  CHECK(p.stored("a")->name == "b");
  CHECK(p.stored("b")->name == "a");
  CHECK(p.base().operators.empty());
}

TEST_CASE("all that is wrong is told at once, each thing once") {
  restore_plan const p(stored({}), job_of({"a"}), {});
  auto const e = p.refusal({"this", "that", "this"});
  CHECK(e.code() == error_code::usage);
  CHECK(e.message() == "checkpoint 7 of job 'j' does not fit the job:\n  this\n  that");
}

TEST_CASE("what an operator declares is read off its state") {
  operator_state state;
  state.value<std::int32_t>("n");
  auto const all = declared_by(state);
  REQUIRE(all.size() == 1);
  CHECK(all[0].name == "n");
  CHECK(all[0].kind == state_kind::value);
  CHECK(all[0].key.type.empty());
  CHECK(all[0].value.type == "i32");
}
