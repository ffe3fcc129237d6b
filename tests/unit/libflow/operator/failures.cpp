#include <catch2/catch.hpp>

#include <map>
#include <random>
#include <stdexcept>

#include <flow/operator/filter.hpp>
#include <flow/operator/flat_map.hpp>
#include <flow/operator/map.hpp>

#include "../recording.hpp"

// Operators whose failures are diverted.

namespace {
using recording::batch_of;
using failed = flow::failed_record<int>;
using divert = flow::divert_failures_option;

/// Fails for multiples of 3.
void check(int n) {
  if (n % 3 == 0) throw std::runtime_error("no " + std::to_string(n));
}
auto const to_number = [](int n) { check(n); return 10L * n; };
auto const to_text = [](int n) { check(n); return std::to_string(n); };
auto const is_even = [](int n) { check(n); return n % 2 == 0; };

/// An operator with a recorder at its main output, at that of its failures and at its one side output.
template <class Out, class Operator>
struct rig {
  template <class... A>
  explicit rig(std::uint32_t batch_size, A&&... arguments) : op("the-operator", std::forward<A>(arguments)...) {
    op.port(0).connect(out);
    op.port(1).connect(failures);
    if (op.ports() > 2) op.port(2).connect(side);
    auto context = recording::context(batch_size);
    context.max_call_output = 1 << 16;
    op.start(context);
  }
  void give(flow::batch_ref b) { op.receive(b); }

  Operator op;
  recording::recorder<Out> out;
  recording::recorder<failed> failures;
  recording::recorder<int> side;
};

failed failure_of(int n) { return {n, "no " + std::to_string(n), 1}; }
}  // namespace

TEST_CASE("a map that diverts failures gives the others, each with its event time, and goes on") {
  rig<long, flow::map_operator<int, long, decltype(to_number), divert>> numbers(4, to_number);
  numbers.give(batch_of<int>({0, 1, 2, 3, 4, 6, 9, 7}, {10, 11, 12, 13, 14, 16, 19, 17}));
  numbers.give(batch_of<int>({3, 6}, {20, 21}));
  numbers.give(batch_of<int>({5}));
  CHECK(numbers.out.records == std::vector<long>{10, 20, 40, 70, 50});
  CHECK(numbers.out.times == std::vector<std::int64_t>{11, 12, 14, 17});
  CHECK(numbers.failures.records == std::vector{failure_of(0), failure_of(3), failure_of(6), failure_of(9), failure_of(3), failure_of(6)});
  CHECK(numbers.failures.times == std::vector<std::int64_t>{10, 13, 16, 19, 20, 21});
  CHECK(numbers.op.counters().processed.value() == 11);
  CHECK(numbers.op.counters().bad.value() == 6);

  rig<std::string, flow::map_operator<int, std::string, decltype(to_text), divert>> texts(4, to_text);
  texts.give(batch_of<int>({1, 3, 4, 6}, {11, 13, 14, 16}));
  CHECK(texts.out.records == std::vector<std::string>{"1", "4"});
  CHECK(texts.out.times == std::vector<std::int64_t>{11, 14});
  CHECK(texts.failures.records == std::vector{failure_of(3), failure_of(6)});
}

TEST_CASE("a filter that diverts failures keeps what it would keep, in place and in a copy, whatever columns there are") {
  std::vector<int> const given{3, 2, 1, 4, 6, 8, 9};
  for (bool const shared : {false, true})
    for (bool const stamped : {false, true})
      for (bool const hashed : {false, true}) {
        INFO((shared ? "shared" : "alone") << (stamped ? ", stamped" : "") << (hashed ? ", hashed" : ""));
        rig<int, flow::filter_operator<int, decltype(is_even), divert>> r(4, is_even);
        auto b = batch_of<int>(given, stamped ? std::vector<std::int64_t>{3, 2, 1, 4, 6, 8, 9} : std::vector<std::int64_t>{},
                               hashed ? std::vector<std::uint64_t>{3, 2, 1, 4, 6, 8, 9} : std::vector<std::uint64_t>{});
        auto const other = shared ? b : flow::batch_ref{};
        r.give(std::move(b));
        CHECK(r.out.records == std::vector{2, 4, 8});
        CHECK(r.failures.records == std::vector{failure_of(3), failure_of(6), failure_of(9)});
        if (stamped) {
          CHECK(r.out.times == std::vector<std::int64_t>{2, 4, 8});
          CHECK(r.failures.times == std::vector<std::int64_t>{3, 6, 9});
        }
        CHECK(r.op.counters().processed.value() == 6);
        CHECK(r.op.counters().filtered.value() == 1);
        if (shared) CHECK(recording::records_of<int>(other) == given);
      }
}

