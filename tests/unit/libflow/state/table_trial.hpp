#pragma once
// Tables that go on changing while a snapshot of them is written, against copies made at the barrier.

#include <catch2/catch.hpp>

#include <map>
#include <random>

#include <flow/state/keyed_table.hpp>
#include <flow/state/slices.hpp>
#include <flow/testing/recorded_pieces.hpp>

namespace table_trial {

using flow::testing::recorded_pieces;
using model = std::map<std::pair<std::int64_t, std::string>, std::int64_t>;  // (slice, key) -> value

constexpr auto at(std::int64_t t) { return flow::timestamp{flow::duration{t}}; }

/// A keyed table with a time to change it by the same words as slices.
struct one_table {
  explicit one_table(flow::state_backend* backend = nullptr) : set(backend) {}
  flow::working_set set;
  flow::keyed_table<std::string, std::int64_t> state{"counts", flow::state_memory(nullptr, &set)};
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
  explicit many_slices(flow::state_backend* backend = nullptr) : set(backend) {}
  flow::working_set set;
  flow::slices<std::string, std::int64_t> state{"counts", flow::state_memory(nullptr, &set)};
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
void trial(std::uint64_t seed, flow::state_backend* backend = nullptr) {
  std::mt19937_64 random(seed);
  recorded_pieces pieces;
  pieces.max_parallelism = 1u + random() % 40;
  auto state = std::make_unique<State>(backend);
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
      if (random() % 4 == 0) state->set.make_room();
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
      State other(random() % 2 ? backend : nullptr);  // the pieces are the same, whoever reads them
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
      state = std::make_unique<State>(backend);
      pieces.restore(state->state, pieces.completed(), 0, 1, 1, completed);
      now = state->contents();
      REQUIRE(now == stored);
      swept = 0;
    }
  }
}

}  // namespace table_trial
