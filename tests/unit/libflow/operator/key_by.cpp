#include <catch2/catch.hpp>

#include <stdexcept>

#include <flow/operator/key_by.hpp>
#include <flow/operator/union.hpp>

#include "../recording.hpp"

namespace {
using recording::alone;
using recording::batch_of;
using recording::records_of;

auto const length = [](std::string const& s) { return static_cast<std::uint64_t>(s.size()); };
using hashing = flow::hash_operator<std::string, decltype(length)>;
}  // namespace

TEST_CASE("key_by fills the hash column and leaves records and event times as they are") {
  alone<std::string, hashing> op(4, length);
  op.give(batch_of<std::string>({"a", "bb", ""}, {1, 2, 3}));
  op.give(batch_of<std::string>({"cccc"}, {4}, {99}));
  CHECK(op.out.records == std::vector<std::string>{"a", "bb", "", "cccc"});
  CHECK(op.out.times == std::vector<std::int64_t>{1, 2, 3, 4});
  CHECK(op.out.hashes == std::vector<std::uint64_t>{1, 2, 0, 4});
  CHECK(op.op.counters().processed.value() == 4);
}

TEST_CASE("key_by works in place on a batch of its own and on a copy of a shared one") {
  alone<std::string, hashing> op(4, length);
  auto own = batch_of<std::string>({"a"});
  auto const* const memory = &*own;
  op.out.keep = true;
  op.give(std::move(own));
  CHECK(&*op.out.kept[0] == memory);
  auto const shared = batch_of<std::string>({"bb", "ccc"}, {5, 6});
  op.give(shared);
  CHECK_FALSE(shared->has_hashes());
  CHECK(records_of<std::string>(shared) == std::vector<std::string>{"bb", "ccc"});
  CHECK(&*op.out.kept[1] != &*shared);
  CHECK(op.out.hashes == std::vector<std::uint64_t>{1, 2, 3});
  CHECK(op.out.times == std::vector<std::int64_t>{5, 6});
}

TEST_CASE("an exception of key_by's function names the operator and the record") {
  auto const picky = [](int n) { return n == 2 ? throw std::runtime_error("two") : std::uint64_t{0}; };
  alone<int, flow::hash_operator<int, decltype(picky)>> op(4, picky);
  CHECK_THROWS_WITH(op.give(batch_of<int>({1, 2})), "operator 'the-operator': the function threw: two; the record was 2");
  CHECK_THROWS_WITH(op.give(flow::batch_ref(batch_of<int>({2}))), Catch::Contains("the record was 2"));
}

TEST_CASE("union passes batches on as they come, columns and sharing included") {
  alone<int, flow::union_operator> op(4);
  op.out.keep = true;
  op.give(batch_of<int>({1, 2}, {10, 20}, {7, 8}));
  auto const shared = batch_of<int>({3});
  op.give(shared);
  CHECK(op.out.records == std::vector{1, 2, 3});
  CHECK(op.out.times == std::vector<std::int64_t>{10, 20});
  CHECK(op.out.hashes == std::vector<std::uint64_t>{7, 8});
  CHECK(op.out.was_unique == std::vector{true, false});
  CHECK(&*op.out.kept[1] == &*shared);
  CHECK(op.op.counters().processed.value() == 3);
}
