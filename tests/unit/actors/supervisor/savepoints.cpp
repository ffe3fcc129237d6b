#include <catch2/catch.hpp>

#include <map>
#include <random>
#include <set>

#include "unit/actors/supervisor/checkpoint_stage.hpp"

using namespace stage_of_checkpoints;

namespace {

auto const seldom = settings{}.snapshots("d").checkpoint_interval(1h);

}  // namespace

TEST_CASE("a savepoint begins at once, is full, and nothing builds on it or is committed for it") {
  stage s(seldom);
  s.start();
  CHECK(s.request({7, "p"}) == words{"begin 1 savepoint at p", "inject 1 on 0 full: 0"});
  CHECK(s.answer_all(1) == words{"write 1 at p"});
  CHECK(s.manifest.kind == snapshot_kind::savepoint);
  CHECK(s.written(1) == words{"answer 7 at p: 1"});
  CHECK(s.coordinator.completed() == nullptr);
  CHECK(s.after(1h) == words{"begin 2 checkpoint", "inject 2 on 0: 0"});
}

TEST_CASE("a savepoint names nothing that was written for another checkpoint, unlike a checkpoint") {
  stage s(seldom);
  snapshot_manifest base;
  base.id = 5;
  base.operators = {{"counts", 1, {{"count", state_kind::table, {}, {}, {{0, {{5, piece_form::base, 1, 1, 1}}}}}}, {}, {}, {}}};
  s.start(base);
  s.request({7, "p"});
  s.answer_all(1);
  CHECK(s.manifest.operators.size() == 3);
  s.written(1);
  s.after(1h);
  s.answer_all(2);
  CHECK(s.manifest.operators.size() == 4);
  CHECK(s.manifest.operators.back().states == base.operators.front().states);
}

TEST_CASE("savepoints wait for what is in progress, and for each other") {
  stage s(seldom);
  s.start();
  s.after(1h);
  CHECK(s.request({7, "p"}) == words{});
  CHECK(s.request({8, "q"}) == words{});
  s.answer_all(1);
  CHECK(s.written(1) == words{"commit 1: 2", "begin 2 savepoint at p", "inject 2 on 1 full: 0"});
  CHECK(s.answer_all(2) == words{});  // not before checkpoint 1 is committed
  CHECK(s.confirm(2, 1) == words{"write 2 at p"});
  CHECK(s.written(2) == words{"answer 7 at p: 2", "begin 3 savepoint at q", "inject 3 on 1 full: 0"});
}

TEST_CASE("a savepoint that fails is told to who asked, and is no failure of the job") {
  stage s(settings{seldom}.checkpoint_timeout(5s));
  s.start();
  s.request({7, "p"});
  CHECK(s.failed(1) == words{"abandon 1 at p: savepoint 1: the disk is full", "answer 7 at p: no savepoint was taken: savepoint 1: the disk is full"});
  s.request({8, "q"});
  auto const said = s.after(5s);
  REQUIRE(said.size() == 2);
  CHECK_THAT(said[1], Catch::StartsWith("answer 8 at q: no savepoint was taken: savepoint 2: not complete within 5s"));
  CHECK(s.coordinator.summary(s.now).failed == 2);
}

TEST_CASE("to stop, a checkpoint is taken that holds the sources and is committed, then the savepoint, and the job ends") {
  stage s(seldom);
  s.start();
  CHECK(s.request({7, "p", true}) == words{"begin 1 checkpoint", "inject 1 on 0 hold: 0"});
  CHECK(s.request({8, "q", true}) == words{"answer 8 at q: no savepoint was taken: the job is stopping with a savepoint already"});
  s.answer_all(1);
  CHECK(s.written(1) == words{"commit 1: 2", "begin 2 savepoint at p", "inject 2 on 1 full hold: 0"});
  CHECK(s.answer_all(2) == words{});
  CHECK(s.after(30s) == words{});
  CHECK(s.confirm(2, 1) == words{"write 2 at p"});
  CHECK(s.written(2) == words{"answer 7 at p: 2", "stop"});
  CHECK(s.after(10h) == words{});
  CHECK(s.request({9, "q"}) == words{"answer 9 at q: no savepoint was taken: the job is ending"});
}

