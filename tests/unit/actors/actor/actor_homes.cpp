#include <catch2/catch.hpp>

#include <memory>
#include <vector>

#include "actor/actor_homes.hpp"

TEST_CASE("an actor has a home while it works long") {
  auto const homes = std::make_unique<flow::actor_homes>();
  int actor = 0;
  CHECK_FALSE(homes->of(&actor));
  homes->ran(&actor, 0, flow::actor_homes::worth_staying);
  CHECK(homes->of(&actor) == 0u);
  homes->ran(&actor, 3, 2 * flow::actor_homes::worth_staying);
  CHECK(homes->of(&actor) == 3u);
  homes->ran(&actor, 3, flow::actor_homes::worth_staying - 1);
  CHECK_FALSE(homes->of(&actor));
}

TEST_CASE("most actors have a home of their own") {
  auto const homes = std::make_unique<flow::actor_homes>();
  std::vector<std::unique_ptr<char[]>> actors;
  for (std::size_t i = 0; i < 64; ++i) {
    actors.push_back(std::make_unique<char[]>(512));
    homes->ran(actors[i].get(), i, flow::actor_homes::worth_staying);
  }
  std::size_t right = 0;
  for (std::size_t i = 0; i < 64; ++i) right += homes->of(actors[i].get()) == i;
  CHECK(right >= 60);
}
