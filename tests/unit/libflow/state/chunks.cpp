#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <random>
#include <thread>

#include <flow/state/arena.hpp>
#include <flow/state/table.hpp>

using flow::chunk_pool;

namespace {
bool is_aligned(std::byte* chunk) { return reinterpret_cast<std::uintptr_t>(chunk) % chunk_pool::chunk_bytes == 0; }
}  // namespace

TEST_CASE("a pool makes nothing ready before the first chunk is asked for") {
  int low = 0;
  chunk_pool pool([&] { ++low; });
  CHECK_FALSE(pool.prepare_one());
  CHECK(pool.ready() == 0);
  auto* const chunk = pool.take();
  CHECK(is_aligned(chunk));
  std::memset(chunk, 1, chunk_pool::chunk_bytes);
  CHECK(low == 1);
  CHECK(pool.prepare_one());
  CHECK(pool.ready() == 1);
  pool.give_back(chunk);
}

TEST_CASE("a pool that ran empty wants more, up to a limit, and hands out what is ready first") {
  chunk_pool pool;
  std::vector<std::byte*> taken;
  std::size_t before = 0;
  for (int i = 0; i < 10; ++i) {
    taken.push_back(pool.take());  // nobody makes any ready
    CHECK((pool.wanted() > before || pool.wanted() == 32));
    before = pool.wanted();
  }
  CHECK(before == 32);
  while (pool.prepare_one()) {}
  CHECK(pool.ready() == 32);
  taken.push_back(pool.take());
  CHECK(is_aligned(taken.back()));
  CHECK(pool.ready() == 31);
  CHECK(pool.wanted() == 32);
  for (auto* const c : taken) pool.give_back(c);
  CHECK(pool.ready() == 32);  // the rest went back to the operating system
}

TEST_CASE("chunks given back are handed out again") {
  chunk_pool pool;
  auto* const chunk = pool.take();
  pool.give_back(chunk);
  CHECK(pool.take() == chunk);
  pool.give_back(chunk);
}

TEST_CASE("threads may take, give back and make ready at the same time") {
  chunk_pool pool;
  auto const use = [&] {
    for (int i = 0; i < 200; ++i) {
      auto* const chunk = pool.take();
      std::memset(chunk, i, 64);
      bool const mine = std::all_of(chunk, chunk + 64, [&](std::byte b) { return b == static_cast<std::byte>(i); });
      if (!mine) throw std::logic_error("two hold the same chunk");
      pool.give_back(chunk);
    }
  };
  std::jthread const one(use), two(use);
  for (int i = 0; i < 50; ++i) pool.prepare_one();
  SUCCEED();
}

TEST_CASE("a small table takes nothing from its pool, a large one does and gives it back") {
  chunk_pool pool;
  {
    flow::table<std::int64_t, std::int64_t> table(&pool);
    for (std::int64_t k = 0; k < 1'000; ++k) table.find_or_insert(k, flow::hash_of(k)) = k;
    CHECK(pool.wanted() == 0);
    for (std::int64_t k = 0; k < 500'000; ++k) table.find_or_insert(k, flow::hash_of(k)) = k;
    CHECK(pool.wanted() > 0);
    CHECK(table.size() == 500'000);
    for (std::int64_t k = 0; k < 500'000; ++k) REQUIRE(*table.find(k, flow::hash_of(k)) == k);
  }
  CHECK(pool.ready() > 4);
}

TEST_CASE("an arena gives back the chunks of which nothing is in use any more, and no other") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    chunk_pool pool;
    flow::arena arena(seed % 2 ? &pool : nullptr);
    struct piece {
      unsigned char* memory;
      std::size_t size;
      unsigned char mark;
    };
    std::vector<piece> pieces;
    std::size_t in_use = 0, most = 0;
    for (int round = 0; round < 6; ++round) {
      for (int i = 0; i < 2'000; ++i) {
        std::size_t const size = 64 << random() % 11;
        auto* const memory = static_cast<unsigned char*>(arena.allocate(size));
        REQUIRE(reinterpret_cast<std::uintptr_t>(memory) % 64 == 0);
        auto const mark = static_cast<unsigned char>(random());
        std::memset(memory, mark, size);
        pieces.push_back({memory, size, mark});
        in_use += size;
      }
      most = std::max(most, in_use);
      REQUIRE(arena.held() >= in_use);
      std::shuffle(pieces.begin(), pieces.end(), random);
      std::size_t const keep = round % 2 ? 0 : pieces.size() / 3;
      while (pieces.size() > keep) {
        auto const p = pieces.back();
        pieces.pop_back();
        REQUIRE(std::all_of(p.memory, p.memory + p.size, [&](unsigned char c) { return c == p.mark; }));
        arena.release(p.memory, p.size);
        in_use -= p.size;
      }
      if (keep == 0) REQUIRE(arena.held() == 0);
    }
    CHECK(most > 0);
  }
}
