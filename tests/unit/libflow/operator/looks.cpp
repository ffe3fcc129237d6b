#include <catch2/catch.hpp>

#include <thread>

#include <flow/operator/resumable.hpp>

#include "../recording.hpp"

using namespace std::chrono_literals;

namespace {
/// Writes down when it is looked at.
class looked_at final : public flow::resumable_operator {
 public:
  looked_at() : resumable_operator("looked-at", 1) {}
  using operator_base::bell;
  using operator_base::look_at;
  std::vector<std::chrono::nanoseconds> looks;
  std::vector<int> inputs;

 protected:
  bool run(std::uint32_t input, flow::batch_base const& b) override {
    for (; next_ < b.size() && still_ready(); ++next_) {
      inputs.push_back(static_cast<int>(input));
      auto out = recording::batch_of<int>({1});
      push(0, out);
    }
    return next_ == b.size();
  }
  void look(std::chrono::nanoseconds now) override { looks.push_back(now); }
};

struct started {
  explicit started(std::function<void()> wake = [] {}) {
    flow::operator_context c;
    c.wake = std::move(wake);
    op.port(0).connect(out);
    op.start(c);
  }
  void look(std::chrono::nanoseconds now) {
    if (op.look_is_due(now)) op.look_now(now);
  }
  recording::recorder<int> out;
  looked_at op;
};
}  // namespace

TEST_CASE("an operator is looked at once when its time has come, and the last word counts") {
  started s;
  s.look(1h);
  s.op.look_at(5s);
  s.op.look_at(3s);
  s.look(2s);
  CHECK(s.op.looks.empty());
  s.look(4s);
  s.look(6s);
  CHECK(s.op.looks == std::vector<std::chrono::nanoseconds>{4s});
}

TEST_CASE("a bell rung on any thread wakes the task, which then looks once; it may be rung when the operator is gone") {
  std::atomic<int> woken = 0;
  std::shared_ptr<flow::doorbell> bell;
  {
    started s([&] { ++woken; });
    bell = s.op.bell();
    s.look(1s);
    CHECK(s.op.looks.empty());
    std::thread([&] { bell->ring(); bell->ring(); }).join();
    CHECK(woken == 2);
    s.look(2s);
    s.look(3s);
    CHECK(s.op.looks == std::vector<std::chrono::nanoseconds>{2s});
  }
  bell->ring();
  CHECK(woken == 3);
}

TEST_CASE("an operator that is held up is not looked at until it goes on, and goes on with the input it was held up in") {
  started s;
  s.out.room = 1;
  auto batch = recording::batch_of<int>({1, 2, 3});
  s.op.receive_from(1, batch);
  CHECK(s.op.suspended());
  s.op.look_at(0s);
  s.look(1s);
  CHECK(s.op.looks.empty());
  s.out.room = 100;
  while (s.op.suspended()) s.op.resume();
  s.look(2s);
  CHECK(s.op.looks.size() == 1);
  CHECK(s.op.inputs == std::vector<int>{1, 1, 1});
  auto other = recording::batch_of<int>({4});
  s.op.receive(other);
  CHECK(s.op.inputs.back() == 0);
}

TEST_CASE("what ends the idleness of an operator's input ends its own, whatever comes of it") {
  started s;
  s.op.watermark(recording::at(5));
  s.op.idle();
  auto batch = recording::batch_of<int>({1});
  s.op.receive(batch);
  CHECK(s.out.log == std::vector<std::string>{"watermark 5", "idle", "watermark 5", "1 record"});
  CHECK_FALSE(s.op.counters().idle);
}
