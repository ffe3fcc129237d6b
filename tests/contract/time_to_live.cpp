#include <catch2/catch.hpp>

#include "../unit/libflow/state/changes.hpp"

#include <map>
#include <random>
#include <set>

#include <cereal/types/map.hpp>

#include <flow/testing.hpp>

using namespace flow;
using namespace flow::testing;
using namespace std::chrono_literals;

namespace {

enum class action : std::uint8_t { read, set, add, clear, append, replace, get_list, clear_list, put, change_entry, find_entry, remove_entry, read_map, clear_map, reduce, aggregate, size };
struct command {
  std::int64_t key = 0;
  action what{};
  std::int64_t at = 0, value = 0;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(key), CEREAL_NVP(what), CEREAL_NVP(at), CEREAL_NVP(value)); }
};
/// What a command saw.
struct seen {
  std::int64_t found = -1;
  std::vector<std::int64_t> list;
  std::map<std::string, std::int64_t> map;
  bool operator==(seen const&) const = default;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(found), CEREAL_NVP(list), CEREAL_NVP(map)); }
};

constexpr auto life = 100us;
std::string name_of(std::int64_t n) { return n % 2 ? std::to_string(n) : "a map key on the heap, number " + std::to_string(n); }

struct total {
  std::int64_t n = 0;
  void add(std::int64_t v) { n += v; }
  std::int64_t result() const { return n; }
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(n)); }
};

struct mortal {
  time_to_live given;
  value_state<std::int64_t> value, twin;
  list_state<std::int64_t> list;
  map_state<std::string, std::int64_t> map;
  reducing_state<std::int64_t> sum;
  aggregating_state<total> all;
  void open(open_context& context) {
    auto& state = context.state();
    twin = value = state.value<std::int64_t>("value", given);
    list = state.list<std::int64_t>("list", given);
    map = state.map<std::string, std::int64_t>("map", given);
    sum = state.reducing<std::int64_t>("sum", given);
    all = state.aggregating<total>("all", given);
  }
  void process(command const& c, auto&, output<seen>& out) {
    seen s;
    switch (c.what) {
      case action::read: s.found = value.has() ? twin.get() : -1; break;
      case action::set: value.set(c.value); s.found = twin.get(); break;
      case action::add: s.found = value.change() += c.value; break;
      case action::clear: s.found = value.has(); value.clear(); s.found += twin.find() ? 10 : 0; break;
      case action::append: list.add(c.value); break;
      case action::replace: list.set(std::vector<std::int64_t>(static_cast<std::size_t>(c.value % 4), c.value)); break;
      case action::get_list: s.list = list.get(); break;
      case action::clear_list: list.clear(); break;
      case action::put: map.put(name_of(c.at), c.value); break;
      case action::change_entry: s.found = map.change(name_of(c.at)) += c.value; break;
      case action::find_entry: s.found = map.contains(name_of(c.at)) ? *map.find(name_of(c.at)) : -1; break;
      case action::remove_entry: s.found = map.remove(name_of(c.at)); break;
      case action::read_map: map.for_each([&](std::string const& m, std::int64_t v) { s.map.emplace(m, v); }); break;
      case action::clear_map: map.clear(); break;
      case action::reduce: sum.add(c.value); s.found = *sum.find(); break;
      case action::aggregate: all.add(c.value); s.found = all.result(); break;
      case action::size: s.found = static_cast<std::int64_t>(map.size()) * 2 + map.empty(); break;
    }
    out.emit(std::move(s));
  }
};

