#include <catch2/catch.hpp>

#include <map>
#include <random>

#include "supervisor/manifest_assembly.hpp"

#include <flow/error.hpp>
#include <flow/snapshot/channel_log.hpp>
#include <flow/snapshot/memory_snapshots.hpp>

using namespace flow;

namespace {

schema named(std::string type) {
  schema s;
  s.type = std::move(type);
  return s;
}
snapshot_manifest frame(checkpoint_id id, std::uint64_t attempt = 1, snapshot_kind kind = snapshot_kind::checkpoint) {
  snapshot_manifest m;
  m.id = id;
  m.kind = kind;
  m.job = "j";
  m.attempt = attempt;
  return m;
}
piece_info piece(checkpoint_id id, piece_form form, std::uint64_t entries = 5) { return {id, form, entries, entries * 10, entries}; }
state_part base(std::uint32_t part, checkpoint_id id, std::uint64_t entries = 5) { return {part, {piece(id, piece_form::base, entries)}}; }
state_part delta(std::uint32_t part, checkpoint_id id) { return {part, {piece(id, piece_form::delta)}}; }
state_manifest state(std::string name, state_kind kind, std::vector<state_part> parts) {
  return {std::move(name), kind, named(by_key_group(kind) ? "i64" : ""), named("i32"), std::move(parts)};
}
task_snapshot of(std::size_t task, std::uint32_t subtask, std::vector<operator_snapshot> operators) { return {task, subtask, 0, false, std::move(operators)}; }
operator_snapshot op(std::string name, std::vector<state_manifest> states) { return {std::move(name), std::move(states), {}, {}}; }
/// "3: base1 delta2" for each part of the first state of the first operator.
std::string parts_of(snapshot_manifest const& m, std::size_t which = 0) {
  std::string text;
  for (auto const& p : m.operators.at(0).states.at(which).parts) {
    text += (text.empty() ? "" : ", ") + std::to_string(p.part) + ":";
    for (auto const& i : p.pieces) text += " " + std::string(name_of(i.form)) + std::to_string(i.checkpoint);
  }
  return text;
}

}  // namespace

TEST_CASE("a manifest puts the subtasks of an operator together, in order, whoever answered first") {
  auto const m = assemble(frame(1), nullptr,
                          {of(2, 1, {op("counts", {state("count", state_kind::table, {base(65, 1)})}), op("out", {})}),
                           of(0, 0, {op("in", {state("positions", state_kind::list, {base(0, 1)})})}),
                           of(1, 0, {op("counts", {state("count", state_kind::table, {base(7, 1), base(3, 1)})}), op("out", {})})});
  CHECK(m.id == 1);
  CHECK(m.job == "j");
  REQUIRE(m.operators.size() == 3);
  CHECK(m.operators[0].name == "in");
  CHECK(m.operators[0].parallelism == 1);
  CHECK(m.operators[1].name == "counts");
  CHECK(m.operators[1].parallelism == 2);
  REQUIRE(m.operators[1].states.size() == 1);
  CHECK(m.operators[1].states[0] == state("count", state_kind::table, {base(3, 1), base(7, 1), base(65, 1)}));
  CHECK(m.operators[2].name == "out");
  CHECK(m.operators[2].states.empty());
}

TEST_CASE("a base stands for itself, a delta follows, no change keeps, and an empty base removes") {
  auto const write = [](snapshot_manifest const* before, checkpoint_id id, std::vector<state_part> parts) {
    return assemble(frame(id), before, {of(0, 0, {op("counts", {state("count", state_kind::table, std::move(parts))})})});
  };
  auto const first = write(nullptr, 1, {base(1, 1), base(2, 1), base(3, 1), base(4, 1), base(9, 1, 0)});
  CHECK(parts_of(first) == "1: base1, 2: base1, 3: base1, 4: base1");
  auto const second = write(&first, 2, {base(1, 2), delta(2, 2), base(4, 2, 0), base(5, 2)});
  CHECK(parts_of(second) == "1: base2, 2: base1 delta2, 3: base1, 5: base2");
  auto const third = write(&second, 4, {delta(2, 4), base(4, 4)});
  CHECK(parts_of(third) == "1: base2, 2: base1 delta2 delta4, 3: base1, 4: base4, 5: base2");
}

TEST_CASE("key groups keep their pieces when subtasks become more or fewer") {
  auto const first = assemble(frame(1), nullptr, {of(0, 0, {op("counts", {state("count", state_kind::slices, {base(0, 1), base(100, 1)})})})});
  auto const rescaled = assemble(frame(2, 2), &first,
                                 {of(0, 0, {op("counts", {state("count", state_kind::slices, {})})}), of(1, 1, {op("counts", {state("count", state_kind::slices, {delta(100, 2)})})})});
  CHECK(parts_of(rescaled) == "0: base1, 100: base1 delta2");
  CHECK(rescaled.operators[0].parallelism == 2);
}

