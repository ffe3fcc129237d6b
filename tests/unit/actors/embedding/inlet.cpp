#include <map>

#include "unit/actors/embedding/stage.hpp"

using namespace flow;
using namespace flow::testing;
using actors::await_v;
using actors::close_v;

namespace {

using numbers_inlet = actors::inlet_ends<std::int64_t>;
auto const small = settings{}.parallelism(2).batch_size(4);

job collecting(numbers_inlet const& in, found_numbers const& found) {
  job j("collecting");
  j.source("numbers", in.source).sink("found", memory::collect(found));
  return j;
}

using window_counts = std::shared_ptr<memory::collected<windowed<std::int64_t, std::int64_t>>>;

/// Counts even and odd seconds in windows of ten.
job counting(flow::source<std::int64_t> const& from, window_counts const& found) {
  job j("windows");
  j.source("numbers", from)
      .event_time([](std::int64_t n) { return timestamp{std::chrono::seconds(n)}; }, monotonous())
      .key_by([](std::int64_t n) { return n % 2; })
      .window(tumbling_windows(std::chrono::seconds(10)))
      .aggregate<flow::count>("counts")
      .sink("found", memory::collect(found));
  return j;
}

/// Requests under way, and how many of them have been answered.
struct requests {
  stage& s;
  std::shared_ptr<std::size_t> answered = std::make_shared<std::size_t>(0);
  std::shared_ptr<std::size_t> others = std::make_shared<std::size_t>(0);  // CAF's own errors
  std::shared_ptr<std::vector<flow::error>> errors = std::make_shared<std::vector<flow::error>>();

  /// An actor that sends all numbers at once as requests, not waiting for any answer.
  caf::actor flood(numbers_inlet const& in, std::vector<std::int64_t> const& what) {
    auto const to = in.actor;
    return s.system.spawn([=, answered = answered, errors = errors, others = others](caf::event_based_actor* self) -> caf::behavior {
      for (auto const n : what)
        self->request(to, caf::infinite, n).then([=] { ++*answered; }, [=](caf::error const& e) {
          if (auto const known = actors::from_caf(e)) errors->push_back(*known);
          else ++*others;
        });
      return {[](int) {}};
    });
  }
};

/// Polls a source by hand, as its one subtask would.
struct by_hand {
  explicit by_hand(flow::source<std::int64_t> const& from, std::string const& position = "") : reader(from.make_reader()) {
    connector_context c;
    c.wake = [this] { ++wakes; };
    reader->open(c);
    auto split = from.make_enumerator()->discover().at(0);
    split.position = position;
    reader->assign(0, split);
  }
  poll_status poll(std::uint32_t room) {
    batch<std::int64_t> b(room);
    auto const r = reader->poll(b);
    found.insert(found.end(), b.begin(), b.end());
    return r.status;
  }
  int wakes = 0;
  std::unique_ptr<flow::reader<std::int64_t>> reader;
  std::vector<std::int64_t> found;
};

}  // namespace

TEST_CASE("an inlet answers what its buffer takes and withholds the other answers until the job reads") {
  stage s;
  auto const in = actors::inlet<std::int64_t>(s.system, "numbers", {3, 100});
  requests sent{s};
  auto const sender = sent.flood(in, numbers(5));
  s.settle();
  CHECK(*sent.answered == 3);
  by_hand r(in.source);
  CHECK(r.poll(2) == poll_status::records);
  s.settle();
  CHECK(*sent.answered == 5);
  CHECK(r.poll(10) == poll_status::records);
  CHECK(r.poll(10) == poll_status::nothing);
  CHECK(r.found == numbers(5));
}

TEST_CASE("a message of many records is answered when all of it has been taken, larger than the buffer or not") {
  stage s;
  auto const in = actors::inlet<std::int64_t>(s.system, "numbers", {4, 100});
  auto request = s.self->request(in.actor, caf::infinite, numbers(10));
  by_hand r(in.source);
  for (int polls = 0; polls < 2; ++polls) {
    s.settle();
    CHECK(!s.self->has_next_message());
    CHECK(r.poll(4) == poll_status::records);
  }
  s.settle();
  REQUIRE(s.self->has_next_message());
  request.receive([] {}, [](caf::error const&) { FAIL("it was taken"); });
  CHECK(r.poll(4) == poll_status::records);
  CHECK(r.found == numbers(10));
}

