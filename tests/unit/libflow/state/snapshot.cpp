// Snapshots of tables that go on changing while they are written, against copies made at the barrier.

#include <catch2/catch.hpp>

#include <flow/state/operator_list.hpp>

#include "unit/libflow/state/table_trial.hpp"

namespace {

using flow::testing::recorded_pieces;
using namespace table_trial;

}  // namespace

TEST_CASE("a table that changes while it is written is stored as it was at the barrier") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    trial<one_table>(seed);
  }
}

TEST_CASE("slices that change and are dropped while they are written are stored as they were at the barrier") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    trial<many_slices>(seed);
  }
}

TEST_CASE("a checkpoint writes what has changed since the last completed one") {
  recorded_pieces pieces;
  flow::keyed_table<std::uint64_t, std::uint64_t> state("counts");
  auto const write = [&](flow::checkpoint_id id, flow::checkpoint_id completed) {
    pieces.begin(id);
    state.begin_snapshot({id, completed, false, 0, 128}, pieces);
    std::size_t slots = 1 << 30;
    REQUIRE(state.write_snapshot(slots));
    return pieces.written();
  };
  for (std::uint64_t k = 0; k < 100'000; ++k) state.all().find_or_insert(k, flow::hash_of(k)) = k;
  CHECK(write(1, 0) == 100'000);
  pieces.complete();
  CHECK(write(2, 1) <= 100'000 / 40);  // the part that is written whole in rotation
  pieces.complete();
  for (std::uint64_t k = 0; k < 1'000; ++k) ++state.all().find_or_insert(k, flow::hash_of(k));
  auto const third = write(3, 2);
  CHECK((third >= 1'000 && third <= 1'000 + 100'000 / 40));
  auto const again = write(4, 2);  // the third was given up
  CHECK((again >= 1'000 && again <= 1'000 + 100'000 / 20));
  pieces.complete();
  CHECK(write(5, 4) <= 100'000 / 40);
}

TEST_CASE("entries that come and go between two checkpoints leave nothing in a snapshot") {
  recorded_pieces pieces;
  flow::keyed_table<std::uint64_t, std::uint64_t> state("timers");
  state.all().find_or_insert(1, flow::hash_of(std::uint64_t{1}));
  flow::checkpoint_id id = 1;
  for (; id < 30; ++id) {
    pieces.begin(id);
    state.begin_snapshot({id, id - 1, false, 0, 128}, pieces);
    std::size_t slots = 1 << 30;
    REQUIRE(state.write_snapshot(slots));
    pieces.complete();
    CHECK(pieces.written() <= 1);
    for (std::uint64_t k = 100; k < 2'000; ++k) state.all().find_or_insert(k, flow::hash_of(k));
    for (std::uint64_t k = 100; k < 2'000; ++k) state.all().erase(k, flow::hash_of(k));
  }
}

TEST_CASE("keys are stored as what they stand for") {
  recorded_pieces pieces;
  pieces.begin(1);
  auto const form = flow::stored_key_of<std::int16_t>();
  flow::keyed_table<std::uint64_t, int> numbers("numbers", flow::schema_of<std::int16_t>(), flow::schema_of<int>(), form, nullptr);
  for (int k : {-3, 0, 7}) {
    auto const stored = static_cast<std::uint64_t>(static_cast<std::int16_t>(k));
    numbers.all().find_or_insert(stored, flow::hash_of(stored)) = k;
  }
  numbers.begin_snapshot({1, 0, false, 0, 128}, pieces);
  std::size_t slots = 1000;
  REQUIRE(numbers.write_snapshot(slots));
  pieces.complete();
  flow::keyed_table<std::uint64_t, int> restored("numbers", flow::schema_of<std::int16_t>(), flow::schema_of<int>(), form, nullptr);
  pieces.restore(restored, pieces.completed());
  for (int k : {-3, 0, 7}) {
    auto const stored = static_cast<std::uint64_t>(static_cast<std::int16_t>(k));
    auto const* v = restored.all().find(stored, flow::hash_of(stored));
    REQUIRE(v);
    CHECK(*v == k);
  }
}

TEST_CASE("key groups, lists and values are dealt out when the number of subtasks changes") {
  recorded_pieces pieces;
  std::vector<std::unique_ptr<flow::operator_state>> old;
  std::map<std::string, int> all;
  std::vector<int> elements;
  for (std::uint32_t subtask = 0; subtask < 3; ++subtask) {
    auto& s = *old.emplace_back(std::make_unique<flow::operator_state>());
    auto& t = s.declare<flow::keyed_table<std::string, int>>("t").all();
    for (int i = 0; i < 1'000; ++i) {
      auto const k = std::to_string(i);
      auto const hash = flow::hash_of(k);
      if (flow::subtask_of_group(flow::key_group_of(hash, 128), 3, 128) == subtask) t.find_or_insert(k, hash) = all[k] = i;
    }
    auto& list = s.declare<flow::list_object<int, flow::state_kind::list>>("list").get();
    for (int i = 0; i < 5; ++i) {
      list.push_back(static_cast<int>(subtask) * 10 + i);
      elements.push_back(list.back());
    }
    s.declare<flow::list_object<int, flow::state_kind::union_list>>("union").get().push_back(static_cast<int>(subtask));
    s.value<flow::timestamp>("fired", at(100 - subtask), flow::when_rescaled::lowest);
    s.value<int>("anew", 7);
    s.declare<flow::keyed_table<int, int, flow::state_kind::broadcast>>("rules").all().find_or_insert(5, flow::hash_of(5)) = 6;
  }
  pieces.begin(1);
  for (std::uint32_t subtask = 0; subtask < 3; ++subtask) {
    old[subtask]->begin_snapshot({1, 0, false, subtask, 128}, pieces);
    std::size_t slots = 1 << 20;
    REQUIRE(old[subtask]->write_snapshot(slots));
  }
  pieces.complete();
  for (std::uint32_t parallelism : {1u, 2u, 4u, 7u}) {
    std::map<std::string, int> found;
    std::vector<int> dealt;
    for (std::uint32_t subtask = 0; subtask < parallelism; ++subtask) {
      struct source final : flow::state_source {
        void restore(flow::state_object& o) override { from->restore(o, from->completed(), subtask, parallelism, 3); }
        recorded_pieces* from;
        std::uint32_t subtask, parallelism;
      } source;
      source.from = &pieces;
      source.subtask = subtask;
      source.parallelism = parallelism;
      flow::operator_state s;
      s.restore_from(&source);
      s.declare<flow::keyed_table<std::string, int>>("t").all().for_each([&](std::string const& k, int v) {
        CHECK(flow::subtask_of_group(flow::key_group_of(flow::hash_of(k), 128), parallelism, 128) == subtask);
        REQUIRE(found.emplace(k, v).second);
      });
      auto const& list = s.declare<flow::list_object<int, flow::state_kind::list>>("list").get();
      CHECK(list.size() <= 15 / parallelism + 1);
      dealt.insert(dealt.end(), list.begin(), list.end());
      CHECK(s.declare<flow::list_object<int, flow::state_kind::union_list>>("union").get() == std::vector<int>{0, 1, 2});
      CHECK(s.value<flow::timestamp>("fired", flow::no_watermark, flow::when_rescaled::lowest) == at(98));
      CHECK(s.value<int>("anew", 8) == 8);
      CHECK(*s.declare<flow::keyed_table<int, int, flow::state_kind::broadcast>>("rules").all().find(5, flow::hash_of(5)) == 6);
    }
    CHECK(found == all);
    std::sort(dealt.begin(), dealt.end());
    CHECK(dealt == elements);
  }
}
