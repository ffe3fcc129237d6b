#include <catch2/catch.hpp>

#include <stdexcept>

#include <flow/operator/flat_map.hpp>

#include "../recording.hpp"

namespace {
using recording::alone;
using recording::batch_of;
using recording::records_of;

/// n times the number n.
auto const repeat = [](int n, flow::output<int>& out) { for (int i = 0; i < n; ++i) out.emit(n); };
using repeating = flow::flat_map_operator<int, int, decltype(repeat)>;
using no_sides = std::vector<flow::side_output>;

std::vector<int> repeated(std::vector<int> const& of) {
  std::vector<int> all;
  for (int const n : of) all.insert(all.end(), static_cast<std::size_t>(n), n);
  return all;
}
}  // namespace

TEST_CASE("flat_map gives any number of records for one, with the event time of that one") {
  alone<int, repeating> op(4, repeat, no_sides{});
  op.give(batch_of<int>({2, 0, 1, 5}, {10, 20, 30, 40}));
  CHECK(op.out.records == repeated({2, 0, 1, 5}));
  CHECK(op.out.times == std::vector<std::int64_t>{10, 10, 30, 40, 40, 40, 40, 40});
  CHECK(op.out.sizes == std::vector<std::size_t>{4, 4});
  CHECK(op.op.counters().processed.value() == 4);
  CHECK(op.op.counters().records_out.value() == 8);
}

TEST_CASE("flat_map may give a record an event time of its own") {
  auto const later = [](int n, flow::output<int>& out) { out.emit(n, recording::at(n * 2)); };
  alone<int, flow::flat_map_operator<int, int, decltype(later)>> op(4, later, no_sides{});
  op.give(batch_of<int>({1, 2}, {10, 20}));
  CHECK(op.out.times == std::vector<std::int64_t>{2, 4});
}

TEST_CASE("a flat_map that its receivers stop anywhere goes on there, without loss or repetition") {
  std::vector<int> const given{1, 3, 0, 2, 7, 1, 1, 0, 4};
  for (std::uint32_t const batch_size : {1u, 2u, 3u, 5u})
    for (bool const shared : {false, true})
      for (std::size_t first_room = 1; first_room < 21; ++first_room) {
        INFO("batch size " << batch_size << ", room for " << first_room << " batches" << (shared ? ", shared" : ""));
        alone<int, repeating> op(batch_size, repeat, no_sides{});
        op.out.room = first_room;
        auto b = batch_of(given, {0, 1, 2, 3, 4, 5, 6, 7, 8});
        auto const other = shared ? b : flow::batch_ref{};
        op.give(std::move(b));
        for (int rounds = 0; op.op.suspended(); ++rounds) {
          REQUIRE(rounds < 100);
          CHECK_FALSE(op.op.ready());
          CHECK_FALSE(op.op.may_pass_barrier());
          op.op.resume();
          op.out.room = 1;
        }
        op.out.room = 100;
        REQUIRE(op.op.ready());
        REQUIRE(op.out.records == repeated(given));
        REQUIRE(op.op.counters().processed.value() == given.size());
        op.give(batch_of<int>({2}, {9}));
        auto expected = repeated(given);
        expected.insert(expected.end(), {2, 2});
        REQUIRE(op.out.records == expected);
        REQUIRE(op.out.times.size() == expected.size());
        if (shared) REQUIRE(records_of<int>(other) == given);
      }
}

TEST_CASE("side outputs get what is emitted under their tag, what nobody reads is counted") {
  flow::tag<std::string> const odd{"odd"}, unread{"unread"};
  auto const sort = [&](int n, flow::output<int>& out, flow::side_outputs& sides) {
    if (n % 2) sides.emit(odd, std::to_string(n)); else out.emit(n);
    if (n > 4) sides.emit(unread, std::string("lost"));
  };
  flow::flat_map_operator<int, int, decltype(sort)> op("op", sort, {{"odd", &flow::batch_type_of<std::string>}});
  recording::recorder<int> even;
  recording::recorder<std::string> odds;
  op.port(0).connect(even);
  op.port(1).connect(odds);
  op.start(recording::context(2));
  auto b = batch_of<int>({1, 2, 3, 4, 5, 6, 7}, {1, 2, 3, 4, 5, 6, 7});
  op.receive(b);
  CHECK(even.records == std::vector{2, 4, 6});
  CHECK(odds.records == std::vector<std::string>{"1", "3", "5", "7"});
  CHECK(odds.times == std::vector<std::int64_t>{1, 3, 5, 7});
  CHECK(op.counters().unread.value() == 3);
}

