// A sink whose system knows no transactions: what is written waits in the checkpoints, and is sent when they are complete. Whole
// jobs that crash at any step and are restored under another parallelism.

#include <catch2/catch.hpp>

#include <map>
#include <random>

#include <flow/flow.hpp>
#include <flow/memory/generate.hpp>
#include <flow/sink_log.hpp>
#include <flow/testing.hpp>

namespace {

using namespace flow;
using namespace std::chrono_literals;

/// What stands for the system outside: the value of each key, and how often it was set.
struct table_outside {
  std::map<std::uint64_t, std::uint64_t> values;
  std::uint64_t sent = 0;
  std::uint64_t fail_after = 0;  // sends; 0: never
};

struct logging_writer final : writer<std::uint64_t> {
  sink_log* log = nullptr;
  std::uint64_t waiting = 0;
  void open(connector_context const& c) override { log = c.log; }
  void write(batch<std::uint64_t> const& records) override {
    for (auto const r : records) log->append(encode_value(r));
    waiting += records.size();
  }
  std::vector<bytes> prepare(checkpoint_id) override {
    if (std::exchange(waiting, 0) == 0) return {};
    return {encode_value(log->close())};
  }
};

struct sending_committer final : committer {
  explicit sending_committer(std::shared_ptr<table_outside> t) : to(std::move(t)) {}
  std::shared_ptr<table_outside> to;
  logged_parts const* logged = nullptr;
  void open(connector_context const& c) override { logged = c.logged; }
  void commit(std::span<bytes const> committables) override {
    for (auto const& c : committables)
      logged->read(decode_value<logged_part>(c), [this](std::span<std::byte const> element) {
        auto const value = decode_value<std::uint64_t>(bytes(element.begin(), element.end()));
        if (to->fail_after > 0 && --to->fail_after == 0) throw error(error_code::io, "the system outside is away");
        to->values[value] = value * 3;
        ++to->sent;
      });
  }
  void recover(std::span<bytes const> committables) override { commit(committables); }
};

sink<std::uint64_t> logging(std::shared_ptr<table_outside> const& to, std::uint64_t bytes) {
  sink<std::uint64_t> s;
  s.make_writer = [] { return std::make_unique<logging_writer>(); };
  s.make_committer = [to] { return std::make_unique<sending_committer>(to); };
  s.committable_schema = schema_of<logged_part>();
  s.needs_checkpoints = true;
  s.log_bytes = bytes;
  return s;
}

constexpr std::uint64_t records = 3'000;

}  // namespace

TEST_CASE("what a sink logs is sent once its checkpoint is complete, whatever crashes or fails") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    auto const outside = std::make_shared<table_outside>();
    memory_snapshots snapshots;
    for (int run = 0;; ++run) {
      job j{"logged"};
      j.source("numbers", memory::generate<std::uint64_t>(records, [](std::uint64_t i) { return i; }).splits(3).block(16))
          .sink("table", logging(outside, 1 << (8 + random() % 8)));
      testing::schedule how;
      how.seed = random();
      how.barrier_every = 10 + random() % 100;
      how.snapshots = &snapshots;
      if (run < 5) how.crash_after = random() % 1'500;
      if (random() % 2) outside->fail_after = 1 + random() % records;
      auto s = settings{}.parallelism(1 + static_cast<std::uint32_t>(random() % 3)).batch_size(16).task_buffer(4096);
      s.keep_succeeded(true).restore({.origin = {restore_form::latest_or_fresh}});
      auto const r = testing::run(j, how, s);
      outside->fail_after = 0;
      if (r.crashed) continue;
      REQUIRE(!r.failure);
      break;
    }
    REQUIRE(outside->values.size() == records);
    REQUIRE(outside->values.rbegin()->first == records - 1);
  }
}