TEST_CASE("savepoints that were asked for before one that stops are taken, those after it are told that it has stopped") {
  stage s(seldom);
  s.start();
  s.after(1h);
  s.request({7, "p"});
  s.request({8, "q", true});
  s.request({9, "r"});
  s.answer_all(1);
  s.written(1);
  s.confirm(2, 1);
  s.answer_all(2);
  CHECK(s.written(2) == words{"answer 7 at p: 2", "begin 3 checkpoint", "inject 3 on 1 hold: 0"});
  s.answer_all(3);
  s.written(3);
  s.confirm(2, 3);
  s.answer_all(4);
  CHECK(s.written(4) == words{"answer 8 at q: 4", "stop", "answer 9 at r: no savepoint was taken: the job has stopped with another savepoint"});
}

TEST_CASE("when a savepoint that was to stop the job fails, or the checkpoint before it, the sources go on and so does the job") {
  for (bool const at_checkpoint : {true, false}) {
    INFO(at_checkpoint);
    stage s(settings{seldom}.checkpoint_failures(1));
    s.start();
    s.request({7, "p", true});
    if (!at_checkpoint) {
      s.answer_all(1);
      s.written(1);
      s.confirm(2, 1);
    }
    auto const said = at_checkpoint ? s.failed(1) : s.failed(2);
    CHECK(said == (at_checkpoint ? words{"abandon 1: checkpoint 1: the disk is full", "resume", "answer 7 at p: no savepoint was taken: checkpoint 1: the disk is full"}
                                 : words{"abandon 2 at p: savepoint 2: the disk is full", "resume", "answer 7 at p: no savepoint was taken: savepoint 2: the disk is full"}));
    CHECK(s.after(1h).back() == (at_checkpoint ? "inject 2 on 0: 0" : "inject 3 on 1: 0"));
    CHECK(s.request({8, "q"}) == words{});  // it may be asked for again
  }
}

TEST_CASE("draining lets the input end, and takes the savepoint when the last checkpoint is committed") {
  stage s(seldom);
  s.start();
  CHECK(s.request({7, "p", true, true}) == words{"drain"});
  CHECK(s.request({8, "q", true}) == words{"answer 8 at q: no savepoint was taken: the job is stopping with a savepoint already"});
  s.finish({0, 1});
  CHECK(s.finish({2}) == words{"begin 1 last", "inject 1 on 0: 0 1 2"});
  s.answer_all(1);
  CHECK(s.written(1) == words{"commit 1: 2", "begin 2 savepoint at p", "inject 2 on 1 full: 0 1 2"});
  s.answer_all(2);
  CHECK(s.confirm(2, 1) == words{"write 2 at p"});
  CHECK(s.written(2) == words{"answer 7 at p: 2", "stop"});
}

TEST_CASE("no checkpoint is taken while a job is drained, so that none is of a job that is half drained") {
  stage s(seldom);
  s.start();
  CHECK(s.after(1h) == words{"begin 1 checkpoint", "inject 1 on 0: 0"});
  CHECK(s.request({7, "p", true, true}) == words{});
  s.answer_all(1);
  CHECK(s.written(1) == words{"commit 1: 2", "drain"});
  CHECK(s.confirm(2, 1) == words{});
  CHECK(s.request({8, "q"}) == words{"answer 8 at q: no savepoint was taken: the job is stopping with a savepoint already"});
  s.finish({0, 1});
  CHECK(s.after(1h) == words{});
  CHECK(s.finish({2}) == words{"begin 2 last", "inject 2 on 1: 0 1 2"});
}

TEST_CASE("a job whose input has ended by itself is not stopped by a savepoint, it finishes with it") {
  stage s(seldom);
  s.start();
  s.after(1h);
  s.finish({0, 1, 2});
  CHECK(s.request({7, "p", true}) == words{});
  s.answer_all(1);
  CHECK(s.written(1) == words{"commit 1: 2", "begin 2 last", "inject 2 on 1: 0 1 2"});
  s.confirm(2, 1);
  s.answer_all(2);
  CHECK(s.written(2) == words{"commit 2: 2", "begin 3 savepoint at p", "inject 3 on 2 full: 0 1 2"});
  s.confirm(2, 2);
  s.answer_all(3);
  CHECK(s.written(3) == words{"answer 7 at p: 3", "end"});
}

