#include <catch2/catch.hpp>

#include "unit/actors/supervisor/checkpoint_stage.hpp"

using namespace stage_of_checkpoints;

namespace {

auto const often = settings{}.snapshots("d").checkpoint_interval(10s);

/// Takes a checkpoint from its beginning, which is now, to its confirmation.
void take(stage& s, checkpoint_id id) {
  REQUIRE(s.coordinator.in_progress() == id);
  REQUIRE(s.answer_all(id) == words{"write " + std::to_string(id)});
  REQUIRE(s.written(id) == words{"commit " + std::to_string(id) + ": 2"});
  REQUIRE(s.confirm(2, id) == words{});
}

}  // namespace

TEST_CASE("a checkpoint begins when it is due, is written when all have answered, and is committed when it is durable") {
  stage s(often);
  CHECK(s.next() == words{});
  CHECK(s.after(1h) == words{});  // nothing runs yet
  CHECK(s.start() == words{});
  CHECK(s.coordinator.due() == s.now + 10s);
  CHECK(s.after(10s - 1ns) == words{});
  CHECK(s.after(1ns) == words{"begin 1 checkpoint", "inject 1 on 0: 0"});
  CHECK(s.coordinator.in_progress() == 1);
  CHECK(s.answer({0}, 1) == words{});
  CHECK(s.answer({2}, 1) == words{});
  CHECK(s.coordinator.missing() == std::vector<std::size_t>{1});
  CHECK(s.answer({1}, 1) == words{"write 1"});
  CHECK(s.written(1) == words{"commit 1: 2"});
  CHECK(s.coordinator.in_progress() == 0);
  REQUIRE(s.coordinator.completed());
  CHECK(s.coordinator.completed()->id == 1);
  CHECK(s.confirm(2, 1) == words{});
  CHECK(s.coordinator.due() == s.now + 10s);
  CHECK(s.after(10s) == words{"begin 2 checkpoint", "inject 2 on 1: 0"});
}

TEST_CASE("a manifest says what it is of") {
  stage s(often);
  s.start({}, 7);
  s.after(10s);
  auto const began = timestamp{std::chrono::floor<duration>(s.now + 1000h)};
  s.now += 3s;
  s.answer_all(1);
  CHECK(s.manifest.id == 1);
  CHECK(s.manifest.kind == snapshot_kind::checkpoint);
  CHECK(s.manifest.job == "j");
  CHECK(s.manifest.fingerprint == 99);
  CHECK(s.manifest.max_parallelism == 64);
  CHECK(s.manifest.attempt == 7);
  CHECK(s.manifest.time == began);
  REQUIRE(s.manifest.operators.size() == 3);
  CHECK(s.manifest.operators[1].name == "op-1");
}

TEST_CASE("ids go on above those in the store and above what was restored") {
  stage s(often, pipeline(), 41);
  s.start();
  CHECK(s.after(10s).front() == "begin 42 checkpoint");
  stage restored(often, pipeline(), 41);
  restored.coordinator.started(3, {}, 60, restored.now);
  CHECK(restored.after(10s).front() == "begin 61 checkpoint");
}

TEST_CASE("after a restore the first checkpoint builds on the restored one where that is in the store") {
  stage s(often, pipeline(), 41);
  snapshot_manifest base;
  base.id = 41;
  s.start(base);
  CHECK(s.after(10s) == words{"begin 42 checkpoint", "inject 42 on 41: 0"});
}

TEST_CASE("one is in progress at a time, and the pause counts from its end") {
  stage s(settings{often}.checkpoint_pause(4s));
  s.start();
  s.after(10s);
  CHECK(s.after(25s) == words{});
  s.answer_all(1);
  s.written(1);
  CHECK(s.coordinator.due() == s.now + 4s);
  CHECK(s.after(4s - 1ns) == words{});
  CHECK(s.after(1ns).front() == "begin 2 checkpoint");
}

