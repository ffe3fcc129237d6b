#include <catch2/catch.hpp>

#include <flow/operator/sink_operator.hpp>
#include <flow/snapshot/memory_snapshots.hpp>
#include <flow/snapshot/piece_collector.hpp>

#include "../recording.hpp"

namespace {
using numbers = std::vector<int>;
using recording::batch_of;

/// A system without transactions: what is sent to it is there.
struct server {
  numbers got;
  bool refuses = false;
};

struct log_writer final : flow::writer<int> {
  void open(flow::connector_context const& c) override { log_ = c.log; }
  void write(flow::batch<int> const& records) override {
    for (int const& r : records) log_->append(std::as_bytes(std::span(&r, 1)));
  }
  std::vector<flow::bytes> prepare(flow::checkpoint_id) override { return {flow::encode_value(log_->close())}; }
  flow::sink_log* log_ = nullptr;
};

struct sending_committer final : flow::committer {
  explicit sending_committer(server& to) : to_(to) {}
  void open(flow::connector_context const& c) override { logged_ = c.logged; }
  void commit(std::span<flow::bytes const> committables) override {
    if (to_.refuses) throw flow::error(flow::error_code::request_failed, "the server is down");
    for (auto const& c : committables)
      logged_->read(flow::decode_value<flow::logged_part>(c), [&](std::span<std::byte const> element) {
        std::memcpy(&to_.got.emplace_back(), element.data(), element.size());
      });
  }
  void recover(std::span<flow::bytes const> committables) override { commit(committables); }
  server& to_;
  flow::logged_parts const* logged_ = nullptr;
};

/// A subtask with its store, and the engine's part by hand.
struct logging_sink {
  explicit logging_sink(server& to, std::uint64_t log_bytes = 1 << 20) {
    flow::sink<int> const made{.make_writer = [] { return std::make_unique<log_writer>(); },
                               .make_committer = [&to] { return std::make_unique<sending_committer>(to); },
                               .committable_schema = flow::schema_of<flow::logged_part>(),
                               .needs_checkpoints = true,
                               .log_bytes = log_bytes};
    op = std::make_unique<flow::sink_operator<int>>("out", made);
    flow::operator_context context;
    context.checkpoints = true;
    context.subtask = 2;
    op->start(context);
  }
  void give(numbers const& records) {
    auto b = batch_of<int>(records);
    op->receive(b);
  }
  void prepare(flow::checkpoint_id id) {
    for (auto& c : op->prepare(id)) pending.push_back(std::move(c));
  }
  void commit() {
    op->commit(pending);
    pending.clear();
  }
  std::size_t logged() const { return op->state().objects().at(0)->entries(); }
  std::unique_ptr<flow::sink_operator<int>> op;
  std::vector<flow::bytes> pending;
};

}  // namespace

TEST_CASE("what a sink logs is sent when its checkpoint is committed, in order, and dropped then") {
  server to;
  logging_sink s(to);
  s.give({1, 2});
  s.prepare(1);
  s.give({3});
  CHECK(to.got.empty());
  s.commit();
  CHECK(to.got == numbers{1, 2});
  CHECK(s.logged() == 3);  // a checkpoint may still be written that names it
  s.prepare(2);
  CHECK(s.logged() == 1);
  s.commit();
  CHECK(to.got == numbers{1, 2, 3});
  s.prepare(3);
  CHECK(s.logged() == 0);
}

TEST_CASE("what was logged for a checkpoint that was given up is sent with the next") {
  server to;
  logging_sink s(to);
  s.give({1});
  s.prepare(1);
  s.give({2});
  s.prepare(2);
  s.commit();
  CHECK(to.got == numbers{1, 2});
}

TEST_CASE("what could not be sent stays in the log") {
  server to{{}, true};
  logging_sink s(to);
  s.give({1});
  s.prepare(1);
  CHECK_THROWS_WITH(s.op->commit(s.pending), "operator 'out': the server is down");
  s.prepare(2);
  CHECK(s.logged() == 1);
  to.refuses = false;
  s.commit();
  CHECK(to.got == numbers{1});
}

TEST_CASE("a sink holds records back when its log is full, until a checkpoint begins or has been committed") {
  server to;
  logging_sink s(to, 150);
  CHECK(s.op->ready());
  s.give({1, 2, 3, 4});
  CHECK_FALSE(s.op->ready());
  s.op->expect_barrier();
  CHECK(s.op->ready());  // what comes before the barrier
  s.give({5});
  s.prepare(1);
  CHECK_FALSE(s.op->ready());
  s.commit();
  CHECK(s.op->ready());
}

TEST_CASE("what was logged is in the checkpoint, and is sent from there after a crash") {
  server to;
  flow::memory_snapshots memory;
  auto const store = memory.open({});
  flow::snapshot_manifest manifest;
  manifest.id = 1;
  {
    logging_sink s(to);
    s.give({1, 2});
    s.prepare(1);
    store->begin(1);
    flow::piece_collector collected(*store, 1, "out");
    s.op->state().begin_snapshot({.id = 1, .subtask = 2}, collected);
    s.give({3});  // belongs to the next
    for (std::size_t slots = 1; !s.op->state().write_snapshot(slots);) slots = 1;
    manifest.operators.push_back({.name = "out", .parallelism = 3, .states = collected.states(), .committable_schema = {}, .committables = {{2, s.pending.at(0)}}, .finished = {}});
    store->finish(manifest);
  }
  auto const found = store->manifest(1);
  flow::stored_log const log(*store, found.operators.at(0));
  sending_committer recovering(to);
  flow::connector_context context;
  context.logged = &log;
  recovering.open(context);
  std::vector<flow::bytes> const committables{found.operators[0].committables.at(0).data};
  recovering.recover(committables);
  CHECK(to.got == numbers{1, 2});
  auto other = flow::decode_value<flow::logged_part>(committables[0]);
  ++other.number;
  CHECK_THROWS_WITH(log.read(other, [](auto) {}), Catch::Contains("expected 2 logged elements in part 1 of subtask 2, attempt 1, found 0"));
}