TEST_CASE("a savepoint can be asked for only while the job runs") {
  stage s(seldom);
  CHECK(s.request({7, "p"}) == words{"answer 7 at p: no savepoint was taken: the job is not running yet, or starts again after a failure; ask again"});
  s.start();
  s.request({8, "p"});
  s.request({9, "q", true, true});
  s.coordinator.restarting({error_code::io, "in", "gone"});
  CHECK(s.next() == words{"abandon 1 at p: operator 'in': gone", "answer 8 at p: no savepoint was taken: operator 'in': gone",
                          "answer 9 at q: no savepoint was taken: operator 'in': gone"});
  s.start({}, 2);
  CHECK(s.request({10, "r"}) == words{"begin 2 savepoint at r", "inject 2 on 0 full: 0"});
}

TEST_CASE("a failure while the job stops with a savepoint is told once, and the job may be asked again") {
  for (bool const at_checkpoint : {true, false}) {
    stage s(seldom);
    s.start();
    s.request({7, "p", true});
    if (!at_checkpoint) {
      s.answer_all(1);
      s.written(1);
    }
    s.coordinator.restarting({error_code::io, "gone"});
    CHECK(s.next() == words{at_checkpoint ? "abandon 1: gone" : "abandon 2 at p: gone", "answer 7 at p: no savepoint was taken: gone"});
    s.start({}, 2);
    CHECK(s.request({8, "q", true}).front() == (at_checkpoint ? "begin 2 checkpoint" : "begin 3 checkpoint"));
  }
}

TEST_CASE("a savepoint that was asked for when all input had ended comes before the last checkpoint") {
  stage s(seldom);
  s.start();
  s.after(1h);
  s.finish({0, 1, 2});
  s.request({7, "p"});
  s.answer_all(1);
  CHECK(s.written(1) == words{"commit 1: 2", "begin 2 savepoint at p", "inject 2 on 1 full: 0 1 2"});
  s.confirm(2, 1);
  s.answer_all(2);
  CHECK(s.written(2) == words{"answer 7 at p: 2", "begin 3 last", "inject 3 on 1: 0 1 2"});
}

namespace {

/// A store, tasks and a job that do what they are told at times of their own, and check what they are told.
struct world {
  explicit world(std::uint64_t seed) : random(seed), coordinator(settings{}.snapshots("d").checkpoint_interval(3s).checkpoint_timeout(20s).checkpoint_failures(3), subject(), 5) {
    coordinator.started(attempt, {}, 0, now);
  }
  static checkpoint_subject subject() {
    checkpoint_subject s;
    for (std::size_t i = 0; i < 8; ++i) s.participants.push_back({"t" + std::to_string(i), i < 2, i >= 6});
    return s;
  }

