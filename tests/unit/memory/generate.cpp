#include <catch2/catch.hpp>

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include <flow/memory.hpp>

#include "reading.hpp"

using namespace std::chrono_literals;
using reading::whole_source;
using indices = std::vector<std::uint64_t>;

namespace {
std::uint64_t itself(std::uint64_t index) { return index; }

auto counting(std::uint64_t count) { return flow::memory::generate<std::uint64_t>(count, itself); }

indices range(std::uint64_t first, std::uint64_t end) {
  indices all(end - first);
  std::iota(all.begin(), all.end(), first);
  return all;
}
}  // namespace

TEST_CASE("a generator delivers f of every index once, whatever the splits, blocks and batches") {
  for (std::uint64_t count : {0u, 1u, 255u, 256u, 257u, 1000u})
    for (std::uint32_t splits : {1u, 2u, 3u, 8u})
      for (std::uint32_t block : {1u, 7u, 256u})
        for (std::uint32_t capacity : {1u, 5u, 1024u}) {
          whole_source<std::uint64_t> read(counting(count).splits(splits).block(block).make());
          auto all = read.drain(capacity);
          std::sort(all.begin(), all.end());
          REQUIRE(all == range(0, count));
        }
}

TEST_CASE("a generator of one split delivers in order of the index, in full batches") {
  whole_source<std::uint64_t> read(counting(700).make());
  CHECK(read.poll(600) == range(0, 600));
  CHECK(read.last.status == flow::poll_status::records);
  CHECK(read.poll(600) == range(600, 700));
  CHECK(read.last.status == flow::poll_status::split_end);
  CHECK(read.poll(600).empty());
  CHECK(read.last.status == flow::poll_status::nothing);
}

TEST_CASE("split s of n makes blocks s, s + n, s + 2n") {
  auto const source = counting(20).splits(3).block(4).make();
  CHECK(reading::rest_of(source, "0", "", 100) == indices{0, 1, 2, 3, 12, 13, 14, 15});
  CHECK(reading::rest_of(source, "1", "", 100) == indices{4, 5, 6, 7, 16, 17, 18, 19});
  CHECK(reading::rest_of(source, "2", "", 100) == indices{8, 9, 10, 11});
}

TEST_CASE("a generator makes records that own memory") {
  auto const text = [prefix = std::string("a prefix too long to be kept in place ")](std::uint64_t i) {
    return prefix + std::to_string(i);
  };
  whole_source<std::string> read(flow::memory::generate<std::string>(3, text).make());
  CHECK(read.drain(2) == std::vector{text(0), text(1), text(2)});
}

TEST_CASE("a generator appends behind the records that a batch already has") {
  auto const reader = counting(5).make().make_reader();
  reader->assign(0, {"0", ""});
  flow::batch<std::uint64_t> batch(4);
  batch.emplace_back(77u);
  CHECK(reader->poll(batch).status == flow::poll_status::records);
  CHECK(indices(batch.begin(), batch.end()) == indices{77, 0, 1, 2});
}

TEST_CASE("after every poll the position of a generator's split continues it exactly, in this reader and in another") {
  auto const source = counting(50).splits(2).block(6).make();
  for (auto const& split : source.make_enumerator()->discover()) {
    auto const whole = reading::rest_of(source, split.id, "", 100);
    for (std::uint32_t capacity : {1u, 4u, 6u, 11u}) {
      auto const reader = source.make_reader();
      reader->assign(0, split);
      std::size_t delivered = 0;
      for (bool more = true; more;) {
        flow::batch<std::uint64_t> batch(capacity);
        more = reader->poll(batch).status == flow::poll_status::records;
        delivered += batch.size();
        indices const expected(whole.begin() + static_cast<std::ptrdiff_t>(delivered), whole.end());
        std::string const position = reader->position(0);
        CHECK(reading::rest_of(source, split.id, position, 100) == expected);

        flow::batch<std::uint64_t> again(100);
        reader->poll(again);
        reader->seek(0, position);
        CHECK(reader->position(0) == position);
      }
      CHECK(delivered == whole.size());
    }
  }
}

TEST_CASE("a paused split of a generator is not read until it is resumed") {
  whole_source<std::uint64_t> read(counting(flow::memory::unbounded).splits(2).block(2).make());
  read.reader->pause(11, true);
  CHECK(read.poll(2) == indices{0, 1});
  CHECK(read.poll(2) == indices{4, 5});
  read.reader->pause(10, true);
  CHECK(read.poll(2).empty());
  CHECK(read.last.status == flow::poll_status::nothing);
  read.reader->pause(11, false);
  CHECK(read.poll(2) == indices{2, 3});
}

