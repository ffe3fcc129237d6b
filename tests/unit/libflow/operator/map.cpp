#include <catch2/catch.hpp>

#include <stdexcept>

#include <flow/operator/map.hpp>

#include "../recording.hpp"

namespace {
using recording::alone;
using recording::batch_of;
using recording::records_of;

template <class In, class Out, class F>
auto map_alone(F f, std::uint32_t batch_size = 4) {
  return alone<Out, flow::map_operator<In, Out, F>>(batch_size, f);
}
template <class F>
flow::error error_of(F f) {
  try {
    f();
  } catch (flow::error const& e) {
    return e;
  }
  throw std::logic_error("no flow::error was thrown");
}
}  // namespace

TEST_CASE("map gives one record for one, with its event time and without its key's hash") {
  auto to_text = map_alone<int, std::string>([](int n) { return std::to_string(n); });
  to_text.give(batch_of<int>({1, 22, 333}, {10, 20, 30}, {7, 8, 9}));
  to_text.give(batch_of<int>({4}));
  CHECK(to_text.out.records == std::vector<std::string>{"1", "22", "333", "4"});
  CHECK(to_text.out.times == std::vector<std::int64_t>{10, 20, 30});
  CHECK(to_text.out.hashes.empty());
  CHECK(to_text.op.counters().records_in.value() == 4);
  CHECK(to_text.op.counters().processed.value() == 4);
  CHECK(to_text.op.counters().records_out.value() == 4);
}

TEST_CASE("map takes batches larger than the batch size and of any size in turn") {
  auto half = map_alone<int, double>([](int n) { return n / 2.0; }, 2);
  std::vector<double> expected;
  for (int size : {1, 9, 3, 100, 2}) {
    std::vector<int> records(static_cast<std::size_t>(size), size);
    half.give(batch_of(records));
    expected.insert(expected.end(), records.size(), size / 2.0);
  }
  CHECK(half.out.records == expected);
}

TEST_CASE("map leaves a batch that others read as it is, and its output may be kept") {
  auto longer = map_alone<std::string, std::string>([](std::string const& s) { return s + "!"; });
  longer.out.keep = true;
  auto const first = batch_of<std::string>({"a", "b"}), second = batch_of<std::string>({"c"});
  longer.give(first);
  longer.give(second);
  CHECK(records_of<std::string>(first) == std::vector<std::string>{"a", "b"});
  REQUIRE(longer.out.kept.size() == 2);
  CHECK(records_of<std::string>(longer.out.kept[0]) == std::vector<std::string>{"a!", "b!"});
  CHECK(records_of<std::string>(longer.out.kept[1]) == std::vector<std::string>{"c!"});
}

TEST_CASE("an exception of map's function names the operator and the record") {
  auto picky = map_alone<std::string, int>([](std::string const& s) { return s == "bad" ? throw std::runtime_error("not good") : 1; });
  auto const e = error_of([&] { picky.give(batch_of<std::string>({"a", "bad", "c"})); });
  CHECK(e.code() == flow::error_code::user_function);
  CHECK(e.operator_name() == "the-operator");
  CHECK(e.message() == "the function threw: not good; the record was \"bad\"");
  auto odd = map_alone<int, int>([](int n) { return n == 3 ? throw 5 : n; });
  CHECK(error_of([&] { odd.give(batch_of<int>({1, 2, 3})); }).message() ==
        "the function threw something that is no std::exception; the record was 3");
  auto coded = map_alone<int, int>([](int n) { return n == 3 ? throw flow::error(flow::error_code::not_found, "no 3") : n; });
  auto const c = error_of([&] { coded.give(batch_of<int>({3})); });
  CHECK(c.code() == flow::error_code::not_found);
  CHECK(std::string(c.what()) == "operator 'the-operator': no 3; the record was 3");
}

TEST_CASE("batch_map sees a whole batch at once, the spans of one length") {
  auto running = [](std::span<int const> in, std::span<int> out) {
    REQUIRE(in.size() == out.size());
    int sum = 0;
    for (std::size_t i = 0; i < in.size(); ++i) out[i] = sum += in[i];
  };
  alone<int, flow::batch_map_operator<int, int, decltype(running)>> sums(2, running);
  sums.give(batch_of<int>({1, 2, 3}, {5, 6, 7}));
  sums.give(batch_of<int>({10, 1}, {8, 9}));
  CHECK(sums.out.records == std::vector{1, 3, 6, 10, 11});
  CHECK(sums.out.times == std::vector<std::int64_t>{5, 6, 7, 8, 9});
}

TEST_CASE("what a batch_map's function throws is said of the batch, for which it was called") {
  auto throwing = [](std::span<int const>, std::span<int>) { throw std::runtime_error("no luck"); };
  alone<int, flow::batch_map_operator<int, int, decltype(throwing)>> op(2, throwing);
  CHECK_THROWS_WITH(op.give(batch_of<int>({7, 8})), "operator 'the-operator': the function threw: no luck; it was called for 2 records, the first of them 7");
}

TEST_CASE("control passes through an operator in its place") {
  auto same = map_alone<int, int>([](int n) { return n; });
  same.give(batch_of<int>({1}));
  same.op.watermark(recording::at(5));
  same.op.idle();
  same.op.pass({3, 2});
  same.give(batch_of<int>({1, 2}));
  same.op.end();
  CHECK(same.out.log == std::vector<std::string>{"1 record", "watermark 5", "idle", "barrier 3", "watermark 5", "2 records", "end"});
  CHECK(same.op.counters().watermark.load() == recording::at(5));
}

TEST_CASE("an operator is ready when all its outputs are, and its records without a reader are counted") {
  auto same = map_alone<int, int>([](int n) { return n; });
  CHECK(same.op.ready());
  same.out.room = 0;
  CHECK_FALSE(same.op.ready());
  auto const f = [](int n) { return n; };
  flow::map_operator<int, int, decltype(f)> unread("m", f);
  unread.start(recording::context());
  auto b = batch_of<int>({1, 2, 3});
  unread.receive(b);
  CHECK(unread.counters().unread.value() == 3);
}

TEST_CASE("two readers of one output get the same batch to read, the last alone may own it") {
  auto const f = [](int n) { return n; };
  flow::map_operator<int, int, decltype(f)> op("m", f);
  recording::recorder<int> first, second;
  op.port(0).connect(first);
  op.port(0).connect(second);
  op.start(recording::context());
  auto b = batch_of<int>({1, 2});
  op.receive(b);
  CHECK(first.records == std::vector{1, 2});
  CHECK(second.records == std::vector{1, 2});
  CHECK(first.was_unique == std::vector{false});
  CHECK(second.was_unique == std::vector{true});
}
