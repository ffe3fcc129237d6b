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
        """What was asked for is told when it is asked for, and again when it has been taken."""
        running.until("answer", lambda: running.stderr.count("go on from it with") == times)

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

    def test_sigterm_stops_with_a_savepoint(self):
        running = self.endless()
        running.send(signal.SIGTERM)
        ended = running.wait()
        self.assertEqual((ended.status, ended.stdout), (143, ""), ended.stderr)
        point = self.folder / "points"
        self.assertIn(f"stopping with a savepoint in '{point / 'endless-'}", ended.stderr)
        self.assertIn("go on from it with", ended.stderr)
        self.assertIn("has stopped with a savepoint", ended.stderr)
        self.assertEqual(len(list(point.iterdir())), 1)
        self.assertNotEqual(self.in_progress(), [])  # files that go on where the savepoint is restored

    def test_a_job_that_was_drained_has_nothing_left_to_read(self):
        running = self.endless("--drain")
        running.send(signal.SIGUSR2)
        ended = running.wait()
        self.assertEqual((ended.status, ended.stdout), (0, ""), ended.stderr)
        self.assertEqual(self.in_progress(), [])
        files = self.files()
        self.assertNotEqual(files, [])
        [point] = (self.folder / "points").iterdir()
        again = self.run_job("endless", "--rate", 50_000, "--parallelism", 3, "--snapshots", self.folder / "others", "--restore", point)
        self.assertEqual(again.status, 0, again.stderr)
        self.assertEqual(self.files(), files)

    def test_without_a_directory_for_savepoints_sigusr1_and_sigusr2_are_left_to_the_program(self):
        for number in (signal.SIGUSR1, signal.SIGUSR2):
            running = self.start("endless", "--rate", 50_000, "--overwrite")
            running.until("results on disk", self.bytes_in_progress)
            running.send(number)
            self.assertEqual(running.wait().status, -number)