  void operator()(checkpoint_action::begin const& a) {
    REQUIRE(in_progress == 0);
    REQUIRE(a.id > highest);
    in_progress = highest = a.id;
    is_savepoint = a.kind == snapshot_kind::savepoint;
    answered.clear();
    injected.clear();
    if (a.kind == snapshot_kind::last) REQUIRE(finished.size() == 8);
  }
  void operator()(checkpoint_action::inject const& a) {
    REQUIRE(a.id == in_progress);
    REQUIRE(a.completed == completed);
    REQUIRE(a.full == is_savepoint);
    for (auto const s : a.subtasks) {
      REQUIRE((s < 2 || finished.contains(s)));
      REQUIRE(injected.insert(s).second);
    }
  }
  void operator()(checkpoint_action::write const& a) {
    REQUIRE(a.manifest.id == in_progress);
    REQUIRE(answered.size() == 8);
    REQUIRE(unconfirmed.empty());
    REQUIRE(a.manifest.attempt == attempt);
    writing = true;
  }
  void operator()(checkpoint_action::abandon const& a) {
    REQUIRE(a.id == in_progress);
    in_progress = 0;
    writing = false;
  }
  void operator()(checkpoint_action::commit const& a) {
    REQUIRE(unconfirmed.empty());
    REQUIRE(a.id == completed);
    REQUIRE(a.id > committed);
    committed = a.id;
    unconfirmed = {a.subtasks.begin(), a.subtasks.end()};
    REQUIRE(unconfirmed == std::set<std::size_t>{6, 7});
  }
  void operator()(checkpoint_action::answer const& a) {
    REQUIRE(asked.erase(a.number) == 1);
    if (!a.failure) REQUIRE(a.id == written);
  }
  void operator()(checkpoint_action::overtake const&) {}  // who answers, and what, is the same
  void operator()(checkpoint_action::drain const&) { draining = true; }
  void operator()(checkpoint_action::resume const&) {}
  void operator()(checkpoint_action::fail const&) { restart(); }
  void operator()(checkpoint_action::end const&) {
    REQUIRE(unconfirmed.empty());
    REQUIRE(committed == completed);
    REQUIRE(in_progress == 0);
    ended = true;
  }

  void act() {
    for (auto const& step : coordinator.next(now, {})) std::visit(*this, step);
  }
  void restart() {
    coordinator.restarting({error_code::io, "bad luck"});
    act();
    REQUIRE(in_progress == 0);
    REQUIRE(asked.empty());
    unconfirmed.clear();
    finished.clear();
    draining = false;
    std::optional<snapshot_manifest> base;
    if (coordinator.completed()) base = *coordinator.completed();
    completed = base ? base->id : 0;
    coordinator.started(++attempt, base, completed, now);
  }
  void answer(std::size_t task) {
    if (!in_progress || writing || !answered.insert(task).second) return;
    task_snapshot t;
    t.task = task;
    t.checkpoint = in_progress;
    coordinator.answered(t);
  }
  void write() {
    if (!writing) return;
    writing = false;
    if (random() % 8 == 0) return coordinator.failed(in_progress, {error_code::io, "bad disk"});
    written = in_progress;
    if (!is_savepoint) completed = written;
    in_progress = 0;
    coordinator.written(written);
  }
  void happen() {
    auto const task = random() % 8;
    switch (random() % 12) {
      case 0: now += 1s; break;
      case 1: if (ending || draining) coordinator.finished(task), finished.insert(task); break;
      case 2: if (random() % 20 == 0) asked.insert(++requests), coordinator.requested({requests, "p", random() % 8 == 0, random() % 16 == 0}); break;
      case 3: if (random() % 100 == 0) restart(); break;
      case 4: if (random() % 30 == 0 && in_progress) coordinator.failed(in_progress, {error_code::io, "bad piece"}); break;
      case 5: case 6: write(); break;
      case 7: if (!unconfirmed.empty()) coordinator.confirmed(*unconfirmed.begin(), committed), unconfirmed.erase(unconfirmed.begin()); break;
      default: answer(task);
    }
    act();
  }

  std::mt19937_64 random;
  checkpoint_coordinator coordinator;
  std::chrono::nanoseconds now{0};
  std::uint64_t attempt = 1, requests = 0;
  checkpoint_id in_progress = 0, highest = 5, completed = 0, written = 0, committed = 0;
  bool is_savepoint = false, writing = false, draining = false, ending = false, ended = false;
  std::set<std::size_t> answered, injected, finished, unconfirmed;
  std::set<std::uint64_t> asked;
};

}  // namespace

TEST_CASE("whatever happens when, checkpoints keep their order, commits theirs, and a job comes to its end") {
  std::uint64_t total = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    INFO("seed " << seed);
    world w(seed);
    for (int i = 0; i < 3'000 && !w.ended; ++i) {
      w.ending = i > 1'500;
      w.happen();
    }
    for (int i = 0; i < 20'000 && !w.ended; ++i) w.happen();
    REQUIRE(w.ended);
    REQUIRE(w.asked.empty());
    total += w.coordinator.summary(w.now).completed;
  }
  CHECK(total > 2'000);
}