TEST_CASE("without an interval none begins before the end") {
  stage s(settings{}.snapshots("d").checkpoint_interval(0s));
  s.start();
  CHECK(s.coordinator.due() == std::chrono::nanoseconds::max());
  CHECK(s.after(1000h) == words{});
  CHECK(s.finish({0, 1, 2}) == words{"begin 1 last", "inject 1 on 0: 0 1 2"});
}

TEST_CASE("answers that come twice, late or of another checkpoint change nothing") {
  stage s(often);
  s.start();
  CHECK(s.answer_all(1) == words{});
  s.after(10s);
  CHECK(s.answer({0, 0, 0}, 1) == words{});
  task_snapshot again;
  again.task = 0;
  again.checkpoint = 1;
  again.operators = {{"another answer", {}, {}, {}}};
  s.coordinator.answered(again);
  CHECK(s.answer({1, 2}, 7) == words{});
  CHECK(s.answer({1}, 1) == words{});
  CHECK(s.answer({2}, 1) == words{"write 1"});
  CHECK(s.manifest.operators.size() == 3);
  CHECK(s.answer_all(1) == words{});
  CHECK(s.written(7) == words{});
  s.written(1);
  CHECK(s.written(1) == words{});
  CHECK(s.confirm(2, 7) == words{});
  CHECK(s.failed(1) == words{});
}

TEST_CASE("who has finished is injected directly, at the beginning or when it finishes without an answer") {
  stage s(often);
  s.start();
  s.finish({0});
  CHECK(s.after(10s) == words{"begin 1 checkpoint", "inject 1 on 0: 0"});
  CHECK(s.finish({1}) == words{"inject 1 on 0: 1"});
  CHECK(s.finish({1}) == words{});
  s.answer({2}, 1);
  CHECK(s.finish({2}).empty());  // it has answered; all have finished, but one is still in progress
  CHECK(s.answer({0, 1}, 1) == words{"write 1"});
  CHECK(s.written(1) == words{"commit 1: 2", "begin 2 last", "inject 2 on 1: 0 1 2"});
}

TEST_CASE("the manifest of the next checkpoint waits until all commits of the one before are confirmed") {
  auto what = pipeline();
  what.participants.push_back({"out (subtask 1)", false, true});
  stage s(often, what);
  s.start();
  s.after(10s);
  s.answer_all(1);
  CHECK(s.written(1) == words{"commit 1: 2 3"});
  CHECK(s.after(10s).front() == "begin 2 checkpoint");
  CHECK(s.answer_all(2) == words{});
  CHECK(s.confirm(3, 1) == words{});
  CHECK(s.confirm(3, 1) == words{});
  CHECK(s.confirm(2, 1) == words{"write 2"});
}

TEST_CASE("a checkpoint that takes too long is abandoned, and an error says who was waited for") {
  stage s(settings{often}.checkpoint_timeout(3s).checkpoint_failures(1));
  s.start();
  s.after(10s);
  CHECK(s.coordinator.due() == s.now + 3s);
  s.answer({0}, 1);
  CHECK(s.after(3s - 1ns) == words{});
  CHECK(s.after(1ns) == words{"abandon 1: checkpoint 1: not complete within 3s (checkpoint-timeout): no answer of counts (subtask 0), out (subtask 0)"});
  CHECK(s.answer({1, 2}, 1) == words{});
  CHECK(s.after(7s).front() == "begin 2 checkpoint");
  s.answer({0, 1}, 2);
  auto const last = s.after(3s);
  REQUIRE(last.size() == 2);
  CHECK(last[1] ==
        "fail: checkpoint 2: not complete within 3s (checkpoint-timeout): no answer of out (subtask 0) (2 have failed in a row, checkpoint-failures allows 1)");
}

TEST_CASE("a time-out while commits are awaited names those who have not confirmed") {
  stage s(settings{often}.checkpoint_timeout(11s));
  s.start();
  s.after(10s);
  s.answer_all(1);
  s.written(1);
  s.after(10s);
  s.answer_all(2);
  auto const said = s.after(11s);
  REQUIRE(said.size() == 2);
  CHECK_THAT(said[1], Catch::StartsWith("fail: checkpoint 2: ") && Catch::EndsWith("waiting until checkpoint 1 is committed by out (subtask 0)"));
}

