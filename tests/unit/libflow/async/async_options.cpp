#include "squares.hpp"

namespace {
using namespace rig;

template <class... Options>
std::vector<std::string> mistakes_with(Options... options) {
  flow::job job("j");
  auto const f = [](number n, reply<number> r) { r.answer(n); };
  some<number>(job).async("ask", f, options...).sink("out", flow::memory::discard());
  return job.graph().mistakes(1, 128);
}
using lines = std::vector<std::string>;
}  // namespace

TEST_CASE("wrong options are mistakes of the job, with the operator's name") {
  CHECK(mistakes_with(flow::ordered, flow::in_flight(1), flow::timeout(1us), flow::retry(0)).empty());
  lines const flight{"async 'ask': in_flight must be from 1 to 1,000,000 records"};
  CHECK(mistakes_with(flow::in_flight(0)) == flight);
  CHECK(mistakes_with(flow::in_flight(-1)) == flight);
  CHECK(mistakes_with(flow::in_flight(1'000'001)) == flight);
  lines const time{"async 'ask': timeout must be above 0 and at most 10000 days"};
  CHECK(mistakes_with(flow::timeout(0s)) == time);
  CHECK(mistakes_with(flow::timeout(-1s)) == time);
  CHECK(mistakes_with(flow::timeout(std::chrono::days(10'001))) == time);
  CHECK(mistakes_with(flow::retry(-1)) == lines{"async 'ask': retry must be from 0 to 1,000,000 further attempts"});
  lines const backoff{"async 'ask': backoff must be from 0 to 10000 days, and its first wait not above its longest"};
  CHECK(mistakes_with(flow::retry(1).backoff(2s, 1s)) == backoff);
  CHECK(mistakes_with(flow::retry(1).backoff(-1s, 1s)) == backoff);
  CHECK(mistakes_with(flow::retry(1).jitter(1.5)) == lines{"async 'ask': jitter must be from 0 to 1"});
  CHECK(mistakes_with(flow::retry(1).errors_only().timeouts_only()).size() == 1);
  CHECK(mistakes_with(flow::in_flight(0), flow::timeout(0s)).size() == 2);
  auto const zero = flow::default_answer([](flow::failed_record<number> const&) { return number{}; });
  CHECK(mistakes_with(flow::divert_failures, zero) == lines{"async 'ask': divert_failures and default_answer exclude each other; leave one of them out"});
}

TEST_CASE("an empty name, and failed records of an operator that fails at the first, are mistakes") {
  flow::job job("j");
  auto const f = [](number n, reply<number> r) { r.answer(n); };
  auto const unnamed = some<number>(job).async("", f);
  unnamed.sink("out", flow::memory::discard());
  auto const failing = unnamed.async("failing", f);
  failing.sink("out2", flow::memory::discard());
  failing.failed();
  auto const found = job.graph().mistakes(1, 128);
  REQUIRE(found.size() == 2);
  CHECK_THAT(found[0], Catch::Contains("the name is empty"));
  CHECK(found[1] == "async 'failing': its failed records are asked for, but it fails at the first; say flow::divert_failures");
}

TEST_CASE("a cache needs room and a time to live") {
  flow::job job("j");
  auto const key = [](number n) { return n; };
  auto const find = [](number n, reply<number> r) { r.answer(n); };
  some<number>(job).lookup_join(key, find, flow::cache(0, 0s)).select("join", [](number a, number b) { return a + b; }).sink("out", flow::memory::discard());
  CHECK(job.graph().mistakes(1, 128) == lines{"lookup_join 'join': cache must have room for at least 1 entry",
                                              "lookup_join 'join': the time to live in the cache must be above 0 and at most 10000 days"});
}

TEST_CASE("jitter shortens waits by at most its part, by an amount that differs between records and is always the same") {
  flow::retry_policy policy;
  policy.first_delay = 1s;
  policy.most_delay = 8s;
  CHECK(policy.delay(2, 0, 0) == 1s);
  CHECK(policy.delay(4, 7, 3) == 4s);
  CHECK(policy.delay(1'000, 7, 3) == 8s);
  policy.spread = 0.25;
  std::chrono::nanoseconds shortest = 10s, longest{0};
  for (std::uint64_t record = 0; record < 1'000; ++record) {
    auto const d = policy.delay(3, record, 1);
    CHECK(d == policy.delay(3, record, 1));
    shortest = std::min(shortest, d);
    longest = std::max(longest, d);
  }
  CHECK(shortest >= 1500ms);
  CHECK(longest <= 2s);
  CHECK(longest - shortest > 450ms);
}
