#include <catch2/catch.hpp>

#include <random>
#include <stdexcept>

#include <flow/operator/filter.hpp>

#include "../recording.hpp"

namespace {
using recording::alone;
using recording::batch_of;
using recording::records_of;

template <class T>
T make(std::uint64_t n) {
  if constexpr (std::is_same_v<T, std::string>) return "a text too long to be small, numbered " + std::to_string(n);
  else return static_cast<T>(n);
}

/// Filters random batches in every shape and compares with std::copy_if.
template <class T>
void check_filter(bool stamped, bool hashed, bool shared, std::uint64_t seed) {
  INFO("seed " << seed << (stamped ? " timestamps" : "") << (hashed ? " hashes" : "") << (shared ? " shared" : ""));
  std::mt19937_64 random(seed);
  auto const keep = [&](T const& r) { return r < make<T>(5); };
  alone<T, flow::filter_operator<T, decltype(keep)>> filter(8, keep);
  std::vector<T> expected;
  std::vector<std::int64_t> expected_times;
  std::vector<std::uint64_t> expected_hashes;
  std::uint64_t all = 0;
  for (int i = 0; i < 50; ++i) {
    std::vector<T> records;
    std::vector<std::int64_t> times;
    std::vector<std::uint64_t> hashes;
    for (auto n = random() % 20; n > 0; --n) {
      records.push_back(make<T>(random() % 10));
      if (stamped) times.push_back(static_cast<std::int64_t>(random() % 100));
      if (hashed) hashes.push_back(random());
      if (!keep(records.back())) continue;
      expected.push_back(records.back());
      if (stamped) expected_times.push_back(times.back());
      if (hashed) expected_hashes.push_back(hashes.back());
    }
    all += records.size();
    auto b = batch_of(records, times, hashes);
    auto const other = shared ? b : flow::batch_ref{};
    filter.give(std::move(b));
    if (shared) REQUIRE(records_of<T>(other) == records);
  }
  REQUIRE(filter.out.records == expected);
  REQUIRE(filter.out.times == expected_times);
  REQUIRE(filter.out.hashes == expected_hashes);
  auto const& c = filter.op.counters();
  REQUIRE(c.records_in.value() == all);
  REQUIRE(c.processed.value() == expected.size());
  REQUIRE(c.filtered.value() == all - expected.size());
  REQUIRE(c.records_out.value() == expected.size());
}
}  // namespace

TEST_CASE("filter keeps what its function says, with its columns, and changes no shared batch") {
  std::uint64_t seed = 50;
  for (bool const stamped : {false, true})
    for (bool const hashed : {false, true})
      for (bool const shared : {false, true}) {
        check_filter<int>(stamped, hashed, shared, ++seed);
        check_filter<std::string>(stamped, hashed, shared, ++seed);
      }
}

TEST_CASE("a batch of which nothing is kept is not passed on") {
  auto const none = [](int) { return false; };
  alone<int, flow::filter_operator<int, decltype(none)>> filter(4, none);
  filter.give(batch_of<int>({1, 2}));
  auto const shared = batch_of<int>({3});
  filter.give(shared);
  CHECK(filter.out.log.empty());
}

TEST_CASE("an exception of filter's function names the record, also when others were moved before it") {
  for (bool const shared : {false, true}) {
    auto const picky = [](std::string const& s) { return s == "bad" ? throw std::runtime_error("no") : s != "drop"; };
    alone<std::string, flow::filter_operator<std::string, decltype(picky)>> filter(4, picky);
    auto b = batch_of<std::string>({"drop", "a", "drop", "b", "bad", "c"}, {1, 2, 3, 4, 5, 6});
    auto const other = shared ? b : flow::batch_ref{};
    CHECK_THROWS_WITH(filter.give(std::move(b)), "operator 'the-operator': the function threw: no; the record was \"bad\"");
  }
}

TEST_CASE("branch sends each record to one of its outputs, with its columns, and changes no shared batch") {
  std::uint64_t const seed = 71;
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  for (bool const shared : {false, true}) {
    auto const is_even = [](std::string const& s) { return (s.back() - '0') % 2 == 0; };
    alone<std::string, flow::branch_operator<std::string, decltype(is_even)>> branch(4, is_even);
    std::vector<std::string> expected[2];
    std::vector<std::int64_t> expected_times[2];
    for (int i = 0; i < 30; ++i) {
      std::vector<std::string> records;
      std::vector<std::int64_t> times;
      for (auto n = random() % 12; n > 0; --n) {
        records.push_back(make<std::string>(random() % 100));
        times.push_back(static_cast<std::int64_t>(random() % 100));
        int const port = is_even(records.back()) ? 0 : 1;
        expected[port].push_back(records.back());
        expected_times[port].push_back(times.back());
      }
      auto b = batch_of(records, times);
      auto const other = shared ? b : flow::batch_ref{};
      branch.give(std::move(b));
      if (shared) REQUIRE(records_of<std::string>(other) == records);
    }
    for (int port : {0, 1}) {
      CHECK(branch.outputs[static_cast<std::size_t>(port)].records == expected[port]);
      CHECK(branch.outputs[static_cast<std::size_t>(port)].times == expected_times[port]);
    }
    CHECK(branch.op.counters().processed.value() == expected[0].size() + expected[1].size());
  }
}

TEST_CASE("an exception of branch's function names the record and control goes to both outputs") {
  auto const picky = [](int n) { return n == 3 ? throw std::runtime_error("three") : n > 3; };
  alone<int, flow::branch_operator<int, decltype(picky)>> branch(4, picky);
  CHECK_THROWS_WITH(branch.give(batch_of<int>({2, 3})), Catch::Contains("the record was 3"));
  branch.op.watermark(recording::at(1));
  branch.op.end();
  for (auto const& out : branch.outputs) CHECK(out.log == std::vector<std::string>{"watermark 1", "end"});
}