TEST_CASE("commits may take no longer than a checkpoint, also those of the last") {
  stage s(settings{often}.checkpoint_interval(1h).checkpoint_timeout(3s));
  s.start();
  s.finish({0, 1, 2});
  s.answer_all(1);
  CHECK(s.written(1) == words{"commit 1: 2"});
  CHECK(s.coordinator.due() == s.now + 3s);
  CHECK(s.after(3s - 1ns) == words{});
  CHECK(s.after(1ns) == words{"fail: checkpoint 1 is complete, but was not committed within 3s (checkpoint-timeout) by out (subtask 0)"});
  CHECK(s.after(1h) == words{});
}

TEST_CASE("while a manifest is being written no time passes for it") {
  stage s(settings{often}.checkpoint_timeout(3s));
  s.start();
  s.after(10s);
  CHECK(s.answer_all(1) == words{"write 1"});
  CHECK(s.coordinator.due() == std::chrono::nanoseconds::max());
  CHECK(s.after(1h) == words{});
  CHECK(s.written(1).front() == "commit 1: 2");
}

TEST_CASE("so many failures in a row are tolerated, whatever failed, and a completed checkpoint begins a new row") {
  stage s(settings{often}.checkpoint_failures(2));
  s.start();
  for (checkpoint_id id : {1, 2}) {
    s.after(10s);
    CHECK(s.failed(id).size() == 1);
  }
  s.after(10s);
  take(s, 3);
  s.after(10s);
  CHECK(s.failed(4) == words{"abandon 4: checkpoint 4: the disk is full"});
  s.after(10s);
  s.answer_all(5);
  CHECK(s.failed(5).size() == 1);  // while its manifest is written
  s.after(10s);
  auto const last = s.failed(6);
  REQUIRE(last.size() == 2);
  CHECK(last[1] == "fail: checkpoint 6: the disk is full (3 have failed in a row, checkpoint-failures allows 2)");
  CHECK(s.after(1h) == words{});  // until the job has started again
}

TEST_CASE("a failure that is not tolerated keeps the code and the operator of its cause") {
  stage s(often);
  s.start();
  s.after(10s);
  s.coordinator.failed(1, {error_code::permission_denied, "out", "cannot write"});
  s.coordinator.failed(1, {error_code::io, "and more"});
  auto const steps = s.coordinator.next(s.now, {});
  REQUIRE(steps.size() == 2);
  auto const& why = std::get<checkpoint_action::fail>(steps[1]).why;
  CHECK(why.code() == error_code::permission_denied);
  CHECK(why.operator_name() == "out");
  CHECK(why.message() == "checkpoint 1: cannot write");
}

TEST_CASE("snapshots that contradict each other fail the checkpoint") {
  stage s(often);
  s.start();
  s.after(10s);
  s.answer({0, 1}, 1);
  task_snapshot bad;
  bad.task = 2;
  bad.checkpoint = 1;
  bad.operators = {{"out", {{"state", state_kind::table, {}, {}, {{0, {{1, piece_form::delta, 1, 1, 1}}}}}}, {}, {}}};
  s.coordinator.answered(bad);
  auto const said = s.next();
  REQUIRE(said.size() == 2);
  CHECK_THAT(said[0], Catch::Contains("delta without a base"));
  CHECK_THAT(said[1], Catch::StartsWith("fail: operator 'out': checkpoint 1: "));
}

TEST_CASE("bounded input ends with one last checkpoint and its commits") {
  stage s(often);
  s.start();
  s.after(10s);
  take(s, 1);
  s.after(5s);
  s.finish({0});
  s.finish({1});
  CHECK(s.finish({2}) == words{"begin 2 last", "inject 2 on 1: 0 1 2"});
  CHECK(s.after(5s) == words{});
  CHECK(s.answer_all(2) == words{"write 2"});
  CHECK(s.manifest.kind == snapshot_kind::last);
  CHECK(s.written(2) == words{"commit 2: 2"});
  CHECK(s.confirm(2, 2) == words{"end"});
  CHECK(s.after(10h) == words{});
  CHECK(s.request({9, "p"}) == words{"answer 9 at p: no savepoint was taken: the job is ending"});
}

