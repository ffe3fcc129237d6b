#include <catch2/catch.hpp>

#include <stdexcept>

#include <flow/operator/sink_operator.hpp>

#include "../recording.hpp"

namespace {
using recording::batch_of;
using log_lines = std::vector<std::string>;

struct logging_writer final : flow::writer<int> {
  explicit logging_writer(log_lines& where) : log(where) {}
  void open(flow::connector_context const& c) override { log.push_back("open " + c.operator_name + " " + std::to_string(c.subtask) + " of " + std::to_string(c.parallelism)); }
  bool ready() const override { return takes; }
  void write(flow::batch<int> const& records) override {
    if (records[0] == 13) throw std::runtime_error("disk on fire");
    log.push_back("write " + std::to_string(records.size()));
    bytes += 100 * records.size();
  }
  std::uint64_t bytes_written() const override { return bytes; }
  void flush() override { log.push_back("flush"); }
  void finish() override {
    log.push_back("finish");
    bytes += 7;  // an end mark, say
  }
  std::vector<flow::bytes> prepare(flow::checkpoint_id n) override {
    log.push_back("prepare " + std::to_string(n));
    return {flow::bytes(n)};
  }
  void publish() override { log.push_back("publish"); }
  void abandon() noexcept override { log.push_back("abandon"); }
  log_lines& log;
  bool takes = true;
  std::uint64_t bytes = 0;
};

struct logging_committer final : flow::committer {
  explicit logging_committer(log_lines& where) : log(where) {}
  void open(flow::connector_context const& c) override { log.push_back("committer of attempt " + std::to_string(c.attempt)); }
  void commit(std::span<flow::bytes const> committables) override {
    if (committables.size() == 13) throw std::runtime_error("disk on fire");
    for (auto const& c : committables) log.push_back("commit " + std::to_string(c.size()));
  }
  void recover(std::span<flow::bytes const>) override { log.push_back("recover"); }
  log_lines& log;
};

struct sink {
  log_lines log;
  logging_writer* made = nullptr;
  flow::sink<int> description(bool two_phase) {
    flow::sink<int> s{[this] {
      auto w = std::make_unique<logging_writer>(log);
      made = w.get();
      return w;
    }};
    if (two_phase) s.make_committer = [this] { return std::make_unique<logging_committer>(log); };
    return s;
  }
  explicit sink(bool two_phase = false) : op{"out", description(two_phase)} {}
  flow::sink_operator<int> op;
  logging_writer& writer = *made;
  void give(flow::batch_ref b) { op.receive(b); }
};
}  // namespace

TEST_CASE("a sink opens its writer with its place in the job and writes batch by batch") {
  sink s;
  flow::operator_context c;
  c.subtask = 2;
  c.parallelism = 3;
  s.op.start(c);
  s.give(batch_of<int>({1, 2}));
  s.give(batch_of<int>({3}));
  CHECK(s.log == log_lines{"open out 2 of 3", "write 2", "write 1"});
  CHECK(s.op.counters().processed.value() == 3);
}

TEST_CASE("a sink flushes only what was written since it last flushed") {
  sink s;
  s.op.flush();
  s.give(batch_of<int>({1}));
  s.op.flush();
  s.op.flush();
  CHECK(s.log == log_lines{"write 1", "flush"});
}

TEST_CASE("a sink finishes at the end and publishes apart from that; cancelling does both") {
  sink s;
  s.op.end();
  CHECK(s.log == log_lines{"finish"});
  s.op.publish();
  CHECK(s.log == log_lines{"finish", "publish"});
  sink cancelled;
  cancelled.op.cancel();
  CHECK(cancelled.log == log_lines{"finish", "publish"});
  sink abandoned;
  abandoned.op.abandon();
  CHECK(abandoned.log == log_lines{"abandon"});
}

TEST_CASE("a sink is ready when its writer is, and an error of the writer names the sink") {
  sink s;
  CHECK(s.op.ready());
  s.writer.takes = false;
  CHECK_FALSE(s.op.ready());
  CHECK_THROWS_WITH(s.give(batch_of<int>({13})), "operator 'out': disk on fire");
}

TEST_CASE("a sink counts the bytes that its writer has made, those of its end too") {
  sink s;
  s.give(batch_of<int>({1, 2}));
  CHECK(s.op.counters().bytes.value() == 200);
  s.op.end();
  CHECK(s.op.counters().bytes.value() == 207);
}

TEST_CASE("with checkpoints a two-phase sink publishes what was prepared by committing it, and in no other way") {
  flow::operator_context c;
  c.checkpoints = true;
  c.attempt = 4;
  sink s(true);
  s.op.start(c);
  CHECK(s.op.two_phase());
  s.give(batch_of<int>({1}));
  auto const prepared = s.op.prepare(7);
  s.op.commit(prepared);
  s.op.commit({});
  s.op.end();
  s.op.publish();
  s.op.cancel();
  s.op.abandon();
  CHECK(s.log == log_lines{"committer of attempt 4", "open out 0 of 1", "write 1", "prepare 7", "commit 7", "finish", "abandon", "abandon"});
  std::vector<flow::bytes> const thirteen(13);
  CHECK_THROWS_WITH(s.op.commit(thirteen), "operator 'out': disk on fire");
}

TEST_CASE("without checkpoints a two-phase sink is like any other") {
  sink s(true);
  s.op.start({});
  CHECK_FALSE(s.op.two_phase());
  s.op.publish();
  s.op.cancel();
  CHECK(s.log == log_lines{"open out 0 of 1", "publish", "finish", "publish"});
}
