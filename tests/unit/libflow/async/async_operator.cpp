#include "squares.hpp"

namespace {
using namespace rig;
}  // namespace

TEST_CASE("ordered results leave in the order of their records, with their event times, however they are answered") {
  squares q(1024, flow::ordered);
  q.op.give({1, 2, 3}, {10, 20, 30});
  CHECK(q.s->asked == numbers{1, 2, 3});
  q.answer(2);
  CHECK(q.op.out.text().empty());
  q.answer(0);
  CHECK(q.op.out.text() == "1");
  q.answer(0);
  CHECK(q.op.out.text() == "1 4 9");
  for (std::size_t i = 0; i < 3; ++i) CHECK(q.op.out.events[i].number == static_cast<std::int64_t>(10 * (i + 1)));
  CHECK(q.counters().records_in.value() == 3);
  CHECK(q.counters().processed.value() == 3);
  CHECK(q.counters().records_out.value() == 3);
}

TEST_CASE("unordered results leave as they are answered, with the event times of their records") {
  squares q(1024, flow::unordered);
  q.op.give({1, 2, 3}, {10, 20, 30});
  q.answer(2).answer(0).answer(0);
  CHECK(q.op.out.text() == "9 1 4");
  CHECK(q.op.out.events[0].number == 30);
}

TEST_CASE("no result overtakes a watermark or an idle mark, and none is overtaken by one") {
  for (bool const ordered : {true, false}) {
    squares q = ordered ? squares(1024, flow::ordered) : squares(1024, flow::unordered);
    q.op.watermark(5);
    q.op.give({1, 2}, {10, 20}).watermark(25).give({3}, {30}).watermark(30).watermark(35);
    q.op.op->idle();
    q.answer(2);  // the 3
    CHECK(q.op.out.text() == "w5");
    q.answer(1);  // the 2
    CHECK(q.op.out.text() == (ordered ? "w5" : "w5 4"));
    q.answer(0);
    CHECK(q.op.out.text() == (ordered ? "w5 1 4 w25 9 w35 idle" : "w5 4 1 w25 9 w35 idle"));
    CHECK(q.counters().idle);
  }
}

TEST_CASE("an answer given during the call leaves with the batch, and rings nobody") {
  flow::job job("j");
  auto const twice = [](number const& n, reply<number> const& r) { r.answer(2 * n); };
  alone<number, number> op(some<number>(job).async("twice", twice));
  op.step();
  op.give({1, 2, 3});
  CHECK(op.out.text() == "2 4 6");
  CHECK(op.out.events[0].number == op.out.untimed);
  CHECK(op.wakes == 0);
}

TEST_CASE("an answer may have no records or several, which follow one another") {
  for (bool const at_once : {true, false}) {
    std::vector<reply<number>> later;
    flow::job job("j");
    auto const count_up = [&](number n, reply<number> r) {
      if (!at_once) return later.push_back(r);
      if (n == 0) r.answer_none();
      else r.answer_all(numbers(static_cast<std::size_t>(n), n));
    };
    alone<number, number> op(some<number>(job).async("count", count_up));
    op.give({0, 2, 3, 0}, {1, 2, 3, 4});
    if (!at_once) {
      later[3].answer_none();
      later[2].answer_all({3, 3, 3});
      later[1].answer_all({2, 2});
      later[0].answer_none();
      op.step();
    }
    CHECK(op.out.text() == "2 2 3 3 3");
    CHECK(op.out.events[4].number == 3);
    CHECK(op.op->counters().processed.value() == 4);
  }
}

TEST_CASE("at most in_flight records are asked for; then the operator is not ready, until one has left") {
  squares q(1024, flow::ordered, flow::in_flight(3));
  CHECK(q.op.step().op->ready());
  q.op.give({1, 2}, {1, 2});
  CHECK(q.op.op->ready());
  q.op.give({3, 4, 5, 6}, {3, 4, 5, 6});
  CHECK(q.s->asked == numbers{1, 2, 3});
  CHECK_FALSE(q.op.op->ready());
  CHECK_FALSE(q.op.op->suspended());
  q.answer(1);  // it waits for the first
  CHECK(q.s->asked == numbers{1, 2, 3});
  q.answer(0);
  CHECK(q.s->asked == numbers{1, 2, 3, 4, 5});
  CHECK_FALSE(q.op.op->ready());
  q.answer(0).answer(0).answer(0);
  CHECK(q.s->asked == numbers{1, 2, 3, 4, 5, 6});
  CHECK(q.op.op->ready());
  CHECK(q.s->most_open == 3);
}

