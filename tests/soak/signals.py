"""Signals: stopped and continued, cancelled, savepoints on request and on the way out, and savepoints that are moved."""

import os
import re
import shutil
import signal
import time

import orders
from soak import FIGURES, SoakCase

TAKEN = re.compile(r"savepoint (\d+) is in '([^']+)'")


class Signals(SoakCase):
    def begin(self, trial, *options, **how):
        running = trial.start(*options, nap=25_000, **how)
        newest = trial.newest
        running.until("checkpoints", lambda: max((c["id"] for c in trial.checkpoints()), default=0) > newest + 2)
        return running

    def with_savepoints(self, trial):
        return self.begin(trial, "--savepoint", trial.points, quiet=False)

    def assert_published_so_far(self, trial):
        wrong = [w for w in orders.difference(orders.published(trial.out), orders.expected(trial.orders)) if "too often" in w]
        self.assertEqual(wrong, [])

    def test_a_job_that_is_stopped_and_continued_goes_on(self):
        with self.trial(31) as trial:
            running = self.begin(trial)
            for _ in range(5):
                running.send(signal.SIGSTOP)
                time.sleep(0.5)
                running.send(signal.SIGCONT)
                time.sleep(0.1)
            self.assertEqual(running.wait(60).status, 0, running.stderr)
            trial.assert_complete()

    def test_a_job_cancelled_by_a_signal_goes_on_from_its_last_checkpoint(self):
        for number, status in ((signal.SIGTERM, 143), (signal.SIGINT, 130)):
            with self.trial(32, 20_000) as trial:
                for _ in range(3):
                    running = self.begin(trial)
                    running.send(number)
                    self.assertEqual(running.wait(60).status, status, running.stderr)
                    trial.look()
                    FIGURES["restores"] += 1
                trial.finish()

    def taken(self, running):
        found = TAKEN.findall(running.stderr)
        return found[-1][1] if found else None

    def test_sigusr1_takes_savepoints_that_can_be_moved_and_restored_under_another_parallelism(self):
        with self.trial(33, keep_succeeded=True) as trial:
            running = self.with_savepoints(trial)
            running.send(signal.SIGUSR1)
            running.until("savepoint", lambda: self.taken(running))
            self.assertEqual(running.wait(60).status, 0, running.stderr)
            trial.assert_complete()
            self.restored_elsewhere(trial, self.taken(running))

    def restored_elsewhere(self, trial, savepoint):
        """What had not been published by then is published by a job of its own, in another place."""
        moved, out, snapshots = (trial.folder / name for name in ("moved", "other-out", "other-snapshots"))
        shutil.move(savepoint, moved)
        shutil.rmtree(trial.points)
        trial.verify(moved)
        shutil.copytree(trial.out, out)  # what was pending is committed under its name
        whole, trial.out, trial.snapshots = trial.out, out, snapshots
        FIGURES["restores"] += 1
        ended = trial.start("--accept-duplicates", restore=("--restore", moved), parallelism=3).wait(60)
        self.say(f"a savepoint of a job that ran on: {ended.status} {ended.stderr.strip()}")
        self.assertEqual(ended.status, 0, ended.stderr)
        missing = [w for w in orders.difference(orders.published(out), orders.expected(trial.orders)) if "missing" in w]
        self.assertEqual(missing, [])

    def test_stopped_with_a_savepoint_a_job_goes_on_from_it_exactly_once_wherever_it_lies(self):
        for number in (signal.SIGUSR2, signal.SIGTERM, signal.SIGINT):
            with self.trial(34) as trial:
                running = self.with_savepoints(trial)
                running.send(number)
                ended = running.wait(60)
                self.say(f"signal {number}: status {ended.status}: {ended.stderr.strip().splitlines()[-1]}")
                self.assertIn("has stopped with a savepoint", ended.stderr)
                self.assert_published_so_far(trial)
                moved = trial.folder / "moved"
                shutil.move(self.taken(running), moved)
                shutil.rmtree(trial.snapshots)
                trial.verify(moved)
                FIGURES["restores"] += 1
                ended = trial.start(restore=("--restore", moved), parallelism=4).wait(60)
                self.assertEqual(ended.status, 0, ended.stderr)
                trial.assert_complete()

    def test_killed_while_a_savepoint_is_written_the_job_goes_on_and_the_savepoint_is_whole_or_none(self):
        with self.trial(35, 20_000) as trial:
            for _ in range(10):
                running = self.with_savepoints(trial)
                running.send(signal.SIGUSR1)
                time.sleep(trial.random.uniform(0, 0.06))
                running.stop()
                trial.look()
                FIGURES["kills"] += 1
                for savepoint in trial.points.glob("*"):
                    whole = trial.checkpoints(savepoint)
                    trial.verify(savepoint)
                    if not whole:
                        ended = trial.start(restore=("--restore", savepoint)).wait(60)
                        self.assertNotEqual(ended.status, 0)
                        self.assertIn(str(savepoint), ended.stderr)
                shutil.rmtree(trial.points, ignore_errors=True)
            trial.finish()

    def test_a_second_process_on_the_same_snapshots_is_refused(self):
        with self.trial(36) as trial:
            running = self.begin(trial)
            second = trial.start().wait(60)
            self.say(second.stderr.strip())
            self.assertEqual(second.status, 1, second.stderr)
            self.assertIn(str(trial.snapshots), second.stderr)
            self.assertIn("another job is using them", second.stderr)
            self.assertEqual(running.wait(60).status, 0, running.stderr)
            trial.assert_complete()
