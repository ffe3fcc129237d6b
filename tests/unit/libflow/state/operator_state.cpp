#include <catch2/catch.hpp>

#include <span>

#include <flow/error.hpp>
#include <flow/state/slices.hpp>

TEST_CASE("declared state has a name, a kind and schemas, in the order of declaration") {
  flow::operator_state state;
  auto& n = state.value<std::int64_t>("count", 5);
  auto& s = state.declare<flow::slices<std::string, double>>("sums");
  CHECK(n == 5);
  n = 6;
  s.at(flow::timestamp{}).find_or_insert("a", flow::hash_of(std::string("a")));
  REQUIRE(state.objects().size() == 2);
  CHECK(state.objects()[0]->name() == "count");
  CHECK(state.objects()[0]->kind() == flow::state_kind::value);
  CHECK(state.objects()[0]->value_schema() == flow::schema_of<std::int64_t>());
  CHECK(state.objects()[1]->name() == "sums");
  CHECK(state.objects()[1]->kind() == flow::state_kind::slices);
  CHECK(state.objects()[1]->entries() == 1);
  CHECK(state.objects()[1]->memory() > 0);
}

TEST_CASE("a reference to declared state stays valid while more is declared") {
  flow::operator_state state;
  auto& first = state.value<int>("first");
  for (int i = 0; i < 100; ++i) state.value<int>("n" + std::to_string(i), i);
  first = 9;
  CHECK(static_cast<flow::value_object<int>&>(*state.objects()[0]).get() == 9);
}

TEST_CASE("state without a name and a name declared twice are errors that say so") {
  flow::operator_state state;
  state.value<int>("a");
  CHECK_THROWS_WITH(state.value<int>(""), Catch::Contains("needs a name"));
  CHECK_THROWS_WITH(state.value<double>("a"), Catch::Contains("'a' is declared twice"));
  try {
    state.value<int>("a");
  } catch (flow::error const& e) {
    CHECK(e.code() == flow::error_code::invalid_job);
  }
  CHECK(state.objects().size() == 1);
}
