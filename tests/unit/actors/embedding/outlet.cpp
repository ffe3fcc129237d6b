#include "unit/actors/embedding/stage.hpp"

using namespace flow;
using namespace flow::testing;
using actors::await_v;
using namespace std::chrono_literals;

namespace {

using target_actor = caf::typed_actor<caf::reacts_to<std::vector<std::int64_t>>>;
using release_atom = caf::atom_constant<caf::atom("release")>;
using held_target = target_actor::extend<caf::reacts_to<release_atom>>;

/// What a target has got, and what it has not answered.
struct received {
  std::vector<std::int64_t> records;
  std::size_t messages = 0;
  std::vector<caf::response_promise> unanswered;
};

/// Answers at once.
target_actor prompt_target(stage& s, std::shared_ptr<received> got) {
  return s.system.spawn([got](target_actor::pointer) -> target_actor::behavior_type {
    return {[got](std::vector<std::int64_t> const& records) {
      ++got->messages;
      got->records.insert(got->records.end(), records.begin(), records.end());
    }};
  });
}
/// Answers what it has when it is told to.
held_target slow_target(stage& s, std::shared_ptr<received> got) {
  return s.system.spawn([got](held_target::pointer self) -> held_target::behavior_type {
    return {[got, self](std::vector<std::int64_t> const& records) -> caf::result<void> {
              ++got->messages;
              got->records.insert(got->records.end(), records.begin(), records.end());
              got->unanswered.push_back(self->make_response_promise());
              return got->unanswered.back();
            },
            [got](release_atom) {
              for (auto& p : std::exchange(got->unanswered, {})) p.deliver(caf::unit);
            }};
  });
}

template <class Source, class Sink>
job sending(Source const& from, Sink const& to) {
  job j("sending");
  j.source("numbers", from).sink("out", to);
  return j;
}
auto const one = settings{}.parallelism(1).batch_size(4);

}  // namespace

TEST_CASE("an outlet sends every record once, in order within a subtask, to typed and to untyped actors, under every schedule") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    stage s(seed);
    auto got = std::make_shared<received>();
    auto const target = prompt_target(s, got);
    auto const to = actors::outlet<std::int64_t>(target).in_flight(1 + seed % 3);
    auto const untyped = actors::outlet<std::int64_t>(caf::actor_cast<caf::actor>(target));
    auto running = seed % 2 ? actors::spawn(s.system, sending(memory::values(numbers(100)), to), one)
                            : actors::spawn(s.system, sending(memory::values(numbers(100)), untyped), one);
    CHECK(s.ask<job_result>(running, await_v).end == job_result::how::finished);
    CHECK(got->records == numbers(100));

    got->records.clear();
    running = actors::spawn(s.system, sending(memory::values(numbers(100), 3), to), settings{}.parallelism(3).batch_size(4));
    CHECK(s.ask<job_result>(running, await_v).end == job_result::how::finished);
    CHECK(sorted(got->records) == numbers(100));
  }
}

TEST_CASE("a target that does not answer stops the stream after the messages in flight, and goes on when it does") {
  for (std::uint32_t const in_flight : {1u, 3u}) {
    stage s(in_flight);
    auto got = std::make_shared<received>();
    auto const target = slow_target(s, got);
    auto const running = actors::spawn(s.system, sending(endless(), actors::outlet<std::int64_t>(target).in_flight(in_flight)), one);
    s.settle();  // an endless source comes to rest: it is held back
    for (std::size_t round = 1; round <= 5; ++round) {
      CHECK(got->messages == round * in_flight);
      CHECK(got->records == numbers(static_cast<std::int64_t>(round) * in_flight * 4));
      CHECK(s.at_rest());
      caf::anon_send(target, release_atom::value);
      s.settle();
    }
    caf::anon_send(running, actors::cancel_v);
    CHECK(s.ask<job_result>(running, await_v).end == job_result::how::cancelled);
    got->unanswered.clear();  // a promise keeps its actor
  }
}

TEST_CASE("a job finishes only when its outlet has every answer") {
  stage s(2);
  auto got = std::make_shared<received>();
  auto const target = slow_target(s, got);
  auto const running = actors::spawn(s.system, sending(memory::values(numbers(8)), actors::outlet<std::int64_t>(target)), one);
  auto awaiting = s.self->request(running, caf::infinite, await_v);
  s.settle();
  CHECK(got->records == numbers(8));
  CHECK(!s.self->has_next_message());
  caf::anon_send(target, release_atom::value);
  CHECK(s.answer<job_result>(awaiting).end == job_result::how::finished);
}

TEST_CASE("a target that answers with an error fails the job, which names the sink and the error") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    INFO("seed " << seed);
    stage s(seed);
    auto const target = s.system.spawn([](target_actor::pointer) -> target_actor::behavior_type {
      return {[](std::vector<std::int64_t> const& records) -> caf::result<void> {
        if (records.front() == 8) return caf::make_error(caf::sec::invalid_argument, "the books are closed");
        return caf::unit;
      }};
    });
    auto const running = actors::spawn(s.system, sending(memory::values(numbers(20)), actors::outlet<std::int64_t>(target)), one);
    auto const e = s.error_of<job_result>(s.self->request(running, caf::infinite, await_v));
    CHECK(e.operator_name() == "out");
    CHECK(e.code() == error_code::user_function);
    CHECK_THAT(e.what(), Catch::Contains("the books are closed") && Catch::Contains("expected an empty answer"));
  }
}

