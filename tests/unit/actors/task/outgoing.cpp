#include <catch2/catch.hpp>

#include <algorithm>
#include <deque>
#include <random>

#include "task/outgoing.hpp"

#include <flow/record/key.hpp>

#include "wire.hpp"

namespace {
using namespace std::chrono_literals;
using wire::at;
using wire::batch_of;
using flow::partitioning;
using lines = std::vector<std::string>;

/// An exchange to `n` targets, the receivers' credit in a test's hands.
struct exchange {
  exchange(partitioning how, std::size_t n, flow::settings const& s = {}, std::size_t window = 1 << 20)
      : out(5, how, wire::targets(n, window), s, transport, counters) {}
  void give(std::vector<int> const& records, std::vector<std::uint64_t> const& hashes = {}) {
    auto b = batch_of(records, {}, hashes);
    out.receive(b);
  }
  /// The receivers are done with everything that was sent and not yet paid back.
  void pay_back() {
    for (; paid < transport.sent.size(); ++paid) {
      auto const& s = transport.sent[paid];
      if (s.what.records) out.take({5, s.channel, s.what.bytes, {}});
    }
  }
  void rest() { out.tick(now += 1us, true); }

  wire::transport transport;
  flow::task_counters counters;
  flow::outgoing out;
  std::size_t paid = 0;
  std::chrono::nanoseconds now{1'000'000};
};

std::vector<int> numbers(int n, int first = 0) {
  std::vector<int> all;
  for (int i = 0; i < n; ++i) all.push_back(first + i);
  return all;
}
}  // namespace