TEST_CASE("a last checkpoint that fails is taken again where failures are tolerated") {
  stage s(settings{often}.checkpoint_failures(1));
  s.start();
  s.finish({0, 1, 2});
  CHECK(s.failed(1) == words{"abandon 1: checkpoint 1: the disk is full", "begin 2 last", "inject 2 on 0: 0 1 2"});
  CHECK(s.failed(2).back() == "fail: checkpoint 2: the disk is full (2 have failed in a row, checkpoint-failures allows 1)");
}

TEST_CASE("without two-phase sinks a job ends when its last checkpoint is durable") {
  auto what = pipeline();
  what.participants[2].commits = false;
  stage s(often, what);
  s.start();
  s.finish({0, 1, 2});
  s.answer_all(1);
  CHECK(s.written(1) == words{"end"});
}

TEST_CASE("the supervisor takes part without a barrier, and does not hold up the end") {
  auto what = pipeline();
  what.participants.push_back({"the supervisor", false, false, true});
  stage s(often, what);
  s.start();
  CHECK(s.after(10s) == words{"begin 1 checkpoint", "inject 1 on 0: 0"});
  CHECK(s.answer({0, 1, 2}, 1) == words{});
  CHECK(s.answer({3}, 1) == words{"write 1"});
  s.written(1);
  s.confirm(2, 1);
  CHECK(s.finish({0, 1, 2}) == words{"begin 2 last", "inject 2 on 1: 0 1 2"});
}

TEST_CASE("when the job starts again, what was in progress is forgotten and ids go on") {
  stage s(often);
  s.start();
  s.after(10s);
  take(s, 1);
  s.after(10s);
  s.answer({0, 1}, 2);
  s.coordinator.restarting({error_code::user_function, "counts", "unlucky"});
  CHECK(s.next() == words{"abandon 2: operator 'counts': unlucky"});
  CHECK(s.answer({2}, 2) == words{});
  CHECK(s.finish({0}) == words{});
  CHECK(s.after(1h) == words{});
  snapshot_manifest const base = *s.coordinator.completed();
  CHECK(s.start(base, 2) == words{});
  CHECK(s.after(10s) == words{"begin 3 checkpoint", "inject 3 on 1: 0"});
  CHECK(s.answer_all(3) == words{"write 3"});
  CHECK(s.manifest.attempt == 2);
}

TEST_CASE("a job that fails at its very end and starts again ends when it has finished again") {
  stage s(often);
  s.start();
  s.finish({0, 1, 2});
  s.answer_all(1);
  s.written(1);
  CHECK(s.confirm(2, 1) == words{"end"});
  s.coordinator.restarting({error_code::io, "out", "cannot close"});
  CHECK(s.next() == words{});
  CHECK(s.start(*s.coordinator.completed(), 2) == words{});
  CHECK(s.finish({0, 1, 2}) == words{"begin 2 last", "inject 2 on 1: 0 1 2"});
}

TEST_CASE("commits that a failure interrupts are not waited for: restoring repeats them") {
  stage s(often);
  s.start();
  s.after(10s);
  s.answer_all(1);
  CHECK(s.written(1) == words{"commit 1: 2"});
  s.coordinator.restarting({error_code::io, "out", "gone"});
  s.next();
  s.start(*s.coordinator.completed(), 2);
  s.after(10s);
  CHECK(s.answer_all(2) == words{"write 2"});
  CHECK(s.confirm(2, 1) == words{});
}

TEST_CASE("a job that is stopped begins nothing any more") {
  stage s(often);
  s.start();
  s.after(10s);
  s.coordinator.stopping({error_code::cancelled, "the job was cancelled"});
  CHECK(s.next() == words{"abandon 1: the job was cancelled"});
  CHECK(s.after(10h) == words{});
  CHECK(s.coordinator.due() == std::chrono::nanoseconds::max());
  s.coordinator.restarting({error_code::io, "too late"});
  CHECK(s.request({1, "p"}) == words{"answer 1 at p: no savepoint was taken: the job is ending"});
}

