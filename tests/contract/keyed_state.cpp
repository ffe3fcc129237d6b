#include <catch2/catch.hpp>

#include <map>
#include <numeric>
#include <random>

#include <cereal/types/map.hpp>

#include <flow/testing.hpp>

using namespace flow;
using namespace flow::testing;

namespace {

enum class action : std::uint8_t { nothing, append, replace, put, remove, clear_list, clear_map, reduce, clear_reduced, aggregate, clear_aggregated };
struct command {
  std::int64_t key = 0;
  action what{};
  std::int64_t at = 0, value = 0;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(key), CEREAL_NVP(what), CEREAL_NVP(at), CEREAL_NVP(value)); }
};

/// All that is kept for a key, after a command.
struct contents {
  std::int64_t key = 0;
  std::vector<std::int64_t> list;
  std::map<std::string, std::int64_t> map;
  std::int64_t most = -1, least = -1, sum = 0;
  bool operator==(contents const&) const = default;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(key), CEREAL_NVP(list), CEREAL_NVP(map), CEREAL_NVP(most), CEREAL_NVP(least), CEREAL_NVP(sum)); }
};

struct total {
  std::int64_t n = 0;
  void add(std::int64_t v) { n += v; }
  std::int64_t result() const { return n; }
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(n)); }
};
struct larger {
  std::int64_t operator()(std::int64_t a, std::int64_t b) const { return std::max(a, b); }
};

std::string name_of(std::int64_t n) { return n % 2 ? std::to_string(n) : "a map key on the heap, number " + std::to_string(n); }

struct keeper {
  list_state<std::int64_t> list;
  map_state<std::string, std::int64_t> map;
  reducing_state<std::int64_t, larger> most;
  aggregating_state<total> sum;
  void open(open_context& context) {
    list = context.state().list<std::int64_t>("list");
    map = context.state().map<std::string, std::int64_t>("map");
    most = context.state().reducing<std::int64_t>("most", larger{});
    sum = context.state().aggregating<total>("sum");
  }
  void process(command const& c, auto&, output<contents>& out) {
    switch (c.what) {
      case action::nothing: break;
      case action::append: list.add(c.value); break;
      case action::replace: list.set(std::vector<std::int64_t>(static_cast<std::size_t>(c.value % 4), c.value)); break;
      case action::put: map.put(name_of(c.at), c.value); break;
      case action::remove: map.remove(name_of(c.at)); break;
      case action::clear_list: list.clear(); break;
      case action::clear_map: map.clear(); break;
      case action::reduce: most.add(c.value); break;
      case action::clear_reduced: most.clear(); break;
      case action::aggregate: sum.add(c.value); break;
      case action::clear_aggregated: sum.clear(); break;
    }
    contents all{c.key, list.get(), {}, most.find() ? *most.find() : -1, -1, sum.result()};
    map.for_each([&](std::string const& m, std::int64_t v) { all.map.emplace(m, v); });
    if (map.size() != all.map.size() || map.empty() != all.map.empty()) throw std::logic_error("the size of the map is wrong");
    for (std::int64_t i = 0; i < 4; ++i)
      if (map.contains(name_of(i)) != all.map.contains(name_of(i))) throw std::logic_error("the map finds what it does not list");
    out.emit(std::move(all));
  }
};

contents expected_after(contents c, command const& d) {
  c.key = d.key;
  switch (d.what) {
    case action::nothing: break;
    case action::append: c.list.push_back(d.value); break;
    case action::replace: c.list.assign(static_cast<std::size_t>(d.value % 4), d.value); break;
    case action::put: c.map[name_of(d.at)] = d.value; break;
    case action::remove: c.map.erase(name_of(d.at)); break;
    case action::clear_list: c.list.clear(); break;
    case action::clear_map: c.map.clear(); break;
    case action::reduce: c.most = std::max(c.most, d.value); break;
    case action::clear_reduced: c.most = -1; break;
    case action::aggregate: c.sum += d.value; break;
    case action::clear_aggregated: c.sum = 0; break;
  }
  return c;
}

template <class Selector>
void compare(Selector select, std::uint64_t seed) {
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  std::uint32_t const batch_sizes[] = {1, 7, 1024};
  harness<command, contents> h{keeper{}, select, batch_sizes[seed % 3]};
  if (seed % 2) h.hold_up();
  std::map<std::int64_t, contents> kept;
  std::vector<contents> expected;
  for (int round = 0; round < 8; ++round) {
    std::vector<command> commands;
    for (int i = 0; i < 200; ++i) {
      command const c{static_cast<std::int64_t>(random() % (seed % 3 ? 5 : 300)), static_cast<action>(random() % 11), static_cast<std::int64_t>(random() % 40), static_cast<std::int64_t>(random() % 100)};
      commands.push_back(c);
      expected.push_back(kept[c.key] = expected_after(kept[c.key], c));
    }
    h.process(commands, std::vector<timestamp>(commands.size(), at(duration{1})));
    if (seed % 4 == 0) h.restore();
  }
  REQUIRE(h.output() == expected);
  std::map<std::string, std::size_t> entries;
  for (auto const& o : h.tested().state().objects()) entries[o->name()] = o->entries();
  std::size_t lists = 0, map_entries = 0;
  for (auto const& [key, c] : kept) {
    lists += !c.list.empty();
    map_entries += c.map.size();
  }
  CHECK(entries["list"] == lists);
  CHECK(entries["map"] == map_entries);
}

/// Uses a state that nothing declared.
struct forgetful {
  value_state<std::int64_t> value;
  void process(command const& c, auto&, output<std::int64_t>& out) { out.emit(value.get() + c.value); }
};
struct twice {
  void open(open_context& context) {
    context.state().value<int>("same");
    context.state().list<int>("same");
  }
  void process(command const&, auto&, output<std::int64_t>&) {}
};
struct greedy {
  void open(open_context& context) { context.state().value<int>("flow.fired-until"); }
  void process(command const&, auto&, output<std::int64_t>&) {}
};

}  // namespace

TEST_CASE("list, map, reducing and aggregating state hold what plain containers hold") {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    compare(&command::key, seed);
    compare([](command const& c) { return "a key on the heap, number " + std::to_string(c.key); }, seed);
  }
}

TEST_CASE("wrong use of keyed state says what to do") {
  harness<command, std::int64_t> h{forgetful{}, &command::key};
  CHECK_THROWS_WITH(h.process(command{}, at(duration{1})), Catch::Contains("operator 'tested'") && Catch::Contains("not declared") && Catch::Contains("the record was"));
  CHECK_THROWS_WITH((harness<command, std::int64_t>{twice{}, &command::key}), Catch::Contains("declared twice"));
  CHECK_THROWS_WITH((harness<command, std::int64_t>{greedy{}, &command::key}), Catch::Contains("are the engine's"));
}