TEST_CASE("a generator with a rate delivers what is due and says when the next record will be") {
  flow::manual_clock clock;
  clock.advance(5s);  // the source's time starts at its first poll
  whole_source<std::uint64_t> read(counting(flow::memory::unbounded).per_second(1000).make(), &clock);
  CHECK(read.poll(1024).empty());
  CHECK(read.last.status == flow::poll_status::nothing);
  CHECK(read.last.retry_after == 1ms);

  clock.advance(1ms - 1ns);
  CHECK(read.poll(1024).empty());
  CHECK(read.last.retry_after == 1ns);
  clock.advance(1ns);
  CHECK(read.poll(1024) == indices{0});
  clock.advance(999ms);
  CHECK(read.poll(1024) == range(1, 1000));
  CHECK(read.last.status == flow::poll_status::records);
  CHECK(read.poll(1024).empty());
  CHECK(read.last.retry_after == 1ms);
}

TEST_CASE("a generator with a rate that was not polled catches up") {
  flow::manual_clock clock;
  whole_source<std::uint64_t> read(counting(250).per_second(100).make(), &clock);
  read.poll(1);
  clock.advance(2s);
  CHECK(read.drain(64) == range(0, 200));
  clock.advance(1h);
  CHECK(read.drain(64) == range(200, 250));
  CHECK(read.last.status == flow::poll_status::split_end);
}

TEST_CASE("the splits of a generator share its rate") {
  flow::manual_clock clock;
  whole_source<std::uint64_t> read(counting(flow::memory::unbounded).per_second(1000).splits(4).block(10).make(),
                                   &clock);
  read.drain(64);
  std::size_t delivered = 0;
  for (int ms = 1; ms <= 200; ++ms) {
    clock.advance(1ms);
    delivered += read.drain(64).size();
    CHECK(delivered == static_cast<std::size_t>(ms));
  }
}

TEST_CASE("a generator with a rate that is restored continues at its rate from where it was") {
  flow::manual_clock clock;
  auto const source = counting(flow::memory::unbounded).per_second(1000).make();
  auto const reader = source.make_reader();
  flow::connector_context context;
  context.clock = &clock;
  reader->open(context);
  reader->assign(0, {"0", "5000"});
  flow::batch<std::uint64_t> batch(64);
  CHECK(reader->poll(batch).retry_after == 1ms);
  clock.advance(2ms);
  reader->poll(batch);
  CHECK(indices(batch.begin(), batch.end()) == indices{5000, 5001});
}

TEST_CASE("a rate is exact after a year: the time of a record is the first at which it is due") {
  for (std::uint64_t per_second : {1u, 3u, 7u, 1000u, 999'999'937u}) {
    flow::memory::rate const rate(per_second);
    for (std::uint64_t seconds : {0u, 1u, 3600u, 31'536'000u})
      for (std::uint64_t extra : {1u, 2u, 12'345u}) {
        std::uint64_t const n = seconds * per_second + extra;
        auto const time = rate.time_of(n);
        CHECK(rate.due_after(time) >= n);
        CHECK(rate.due_after(time - 1ns) < n);
      }
    CHECK(rate.due_after(31'536'000s) == 31'536'000u * per_second);
  }
}

TEST_CASE("an option or position that a generator cannot keep is refused") {
  CHECK(reading::code_of([] { counting(1).splits(0); }) == flow::error_code::usage);
  CHECK(reading::code_of([] { counting(1).block(0); }) == flow::error_code::usage);
  CHECK(reading::code_of([] { counting(1).per_second(0); }) == flow::error_code::usage);
  CHECK(reading::code_of([] { counting(1).per_second(10'000'000'001); }) == flow::error_code::usage);
  auto const source = counting(100).splits(2).block(10).make();
  CHECK(reading::code_of([&] { reading::rest_of(source, "0", "10", 1); }) == flow::error_code::bad_record);
  CHECK(reading::code_of([&] { reading::rest_of(source, "0", "first", 1); }) == flow::error_code::bad_record);
  CHECK(reading::code_of([&] { reading::rest_of(source, "2", "", 1); }) == flow::error_code::bad_record);
  auto const no_clock = [] { whole_source<std::uint64_t> read(counting(1).per_second(1).make()); };
  CHECK(reading::code_of(no_clock) == flow::error_code::internal);
}

TEST_CASE("a generator knows how many records each split has, unless it never ends") {
  for (std::uint64_t count : {0u, 1u, 255u, 256u, 257u, 1000u, 4096u})
    for (std::uint32_t splits : {1u, 2u, 3u, 8u})
      for (std::uint32_t block : {1u, 7u, 256u}) {
        auto const source = counting(count).splits(splits).block(block).make();
        for (auto const& split : source.make_enumerator()->discover()) {
          REQUIRE(split.records == reading::rest_of(source, split.id, "", 100).size());
          REQUIRE_FALSE(split.bytes);
        }
      }
  for (auto const& split : counting(flow::memory::unbounded).splits(2).make().make_enumerator()->discover()) CHECK_FALSE(split.records);
}
