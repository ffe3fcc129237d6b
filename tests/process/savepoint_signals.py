"""Signals that ask for savepoints."""

import signal

from harness import ProcessCase


class SavepointSignals(ProcessCase):
    def endless(self, *options):
        where = ("--snapshots", self.folder / "snapshots", "--savepoint", self.folder / "points")
        running = self.start("endless", "--rate", 50_000, "--parallelism", 2, *where, *options)
        running.until("results on disk", lambda: self.bytes_in_progress() > 20_000)
        return running

    def assert_answered(self, running, times):
        """What was asked for is told when it is asked for, and again when it has been taken or has not."""
        running.until("answer", lambda: running.stderr.count("no savepoint was taken") + running.stderr.count("go on from it with") == times)

    def test_sigusr1_asks_for_a_savepoint_and_the_job_runs_on(self):
        running = self.endless()
        for times in (1, 2):
            running.send(signal.SIGUSR1)
            running.until("note", lambda: running.stderr.count("taking a savepoint in '" + str(self.folder / "points" / "endless-")) == times)
            self.assert_answered(running, times)
        before = self.bytes_in_progress()
        running.until("more results", lambda: self.bytes_in_progress() > before)
        running.send(signal.SIGKILL)
        running.wait()

    def test_sigterm_stops_with_a_savepoint_or_cancels_where_none_can_be_taken(self):
        running = self.endless()
        running.send(signal.SIGTERM)
        ended = running.wait()
        self.assert_cancelled(ended, 143, seconds=10)
        self.assertIn("stopping with a savepoint in '" + str(self.folder / "points" / "endless-"), ended.stderr)
        self.assert_answered_at_the_end(ended)
        self.assertGreater(len(self.numbers()), 0)

    def assert_answered_at_the_end(self, ended):
        taken = "go on from it with" in ended.stderr
        self.assertEqual(taken, "has stopped with a savepoint" in ended.stderr, ended.stderr)
        self.assertEqual(not taken, "no savepoint was taken" in ended.stderr, ended.stderr)
        self.assertEqual(not taken, "was cancelled after" in ended.stderr, ended.stderr)

    def test_without_a_directory_for_savepoints_sigusr1_and_sigusr2_are_left_to_the_program(self):
        for number in (signal.SIGUSR1, signal.SIGUSR2):
            running = self.start("endless", "--rate", 50_000, "--overwrite")
            running.until("results on disk", self.bytes_in_progress)
            running.send(number)
            self.assertEqual(running.wait().status, -number)
