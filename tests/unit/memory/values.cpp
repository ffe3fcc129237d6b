#include <catch2/catch.hpp>

#include <numeric>
#include <string>
#include <vector>

#include <flow/memory.hpp>

#include "reading.hpp"

using reading::whole_source;
using strings = std::vector<std::string>;

namespace {
std::vector<int> numbers(int count) {
  std::vector<int> all(static_cast<std::size_t>(count));
  std::iota(all.begin(), all.end(), 0);
  return all;
}
}  // namespace

TEST_CASE("a source of values delivers them in order and ends") {
  whole_source<std::string> read(flow::memory::values(strings{"a", "b", "c"}));
  CHECK(read.poll(2) == strings{"a", "b"});
  CHECK(read.last.status == flow::poll_status::records);
  CHECK(read.last.split == 10);
  CHECK(read.poll(2) == strings{"c"});
  CHECK(read.last.status == flow::poll_status::split_end);
  CHECK(read.poll(2).empty());
  CHECK(read.last.status == flow::poll_status::nothing);
  CHECK_FALSE(read.last.retry_after.has_value());
}

TEST_CASE("a source of no values ends at its first poll") {
  whole_source<int> read(flow::memory::values(std::vector<int>{}));
  CHECK(read.poll(4).empty());
  CHECK(read.last.status == flow::poll_status::split_end);
}

TEST_CASE("values are divided into contiguous splits whose sizes differ by at most one") {
  auto const source = flow::memory::values(numbers(11), 4);
  auto const splits = source.make_enumerator()->discover();
  REQUIRE(splits.size() == 4);
  std::vector<int> all;
  for (auto const& split : splits) {
    CHECK(split.position.empty());
    auto const part = reading::rest_of(source, split.id, "", 100);
    CHECK((part.size() == 2 || part.size() == 3));
    all.insert(all.end(), part.begin(), part.end());
  }
  CHECK(all == numbers(11));
}

TEST_CASE("more splits than values leave some splits empty") {
  whole_source<int> read(flow::memory::values(numbers(2), 5));
  CHECK(read.drain(8) == numbers(2));
}

TEST_CASE("splits of values are read in turn, a batch of one per poll") {
  whole_source<int> read(flow::memory::values(numbers(6), 2));
  CHECK(read.poll(2) == std::vector{0, 1});
  CHECK(read.last.split == 10);
  CHECK(read.poll(2) == std::vector{3, 4});
  CHECK(read.last.split == 11);
  CHECK(read.poll(2) == std::vector{2});
  CHECK(read.last.split == 10);
  CHECK(read.last.status == flow::poll_status::split_end);
  CHECK(read.poll(2) == std::vector{5});
  CHECK(read.last.split == 11);
}

TEST_CASE("after every poll the position of a split of values continues it exactly, in this reader and in another") {
  auto const source = flow::memory::values(numbers(10), 3);
  for (auto const& split : source.make_enumerator()->discover()) {
    for (std::uint32_t capacity : {1u, 2u, 3u, 7u}) {
      auto const whole = reading::rest_of(source, split.id, "", 100);
      auto const reader = source.make_reader();
      reader->assign(0, split);
      std::size_t delivered = 0;
      for (bool more = true; more;) {
        flow::batch<int> batch(capacity);
        more = reader->poll(batch).status == flow::poll_status::records;
        delivered += batch.size();
        std::vector<int> const expected(whole.begin() + static_cast<std::ptrdiff_t>(delivered), whole.end());
        std::string const position = reader->position(0);
        CHECK(reading::rest_of(source, split.id, position, 100) == expected);

        flow::batch<int> again(100);
        reader->poll(again);
        reader->seek(0, position);
        CHECK(reader->position(0) == position);
      }
      CHECK(delivered == whole.size());
    }
  }
}

TEST_CASE("a split of values that has ended can be read again after a seek") {
  whole_source<int> read(flow::memory::values(numbers(3)));
  read.drain(8);
  read.reader->seek(10, "1");
  CHECK(read.poll(8) == std::vector{1, 2});
  CHECK(read.last.status == flow::poll_status::split_end);
}

TEST_CASE("a paused split of values is not read until it is resumed") {
  whole_source<int> read(flow::memory::values(numbers(8), 2));
  read.reader->pause(10, true);
  CHECK(read.poll(2) == std::vector{4, 5});
  CHECK(read.poll(2) == std::vector{6, 7});
  CHECK(read.poll(2).empty());
  CHECK(read.last.status == flow::poll_status::nothing);
  read.reader->pause(10, false);
  CHECK(read.poll(2) == std::vector{0, 1});
}

TEST_CASE("a reader of values without a split has nothing") {
  auto const reader = flow::memory::values(numbers(3)).make_reader();
  flow::batch<int> batch(4);
  CHECK(reader->poll(batch).status == flow::poll_status::nothing);
}

TEST_CASE("a position or split that is none of these values is refused") {
  auto const source = flow::memory::values(numbers(10), 2);
  auto const bad = flow::error_code::bad_record;
  for (std::string const position : {"x", "-1", "1x", "6", "99999999999999999999"})
    CHECK(reading::code_of([&] { reading::rest_of(source, "0", position, 1); }) == bad);
  for (std::string const id : {"", "2", "first"})
    CHECK(reading::code_of([&] { reading::rest_of(source, id, "", 1); }) == bad);
  CHECK(reading::code_of([] { flow::memory::values(numbers(1), 0); }) == flow::error_code::usage);
  CHECK(reading::code_of([&] { source.make_reader()->position(3); }) == flow::error_code::internal);
}
