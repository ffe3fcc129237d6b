// Requests that fail: time-outs, retries, what becomes of the record.

#include "squares.hpp"

namespace {
using namespace rig;

std::string failed_text(squares const& q) {
  std::string all;
  for (auto const& e : q.op.failed.events)
    if (e.what == line<flow::failed_record<number>>::event::kind::record)
      all += std::to_string(e.record.record) + " at " + std::to_string(e.number) + " after " + std::to_string(e.record.attempts) + ": " + e.record.reason + "; ";
  return all;
}
}  // namespace

TEST_CASE("a request that fails fails the job, with operator, reason and record") {
  squares q(1024, flow::ordered);
  q.op.give({5, 6}, {1, 2});
  q.s->take(1).fail("the server is on fire");
  auto const e = error_of([&] { q.op.step(); });
  CHECK(e.code() == flow::error_code::request_failed);
  CHECK(e.operator_name() == "squares");
  CHECK_THAT(e.message(), Catch::Contains("a request failed: the server is on fire; the record was 6; flow::retry"));
}

TEST_CASE("an error that the callee gives or throws keeps its code") {
  auto const thrown = [](auto f) {
    flow::job job("j");
    alone<number, number> op(some<number>(job).async("bad", f));
    return error_of([&] { op.give({7}); });
  };
  auto const gives = [](number, reply<number> r) { r.fail(flow::error(flow::error_code::not_found, "no such table")); };
  CHECK(thrown(gives).code() == flow::error_code::not_found);
  auto const throws = [](number, reply<number>) { throw std::runtime_error("kaboom"); };
  CHECK(thrown(throws).code() == flow::error_code::user_function);
  CHECK(thrown(throws).operator_name() == "bad");
  CHECK_THAT(thrown(throws).message(), Catch::Contains("kaboom") && Catch::Contains("the record was 7"));
  auto const passes_on = [](number, reply<number> r) { r.fail(std::make_exception_ptr(std::runtime_error("kaboom"))); };
  CHECK(thrown(passes_on).code() == flow::error_code::request_failed);
  auto const no_exception = [](number, reply<number>) { throw 42; };
  CHECK_THAT(thrown(no_exception).message(), Catch::Contains("no std::exception"));
  auto const answers_and_throws = [](number n, reply<number> r) {
    r.answer(n);
    throw std::runtime_error("after the answer");
  };
  CHECK_THAT(thrown(answers_and_throws).message(), Catch::Contains("after the answer") && Catch::Contains("the record was 7"));
}

TEST_CASE("a reply that is destroyed without a word is a failure, when the last copy goes") {
  squares q(1024, flow::ordered, flow::divert_failures);
  q.op.give({1, 2}, {10, 20});
  {
    auto const first = q.s->take(0);
    auto const copy = first;
    q.s->take(0);  // the 2, at once
    q.op.step();
    CHECK(failed_text(q).empty());  // the 1 is before it
  }
  q.op.step();
  CHECK(failed_text(q) == "1 at 10 after 1: the reply was destroyed without an answer; 2 at 20 after 1: the reply was destroyed without an answer; ");
  flow::job job("j");
  alone<number, number> op(some<number>(job).async("forgetful", [](number, reply<number>) {}));
  CHECK_THAT(error_of([&] { op.give({3}); }).message(), Catch::Contains("destroyed without an answer"));
}

TEST_CASE("failed records go to an output of their own in their place in the order, and count as processed") {
  squares q(1024, flow::ordered, flow::divert_failures);
  q.op.give({1, 2, 3}, {10, 20, 30}).watermark(30);
  q.fail(1, "odd");
  q.answer(1);
  CHECK(failed_text(q).empty());
  q.answer(0);
  CHECK(q.op.out.text() == "1 9 w30");
  CHECK(failed_text(q) == "2 at 20 after 1: odd; ");
  CHECK(q.op.failed.events.back().what == line<flow::failed_record<number>>::event::kind::watermark);
  CHECK(q.counters().processed.value() == 3);
}

TEST_CASE("a default answer stands in for one that does not come") {
  auto const minus = [](flow::failed_record<number> const& f) { return -f.record * 100 - static_cast<number>(f.attempts); };
  squares q(1024, flow::ordered, flow::retry(1).backoff(0ms, 0ms), flow::default_answer(minus));
  q.op.give({1, 2});
  q.fail(0, "no").fail(1, "no");
  q.op.pass_time(0ms);
  q.answer(0);
  CHECK(q.op.out.text() == "-102 4");
  auto const fails_too = [](flow::failed_record<number> const&) -> number { throw std::runtime_error("none either"); };
  squares bad(1024, flow::default_answer(fails_too));
  bad.op.give({9});
  CHECK_THAT(error_of([&] { bad.fail(0, "no"); }).message(), Catch::Contains("none either") && Catch::Contains("the record was 9"));
}

