// Barriers, and what is asked for again after a restore; whole lives of an operator, by seed.

#include <map>
#include <random>

#include "squares.hpp"

namespace {
using namespace rig;

numbers records_of(std::vector<flow::stored_request<number>> const& requests) {
  numbers all;
  for (auto const& r : requests) all.push_back(r.record);
  return all;
}
}  // namespace

TEST_CASE("a barrier passes while requests are under way; what has not left is declared, what waits in its batch included") {
  squares q(1024, flow::ordered, flow::in_flight(3));
  q.op.give({1, 2}, {10, 20}).give({3, 4, 5}, {30, 40, 50});
  q.answer(1);  // waits for the first, so it has not left
  CHECK(q.op.op->may_pass_barrier());
  auto const stored = q.op.pass_barrier(7);
  CHECK(q.op.out.text() == "b7");
  CHECK(records_of(stored) == numbers{1, 2, 3, 4, 5});
  CHECK(stored[4].at == at(50));
  CHECK(stored[4].has_time);
  q.answer(0);
  CHECK(records_of(q.op.pass_barrier(8)) == numbers{3, 4, 5});
  CHECK(q.op.out.text() == "b7 1 4 b8");
}

TEST_CASE("results that the receivers do not take are not lost to a barrier: their records are still declared") {
  squares q(2, flow::ordered);
  q.op.give({1, 2, 3, 4, 5}, {1, 2, 3, 4, 5});
  q.op.out.room = 1;
  for (int i = 0; i < 5; ++i) q.answer(0);
  numbers const left = q.op.out.records();
  REQUIRE(left.size() < 5);
  if (q.op.op->may_pass_barrier()) {
    auto const stored = records_of(q.op.pass_barrier(1));
    CHECK(left.size() + stored.size() == 5);
  }
  while (!q.op.op->may_end()) q.op.out.room = 1, q.op.step();
  CHECK(q.op.out.records() == numbers{1, 4, 9, 16, 25});
}

TEST_CASE("what the declared state holds when the operator starts is asked for anew, first and in order, within the bound") {
  squares before(1024, flow::ordered);
  before.op.give({1, 2, 3, 4}, {10, 20, 30, 40});
  before.answer(0);
  auto const stored = before.op.pass_barrier(1);
  squares after(1024, flow::ordered, flow::in_flight(2));
  after.op.declared() = stored;
  CHECK_FALSE(after.op.op->ready());
  after.op.step();
  CHECK(after.s->asked == numbers{2, 3});
  CHECK_FALSE(after.op.op->ready());
  CHECK_FALSE(after.op.op->may_end());
  CHECK(records_of(after.op.pass_barrier(2)) == numbers{2, 3, 4});
  after.answer(1).answer(0);
  CHECK(after.op.op->ready());
  after.op.watermark(40);
  after.answer(0);
  CHECK(after.op.out.text() == "b2 4 9 16 w40");
  CHECK(after.op.out.events[1].number == 20);
  CHECK(after.op.pass_barrier(3).empty());
}

namespace {
/// A life of an operator under a random server, random receivers and random restores.
class life {
 public:
  life(std::uint64_t seed) : random_(seed), ordered_(pick(2)), most_(1 + pick(5)), batch_size_(1 + pick(4)) { start({}); }

