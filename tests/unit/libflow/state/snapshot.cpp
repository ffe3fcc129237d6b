// Snapshots of tables that go on changing while they are written, against copies made at the barrier.

#include <catch2/catch.hpp>

#include <map>
#include <random>

#include <flow/state/keyed_table.hpp>
#include <flow/state/operator_list.hpp>
#include <flow/state/slices.hpp>
#include <flow/testing/recorded_pieces.hpp>

namespace {

using flow::testing::recorded_pieces;
using model = std::map<std::pair<std::int64_t, std::string>, std::int64_t>;  // (slice, key) -> value

constexpr auto at(std::int64_t t) { return flow::timestamp{flow::duration{t}}; }

/// A keyed table with a time to change it by the same words as slices.
struct one_table {
  flow::keyed_table<std::string, std::int64_t> state{"counts"};
  void add(std::int64_t, std::string const& k, std::int64_t v) { state.all().find_or_insert(k, flow::hash_of(k)) += v; }
  void locate_and_add(std::int64_t, std::string const& k, std::int64_t v) {
    auto const place = state.all().locate(k, flow::hash_of(k));
    place.mark();
    *place.value += v;
  }
  void remove(std::int64_t, std::string const& k) { state.all().erase(k, flow::hash_of(k)); }
  void drop_before(std::int64_t) {}
  void sweep(std::uint64_t& at) {
    std::uint32_t removals = 0;
    state.all().sweep(at, removals, [](auto const&, auto const&) { return false; });
  }
  static constexpr bool sliced = false;
  model contents() {
    model m;
    state.all().for_each([&](std::string const& k, std::int64_t v) { m[{0, k}] = v; });
    return m;
  }
};

struct many_slices {
  flow::slices<std::string, std::int64_t> state{"counts"};
  void add(std::int64_t s, std::string const& k, std::int64_t v) { state.at(at(s)).find_or_insert(k, flow::hash_of(k)) += v; }
  void locate_and_add(std::int64_t s, std::string const& k, std::int64_t v) { add(s, k, v); }
  void remove(std::int64_t s, std::string const& k) { state.at(at(s)).erase(k, flow::hash_of(k)); }
  void drop_before(std::int64_t s) {
    while (!state.all().empty() && state.all().front().begin < at(s)) state.drop_oldest();
  }
  void sweep(std::uint64_t&) {}
  static constexpr bool sliced = true;
  model contents() {
    model m;
    for (auto const& s : state.all()) s.entries->for_each([&](std::string const& k, std::int64_t v) { m[{s.begin.time_since_epoch().count(), k}] = v; });
    return m;
  }
};

/// Random changes and checkpoints, of which some are given up, some are savepoints, and after some of which the process dies.
template <class State>
void trial(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  recorded_pieces pieces;
  pieces.max_parallelism = 1u + random() % 40;
  auto state = std::make_unique<State>();
  model now;
  std::int64_t oldest = 0;
  std::uint64_t swept = 0;
  std::size_t const keys = 1u << (random() % 13);
  auto const key = [&] { return "key " + std::to_string(random() % keys); };
  auto const change = [&](std::size_t times) {
    for (std::size_t i = 0; i < times; ++i) {
      std::int64_t const slice = State::sliced ? oldest + static_cast<std::int64_t>(random() % 4) : 0;
      auto const k = key();
      auto const known = now.find({slice, k});
      switch (random() % 8) {
        case 0: case 1:
          state->remove(slice, k);
          now.erase({slice, k});
          break;
        case 2:
          if (known != now.end()) {
            state->locate_and_add(slice, k, 3);
            known->second += 3;
          }
          break;
        case 3: state->sweep(swept); break;
        default:
          state->add(slice, k, 1);
          ++now[{slice, k}];
      }
    }
    if (State::sliced && random() % 10 == 0) {
      ++oldest;
      state->drop_before(oldest);
      now.erase(now.begin(), now.lower_bound({oldest, ""}));
    }
  };
  flow::checkpoint_id completed = 0;
  model stored;
  for (flow::checkpoint_id id = 1; id <= 80; ++id) {
    change(random() % 600);
    bool const savepoint = random() % 8 == 0, fails = random() % 6 == 0;
    model const at_barrier = now;
    pieces.begin(id);
    state->state.begin_snapshot({id, completed, savepoint, 0, pieces.max_parallelism}, pieces);
    bool complete = false;
    while (!complete) {
      if (fails && random() % 4 == 0) break;
      std::size_t slots = 1 + random() % 300;
      complete = state->state.write_snapshot(slots);
      change(random() % 40);
    }
    if (!complete) continue;
    auto const restored_as = [&](recorded_pieces::chains const& from) {
      State other;
      pieces.restore(other.state, from);
      return other.contents();
    };
    if (savepoint) REQUIRE(restored_as(pieces.alone()) == at_barrier);
    if (fails || savepoint) continue;
    pieces.complete();
    completed = id;
    stored = at_barrier;
    if (id % 5 == 0) REQUIRE(restored_as(pieces.completed()) == at_barrier);
    if (random() % 7 == 0) {  // killed, and restored in place
      state = std::make_unique<State>();
      pieces.restore(state->state, pieces.completed(), 0, 1, 1, completed);
      now = state->contents();
      REQUIRE(now == stored);
      swept = 0;
    }
  }
}

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