TEST_CASE("an attempt that takes longer than the time-out fails, exactly then; its late answer is ignored") {
  squares q(1024, flow::ordered, flow::timeout(2s), flow::divert_failures);
  q.op.pass_time(5s).give({1}, {10}).pass_time(1s).give({2}, {20});
  q.op.pass_time(1s - 1ns);
  CHECK(failed_text(q).empty());
  q.op.pass_time(1ns);
  CHECK(failed_text(q) == "1 at 10 after 1: there was no answer within 2 s; ");
  CHECK_FALSE(q.s->open[0].reply.awaited());
  CHECK_FALSE(q.s->take(0).answer(1));
  q.op.step();
  q.answer(0);
  CHECK(q.op.out.text() == "4");
  CHECK(q.op.op->next_look() == std::chrono::nanoseconds::max());
  CHECK_THAT(error_of([&] {
               squares failing(1024, flow::timeout(1500us));
               failing.op.give({8}).pass_time(2ms);
             }).message(),
             Catch::Contains("a request failed: there was no answer within 1500 us; the record was 8"));
}

TEST_CASE("an answer that came just before the time-out counts, although it is looked at after it") {
  squares q(1024, flow::timeout(1s));
  q.op.give({3});
  q.s->take(0).answer(9);
  q.op.pass_time(2s);
  CHECK(q.op.out.text() == "9");
}

TEST_CASE("failed requests are made again after waits that double up to a bound, exactly by the clock") {
  squares q(1024, flow::retry(5).backoff(100ms, 500ms), flow::timeout(1s), flow::divert_failures);
  q.op.give({1}, {10});
  std::vector<std::chrono::milliseconds> const waits{100ms, 200ms, 400ms, 500ms, 500ms};
  for (std::size_t attempt = 0; attempt < waits.size(); ++attempt) {
    if (attempt % 2 == 0) {
      q.fail(0, "busy");
    } else {
      q.op.pass_time(1s);  // it times out
      CHECK_FALSE(q.s->take(0).answer(-1));
      q.op.step();
    }
    q.op.pass_time(waits[attempt] - 1ns);
    CHECK(q.s->asked.size() == attempt + 1);
    q.op.pass_time(1ns);
    CHECK(q.s->asked.size() == attempt + 2);
  }
  CHECK(failed_text(q).empty());
  q.fail(0, "still busy");
  CHECK(failed_text(q) == "1 at 10 after 6: still busy; ");
}

TEST_CASE("a retry that succeeds leaves no trace; the others of its batch wait for it only where they are ordered") {
  for (bool const ordered : {true, false}) {
    auto const again = flow::retry(2).backoff(10ms, 10ms);
    squares q = ordered ? squares(1024, again, flow::ordered) : squares(1024, again, flow::unordered);
    q.op.give({1, 2}, {10, 20}).watermark(20);
    q.fail(0, "once").answer(0);
    CHECK(q.op.out.text() == (ordered ? "" : "4"));
    q.op.pass_time(10ms);
    q.answer(0);
    CHECK(q.op.out.text() == (ordered ? "1 4 w20" : "4 1 w20"));
  }
}

TEST_CASE("what is not to be tried again is final at once") {
  squares errors(1024, flow::retry(3).errors_only(), flow::timeout(1s), flow::divert_failures);
  errors.op.give({1}, {1}).pass_time(1s);
  CHECK(failed_text(errors) == "1 at 1 after 1: there was no answer within 1 s; ");
  squares timeouts(1024, flow::retry(3).timeouts_only(), flow::divert_failures);
  timeouts.op.give({1}, {1});
  timeouts.fail(0, "no");
  CHECK(failed_text(timeouts) == "1 at 1 after 1: no; ");
  squares pointless(1024, flow::retry(3), flow::divert_failures);
  pointless.op.give({1}, {1});
  pointless.s->take(0).fail(flow::error(flow::error_code::usage, "no such column"));
  pointless.op.step();
  CHECK(failed_text(pointless) == "1 at 1 after 1: no such column; ");
}

TEST_CASE("a record that waits to be asked again is in flight, holds back the end, and may not be overtaken by a watermark") {
  squares q(1024, flow::unordered, flow::in_flight(1), flow::retry(1).backoff(1s, 1s));
  q.op.give({1, 2}, {1, 2});
  q.fail(0, "no");
  CHECK(q.s->asked == numbers{1});
  CHECK_FALSE(q.op.op->ready());
  CHECK_FALSE(q.op.op->may_end());
  q.op.pass_time(1s);
  q.answer(0).answer(0);
  CHECK(q.op.op->may_end());
  CHECK(q.s->asked == numbers{1, 1, 2});
}
