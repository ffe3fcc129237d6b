#include <catch2/catch.hpp>

#include "changes.hpp"

#include <map>
#include <random>
#include <set>

#include <flow/operator/open_context.hpp>

using namespace flow;

namespace {

struct rule {
  std::string kind;
  std::int64_t limit = 0;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(kind), CEREAL_NVP(limit)); }
};

using rules = broadcast_state<std::string, std::int64_t>;
template <class S>
constexpr bool can_change = requires(S const& s, std::string const& k) { s.put(k, 1); } || requires(S const& s, std::string const& k) { s.change(k); } ||
                            requires(S const& s, std::string const& k) { s.remove(k); } || requires(S const& s) { s.clear(); };

std::string name_of(std::uint64_t n) { return n % 2 ? std::to_string(n) : "a key on the heap, number " + std::to_string(n); }

}  // namespace

TEST_CASE("operator state says what it is, so that it can be redistributed by who does not know its types") {
  operator_state declared;
  user_metrics metrics;
  open_context context(3, 8, nullptr, declared, metrics);
  auto const one = context.operator_state().list<rule>("dealt-out");
  context.operator_state().union_list<std::int64_t>("all-to-all");
  auto const map = context.operator_state().broadcast_map<std::string, rule>("rules");
  one.add({"a", 1});
  one.add({"b", 2});
  detail::writes_broadcast_state{}.writable(map).put("k", {"c", 3});

  auto const& objects = declared.objects();
  REQUIRE(objects.size() == 3);
  CHECK(objects[0]->name() == "dealt-out");
  CHECK(objects[0]->kind() == state_kind::list);
  CHECK(objects[0]->value_schema() == schema_of<rule>());
  CHECK(objects[0]->key_schema() == schema{});
  CHECK(objects[0]->entries() == 2);
  CHECK(objects[0]->memory() >= 2 * sizeof(rule));
  CHECK(objects[1]->kind() == state_kind::union_list);
  CHECK(objects[1]->value_schema() == schema_of<std::int64_t>());
  CHECK(objects[1]->entries() == 0);
  CHECK(objects[2]->name() == "rules");
  CHECK(objects[2]->kind() == state_kind::broadcast);
  CHECK(objects[2]->key_schema() == schema_of<std::string>());
  CHECK(objects[2]->value_schema() == schema_of<rule>());
  CHECK(objects[2]->entries() == 1);
  CHECK(objects[2]->memory() > 0);
}

TEST_CASE("an operator list holds what a vector holds, and all its handles see the same") {
  operator_state declared;
  auto const list = subtask_state(declared).list<std::string>("list");
  auto const other = list;
  CHECK(list.empty());
  list.add("x");
  other.add("y");
  CHECK(list.get() == std::vector<std::string>{"x", "y"});
  CHECK(other.size() == 2);
  other.set({"p", "q", "r"});
  CHECK(list.get() == std::vector<std::string>{"p", "q", "r"});
  list.clear();
  CHECK(other.empty());
  CHECK(declared.objects()[0]->entries() == 0);
}

TEST_CASE("broadcast state holds what a map holds, and knows what changed in an epoch") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    operator_state declared;
    auto const read = subtask_state(declared).broadcast_map<std::string, std::int64_t>("rules");
    auto const write = detail::writes_broadcast_state{}.writable(read);
    auto& entries = dynamic_cast<keyed_table<std::string, std::int64_t, state_kind::broadcast>&>(*declared.objects()[0]).all();
    std::map<std::string, std::int64_t> expected;
    std::set<std::string> changed;
    for (int i = 0; i < 3000; ++i) {
      auto const key = name_of(random() % 100);
      auto const value = static_cast<std::int64_t>(random() % 1000);
      switch (random() % 8) {
        case 0: REQUIRE(write.remove(key) == (expected.erase(key) > 0)); changed.erase(key); break;
        case 1: if (random() % 50 == 0) { write.clear(); expected.clear(); changed.clear(); } break;
        case 2: case 3: write.put(key, value); expected[key] = value; changed.insert(key); break;
        case 4: write.change(key) += value; expected[key] += value; changed.insert(key); break;
        default: REQUIRE((read.find(key) ? *read.find(key) : -1) == (expected.contains(key) ? expected[key] : -1));
      }
      REQUIRE(read.contains(key) == expected.contains(key));
      REQUIRE(read.size() == expected.size());
      REQUIRE(read.empty() == expected.empty());
      if (i % 500 == 0) {
        entries.begin_epoch();
        std::set<std::string> found;
        take_changes(entries, [&](std::string const& k, std::int64_t) { found.insert(k); });
        REQUIRE(found == changed);
        changed.clear();
      }
    }
    std::map<std::string, std::int64_t> found;
    read.for_each([&](std::string const& k, std::int64_t v) { found.emplace(k, v); });
    CHECK(found == expected);
  }
}

TEST_CASE("the handle to broadcast state that a function keeps cannot change it") {
  STATIC_REQUIRE(!can_change<rules>);
  STATIC_REQUIRE(can_change<writable_broadcast_state<std::string, std::int64_t>>);
}

TEST_CASE("wrong use of operator state says what to do") {
  operator_state declared;
  subtask_state state(declared);
  state.list<int>("a");
  CHECK_THROWS_WITH((state.broadcast_map<int, int>("a")), Catch::Contains("'a' is declared twice"));
  CHECK_THROWS_WITH(state.union_list<int>(""), Catch::Contains("needs a name"));
  CHECK_THROWS_WITH(state.list<int>("flow.mine"), Catch::Contains("are the engine's"));
  CHECK_THROWS_WITH((state.broadcast_map<int, int>("flow.mine")), Catch::Contains("are the engine's"));
  CHECK_THROWS_WITH(operator_list<int>{}.get(), Catch::Contains("not declared") && Catch::Contains("context.operator_state().list<T>"));
  CHECK_THROWS_WITH(rules{}.find("k"), Catch::Contains("not declared") && Catch::Contains("context.operator_state().broadcast_map<K, V>"));
  CHECK(declared.objects().size() == 1);
}