TEST_CASE("a summary tells of the last completed checkpoint, its age, size and duration, and of failures") {
  stage s(settings{often}.checkpoint_failures(5));
  s.coordinator.started(2, {}, 33, s.now);
  auto none = s.coordinator.summary(s.now);
  CHECK(none.on);
  CHECK(none.restored == 33);
  CHECK(none.last == 0);
  CHECK(none.age == 0ns);
  s.after(10s);
  s.answer({0, 1}, 34);
  task_snapshot t;
  t.task = 2;
  t.checkpoint = 34;
  t.operators = {{"out", {{"state", state_kind::table, {}, {}, {{0, {{34, piece_form::base, 3, 100, 1}}}}}}, {}, {bytes(7)}}};
  s.coordinator.answered(t);
  s.next();
  s.now += 2s;
  s.written(34);
  s.confirm(2, 34);
  auto const first = s.coordinator.summary(s.now + 5s);
  CHECK(first.last == 34);
  CHECK(first.duration == 2s);
  CHECK(first.age == 7s);
  CHECK(first.bytes == 107);
  CHECK(first.written_bytes == 107);
  CHECK(first.completed == 1);
  CHECK(first.failed == 0);
  s.after(8s);
  s.failed(35);
  s.after(10s);
  s.answer_all(36);
  s.written(36);
  auto const third = s.coordinator.summary(s.now);
  CHECK(third.last == 36);
  CHECK(third.bytes == 100);
  CHECK(third.written_bytes == 0);
  CHECK(third.completed == 2);
  CHECK(third.failed == 1);
  CHECK(third.last_failure == "checkpoint 35: the disk is full");
}

TEST_CASE("a checkpoint that is still collecting after the time for alignment overtakes, once") {
  stage s(settings{often}.aligned_checkpoint_timeout(2s));
  s.start();
  s.after(10s);
  CHECK(s.coordinator.due() == s.now + 2s);
  s.answer({0}, 1);
  CHECK(s.after(2s - 1ns) == words{});
  CHECK(s.after(1ns) == words{"overtake 1 on 0"});
  CHECK(s.after(1ns) == words{});
  CHECK(s.coordinator.due() == s.now - 2s - 1ns + often.checkpoint_timeout());
  CHECK(s.answer({1, 2}, 1) == words{"write 1"});
  s.written(1);
  s.confirm(2, 1);
  s.after(8s - 1ns);
  CHECK(s.after(2s) == words{"overtake 2 on 1"});
}

TEST_CASE("without a time for alignment it overtakes at once; one that is aligned in time, or waits for commits only, does not") {
  stage s(settings{often}.aligned_checkpoint_timeout(0s));
  s.start();
  CHECK(s.after(10s) == words{"begin 1 checkpoint", "inject 1 on 0: 0", "overtake 1 on 0"});
  stage t(settings{often}.aligned_checkpoint_timeout(2s));
  t.start();
  t.after(10s);
  t.answer_all(1);
  t.written(1);
  t.after(10s);
  t.answer_all(2);
  CHECK(t.after(3s) == words{});
  CHECK(t.confirm(2, 1) == words{"write 2"});
}

TEST_CASE("savepoints, what goes before one that stops the job, and the last checkpoint wait for alignment") {
  stage s(settings{often}.aligned_checkpoint_timeout(0s));
  s.start();
  CHECK(s.request({1, "p"}) == words{"begin 1 savepoint at p", "inject 1 on 0 full: 0"});
  CHECK(s.after(5s) == words{});
  stage stopped(settings{often}.aligned_checkpoint_timeout(0s));
  stopped.start();
  CHECK(stopped.request({1, "p", true}) == words{"begin 1 checkpoint", "inject 1 on 0 hold: 0"});
  CHECK(stopped.after(5s) == words{});
  stage ended(settings{often}.aligned_checkpoint_timeout(0s));
  ended.start();
  CHECK(ended.finish({0, 1, 2}) == words{"begin 1 last", "inject 1 on 0: 0 1 2"});
  CHECK(ended.after(5s) == words{});
}