TEST_CASE("an answer that is not empty fails the job") {
  stage s;
  auto const target = s.system.spawn([](caf::event_based_actor*) -> caf::behavior { return {[](std::vector<std::int64_t> const&) { return 7; }}; });
  auto const running = actors::spawn(s.system, sending(memory::values(numbers(20)), actors::outlet<std::int64_t>(target)), one);
  auto const e = s.error_of<job_result>(s.self->request(running, caf::infinite, await_v));
  CHECK(e.operator_name() == "out");
  CHECK_THAT(e.what(), Catch::Contains("expected an empty answer"));
}

TEST_CASE("a target that terminates fails the job at once, also while nothing is sent") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    INFO("seed " << seed);
    stage s(seed);
    auto got = std::make_shared<received>();
    auto const target = prompt_target(s, got);
    auto const in = actors::inlet<std::int64_t>(s.system, "numbers");
    caf::anon_send(in.actor, numbers(3));
    auto const running = actors::spawn(s.system, sending(in.source, actors::outlet<std::int64_t>(target)), one);
    s.settle();
    CHECK(got->records == numbers(3));
    caf::anon_send_exit(target, caf::exit_reason::user_shutdown);
    auto const e = s.error_of<job_result>(s.self->request(running, caf::infinite, await_v));
    CHECK(e.operator_name() == "out");
    CHECK(e.code() == error_code::not_found);
    CHECK_THAT(e.what(), Catch::Contains("has terminated") && Catch::Contains("user_shutdown"));
  }
}

TEST_CASE("a target that terminates with unanswered messages fails a job that has nothing more to send") {
  stage s(5);
  auto got = std::make_shared<received>();
  auto const target = slow_target(s, got);
  auto const running = actors::spawn(s.system, sending(memory::values(numbers(8)), actors::outlet<std::int64_t>(target)), one);
  s.settle();
  CHECK(got->messages == 2);
  caf::anon_send_exit(target, caf::exit_reason::user_shutdown);
  auto const e = s.error_of<job_result>(s.self->request(running, caf::infinite, await_v));
  CHECK_THAT(e.what(), Catch::Contains("has terminated") && Catch::Contains("not answered: 2"));
  got->unanswered.clear();
}

TEST_CASE("a target may terminate when it has answered all there is") {
  stage s(5);
  auto got = std::make_shared<received>();
  auto const target = s.system.spawn([got](target_actor::pointer self) -> target_actor::behavior_type {
    return {[got, self](std::vector<std::int64_t> const& records) {
      got->records.insert(got->records.end(), records.begin(), records.end());
      if (got->records.size() == 8) self->quit();
    }};
  });
  job j("two-sinks");
  auto slow = std::make_shared<received>();
  auto const other = slow_target(s, slow);
  auto n = j.source("numbers", memory::values(numbers(8)));
  n.sink("out", actors::outlet<std::int64_t>(target));
  n.sink("slow", actors::outlet<std::int64_t>(other));
  auto const running = actors::spawn(s.system, std::move(j), one);
  s.settle();
  caf::anon_send(other, release_atom::value);
  CHECK(s.ask<job_result>(running, await_v).end == job_result::how::finished);
  CHECK(got->records == numbers(8));
}

TEST_CASE("an answer that takes too long fails the job") {
  stage s;
  auto got = std::make_shared<received>();
  auto const target = slow_target(s, got);
  auto const running = actors::spawn(s.system, sending(memory::values(numbers(8)), actors::outlet<std::int64_t>(target).answer_within(100ms)), one);
  s.settle();
  auto awaiting = s.self->request(running, caf::infinite, await_v);
  s.settle();
  CHECK(!s.self->has_next_message());
  s.advance(101ms);
  auto const e = s.error_of<job_result>(awaiting);
  CHECK(e.operator_name() == "out");
  CHECK_THAT(e.what(), Catch::Contains("timeout"));
  got->unanswered.clear();
}

TEST_CASE("an outlet lets go of its helpers when the job has ended, however it ended") {
  for (bool const cancel : {false, true}) {
    stage s(3);
    auto got = std::make_shared<received>();
    auto const target = prompt_target(s, got);
    auto const before = s.system.registry().running();
    auto running = cancel ? actors::spawn(s.system, sending(endless(), actors::outlet<std::int64_t>(target)), one)
                          : actors::spawn(s.system, sending(memory::values(numbers(9)), actors::outlet<std::int64_t>(target)), one);
    s.steps(200);
    if (cancel) caf::anon_send(running, actors::cancel_v);
    s.ask<job_result>(running, await_v);
    running = nullptr;
    s.settle();
    CHECK(s.system.registry().running() == before);
  }
}

TEST_CASE("an outlet of a job that runs by itself sends to an actor of another system") {
  caf::actor_system_config config;
  caf::actor_system system(config);
  caf::scoped_actor self(system);
  auto got = std::make_shared<received>();
  auto const target = system.spawn([got](target_actor::pointer) -> target_actor::behavior_type {
    return {[got](std::vector<std::int64_t> const& records) { got->records.insert(got->records.end(), records.begin(), records.end()); }};
  });
  auto const [source, inlet] = actors::inlet<std::int64_t>(system, "numbers", {8, 100});
  job const j = sending(source, actors::outlet<std::int64_t>(target));
  auto running = start(j, one);
  for (std::int64_t i = 0; i < 300; i += 3) self->request(inlet, caf::infinite, numbers(3, i)).receive([] {}, [](caf::error&) { FAIL("refused"); });
  self->send(inlet, actors::close_v);
  CHECK(running.await().end == job_result::how::finished);
  CHECK(got->records == numbers(300));
}

TEST_CASE("wrong options of an outlet are refused") {
  stage s;
  auto const target = prompt_target(s, std::make_shared<received>());
  CHECK_THROWS_WITH(actors::outlet<std::int64_t>(target).in_flight(0), Catch::Contains("at least 1"));
  CHECK_THROWS_WITH(actors::outlet<std::int64_t>(caf::actor{}), Catch::Contains("no actor"));
}
