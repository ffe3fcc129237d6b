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
  void publish() override { log.push_back("publish"); }
  void abandon() noexcept override { log.push_back("abandon"); }
  log_lines& log;
  bool takes = true;
  std::uint64_t bytes = 0;
};

struct sink {
  log_lines log;
  std::unique_ptr<logging_writer> made = std::make_unique<logging_writer>(log);
  logging_writer& writer = *made;
  flow::sink_operator<int> op{"out", std::move(made)};
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
