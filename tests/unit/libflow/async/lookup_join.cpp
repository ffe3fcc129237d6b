#include <map>

#include "squares.hpp"

namespace {
using namespace rig;

struct order {
  number id = 0;
  std::string customer;
  bool operator==(order const&) const = default;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(id), CEREAL_NVP(customer)); }
};
auto const with_row = [](order const& o, std::string const& row) { return std::to_string(o.id) + row; };
auto const with_row_or_null = [](order const& o, std::string const* row) { return std::to_string(o.id) + (row ? *row : "-"); };
using strings = std::vector<std::string>;

/// A join whose look-ups a test answers.
struct joins {
  template <class... Options>
  explicit joins(Options const&... options) : op(some<order>(job).lookup_join(&order::customer, asking(), options...).select("join", with_row)) {}
  auto asking() const {
    return [s = s](std::string const& key, reply<std::string> r) { s->ask(key, std::move(r)); };
  }
  joins& answer(std::size_t i, std::string const& row) {
    CHECK(s->take(i).answer(row));
    op.step();
    return *this;
  }
  joins& give(std::vector<order> const& records) {
    op.give(records, std::vector<std::int64_t>(records.size(), 1));
    return *this;
  }

  std::shared_ptr<server<std::string, std::string>> s = std::make_shared<server<std::string, std::string>>();
  flow::job job{"j"};
  alone<order, std::string> op;
};
}  // namespace

TEST_CASE("a look-up join gives a record per row, drops those without one, or joins null where it is left outer") {
  std::map<std::string, strings> const table{{"ada", {"A"}}, {"bob", {"B1", "B2"}}};
  auto const find = [table](std::string const& key, reply<std::string> r) {
    auto const found = table.find(key);
    if (found == table.end()) r.answer_none();
    else if (found->second.size() == 1) r.answer(found->second.front());
    else r.answer_all(found->second);
  };
  std::vector<order> const orders{{1, "ada"}, {2, "eve"}, {3, "bob"}, {4, "ada"}};
  for (bool const cached : {false, true}) {
    flow::job job("j");
    auto const ask = [&] {
      auto const in = some<order>(job);
      auto const cache = flow::cache(cached ? 10 : 1, cached ? 1h : duration_cast<flow::duration>(1us));
      return std::pair(in.lookup_join(&order::customer, find, cache).select("inner", with_row),
                       in.key_by(&order::customer).lookup_join(find, cache).left_outer().select("outer", with_row_or_null));
    }();
    alone<order, std::string> inner(ask.first), outer(ask.second);
    inner.give(orders, {1, 2, 3, 4}).give(orders, {5, 6, 7, 8});
    outer.give(orders, {1, 2, 3, 4});
    CHECK(inner.out.records() == strings{"1A", "3B1", "3B2", "4A", "1A", "3B1", "3B2", "4A"});
    CHECK(inner.op->counters().processed.value() == 6);
    CHECK(inner.op->counters().filtered.value() == 2);
    CHECK(outer.out.records() == strings{"1A", "2-", "3B1", "3B2", "4A"});
    CHECK(outer.op->counters().filtered.value() == 0);
    CHECK(outer.out.events[1].number == 2);
  }
}

TEST_CASE("records whose key is being asked for wait for that answer; without a cache each is asked for") {
  joins cached(flow::cache(10, 1min));
  cached.give({{1, "ada"}, {2, "bob"}, {3, "ada"}}).give({{4, "ada"}, {5, "bob"}});
  CHECK(cached.s->asked == strings{"ada", "bob"});
  cached.answer(1, "B");
  CHECK(cached.op.out.records().empty());
  cached.answer(0, "A");
  CHECK(cached.op.out.records() == strings{"1A", "2B", "3A", "4A", "5B"});
  cached.give({{6, "bob"}, {7, "ada"}});
  CHECK(cached.s->asked.size() == 2);
  CHECK(cached.op.out.records().size() == 7);
  joins plain;
  plain.give({{1, "ada"}, {2, "ada"}});
  CHECK(plain.s->asked == strings{"ada", "ada"});
}