TEST_CASE("a source is woken when records come after it found none, and at the end, and is not polled between") {
  stage s;
  auto const in = actors::inlet<std::int64_t>(s.system, "numbers");
  by_hand r(in.source);
  CHECK(r.poll(10) == poll_status::nothing);
  caf::anon_send(in.actor, std::int64_t{1});
  caf::anon_send(in.actor, numbers(2, 2));
  s.settle();
  CHECK(r.wakes == 1);
  CHECK(r.poll(10) == poll_status::records);
  CHECK(r.poll(10) == poll_status::nothing);
  CHECK(s.at_rest());
  caf::anon_send(in.actor, close_v);
  s.settle();
  CHECK(r.wakes == 2);
  CHECK(r.poll(10) == poll_status::split_end);
  CHECK(r.found == numbers(3, 1));

  auto const other = actors::inlet<std::int64_t>(s.system, "more");
  auto found = collected_numbers();
  auto const running = actors::spawn(s.system, collecting(other, found), small);
  s.settle();
  CHECK(s.at_rest());  // a job that waits for its inlet uses no time
  caf::anon_send(other.actor, close_v);
  s.ask<job_result>(running, await_v);
}

TEST_CASE("every record that actors send is processed once, in order of each sender, under every schedule") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    stage s(seed);
    auto const in = actors::inlet<std::int64_t>(s.system, "numbers", {1 + seed % 7, 1000});
    auto found = collected_numbers();
    auto const running = actors::spawn(s.system, collecting(in, found), small);
    requests sent{s};
    std::vector<caf::actor> senders;
    for (std::int64_t sender = 0; sender < 3; ++sender) senders.push_back(sent.flood(in, numbers(50, sender * 50)));
    s.settle();
    CHECK(*sent.answered == 150);
    caf::anon_send(in.actor, close_v);
    CHECK(s.ask<job_result>(running, await_v).end == job_result::how::finished);
    CHECK(sorted(found->values()) == numbers(150));
    std::map<std::int64_t, std::int64_t> last;
    for (auto const n : found->values()) {
      CHECK((last.count(n / 50) == 0 || last[n / 50] < n));
      last[n / 50] = n;
    }
  }
}

TEST_CASE("what was sent before the end of an inlet is processed, windows fire, and the job finishes") {
  enum way { owner_ends, owner_fails, linked_ends, told_to_exit, closed, nobody_holds_it };
  for (way const how : {owner_ends, owner_fails, linked_ends, told_to_exit, closed, nobody_holds_it}) {
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
      INFO("way " << how << ", seed " << seed);
      stage s(seed);
      auto found = std::make_shared<memory::collected<windowed<std::int64_t, std::int64_t>>>();
      actors::job_actor running;
      caf::actor owner = s.system.spawn([&s, &running, found, how](caf::event_based_actor* self) -> caf::behavior {
        bool const owned = how == owner_ends || how == owner_fails;
        auto const [source, inlet] = owned ? actors::inlet<std::int64_t>(self, "numbers", {2, 100}) : actors::inlet<std::int64_t>(s.system, "numbers", {2, 100});
        running = actors::spawn(s.system, counting(source, found), small);
        if (how == linked_ends) self->link_to(inlet);
        for (auto const n : numbers(15)) self->send(inlet, n);
        if (how == told_to_exit) self->send_exit(inlet, caf::exit_reason::user_shutdown);
        if (how == closed) self->send(inlet, close_v);
        if (how == owner_fails) self->quit(caf::exit_reason::unhandled_exception);
        if (how == owner_ends || how == linked_ends) self->quit();
        return {[keep = how == nobody_holds_it ? actors::inlet_actor<std::int64_t>() : inlet](int) {}};
      });
      s.settle();
      CHECK(s.ask<job_result>(running, await_v).end == job_result::how::finished);
      std::int64_t sum = 0;
      for (auto const& w : found->values()) sum += w.value;
      CHECK(sum == 15);
      CHECK(found->values().size() == 4);  // two keys in two windows
    }
  }
}

TEST_CASE("a request beyond what may wait is refused, and the job goes on without it") {
  stage s;
  auto const in = actors::inlet<std::int64_t>(s.system, "numbers", {2, 3});
  requests sent{s};
  auto const sender = sent.flood(in, numbers(10));
  s.settle();
  CHECK(*sent.answered == 2);
  REQUIRE(sent.errors->size() == 5);
  CHECK(sent.errors->front().code() == error_code::limit_exceeded);
  CHECK_THAT(sent.errors->front().what(), Catch::Contains("'numbers'") && Catch::Contains("3 records waiting") && Catch::Contains("when the last was answered"));
  auto found = collected_numbers();
  auto const running = actors::spawn(s.system, collecting(in, found), small);
  s.settle();
  caf::anon_send(in.actor, close_v);
  CHECK(s.ask<job_result>(running, await_v).end == job_result::how::finished);
  CHECK(found->values() == numbers(5));
}

