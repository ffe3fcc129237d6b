#include <condition_variable>

#include "unit/actors/embedding/stage.hpp"

using namespace flow;
using namespace flow::testing;
using actors::await_v;

namespace {

job squares(found_numbers const& found, std::int64_t n) {
  job j("squares");
  j.source("numbers", memory::values(numbers(n), 3)).map([](std::int64_t i) { return i * i; }).sink("found", memory::collect(found));
  return j;
}
job counting(found_numbers const& found) {
  job j("counting");
  j.source("numbers", endless()).sink("found", memory::collect(found));
  return j;
}
auto const small = settings{}.parallelism(2).batch_size(16);

}  // namespace

TEST_CASE("a job in the application's own actor system gives its result to all who await it, also after its end") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    INFO("seed " << seed);
    stage s(seed);
    auto found = collected_numbers();
    auto const running = actors::spawn(s.system, squares(found, 100), small);
    auto first = s.self->request(running, caf::infinite, await_v);
    auto second = s.self->request(running, caf::infinite, await_v);
    CHECK(s.answer<job_result>(first).end == job_result::how::finished);
    CHECK(s.answer<job_result>(second).end == job_result::how::finished);
    auto const late = s.ask<job_result>(running, await_v);
    REQUIRE(late.operators.size() == 3);
    CHECK(late.operators.front().records_out == 100);
    CHECK(s.ask<std::vector<operator_summary>>(running, actors::counters_v).size() == 3);
    std::vector<std::int64_t> expected;
    for (auto const i : numbers(100)) expected.push_back(i * i);
    CHECK(sorted(found->values()) == expected);
  }
}

TEST_CASE("a failed job answers with an error of its code, operator and message") {
  stage s;
  auto found = collected_numbers();
  job j("throwing");
  j.source("numbers", memory::values(numbers(100))).map([](std::int64_t i) {
     if (i == 42) throw std::runtime_error("unlucky");
     return i;
   }).named("careful").sink("found", memory::collect(found));
  auto const running = actors::spawn(s.system, std::move(j), small);
  for (int i = 0; i < 2; ++i) {
    auto const e = s.error_of<job_result>(s.self->request(running, caf::infinite, await_v));
    CHECK(e.code() == error_code::user_function);
    CHECK(e.operator_name() == "careful");
    CHECK_THAT(e.what(), Catch::Contains("unlucky") && Catch::Contains("42"));
  }
  CHECK(found->values().empty());
}

TEST_CASE("a job with mistakes is refused when it is spawned, and nothing is left running") {
  stage s;
  auto const before = s.system.registry().running();
  CHECK_THROWS_WITH(actors::spawn(s.system, job("empty")), Catch::Contains("no source"));
  CHECK(s.system.registry().running() == before);
}

TEST_CASE("a job under way tells its counters, and a cancel lets its sinks publish") {
  stage s(7);
  auto found = collected_numbers();
  auto const running = actors::spawn(s.system, counting(found), small);
  s.steps(300);
  auto counters = s.self->request(running, caf::infinite, actors::counters_v);
  s.steps(300);
  REQUIRE(s.self->has_next_message());
  counters.receive([](std::vector<operator_summary>& o) { CHECK(o.front().records_out > 0); }, [](caf::error&) { FAIL("no counters"); });
  s.self->send(running, actors::cancel_v);
  CHECK(s.ask<job_result>(running, await_v).end == job_result::how::cancelled);
  CHECK(!found->values().empty());
  CHECK(found->values().size() == found->seen());
}

TEST_CASE("a savepoint that cannot be taken is answered with why") {
  stage s(8);
  auto found = collected_numbers();
  auto const running = actors::spawn(s.system, counting(found), small);
  s.steps(300);
  auto const told = [&](auto request) {
    s.steps(300);  // it does not come to rest
    REQUIRE(s.self->has_next_message());
    std::optional<error> found_error;
    request.receive([](std::uint64_t) {}, [&](caf::error& e) { found_error = actors::from_caf(e); });
    REQUIRE(found_error);
    CHECK(found_error->code() == error_code::usage);
    return found_error->message();
  };
  CHECK_THAT(told(s.self->request(running, caf::infinite, actors::savepoint_v, std::string("p"))), Catch::Contains("the job takes no checkpoints"));
  CHECK_THAT(told(s.self->request(running, caf::infinite, actors::stop_with_savepoint_v, std::string("p"))), Catch::Contains("--snapshots DIR"));
  CHECK_THAT(told(s.self->request(running, caf::infinite, actors::stop_with_savepoint_v, std::string("p"), true)), Catch::Contains("--snapshots DIR"));
  s.self->send(running, actors::cancel_v);
  s.ask<job_result>(running, await_v);
  CHECK_THAT(s.error_of<std::uint64_t>(s.self->request(running, caf::infinite, actors::savepoint_v, std::string("p"))).what(), Catch::Contains("the job has ended"));
}