/// The same with plain containers, in which what has expired is found by looking at everything.
class model {
 public:
  explicit model(bool reads) : reads_(reads) {}
  seen process(command const& c, std::int64_t now) {
    bury(now);
    state& s = keys_[c.key];
    seen r;
    switch (c.what) {
      case action::read: if (s.value) { r.found = s.value->first; read(*s.value, now); } break;
      case action::set: s.value = {c.value, now}; r.found = c.value; break;
      case action::add: s.value = {(s.value ? s.value->first : 0) + c.value, now}; r.found = s.value->first; break;
      case action::clear: r.found = s.value.has_value(); s.value.reset(); break;
      case action::append: s.list.push_back({c.value, now}); break;
      case action::replace: s.list.assign(static_cast<std::size_t>(c.value % 4), {c.value, now}); break;
      case action::get_list: for (auto& e : s.list) { r.list.push_back(e.first); read(e, now); } break;
      case action::clear_list: s.list.clear(); break;
      case action::put: s.map[name_of(c.at)] = {c.value, now}; break;
      case action::change_entry: { auto& e = s.map[name_of(c.at)]; e = {e.first + c.value, now}; r.found = e.first; break; }
      case action::find_entry: if (s.map.contains(name_of(c.at))) { auto& e = s.map[name_of(c.at)]; r.found = e.first; read(e, now); } break;
      case action::remove_entry: r.found = static_cast<std::int64_t>(s.map.erase(name_of(c.at))); break;
      case action::read_map: for (auto& [m, e] : s.map) { r.map.emplace(m, e.first); read(e, now); } break;
      case action::clear_map: s.map.clear(); break;
      case action::reduce: s.sum = {(s.sum ? s.sum->first : 0) + c.value, now}; r.found = s.sum->first; break;
      case action::aggregate: s.all = {(s.all ? s.all->first : 0) + c.value, now}; r.found = s.all->first; break;
      case action::size: r.found = static_cast<std::int64_t>(s.map.size()) * 2 + s.map.empty(); break;
    }
    return r;
  }
  /// How many entries are alive, by state.
  std::map<std::string, std::size_t> alive(std::int64_t now) {
    bury(now);
    std::map<std::string, std::size_t> n{{"value", 0}, {"list", 0}, {"map", 0}, {"sum", 0}, {"all", 0}};
    for (auto const& [key, s] : keys_) n["value"] += s.value.has_value(), n["list"] += !s.list.empty(), n["map"] += s.map.size(), n["sum"] += s.sum.has_value(), n["all"] += s.all.has_value();
    return n;
  }

 private:
  using stamped = std::pair<std::int64_t, std::int64_t>;
  struct state {
    std::optional<stamped> value, sum, all;
    std::vector<stamped> list;
    std::map<std::string, stamped> map;
  };
  void read(stamped& e, std::int64_t now) const { if (reads_) e.second = now; }
  void bury(std::int64_t now) {
    auto const over = [now](stamped const& e) { return e.second + life.count() <= now; };
    for (auto& [key, s] : keys_) {
      for (auto* v : {&s.value, &s.sum, &s.all})
        if (*v && over(**v)) v->reset();
      std::erase_if(s.list, over);
      std::erase_if(s.map, [&](auto const& e) { return over(e.second); });
    }
  }
  bool reads_;
  std::map<std::int64_t, state> keys_;
};

using tested = harness<command, seen>;
state_object& state_of(tested& h, std::string const& name) {
  for (auto const& o : h.tested().state().objects())
    if (o->name() == name) return *o;
  throw std::logic_error("no such state");
}
std::map<std::string, std::size_t> entries_of(tested& h) {
  std::map<std::string, std::size_t> n;
  for (std::string name : {"value", "list", "map", "sum", "all"}) n[name] = state_of(h, name).entries();
  return n;
}
void give(tested& h, std::vector<command> const& commands) { h.process(commands, std::vector<timestamp>(commands.size(), at(1us))); }

template <class Selector>
void compare(Selector select, std::uint64_t seed) {
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  bool const reads = seed % 2;
  time_to_live const given = reads ? time_to_live(life).on_read_and_write() : time_to_live(life);
  std::uint32_t const batch_sizes[] = {1, 7, 1024};
  tested h{mortal{given, {}, {}, {}, {}, {}, {}}, select, batch_sizes[seed % 3]};
  if (seed % 5 == 0) h.hold_up();
  model reference(reads);
  std::vector<seen> expected;
  std::int64_t now = 0;
  for (int round = 0; round < 60; ++round) {
    std::vector<command> commands;
    for (std::uint64_t i = 1 + random() % 150; i > 0; --i) {
      commands.push_back({static_cast<std::int64_t>(random() % (seed % 4 ? 6 : 300)), static_cast<action>(random() % 17), static_cast<std::int64_t>(random() % 8), static_cast<std::int64_t>(random() % 100)});
      expected.push_back(reference.process(commands.back(), now));
    }
    give(h, commands);
    REQUIRE(h.output() == expected);
    if (seed % 4 < 2) h.restore();
    auto const passed = random() % 10 ? static_cast<std::int64_t>(random() % 70) : 200;
    h.advance_time(std::chrono::microseconds(passed));
    now += passed;
  }
  auto const alive = reference.alive(now);
  for (auto const& [name, n] : entries_of(h)) CHECK(n >= alive.at(name));
  h.advance_time(50us);
  for (int i = 0; i < 20; ++i) h.advance_time(1ms);  // without a record, everything goes
  for (auto const& [name, n] : entries_of(h)) CHECK((name + " " + std::to_string(n)) == name + " 0");
}

