#include <catch2/catch.hpp>

#include <memory>
#include <stdexcept>

#include "task/blueprint.hpp"
#include "task/task.hpp"

#include "../../libflow/graph/nothing.hpp"
#include "wire.hpp"

namespace {
using outcome = flow::task::outcome;

/// An outside system that answers what was written when the test says so.
struct outside {
  int unanswered = 0;
  bool failed = false;
};
struct asking_writer final : flow::writer<int> {
  explicit asking_writer(outside& o) : to(o) {}
  void write(flow::batch<int> const& records) override { to.unanswered += static_cast<int>(records.size()); }
  bool settled() override {
    if (to.failed) throw std::runtime_error("answered: no");
    return to.unanswered == 0;
  }
  outside& to;
};

/// A whole job of one task: its reader gives two records, when it is told to, and then ends.
struct script {
  std::weak_ptr<int> reader_lives;
  bool gives = false;
};
struct two_records final : flow::reader<int> {
  explicit two_records(script& s) : from(s) { from.reader_lives = alive; }
  void assign(std::uint32_t, flow::split const&) override {}
  flow::poll_result poll(flow::batch<int>& into) override {
    if (!from.gives) return {};
    into.emplace_back(1);
    into.emplace_back(2);
    return {flow::poll_status::split_end, 0};
  }
  std::string position(std::uint32_t) const override { return {}; }
  void seek(std::uint32_t, std::string const&) override {}
  void pause(std::uint32_t, bool) override {}
  std::shared_ptr<int> alive = std::make_shared<int>();
  script& from;
};

struct whole {
  whole() {
    flow::source<int> const source{[] { return std::make_unique<nothing::no_splits>(); }, [this] { return std::make_unique<two_records>(read); }};
    flow::sink<int> const sink{[this] { return std::make_unique<asking_writer>(written); }};
    job.source("in", source).sink("out", sink);
    flow::settings s;
    s.parallelism(1);
    auto const plan = flow::make_plan(job.graph(), s);
    task = std::make_unique<flow::task>(flow::make_blueprints(job.graph(), plan, s).at(0).at(0), s, transport, clock);
    task->start({});
    task->assign({{"a", ""}}, {});
  }
  outcome step() { return task->step().what; }

  flow::job job{"whole"};
  script read;
  outside written;
  wire::transport transport;
  flow::manual_clock clock;
  std::unique_ptr<flow::task> task;
};
}  // namespace

TEST_CASE("a task has not finished before its writers have every answer") {
  whole t;
  t.read.gives = true;
  CHECK(t.step() == outcome::blocked);
  CHECK(t.step() == outcome::blocked);
  t.written.unanswered = 1;
  CHECK(t.step() == outcome::blocked);
  t.written.unanswered = 0;
  CHECK(t.step() == outcome::finished);
}

TEST_CASE("a failure that is answered while nothing comes, or after the end, is thrown at the next step and names the sink") {
  for (bool const at_the_end : {false, true}) {
    whole t;
    t.read.gives = at_the_end;
    CHECK(t.step() == (at_the_end ? outcome::blocked : outcome::resting));
    t.written.failed = true;
    CHECK_THROWS_WITH(t.step(), "operator 'out': answered: no");
  }
}

TEST_CASE("a task lets go of its reader when nothing will be read any more") {
  whole ended, cancelled, abandoned;
  CHECK(ended.step() == outcome::resting);
  CHECK(!ended.read.reader_lives.expired());
  ended.read.gives = true;
  ended.step();
  CHECK(ended.read.reader_lives.expired());
  cancelled.task->cancel();
  CHECK(cancelled.read.reader_lives.expired());
  abandoned.task->abandon();
  CHECK(abandoned.read.reader_lives.expired());
}