TEST_CASE("a bell is rung once for all answers that come before it is heard") {
  squares q(1024, flow::ordered);
  q.op.give({1, 2, 3});
  int const before = q.op.wakes;
  for (int n = 1; n <= 3; ++n) q.s->take(0).answer(n);
  CHECK(q.op.wakes == before + 1);
  q.op.step();
  CHECK(q.op.out.text() == "1 2 3");
}

TEST_CASE("receivers that take one batch at a time get everything, in order, and nothing when they are not ready") {
  for (std::uint32_t const batch_size : {1u, 2u, 5u})
    for (bool const ordered : {true, false}) {
      squares q = ordered ? squares(batch_size, flow::ordered, flow::in_flight(4)) : squares(batch_size, flow::unordered, flow::in_flight(4));
      q.op.out.room = 0;
      q.op.step();
      numbers expected;
      std::string text;
      for (number n = 1; n <= 40; ++n) {
        for (int rounds = 0; !q.op.op->ready(); ++rounds) {
          REQUIRE(rounds < 100);
          q.op.out.room = 1;
          q.op.step();
          if (!q.s->open.empty()) q.answer(0);
        }
        q.op.give({n, n}, {n, n});
        if (n % 3 == 0 && q.op.op->ready()) q.op.watermark(n);
        expected.insert(expected.end(), 2, n * n);
      }
      while (!q.op.op->may_end()) {
        if (!q.s->open.empty()) q.answer(0);
        q.op.out.room = 1;
        q.op.step();
      }
      CHECK(q.op.out.records() == expected);
      CHECK_FALSE(q.op.out.overrun);
      CHECK(q.s->most_open <= 4);
      CHECK(q.counters().processed.value() == 80);
    }
}

TEST_CASE("the end of the input waits for all answers, and the function is closed then") {
  struct closing {
    std::shared_ptr<std::string> log = std::make_shared<std::string>();
    std::shared_ptr<std::vector<reply<number>>> later = std::make_shared<std::vector<reply<number>>>();
    void open(flow::open_context& c) { *log += "opened " + std::to_string(c.subtask()); }
    void operator()(number, reply<number> r) { later->push_back(std::move(r)); }
    void close() { *log += ", closed"; }
  } f;
  flow::job job("j");
  alone<number, number> op(some<number>(job).async("closing", f), 1024, 3);
  CHECK(*f.log == "opened 3");
  op.give({1, 2});
  op.op->watermark(flow::end_of_time);
  CHECK_FALSE(op.op->may_end());
  for (auto& r : *f.later) r.answer(7);
  CHECK_FALSE(op.op->may_end());
  op.step();
  CHECK(op.op->may_end());
  op.op->end();
  CHECK(op.out.text() == "7 7 end-of-time end");
  CHECK(*f.log == "opened 3, closed");
}

TEST_CASE("answers that come when the operator is gone are dropped; the reply says so") {
  auto q = std::make_unique<squares>(1024u, flow::ordered);
  q->op.give({1, 2, 3});
  auto const s = q->s;
  q->s->take(0).answer(1);  // waits in the box
  auto kept = s->take(0);
  CHECK(kept.awaited());
  q.reset();
  CHECK_FALSE(kept.awaited());
  CHECK_FALSE(kept.answer(4));
  CHECK_FALSE(s->take(0).fail("too late"));
}

TEST_CASE("only the first word counts: later ones, also of copies, are ignored") {
  squares q(1024, flow::ordered);
  q.op.give({1, 2});
  auto const copy = q.s->open[0].reply;
  CHECK(copy.awaited());
  CHECK(q.s->open[0].reply.answer(10));
  CHECK_FALSE(copy.answer(11));
  CHECK_FALSE(copy.fail("no"));
  CHECK_FALSE(copy.awaited());
  CHECK(q.s->open[1].reply.answer_none());
  CHECK_FALSE(q.s->open[1].reply.answer(4));
  q.op.step();
  CHECK(q.op.out.text() == "10");
}

TEST_CASE("a batch that others hold too is left as it is") {
  squares q(1024, flow::ordered, flow::in_flight(1));
  auto b = batch_of<number>({1, 2, 3});
  auto const other = b;
  q.op.op->receive(b);
  for (int i = 0; i < 3; ++i) q.answer(0);
  CHECK(q.op.out.text() == "1 4 9");
  CHECK(recording::records_of<number>(other) == numbers{1, 2, 3});
}

TEST_CASE("records with and without event time may come mixed") {
  squares q(1024, flow::ordered);
  q.op.give({1}, {10}).give({2}).give({3}, {30});
  q.answer(0).answer(0).answer(0);
  CHECK(q.op.out.events[0].number == 10);
  CHECK(q.op.out.events[1].number == q.op.out.untimed);
  CHECK(q.op.out.events[2].number == 30);
}