  void run() {
    for (int step = 0; step < 250; ++step) act();
    for (int rounds = 0; repeats_ || !op().op->may_end(); ++rounds) {
      REQUIRE(rounds < 10'000);
      repeat();
      answer_one();
      op().out.room = 1;
      op().pass_time(100ms);
    }
    collect();
    check();
  }

 private:
  std::uint64_t pick(std::uint64_t n) { return random_() % n; }
  alone<number, number>& op() { return q_->op; }

  void start(std::vector<flow::stored_request<number>> const& restored) {
    auto const retry = flow::retry(2).backoff(50ms, 100ms).jitter(0.5);
    auto const bound = flow::in_flight(static_cast<std::int64_t>(most_));
    q_ = ordered_ ? std::make_unique<squares>(batch_size_, flow::ordered, bound, retry, flow::timeout(1s), flow::divert_failures)
                  : std::make_unique<squares>(batch_size_, flow::unordered, bound, retry, flow::timeout(1s), flow::divert_failures);
    op().declared() = restored;
    op().out.room = pick(3);
    op().step();
  }
  void act() {
    repeat();
    switch (pick(8)) {
      case 0:
      case 1:
        if (op().op->ready() && !repeats_) give();
        break;
      case 2:
        if (next_ > 0 && op().op->ready()) op().watermark(last_watermark_ = next_), repeats_ = false;
        break;
      case 3: op().pass_time(std::chrono::milliseconds(pick(700))); break;
      case 4:
        op().out.room += pick(3);
        op().step();
        break;
      case 5:
        if (pick(6) == 0 && op().op->may_pass_barrier()) restore();
        break;
      default: answer_one();
    }
    auto const& open = q_->s->open;
    CHECK(std::count_if(open.begin(), open.end(), [](auto const& r) { return r.reply.awaited(); }) <= static_cast<std::ptrdiff_t>(most_));
  }
  void give() {
    numbers records, times;
    for (auto n = 1 + pick(6); n > 0; --n) {
      records.push_back(++next_);
      times.push_back(next_);
    }
    op().give(records, times);
  }
  void answer_one() {
    auto& open = q_->s->open;
    if (open.empty()) return;
    auto const i = pick(open.size());
    bool const awaited = open[i].reply.awaited();
    number const n = open[i].asked;
    auto const reply = q_->s->take(i);
    CHECK(awaited == (pick(4) == 0 && n % 5 == 0 ? reply.fail("no") : reply.answer(n * n)));
    op().step();
  }
  /// The operator is lost after a barrier, with what it gave since; a new one goes on from its state.
  void restore() {
    auto const stored = op().pass_barrier(1);
    collect();
    answer_one();
    op().pass_time(10ms);
    start(stored);
    repeats_ = last_watermark_ > 0;
  }
  /// Every restored sender repeats its newest watermark, before anything new.
  void repeat() {
    if (repeats_ && op().op->ready()) op().watermark(last_watermark_), repeats_ = false;
  }
  void collect() {
    using kind = line<number>::event::kind;
    CHECK_FALSE(op().out.overrun);
    for (auto const& e : op().out.events) {
      if (e.what == kind::barrier) break;
      if (e.what == kind::record) {
        CHECK(e.record == e.number * e.number);
        left_.push_back(e.number);
      }
      if (e.what == kind::watermark && (left_.empty() || left_.back() != -e.number)) left_.push_back(-e.number);
    }
    for (auto const& e : op().failed.events) {
      if (e.what == line<flow::failed_record<number>>::event::kind::barrier) break;
      if (e.what == line<flow::failed_record<number>>::event::kind::record) diverted_.push_back(e.record.record);
    }
  }
  /// Each record came out once; watermarks where they must be; ordered: nothing changed places.
  void check() const {
    std::map<number, int> times;
    for (auto const n : left_)
      if (n > 0) ++times[n];
    for (auto const n : diverted_) ++times[n];
    CHECK(times.size() == static_cast<std::size_t>(next_));
    for (auto const& [n, count] : times) CHECK(count == 1);
    numbers sorted;
    number watermark = 0;
    for (auto const n : left_) {
      if (n < 0) {
        CHECK(-n >= watermark);
        watermark = -n;
      } else {
        CHECK(n > watermark);
        if (ordered_) CHECK((sorted.empty() || n > sorted.back()));
        sorted.push_back(n);
      }
    }
    CHECK(watermark == last_watermark_);
  }

  std::mt19937_64 random_;
  bool const ordered_;
  std::size_t const most_;
  std::uint32_t const batch_size_;
  std::unique_ptr<squares> q_;
  number next_ = 0, last_watermark_ = 0;
  numbers left_, diverted_;
  bool repeats_ = false;  // the watermark is to be repeated after a restore
};
}  // namespace

TEST_CASE("under any answers, failures, time-outs, receivers and restores each record leaves once, in its place") {
  auto const first = std::random_device{}();
  for (std::uint64_t seed = first; seed < first + 300; ++seed) {
    INFO("seed " << seed);
    life(seed).run();
  }
}