TEST_CASE("flat_map waits for a side output that takes no more") {
  flow::tag<int> const all{"all"};
  auto const copy = [&](int n, flow::output<int>&, flow::side_outputs& sides) { sides.emit(all, n); };
  flow::flat_map_operator<int, int, decltype(copy)> op("op", copy, {{"all", &flow::batch_type_of<int>}});
  recording::recorder<int> main, side;
  op.port(0).connect(main);
  op.port(1).connect(side);
  op.start(recording::context(1));
  side.room = 2;
  auto b = batch_of<int>({1, 2, 3, 4, 5, 6});
  op.receive(b);
  CHECK(op.suspended());
  side.room = 100;
  op.resume();
  CHECK_FALSE(op.suspended());
  CHECK(side.records == std::vector{1, 2, 3, 4, 5, 6});
}

TEST_CASE("an exception of flat_map's function names the operator and the record") {
  auto const picky = [](int n, flow::output<int>& out) { n == 3 ? throw std::runtime_error("three") : out.emit(n); };
  alone<int, flow::flat_map_operator<int, int, decltype(picky)>> op(1, picky, no_sides{});
  op.out.room = 1;
  op.give(batch_of<int>({1, 2, 3}));
  REQUIRE(op.op.suspended());
  op.out.room = 10;
  CHECK_THROWS_WITH(op.op.resume(), "operator 'the-operator': the function threw: three; the record was 3");
}

TEST_CASE("an error of an operator further down keeps that operator's name") {
  auto const picky = [](int n, flow::output<int>&) { if (n == 2) throw std::runtime_error("two"); };
  alone<int, repeating> op(1, repeat, no_sides{});
  flow::flat_map_operator<int, int, decltype(picky)> next("next", picky, {});
  next.start(recording::context());
  op.op.port(0).connect(next);
  CHECK_THROWS_WITH(op.give(batch_of<int>({1, 2})), "operator 'next': the function threw: two; the record was 2");
}

TEST_CASE("chained flat_maps lose nothing when the second is held up within one call of the first") {
  for (std::size_t room = 1; room < 12; ++room) {
    INFO("room for " << room << " batches");
    alone<int, repeating> second(2, repeat, no_sides{});
    repeating first("first", repeat, {});
    first.port(0).connect(second.op);
    first.start(recording::context(2));
    second.out.room = room;
    auto b = batch_of<int>({5, 1});
    first.receive(b);
    for (int rounds = 0; (first.suspended() || second.op.suspended()) && rounds < 100; ++rounds) {
      second.out.room = 1;
      if (second.op.suspended()) second.op.resume();
      if (!second.op.suspended() && first.suspended()) first.resume();
    }
    REQUIRE(second.out.records == repeated(repeated({5, 1})));
  }
}

TEST_CASE("a side output that is read as another type of record than it is given is an error, not a cast") {
  auto const tell = [](int n, flow::output<int>&, flow::side_outputs& sides) { sides.emit(flow::tag<int>{"odd"}, n); };
  alone<int, flow::flat_map_operator<int, int, decltype(tell)>> op(4, tell, no_sides{{"odd", &flow::batch_type_of<std::string>}});
  CHECK_THROWS_WITH(op.give(batch_of<int>({1})), Catch::Contains("'the-operator'") && Catch::Contains("side output 'odd'") && Catch::Contains("another type"));
}

TEST_CASE("a long output is given in portions, although its receivers take everything") {
  alone<int, repeating> op(1, repeat, no_sides{});
  op.give(batch_of<int>(std::vector<int>(100, 1), std::vector<std::int64_t>(100, 0)));
  int portions = 1;
  for (std::size_t given = op.out.records.size(); op.op.suspended(); given = op.out.records.size(), ++portions) {
    REQUIRE(portions < 100);
    CHECK_FALSE(op.op.waits());
    op.op.resume();
    CHECK(op.out.records.size() > given);
    CHECK(op.out.records.size() - given <= 17);
  }
  CHECK(portions > 5);
  CHECK(op.out.records == std::vector<int>(100, 1));
}