TEST_CASE("unordered, those that waited for one answer leave in their order; hits leave before what is still asked for, ordered behind it") {
  joins unordered(flow::cache(10, 1min), flow::unordered);
  unordered.give({{1, "ada"}, {2, "bob"}, {3, "ada"}, {4, "ada"}}).answer(0, "A").give({{5, "ada"}});
  CHECK(unordered.op.out.records() == strings{"1A", "3A", "4A", "5A"});
  joins ordered(flow::cache(10, 1min), flow::ordered);
  ordered.give({{1, "ada"}}).answer(0, "A").give({{2, "bob"}, {3, "ada"}});
  CHECK(ordered.op.out.records() == strings{"1A"});
  ordered.answer(0, "B");
  CHECK(ordered.op.out.records() == strings{"1A", "2B", "3A"});
  joins behind(flow::cache(10, 1min), flow::unordered);
  behind.give({{1, "ada"}}).answer(0, "A").give({{2, "bob"}});
  behind.op.watermark(5);
  behind.give({{3, "ada"}});
  CHECK(behind.op.out.text() == "\"1A\"");
  behind.answer(0, "B");
  CHECK(behind.op.out.text() == "\"1A\" \"2B\" w5 \"3A\"");
}

TEST_CASE("an answer is remembered for its time from when it came, and that there is nothing as well; failures are not") {
  joins j(flow::cache(10, 10s), flow::divert_failures);
  j.give({{1, "ada"}});
  j.op.pass_time(5s);
  j.answer(0, "A");
  j.op.pass_time(10s - 1ns);
  j.give({{2, "ada"}});
  CHECK(j.op.out.records() == strings{"1A", "2A"});
  j.op.pass_time(1ns);
  j.give({{3, "ada"}});
  CHECK(j.s->asked.size() == 2);
  j.answer(0, "a");
  j.give({{4, "ada"}, {5, "eve"}});
  CHECK(j.op.out.records() == strings{"1A", "2A", "3a", "4a"});
  j.s->take(0).answer_none();
  j.op.step();
  j.give({{6, "eve"}, {7, "kim"}, {8, "kim"}});
  CHECK(j.s->asked == strings{"ada", "ada", "eve", "kim"});
  CHECK(j.op.op->counters().filtered.value() == 2);
  j.s->take(0).fail("no");
  j.op.step();
  CHECK(j.op.failed.records().size() == 2);
  CHECK(j.op.failed.records()[1].record == order{8, "kim"});
  j.give({{9, "kim"}});
  CHECK(j.s->asked.size() == 5);
}

TEST_CASE("a cache holds as many keys as it may, and forgets the least recently used, like a list that is searched") {
  flow::user_metrics metrics;
  flow::detail::answer_cache<number, number> cache(3, 100us, metrics);
  std::vector<std::tuple<number, number, std::int64_t>> reference;  // key, value, expires; the most recent first
  std::uint64_t hits = 0;
  std::uint32_t random = 12345;
  for (std::int64_t now = 0; now < 20'000; now += 7) {
    random = random * 1664525 + 1013904223;
    number const key = random >> 29;
    auto const at = std::find_if(reference.begin(), reference.end(), [&](auto const& e) { return std::get<0>(e) == key; });
    auto const* const found = cache.find(key, std::chrono::microseconds(now));
    if (at != reference.end() && std::get<2>(*at) > now) {
      ++hits;
      REQUIRE(found);
      CHECK(found->get()[0] == std::get<1>(*at));
      std::rotate(reference.begin(), at, at + 1);
      continue;
    }
    REQUIRE_FALSE(found);
    if (at != reference.end()) reference.erase(at);
    if (reference.size() == 3) reference.pop_back();
    reference.insert(reference.begin(), {key, now, now + 100});
    flow::detail::answer_records<number> answer;
    answer.set(now);
    cache.store(key, answer, std::chrono::microseconds(now));
    CHECK(cache.size() == reference.size());
  }
  flow::metrics_summary counted;
  metrics.add_to(counted);
  CHECK(counted.counters["cache-hits"] == hits);
  CHECK(hits > 300);
}

TEST_CASE("what a key, a look-up or a selection throws names the operator and the record") {
  auto const thrown = [](auto key, auto find, auto select) {
    flow::job job("j");
    alone<order, std::string> op(some<order>(job).lookup_join(key, find, flow::cache(10, 1s)).select("join", select));
    return error_of([&] { op.give({{7, "ada"}}); });
  };
  auto const key = [](order const& o) { return o.customer; };
  auto const find = [](std::string const& k, reply<std::string> r) { r.answer(k); };
  auto const bad_key = [](order const&) -> std::string { throw std::runtime_error("kaboom"); };
  auto const bad_find = [](std::string const&, reply<std::string>) { throw std::runtime_error("kaboom"); };
  auto const bad_select = [](order const&, std::string const&) -> std::string { throw std::runtime_error("kaboom"); };
  for (auto const& e : {thrown(bad_key, find, with_row), thrown(key, bad_find, with_row), thrown(key, find, bad_select)}) {
    CHECK(e.operator_name() == "join");
    CHECK(e.code() == flow::error_code::user_function);
    CHECK_THAT(e.message(), Catch::Contains("kaboom") && Catch::Contains("\"id\":7"));
  }
}
