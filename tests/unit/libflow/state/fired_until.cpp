#include <catch2/catch.hpp>

#include <map>
#include <memory>
#include <random>

#include <flow/state/fired_until.hpp>
#include <flow/testing/recorded_pieces.hpp>

// Up to which watermark an operator has fired, when its key groups go to other subtasks.

namespace {

using namespace flow;
constexpr std::uint32_t groups = 128;

timestamp at(std::int64_t t) { return timestamp{duration{t}}; }
std::uint64_t hash_in(std::uint32_t group) { return ((std::uint64_t{group} << 32) / groups + 1) << 32; }

/// The subtasks of an operator.
struct subtasks {
  explicit subtasks(std::uint32_t n) {
    for (std::uint32_t i = 0; i < n; ++i) {
      states.push_back(std::make_unique<operator_state>());
      all.push_back(&states.back()->declare<fired_until>("fired-until"));
    }
  }
  subtasks(std::uint32_t n, testing::recorded_pieces& pieces, std::uint32_t before) {
    for (std::uint32_t i = 0; i < n; ++i) {
      struct source final : state_source {
        void restore(state_object& o) override { from->restore(o, from->alone(), subtask, parallelism, before); }
        testing::recorded_pieces* from;
        std::uint32_t subtask, parallelism, before;
      } source;
      source.from = &pieces;
      source.subtask = i;
      source.parallelism = n;
      source.before = before;
      states.push_back(std::make_unique<operator_state>());
      states.back()->restore_from(&source);
      all.push_back(&states.back()->declare<fired_until>("fired-until"));
    }
  }
  void store(testing::recorded_pieces& pieces, checkpoint_id id) {
    pieces.begin(id);
    for (std::uint32_t i = 0; i < all.size(); ++i) states[i]->begin_snapshot({id, id - 1, false, i, groups}, pieces);
  }
  timestamp of_group(std::uint32_t g) const { return all[subtask_of_group(g, static_cast<std::uint32_t>(all.size()), groups)]->of(hash_in(g)); }

  std::vector<std::unique_ptr<operator_state>> states;
  std::vector<fired_until*> all;
};

}  // namespace

TEST_CASE("subtasks that are restored as they were have fired up to where each had") {
  testing::recorded_pieces pieces;
  subtasks before(2);
  before.all[0]->raise(at(10));
  before.all[1]->raise(at(20));
  before.store(pieces, 1);
  subtasks const after(2, pieces, 2);
  CHECK(after.all[0]->lowest() == at(10));
  CHECK(after.all[1]->lowest() == at(20));
  CHECK(after.all[0]->same_for_all());
  CHECK(after.all[1]->same_for_all());
}

TEST_CASE("groups of subtasks that were not equally far stay as far as they were, until the watermark has come there") {
  testing::recorded_pieces pieces;
  subtasks before(2);
  before.all[0]->raise(at(30));
  before.all[1]->raise(at(20));
  before.store(pieces, 1);
  subtasks after(1, pieces, 2);
  auto& one = *after.all[0];
  CHECK(one.lowest() == at(20));
  CHECK_FALSE(one.same_for_all());
  CHECK(one.of(hash_in(0)) == at(30));
  CHECK(one.of(hash_in(63)) == at(30));
  CHECK(one.of(hash_in(64)) == at(20));
  one.raise(at(25));
  CHECK(one.of(hash_in(0)) == at(30));
  CHECK(one.of(hash_in(64)) == at(25));
  one.raise(at(30));
  CHECK(one.same_for_all());
}

TEST_CASE("however often it is rescaled on the way, each group has fired as far as it had") {
  std::uint64_t const seed = 23;
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  for (int run = 0; run < 50; ++run) {
    testing::recorded_pieces pieces;
    std::uint32_t n = 1 + static_cast<std::uint32_t>(random() % 5);
    auto now = std::make_unique<subtasks>(n);
    std::map<std::uint32_t, timestamp> expected;
    for (checkpoint_id id = 1; id < 8; ++id) {
      for (std::uint32_t i = 0; i < n; ++i)
        if (random() % 2 == 0) now->all[i]->raise(std::max(now->all[i]->lowest(), at(static_cast<std::int64_t>(random() % 1'000))));
      for (std::uint32_t g = 0; g < groups; ++g) {
        auto const is = now->of_group(g);
        auto& was = expected.try_emplace(g, no_watermark).first->second;
        REQUIRE(is >= was);
        was = is;
      }
      now->store(pieces, id);
      auto const before = n;
      n = 1 + static_cast<std::uint32_t>(random() % 5);
      now = std::make_unique<subtasks>(n, pieces, before);
      for (std::uint32_t g = 0; g < groups; ++g) REQUIRE(now->of_group(g) == expected[g]);
    }
  }
}