TEST_CASE("the exit of an actor that uses the handle leaves the job alone, that of a linked actor cancels it") {
  stage s(3);
  auto found = collected_numbers();
  auto const running = actors::spawn(s.system, counting(found), small);
  auto const link = [running](caf::event_based_actor* self) -> caf::behavior {
    self->link_to(running);
    return {[](int) {}};
  };
  auto const user = s.system.spawn([running](caf::event_based_actor* self) -> caf::behavior {
    self->send(running, actors::counters_v);
    return {[running](int) {}, [](std::vector<operator_summary> const&) {}};
  });
  auto const quiet = s.system.spawn(link), loud = s.system.spawn(link);
  s.steps(300);
  caf::anon_send_exit(user, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(quiet, caf::exit_reason::normal);
  s.steps(1000);
  CHECK(found->values().empty());  // it has not ended
  auto awaiting = s.self->request(running, caf::infinite, await_v);
  caf::anon_send_exit(loud, caf::exit_reason::user_shutdown);
  CHECK(s.answer<job_result>(awaiting).end == job_result::how::cancelled);
  CHECK(found->values().size() == found->seen());
}

TEST_CASE("a handle that is told to exit terminates when its job has ended") {
  stage s(4);
  auto found = collected_numbers();
  auto const running = actors::spawn(s.system, counting(found), small);
  s.self->monitor(running);
  s.steps(300);
  caf::anon_send_exit(running, caf::exit_reason::user_shutdown);
  s.settle();
  REQUIRE(s.self->has_next_message());
  s.self->receive([&](caf::down_msg const& m) { CHECK(m.reason == caf::exit_reason::user_shutdown); });
  CHECK(!found->values().empty());
}

TEST_CASE("a job whose handle nobody holds and nobody awaits is cancelled, an awaited one goes on") {
  stage s(5);
  auto found = collected_numbers(), awaited = collected_numbers();
  auto const before = s.system.registry().running();
  auto running = actors::spawn(s.system, counting(found), small);
  s.steps(300);
  running = nullptr;
  s.settle();
  CHECK(!found->values().empty());
  CHECK(s.system.registry().running() == before);

  running = actors::spawn(s.system, squares(awaited, 100), small);
  auto answer = s.self->request(running, caf::infinite, await_v);
  running = nullptr;
  CHECK(s.answer<job_result>(answer).end == job_result::how::finished);
  CHECK(awaited->values().size() == 100);
  CHECK(s.system.registry().running() == before);
}

TEST_CASE("a killed handle cancels its job") {
  stage s(6);
  auto found = collected_numbers();
  auto const running = actors::spawn(s.system, counting(found), small);
  auto awaiting = s.self->request(running, caf::infinite, await_v);
  s.steps(300);
  caf::anon_send_exit(running, caf::exit_reason::kill);
  CHECK(s.error_of<job_result>(awaiting).code() == error_code::cancelled);
  CHECK(!found->values().empty());
}

TEST_CASE("a task that does not end in time is named to those who await the job, and the result follows when it has ended") {
  caf::actor_system_config config;
  caf::actor_system system(config);
  std::mutex lock;
  std::condition_variable changed;
  bool inside = false, let_go = false;
  job j("stuck");
  auto found = collected_numbers();
  j.source("numbers", memory::values(numbers(10), 1)).map([&](std::int64_t i) {
     std::unique_lock guard(lock);
     inside = true;
     changed.notify_all();
     changed.wait(guard, [&] { return let_go; });
     return i;
   }).named("stubborn").sink("found", memory::collect(found));
  caf::scoped_actor self(system);
  auto const running = actors::spawn(system, std::move(j), settings{}.parallelism(1).cancel_timeout(std::chrono::milliseconds(1)));
  {
    std::unique_lock guard(lock);
    changed.wait(guard, [&] { return inside; });
  }
  self->send(running, actors::cancel_v);
  self->request(running, caf::infinite, await_v).receive([](job_result&) { FAIL("it cannot have ended"); }, [&](caf::error& e) {
    REQUIRE(actors::from_caf(e));
    CHECK(actors::from_caf(e)->code() == error_code::not_responding);
    CHECK_THAT(actors::from_caf(e)->what(), Catch::Contains("'stubborn'"));
  });
  self->monitor(running);
  {
    std::lock_guard guard(lock);
    let_go = true;
  }
  changed.notify_all();
  caf::anon_send_exit(running, caf::exit_reason::user_shutdown);
  self->receive([](caf::down_msg const&) {});  // it ends once the job has
}

TEST_CASE("jobs run under any of CAF's schedulers and under the recommended one, and end with the actor system") {
  for (char const* const policy : {"configured", "stealing", "sharing"}) {
    INFO(policy);
    auto found = collected_numbers(), endless_found = collected_numbers();
    {
      caf::actor_system_config config;
      if (std::string(policy) == "configured") actors::configure(config);
      else config.set("scheduler.policy", caf::atom_from_string(std::string(policy)));
      config.set("scheduler.max-threads", std::size_t{2});
      caf::actor_system system(config);
      caf::scoped_actor self(system);
      auto const running = actors::spawn(system, squares(found, 2000), small);
      auto const unbounded = actors::spawn(system, counting(endless_found), small);
      self->request(running, caf::infinite, await_v).receive([](job_result& r) { CHECK(r.end == job_result::how::finished); }, [&](caf::error& e) { FAIL(system.render(e)); });
    }
    CHECK(found->values().size() == 2000);
    CHECK(endless_found->values().size() == endless_found->seen());
  }
}

TEST_CASE("an actor system that is configured renders the errors of jobs") {
  caf::actor_system_config config;
  actors::configure(config);
  caf::actor_system system(config);
  auto const e = actors::to_caf(error(error_code::usage, "orders", "expected this, found that"));
  CHECK(system.render(e) == "operator 'orders': expected this, found that");
  CHECK(!actors::from_caf(caf::make_error(caf::sec::runtime_error)));
}

TEST_CASE("results and counters can be serialised") {
  caf::actor_system_config config;
  actors::configure(config);
  caf::actor_system system(config);
  job_result sent;
  sent.end = job_result::how::cancelled;
  sent.elapsed = std::chrono::nanoseconds(7);
  sent.last_barrier = 3;
  sent.restarts = 4;
  sent.checkpoints = {true, 15, 16, "full", 17, 18, std::chrono::nanoseconds(19), std::chrono::nanoseconds(20), 21, 22};
  auto& o = sent.operators.emplace_back();
  o.name = "numbers";
  o.kind = "source";
  o.is_source = true;
  o.unread = 6;
  o.bytes = 10;
  o.expected = {std::nullopt, 11};
  o.watermark = timestamp{duration{8}};
  o.busy = std::chrono::nanoseconds(9);
  constexpr double infinity = std::numeric_limits<double>::infinity();
  o.metrics.counters["alerts"] = 12;
  o.metrics.gauges["load"] = {infinity, -0.1, infinity, 13};
  o.metrics.gauges["never"];
  o.metrics.histograms["amount"] = {14, 0.1, -2, 3, {{-5, 4}, {6, 10}}};
  caf::binary_serializer::container_type bytes;
  caf::binary_serializer sink(system, bytes);
  REQUIRE(!sink(sent));
  job_result got;
  caf::binary_deserializer source(system, bytes);
  REQUIRE(!source(got));
  CHECK(got.end == sent.end);
  CHECK(got.elapsed == sent.elapsed);
  CHECK(got.last_barrier == 3);
  CHECK(got.restarts == 4);
  CHECK(got.checkpoints == sent.checkpoints);
  REQUIRE(got.operators.size() == 1);
  CHECK(got.operators[0].name == "numbers");
  CHECK(got.operators[0].kind == "source");
  CHECK(got.operators[0].is_source);
  CHECK(got.operators[0].unread == 6);
  CHECK(got.operators[0].bytes == 10);
  CHECK(!got.operators[0].expected.bytes);
  CHECK(got.operators[0].expected.records == 11);
  CHECK(got.operators[0].watermark == timestamp{duration{8}});
  CHECK(got.operators[0].busy == std::chrono::nanoseconds(9));
  auto const& m = got.operators[0].metrics;
  CHECK(m.counters == o.metrics.counters);
  CHECK((m.gauges.at("load").sum == infinity && m.gauges.at("load").min == -0.1 && m.gauges.at("load").subtasks == 13));
  CHECK(std::isnan(m.gauges.at("never").min));
  auto const& h = m.histograms.at("amount");
  CHECK((h.count == 14 && h.sum == 0.1 && h.min == -2 && h.max == 3 && h.buckets == o.metrics.histograms["amount"].buckets));
}