TEST_CASE("hash partitioning sends a record to the subtask that owns its key's group") {
  for (std::uint32_t const batch_size : {1u, 7u, 1024u}) {
    std::uint64_t const seed = 80 + batch_size;
    INFO("seed " << seed << " batch size " << batch_size);
    std::mt19937_64 random(seed);
    auto const s = flow::settings{}.batch_size(batch_size);
    exchange e(partitioning::hash, 5, s, 1 << 30);
    std::vector<std::vector<int>> expected(5);
    for (int i = 0; i < 40; ++i) {
      std::vector<int> records;
      std::vector<std::uint64_t> hashes;
      for (auto n = random() % 200; n > 0; --n) {
        records.push_back(static_cast<int>(random() % 1'000));
        hashes.push_back(flow::hash_of(records.back()));
        auto const group = flow::key_group_of(hashes.back(), s.max_parallelism());
        expected[flow::subtask_of_group(group, 5, s.max_parallelism())].push_back(records.back());
      }
      auto b = batch_of(records, {}, hashes);
      auto const shared = i % 2 ? b : flow::batch_ref{};
      e.out.receive(b);
      if (shared) REQUIRE(recording::records_of<int>(shared) == records);
    }
    e.rest();
    for (std::uint32_t t = 0; t < 5; ++t) {
      REQUIRE(e.transport.records<int>(t) == expected[t]);
      auto const sizes = e.transport.sizes(t);
      for (std::size_t b = 0; b + 1 < sizes.size(); ++b) {  // all but the last are full, and room is left for a chunk at most
        REQUIRE(sizes[b] >= batch_size);
        REQUIRE(sizes[b] < batch_size + std::min(256u, batch_size));
      }
    }
    REQUIRE(e.out.drained());
  }
}

TEST_CASE("custom partitioning sends a record to the subtask that its number says") {
  exchange e(partitioning::custom, 3);
  e.give({1, 2, 3, 4, 5}, {0, 1, 2, 3, 5});
  e.rest();
  CHECK(e.transport.records<int>(0) == std::vector{1, 4});
  CHECK(e.transport.records<int>(1) == std::vector{2});
  CHECK(e.transport.records<int>(2) == std::vector{3, 5});
}

TEST_CASE("forwarded batches go as they are when half full, smaller ones are put together") {
  for (std::uint32_t const batch_size : {1u, 7u, 1024u}) {
    INFO("batch size " << batch_size);
    exchange e(partitioning::forward, 1, flow::settings{}.batch_size(batch_size), 1 << 30);
    auto full = batch_of(numbers(static_cast<int>(batch_size)));
    auto const* const memory = &*full;
    e.out.receive(full);
    REQUIRE(e.transport.sent.size() == 1);
    CHECK(&*e.transport.sent[0].what.records == memory);
    int next = static_cast<int>(batch_size);
    for (int i = 0; i < 100; ++i, ++next) e.give({next});
    e.rest();
    CHECK(e.transport.records<int>() == numbers(next));
    for (auto const size : e.transport.sizes()) CHECK(size <= batch_size);
    CHECK(e.transport.sizes().size() == 1 + (100 + batch_size - 1) / batch_size);
  }
}

TEST_CASE("rebalanced batches go to the targets in turn") {
  exchange e(partitioning::rebalance, 3, flow::settings{}.batch_size(2));
  for (int i = 0; i < 6; ++i) e.give({i, i});
  CHECK(e.transport.records<int>(0) == std::vector{0, 0, 3, 3});
  CHECK(e.transport.records<int>(1) == std::vector{1, 1, 4, 4});
  CHECK(e.transport.records<int>(2) == std::vector{2, 2, 5, 5});
}

TEST_CASE("broadcast batches reach every target, once in memory") {
  exchange e(partitioning::broadcast, 3, flow::settings{}.batch_size(4));
  auto const shared = batch_of<int>({100, 101});
  auto b = shared;
  e.out.receive(b);
  e.give({1, 2, 3, 4, 5, 6, 7});
  e.give({8, 9, 10});
  e.rest();
  for (std::uint32_t t = 0; t < 3; ++t) CHECK(e.transport.records<int>(t) == std::vector{100, 101, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
  CHECK(&*e.transport.sent[0].what.records == &*e.transport.sent[1].what.records);
  CHECK(recording::records_of<int>(shared) == std::vector{100, 101});
  for (std::size_t i = 0; i < e.transport.sent.size(); ++i) CHECK_FALSE(e.transport.sent[i].what.records.unique());
}

TEST_CASE("what is in flight exceeds the window by one batch at most, and nothing is lost while credit comes and goes") {
  for (auto const how : {partitioning::forward, partitioning::hash, partitioning::broadcast, partitioning::rebalance}) {
    std::uint64_t const seed = 90;
    INFO("seed " << seed << " " << name_of(how));
    std::mt19937_64 random(seed);
    std::size_t const targets = how == partitioning::forward ? 1 : 3, window = 600;
    exchange e(how, targets, flow::settings{}.batch_size(16), window);
    std::vector<std::size_t> held(targets, 0), largest(targets, 0);
    std::vector<int> given;
    std::size_t seen = 0;
    std::deque<std::pair<std::uint32_t, std::size_t>> unpaid;
    for (int round = 0; round < 3'000; ++round) {
      if (e.out.ready() && round < 2'500) {
        std::vector<std::uint64_t> hashes;
        std::vector<int> records = numbers(static_cast<int>(random() % 20), static_cast<int>(given.size()));
        for (int const r : records) hashes.push_back(flow::hash_of(r)), given.push_back(r);
        e.give(records, hashes);
      }
      if (random() % 4 == 0) e.out.tick(e.now += 1ms, random() % 2 == 0);
      for (; seen < e.transport.sent.size(); ++seen) {
        auto const& s = e.transport.sent[seen];
        REQUIRE(held[s.channel] < window);  // there was credit before
        held[s.channel] += s.what.bytes;
        unpaid.emplace_back(s.channel, s.what.bytes);
      }
      if (!unpaid.empty() && (random() % 3 == 0 || round >= 2'500)) {
        auto const [channel, bytes] = unpaid.front();
        unpaid.pop_front();
        held[channel] -= bytes;
        e.out.take({5, channel, bytes, {}});
      }
      std::size_t sum = 0;
      for (auto const h : held) sum += h;
      for (; seen < e.transport.sent.size(); ++seen) {
        held[e.transport.sent[seen].channel] += e.transport.sent[seen].what.bytes;
        sum += e.transport.sent[seen].what.bytes;
        unpaid.emplace_back(e.transport.sent[seen].channel, e.transport.sent[seen].what.bytes);
      }
      REQUIRE(e.out.in_flight() == sum);
    }
    e.rest();
    for (int i = 0; i < 100; ++i) e.pay_back(), e.rest();
    REQUIRE(e.out.drained());
    std::vector<int> found;
    for (std::uint32_t t = 0; t < (how == partitioning::broadcast ? 1 : targets); ++t)
      for (int const r : e.transport.records<int>(t)) found.push_back(r);
    if (targets > 1) std::sort(found.begin(), found.end());
    REQUIRE(found == given);
    for (std::uint32_t t = 0; t < targets; ++t) {
      std::uint64_t next = 0;
      for (auto const& s : e.transport.sent)
        if (s.channel == t) REQUIRE(s.what.sequence == next++);
    }
  }
}

TEST_CASE("without credit the exchange is not ready, and waiting batches go in order when it comes") {
  exchange e(partitioning::forward, 1, flow::settings{}.batch_size(2), 1);
  e.give({1, 2});
  CHECK(e.out.ready());
  e.give({3, 4});
  CHECK_FALSE(e.out.ready());
  e.give({5, 6});
  CHECK(e.transport.records<int>() == std::vector{1, 2});
  CHECK(e.counters.late_batches_waiting.value() == 2);
  e.pay_back();
  CHECK(e.out.ready());
  CHECK(e.transport.records<int>() == std::vector{1, 2, 3, 4, 5, 6});
  CHECK(e.counters.bytes_sent.value() == 3 * e.transport.sent[0].what.bytes);
}

TEST_CASE("emptied batches that come back are used again") {
  exchange e(partitioning::hash, 2, flow::settings{}.batch_size(4));
  e.give(numbers(8), std::vector<std::uint64_t>(8, 0));
  REQUIRE(!e.transport.sent.empty());
  auto emptied = std::move(e.transport.sent[0].what.records);
  auto const* const memory = &*emptied;
  emptied->clear();
  std::vector<flow::batch_ref> back;
  back.push_back(std::move(emptied));
  e.transport.sent.clear();
  e.out.take({5, 0, 1, std::move(back)});
  for (int i = 0; i < 2; ++i) e.give(numbers(4), std::vector<std::uint64_t>(4, 0));
  bool used = false;
  for (auto const& s : e.transport.sent) used |= &*s.what.records == memory;
  CHECK(used);
}