auto const text_key = [](command const& c) { return "a key on the heap, number " + std::to_string(c.key); };
mortal with(time_to_live given) { return {given, {}, {}, {}, {}, {}, {}}; }

std::vector<command> one_of_each(std::int64_t key) {
  return {{key, action::set, 0, 1}, {key, action::append, 0, 1}, {key, action::put, key % 5, 1}, {key, action::reduce, 0, 1}, {key, action::aggregate, 0, 1}};
}
std::size_t memory_of(tested& h) {
  std::size_t n = 0;
  for (std::string name : {"value", "list", "map", "sum", "all"}) n += state_of(h, name).memory();
  return n;
}

}  // namespace

TEST_CASE("what has expired is never seen, and what has not always is, as plain containers with times say") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    compare(&command::key, seed);
    compare(text_key, seed);
  }
}

TEST_CASE("without input, what has expired is removed and its memory given back in steps of bounded size", "[tables]") {
  for (auto const given : {time_to_live(10ms), time_to_live(10ms).on_read_and_write()}) {
    tested h{with(given), &command::key};
    for (std::int64_t i = 0; i < 100'000;) {
      std::vector<command> commands;
      for (std::int64_t const end = i + 500; i < end; ++i) {
        auto const each = one_of_each(i);
        commands.insert(commands.end(), each.begin(), each.end());
      }
      give(h, commands);
    }
    REQUIRE(entries_of(h)["map"] == 100'000);
    std::size_t const full = memory_of(h);
    h.advance_time(9ms);
    CHECK(entries_of(h)["value"] == 100'000);
    h.advance_time(1ms - 1us);
    CHECK(entries_of(h)["value"] == 100'000);
    auto before = entries_of(h);
    int steps = 0;
    for (; entries_of(h) != std::map<std::string, std::size_t>{{"value", 0}, {"list", 0}, {"map", 0}, {"sum", 0}, {"all", 0}}; ++steps) {
      REQUIRE(steps < 400);
      REQUIRE(h.tested().next_look() != std::chrono::nanoseconds::max());
      h.advance_time(h.tested().next_look() - h.clock().now());
      auto const now = entries_of(h);
      for (auto const& [name, n] : now) REQUIRE(before[name] - n <= 2 * 1024 + 64);
      before = now;
    }
    CHECK(steps >= 100'000 / (2 * 1024 + 64));
    CHECK(h.clock().now() < 150ms);
    h.advance_time(100ms);
    INFO("memory " << full << " then " << memory_of(h));
    CHECK(memory_of(h) < full / 3);
    CHECK(h.tested().next_look() == std::chrono::nanoseconds::max());  // nothing is left to look after
  }
}

TEST_CASE("what has expired is removed while other keys are worked on, at the pace at which they come") {
  tested h{with(time_to_live(10ms)), &command::key};
  std::size_t most = 0, most_memory = 0;
  std::int64_t next = 0;
  for (int batch = 0; batch < 2'000; ++batch) {  // 100 of 50'000 new keys a second: 500 live at any time
    std::vector<command> commands;
    for (int i = 0; i < 20; ++i, ++next) {
      auto const each = one_of_each(next);
      commands.insert(commands.end(), each.begin(), each.end());
    }
    give(h, commands);
    h.advance_time(400us);
    if (batch > 100) {
      for (auto const& [name, n] : entries_of(h)) most = std::max(most, n);
      most_memory = std::max(most_memory, memory_of(h));
    }
  }
  CHECK(next == 40'000);
  CHECK(most <= 4 * 500);
  CHECK(most_memory < 5 * 500 * 1024);
}

TEST_CASE("expiry counts as a change of the epoch it is seen in, and an expired entry is none of its changes", "[tables]") {
  tested h{with(time_to_live(life)), &command::key};
  give(h, {{1, action::append, 0, 5}, {2, action::append, 0, 7}});
  h.advance_time(60us);
  give(h, {{1, action::append, 0, 6}});
  auto& lists = dynamic_cast<keyed_table<std::uint64_t, detail::timed_list<std::int64_t>>&>(state_of(h, "list")).all();
  auto const changes = [&] {
    std::map<std::uint64_t, std::vector<std::int64_t>> found;
    lists.begin_epoch();
    take_changes(lists, [&](std::uint64_t k, auto const& cell) { found.emplace(k, cell.value); });
    return found;
  };
  using found = std::map<std::uint64_t, std::vector<std::int64_t>>;
  CHECK(changes() == found{{1, {5, 6}}, {2, {7}}});
  CHECK(changes().empty());
  h.advance_time(10us);
  CHECK(changes().empty());
  h.advance_time(35us);
  give(h, {{1, action::get_list, 0, 0}, {2, action::get_list, 0, 0}});
  CHECK(h.output().back().list.empty());
  CHECK(changes() == found{{1, {6}}});
  CHECK(lists.size() == 1);
}

TEST_CASE("a sweep that drops elements of a list marks it as changed", "[tables]") {
  tested h{with(time_to_live(2ms)), &command::key};
  give(h, {{1, action::append, 0, 5}});
  h.advance_time(1500us);
  give(h, {{1, action::append, 0, 6}});
  auto& lists = dynamic_cast<keyed_table<std::uint64_t, detail::timed_list<std::int64_t>>&>(state_of(h, "list")).all();
  lists.begin_epoch();
  take_changes(lists, [](auto const&, auto const&) {});
  std::map<std::uint64_t, std::vector<std::int64_t>> found;
  for (int i = 0; i < 100 && found.empty(); ++i) {
    h.advance_time(10us);
    lists.begin_epoch();
    take_changes(lists, [&](std::uint64_t k, auto const& cell) { found.emplace(k, cell.value); });
    if (h.clock().now() > 3400us) break;
  }
  CHECK(found == std::map<std::uint64_t, std::vector<std::int64_t>>{{1, {6}}});
}

TEST_CASE("renewal by a read is a change of the entry", "[tables]") {
  tested h{with(time_to_live(life).on_read_and_write()), &command::key};
  give(h, {{1, action::set, 0, 5}, {2, action::set, 0, 6}, {1, action::put, 3, 7}, {1, action::put, 4, 8}});
  h.advance_time(10us);
  auto& values = dynamic_cast<keyed_table<std::uint64_t, detail::timed<std::int64_t>>&>(state_of(h, "value")).all();
  auto& entries = dynamic_cast<keyed_table<detail::map_entry_key<std::uint64_t, std::string>, detail::timed_map_entry<std::int64_t>>&>(state_of(h, "map")).all();
  values.begin_epoch(), entries.begin_epoch();
  take_changes(values, [](auto const&, auto const&) {}), take_changes(entries, [](auto const&, auto const&) {});
  give(h, {{1, action::read, 0, 0}, {1, action::find_entry, 3, 0}});
  values.begin_epoch(), entries.begin_epoch();
  std::set<std::uint64_t> changed;
  std::set<std::string> changed_entries;
  take_changes(values, [&](std::uint64_t k, auto const&) { changed.insert(k); });
  take_changes(entries, [&](auto const& k, auto const&) { changed_entries.insert(k.map_key); });
  CHECK(changed == std::set<std::uint64_t>{1});
  CHECK(changed_entries == std::set<std::string>{name_of(3)});
}

TEST_CASE("the time at which state was touched is in its schema") {
  tested h{with(time_to_live(life)), &command::key};
  CHECK(to_string(state_of(h, "value").value_schema()) == R"({"value":"i64","touched":"timestamp"})");
  CHECK(to_string(state_of(h, "map").value_schema()) == R"({"value":"i64","touched":"timestamp"})");
  CHECK(to_string(state_of(h, "list").value_schema()) == to_string(schema_of<detail::timed_list<std::int64_t>>()));
  CHECK(state_of(h, "value").kind() == state_kind::table);
}

TEST_CASE("a time to live that is not above 0 is refused, naming the state") {
  for (auto const wrong : {0us, -1us}) {
    CHECK_THROWS_WITH((tested{with(time_to_live(wrong)), &command::key}), Catch::Contains("state 'value'") && Catch::Contains("must be above 0") && Catch::Contains("operator 'tested'"));
    CHECK_THROWS_WITH((tested{with(time_to_live(wrong).on_read_and_write()), text_key}), Catch::Contains("must be above 0"));
  }
}