TEST_CASE("a plain send beyond what may wait fails the job, for nobody else could be told") {
  stage s;
  auto const in = actors::inlet<std::int64_t>(s.system, "numbers", {2, 3});
  for (auto const n : numbers(6)) caf::anon_send(in.actor, n);
  s.settle();
  auto found = collected_numbers();
  auto const running = actors::spawn(s.system, collecting(in, found), small);
  auto const e = s.error_of<job_result>(s.self->request(running, caf::infinite, await_v));
  CHECK(e.code() == error_code::limit_exceeded);
  CHECK(e.operator_name() == "numbers");
  CHECK(found->values().empty());
}

TEST_CASE("requests that wait and that come are answered with an error when the job ends before its input") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    INFO("seed " << seed);
    stage s(seed);
    auto const in = actors::inlet<std::int64_t>(s.system, "numbers", {2, 100});
    job j("failing");
    j.source("numbers", in.source).map([](std::int64_t n) {
       if (n == 13) throw std::runtime_error("unlucky");
       return n;
     }).sink("nowhere", memory::discard());
    requests sent{s};
    auto const sender = sent.flood(in, numbers(50));
    s.settle();
    auto const running = actors::spawn(s.system, std::move(j), small);
    CHECK(s.error_of<job_result>(s.self->request(running, caf::infinite, await_v)).operator_name() == "map-1");
    CHECK(*sent.answered >= 13);
    REQUIRE(*sent.answered + sent.errors->size() == 50);
    CHECK(sent.errors->front().code() == error_code::cancelled);
    auto late = s.self->request(in.actor, caf::infinite, std::int64_t{1});
    s.settle();
    caf::error refused;
    late.receive([] {}, [&](caf::error const& e) { refused = e; });
    CHECK(refused == caf::sec::request_receiver_down);
  }
}

TEST_CASE("senders are told when the job ends before it has read anything, also while its description is kept") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    stage s(seed);
    auto const in = actors::inlet<std::int64_t>(s.system, "numbers", {2, 100});
    auto found = collected_numbers();
    auto const running = actors::spawn(s.system, collecting(in, found), small);
    caf::anon_send(running, actors::cancel_v);
    requests sent{s};
    auto const sender = sent.flood(in, numbers(10));
    CHECK(s.ask<job_result>(running, await_v).end == job_result::how::cancelled);
    CHECK(*sent.answered + sent.errors->size() + *sent.others == 10);
  }
}

TEST_CASE("senders to an inlet whose job was never started learn it when its description is gone") {
  stage s;
  auto in = actors::inlet<std::int64_t>(s.system, "numbers", {2, 100});
  requests sent{s};
  auto const sender = sent.flood(in, numbers(5));
  s.settle();
  CHECK(*sent.answered == 2);
  in.source = {};
  s.settle();
  REQUIRE(sent.errors->size() == 3);
  CHECK(sent.errors->front().code() == error_code::cancelled);
  CHECK_THAT(sent.errors->front().what(), Catch::Contains("has no reader"));
}

TEST_CASE("an inlet is read once: a second job that reads it fails with what to do") {
  stage s;
  auto const in = actors::inlet<std::int64_t>(s.system, "numbers");
  auto found = collected_numbers();
  auto const first = actors::spawn(s.system, collecting(in, found), small);
  s.settle();
  auto const second = actors::spawn(s.system, collecting(in, found), small);
  auto const e = s.error_of<job_result>(s.self->request(second, caf::infinite, await_v));
  CHECK(e.code() == error_code::usage);
  CHECK_THAT(e.what(), Catch::Contains("'numbers'") && Catch::Contains("an inlet for each"));
  caf::anon_send(in.actor, close_v);
  CHECK(s.ask<job_result>(first, await_v).end == job_result::how::finished);
}

TEST_CASE("the position of an inlet counts, over runs, and cannot go back") {
  stage s;
  auto const in = actors::inlet<std::int64_t>(s.system, "numbers");
  caf::anon_send(in.actor, numbers(5));
  s.settle();
  by_hand r(in.source, "100");
  CHECK(r.reader->position(0) == "100");
  r.poll(3);
  CHECK(r.reader->position(0) == "103");
  CHECK_NOTHROW(r.reader->seek(0, "103"));
  CHECK_THROWS_WITH(r.reader->seek(0, "100"), Catch::Contains("cannot go back") && Catch::Contains("103"));
  CHECK_THROWS_WITH(r.reader->seek(0, "first"), Catch::Contains("found 'first'"));
  r.reader->pause(0, true);
  CHECK(r.poll(3) == poll_status::nothing);
  r.reader->pause(0, false);
  CHECK(r.poll(3) == poll_status::records);
  CHECK(r.found == numbers(5));
}

TEST_CASE("an inlet of no capacity is refused") {
  stage s;
  CHECK_THROWS_WITH(actors::inlet<std::int64_t>(s.system, "numbers", {0, 1}), Catch::Contains("'numbers'") && Catch::Contains("at least 1"));
}