namespace {
flow::tag<int> const odds{"odd"};
/// n times n, the odd ones to the side as well; fails half-way.
auto const repeat = [](int n, flow::output<int>& out, flow::side_outputs& sides) {
  for (int i = 0; i < n; ++i) {
    if (i == n / 2) check(n);
    out.emit(n);
    if (n % 2) sides.emit(odds, n);
  }
};
using repeating = flow::flat_map_operator<int, int, decltype(repeat), divert>;
std::vector<flow::side_output> const one_side{{"odd", &flow::batch_type_of<int>}};
}  // namespace

TEST_CASE("what a flat_map emits for a record before it fails is taken back, side outputs included, wherever it is held up") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    bool const stamped = random() % 2;
    rig<int, repeating> r(1 + random() % 5, repeat, one_side);
    std::vector<int> main, side;
    std::vector<std::int64_t> times;
    std::vector<failed> failures;
    for (int batches = 0; batches < 5; ++batches) {
      std::vector<int> given;
      std::vector<std::int64_t> at;
      for (std::size_t n = random() % 8; n > 0; --n) {
        int const v = static_cast<int>(random() % 20);
        given.push_back(v);
        if (stamped) at.push_back(v + 100);
        if (v % 3 == 0 && v > 0) failures.push_back(failure_of(v));
        for (int i = 0; v % 3 != 0 && i < v; ++i) {
          main.push_back(v);
          if (stamped) times.push_back(v + 100);
          if (v % 2) side.push_back(v);
        }
      }
      for (auto* const room : {&r.out.room, &r.failures.room, &r.side.room}) *room = random() % 2 ? 1 + random() % 3 : 100;
      r.give(batch_of<int>(given, at));
      for (int rounds = 0; r.op.suspended(); ++rounds) {
        REQUIRE(rounds < 1000);
        for (auto* const room : {&r.out.room, &r.failures.room, &r.side.room}) *room = 1;
        r.op.resume();
      }
    }
    REQUIRE(r.out.records == main);
    REQUIRE(r.out.times == times);
    REQUIRE(r.side.records == side);
    REQUIRE(r.failures.records == failures);
    CHECK(r.op.counters().bad.value() == failures.size());
    CHECK(r.out.received_unready + r.failures.received_unready + r.side.received_unready == 0);
  }
}

TEST_CASE("a call that emits more than it may is taken back too, and its record says so") {
  rig<int, repeating> r(4, repeat, one_side);
  r.give(batch_of<int>({2, 100'000, 4}));
  CHECK(r.out.records == std::vector{2, 2, 4, 4, 4, 4});
  REQUIRE(r.failures.records.size() == 1);
  CHECK(r.failures.records[0].record == 100'000);
  CHECK_THAT(r.failures.records[0].reason, Catch::Contains("more than 65536 bytes") && Catch::Contains("max-call-output"));
}

TEST_CASE("what an operator further down throws is no failure of the record that was being mapped") {
  auto const picky = [](int n) { if (n == 4) throw std::runtime_error("four"); return n; };
  flow::map_operator<int, int, decltype(picky)> next("next", picky);
  next.start(recording::context());
  rig<int, repeating> r(1, repeat, one_side);
  r.op.port(0).connect(next);
  CHECK_THROWS_WITH(r.give(batch_of<int>({1, 2, 4, 5})), "operator 'next': the function threw: four; the record was 4");
  CHECK(r.failures.records.empty());
}

TEST_CASE("anything that is thrown diverts the record") {
  auto const odd = [](int n) {
    if (n == 1) throw 42;
    if (n == 2) throw flow::error(flow::error_code::io, "the disk is full");
    return n;
  };
  rig<int, flow::map_operator<int, int, decltype(odd), divert>> r(4, odd);
  r.give(batch_of<int>({1, 2, 3}));
  CHECK(r.out.records == std::vector{3});
  CHECK(r.failures.records == std::vector<failed>{{1, "threw something that is no std::exception", 1}, {2, "the disk is full", 1}});
}