TEST_CASE("parts that are subtasks do not come from another attempt, and stay within one") {
  for (auto const kind : {state_kind::value, state_kind::list, state_kind::union_list}) {
    INFO(name_of(kind));
    auto const four = assemble(frame(1, 1), nullptr,
                               {of(0, 0, {op("in", {state("positions", kind, {base(0, 1)})})}), of(1, 1, {op("in", {state("positions", kind, {base(1, 1)})})}),
                                of(2, 2, {op("in", {state("positions", kind, {base(2, 1)})})}), of(3, 3, {op("in", {state("positions", kind, {base(3, 1)})})})});
    CHECK(parts_of(four) == "0: base1, 1: base1, 2: base1, 3: base1");
    auto const two = [&](std::uint64_t attempt) {
      return assemble(frame(2, attempt), &four, {of(0, 0, {op("in", {state("positions", kind, {base(0, 2)})})}), of(1, 1, {op("in", {state("positions", kind, {base(1, 2)})})})});
    };
    CHECK(parts_of(two(2)) == "0: base2, 1: base2");
    CHECK(two(2).operators[0].parallelism == 2);
    CHECK(parts_of(two(1)) == "0: base2, 1: base2, 2: base1, 3: base1");
  }
}

TEST_CASE("state of which nothing is told has not changed") {
  auto const first = assemble(frame(1), nullptr,
                              {of(0, 0, {op("counts", {state("count", state_kind::table, {base(1, 1)}), state("other", state_kind::table, {base(2, 1)}),
                                                       state("mine", state_kind::value, {base(0, 1)})}),
                                         op("sums", {state("sum", state_kind::table, {base(3, 1)})})})});
  auto const next = assemble(frame(2, 2), &first, {of(0, 0, {op("counts", {state("count", state_kind::table, {delta(1, 2)})})})});
  REQUIRE(next.operators.size() == 2);
  REQUIRE(next.operators[0].states.size() == 2);
  CHECK(parts_of(next, 0) == "1: base1 delta2");
  CHECK(parts_of(next, 1) == "2: base1");
  CHECK(next.operators[1] == first.operators[1]);
}

TEST_CASE("a state of another kind than before takes nothing from it") {
  auto const first = assemble(frame(1), nullptr, {of(0, 0, {op("counts", {state("count", state_kind::table, {base(1, 1)})})})});
  auto const next = assemble(frame(2), &first, {of(0, 0, {op("counts", {state("count", state_kind::value, {base(0, 2)})})})});
  CHECK(parts_of(next) == "0: base2");
}

TEST_CASE("committables and finished subtasks are those of now, by subtask") {
  bytes const a{std::byte{1}}, b{std::byte{2}}, c{std::byte{3}};
  operator_snapshot out0{"out", {}, named("struct"), {a, b}}, out1{"out", {}, {}, {}}, out2{"out", {}, named("struct"), {c}};
  task_snapshot two = of(7, 2, {out2}), one = of(6, 1, {out1});
  two.finished = one.finished = true;
  auto const m = assemble(frame(1), nullptr, {two, of(5, 0, {out0}), one});
  REQUIRE(m.operators.size() == 1);
  CHECK(m.operators[0].committable_schema == named("struct"));
  CHECK(m.operators[0].committables == std::vector<committable>{{0, a}, {0, b}, {2, c}});
  CHECK(m.operators[0].finished == std::vector<std::uint32_t>{1, 2});
  auto const next = assemble(frame(2), &m, {of(5, 0, {op("out", {})}), of(6, 1, {op("out", {})}), of(7, 2, {op("out", {})})});
  CHECK(next.operators[0].committables.empty());
  CHECK(next.operators[0].finished.empty());
}

TEST_CASE("an operator with state of its own and of its source beside the tasks is one operator") {
  auto const m = assemble(frame(1), nullptr,
                          {of(0, 0, {op("in", {state("positions", state_kind::list, {base(0, 1)})})}), of(0, 0, {op("in", {state("splits", state_kind::value, {base(0, 1)})})}),
                           of(1, 1, {op("in", {state("positions", state_kind::list, {base(1, 1)})})})});
  REQUIRE(m.operators.size() == 1);
  CHECK(m.operators[0].parallelism == 2);
  CHECK(parts_of(m, 0) == "0: base1, 1: base1");
  CHECK(parts_of(m, 1) == "0: base1");
}

TEST_CASE("snapshots that contradict each other are errors of the engine that name operator, state and part") {
  auto const told = [](snapshot_manifest const* before, std::vector<task_snapshot> const& snapshots) {
    try {
      assemble(frame(2), before, snapshots);
    } catch (error const& e) {
      CHECK(e.code() == error_code::internal);
      return std::string(e.what());
    }
    return std::string("none");
  };
  auto const one = [](state_manifest s) { return of(0, 0, {op("counts", {std::move(s)})}); };
  CHECK(told(nullptr, {one(state("count", state_kind::table, {delta(3, 2)}))}) == "operator 'counts': state 'count', key group 3, checkpoint 2: there is a delta without a base");
  CHECK_THAT(told(nullptr, {one(state("count", state_kind::table, {base(3, 2)})), of(1, 1, {op("counts", {state("count", state_kind::table, {base(3, 2)})})})}),
             Catch::Contains("key group 3") && Catch::Contains("two subtasks"));
  CHECK_THAT(told(nullptr, {one(state("count", state_kind::table, {{3, {piece(1, piece_form::base), piece(2, piece_form::delta)}}}))}), Catch::Contains("expected one piece, found 2"));
  auto other = state("count", state_kind::table, {});
  other.value = named("i64");
  CHECK_THAT(told(nullptr, {one(state("count", state_kind::table, {})), of(1, 1, {op("counts", {other})})}), Catch::Contains("not declared alike"));
}

TEST_CASE("whatever is written when, a store takes every manifest and the pieces tell what was there") {
  // Each part is a number that writes change; a manifest's newest piece of a part must be of the last checkpoint that wrote it.
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    memory_snapshots memory;
    auto store = memory.open({.newest = 2});
    snapshot_manifest previous;
    std::map<std::uint32_t, std::vector<checkpoint_id>> expected;  // by part: the pieces that count
    std::uint32_t subtasks = 2;
    std::uint64_t attempt = 1;
    for (checkpoint_id id = 1; id <= 40; ++id) {
      if (random() % 5 == 0) subtasks = 1 + random() % 4, ++attempt;
      bool const aborted = random() % 4 == 0;
      auto next = expected;
      store->begin(id);
      std::vector<task_snapshot> snapshots;
      for (std::uint32_t s = 0; s < subtasks; ++s) snapshots.push_back(of(s, s, {op("counts", {state("count", state_kind::table, {})})}));
      for (std::uint32_t part = 0; part < 8; ++part) {
        auto const what = random() % 4;  // nothing, delta, base, removed
        if (what == 0 || (what == 1 && !next.contains(part))) continue;
        auto writer = store->write(id, {"counts", "count", part, state_kind::table}, {what == 1 ? piece_form::delta : piece_form::base, named("i64"), named("i32")});
        if (what != 3) writer->append(bytes(4), 1);
        snapshots[part % subtasks].operators[0].states[0].parts.push_back({part, {writer->finish()}});
        if (what != 1) next[part].clear();
        next[part].push_back(id);
        if (what == 3) next.erase(part);
      }
      if (aborted) {
        store->abandon(id);
        continue;
      }
      auto const m = assemble(frame(id, attempt), id == 1 || previous.id == 0 ? nullptr : &previous, snapshots);
      store->finish(m);
      std::map<std::uint32_t, std::vector<checkpoint_id>> found;
      for (auto const& p : m.operators[0].states[0].parts)
        for (auto const& i : p.pieces) found[p.part].push_back(i.checkpoint);
      REQUIRE(found == next);
      REQUIRE(verify(*store, id).empty());
      expected = next;
      previous = m;
    }
  }
}

TEST_CASE("what was on its way belongs to one checkpoint, and operators without any are not named") {
  auto const on_its_way = channels_name("counts", 0);
  auto const first = assemble(frame(1), nullptr, {of(0, 0, {op(on_its_way, {state("received", state_kind::union_list, {base(0, 1)})}), op(channels_name("out", 0), {})}),
                                                  of(1, 1, {op(on_its_way, {state("unsent", state_kind::union_list, {base(1, 1)})})})});
  REQUIRE(first.operators.size() == 1);
  CHECK(first.operators[0].name == on_its_way);
  CHECK(first.operators[0].states.size() == 2);
  CHECK(assemble(frame(2), &first, {of(0, 0, {op("counts", {}), op(on_its_way, {})})}).operators.size() == 1);
  auto const other = assemble(frame(2), &first, {of(0, 0, {op(on_its_way, {state("received", state_kind::union_list, {base(0, 2)})})})});
  REQUIRE(other.operators.size() == 1);
  CHECK(other.operators[0].states.size() == 1);
}

TEST_CASE("each subtask has its own copy of broadcast state; those of subtasks that are no longer there go") {
  auto const copies = [](checkpoint_id id) { return op("rules", {state("rules", state_kind::broadcast, {base(1, id)})}); };
  auto const first = assemble(frame(1), nullptr, {of(0, 0, {copies(1)}), of(1, 1, {op("rules", {state("rules", state_kind::broadcast, {base(2, 1)})})})});
  CHECK(parts_of(first) == "1: base1, 2: base1");
  CHECK(parts_of(assemble(frame(2, 2), &first, {of(0, 0, {op("rules", {})}), of(1, 1, {op("rules", {})})})) == "1: base1, 2: base1");
  CHECK(parts_of(assemble(frame(2, 2), &first, {of(0, 0, {op("rules", {})})})) == "1: base1");
}
