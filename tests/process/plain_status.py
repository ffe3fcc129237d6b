"""Status and log where standard error is no terminal."""

import fcntl
import os
import re
import signal
import subprocess

from harness import ProcessCase

LINE = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (status|trace|debug|info|warning|error) +([^:]+): (.+)$")


class PlainStatus(ProcessCase):
    def endless(self, *options, **how):
        return self.start("endless", "--rate", 50_000, "--parallelism", 2, *options, **how)

    def lines(self, ended):
        """(level, subject, text) of all lines but those of the closing summary."""
        found = [LINE.match(line) for line in ended.stderr.splitlines()]
        return [match.groups() for match in found if match]

    def test_the_status_is_told_in_lines_as_often_as_set(self):
        running = self.endless("--set", "status-interval=200ms")
        running.until("five status lines", lambda: running.stderr.count(" status ") >= 5)
        running.send(signal.SIGINT)
        ended = running.wait()
        self.assertNotIn("\x1b", ended.stderr)
        self.assertNotIn("\r", ended.stderr)
        for level, subject, text in self.lines(ended):
            self.assertEqual((level, subject), ("status", "endless"))
            self.assertRegex(text, r"^(cancelling \| )?0:0\d \| in [\d.]+k? \([\d.]+k?/s\) \| out [\d.]+k? \([\d.]+k?/s\), [\d.]+ \S+ \(.+/s\)$")

    def test_a_job_shorter_than_the_interval_has_no_status_line(self):
        ended = self.run_job("bounded", "--count", 1000)
        self.assertEqual(self.lines(ended), [])
        self.assertIn("job 'bounded' finished", ended.stderr)

    def test_an_interval_of_0_means_no_status(self):
        running = self.endless("--set", "status-interval=0")
        running.until("results on disk", lambda: self.bytes_in_progress() > 200_000)
        running.send(signal.SIGINT)
        self.assertEqual(self.lines(running.wait()), [])

    def test_quiet_leaves_standard_error_empty_when_all_goes_well(self):
        ended = self.run_job("bounded", "--count", 1000, "--quiet")
        self.assertEqual((ended.status, ended.stdout, ended.stderr), (0, "", ""))
        running = self.endless("--quiet", "--overwrite", "--set", "status-interval=10ms")
        running.until("results on disk", lambda: self.bytes_in_progress() > 20_000)
        running.send(signal.SIGINT)
        ended = running.wait()
        self.assertEqual((ended.status, ended.stdout, ended.stderr), (130, "", ""))

    def test_quiet_does_not_hide_errors(self):
        ended = self.run_job("throwing", "--count", 1000, "--at", 5, "--quiet")
        self.assert_failed(ended, "operator 'picky'", "[user_function]")

    def test_the_log_tells_start_splits_cancel_and_end(self):
        running = self.endless("--log-level", "info", "--set", "status-interval=0")
        running.until("results on disk", lambda: self.bytes_in_progress() > 20_000)
        running.send(signal.SIGINT)
        told = self.lines(running.wait())
        for expected in (
            ("info", "endless", "1 task in 2 subtasks: numbers -> results"),
            ("info", "numbers", "4 splits for 2 subtasks"),
            ("info", "endless", "cancelling"),
            ("info", "endless", "was cancelled after"),
        ):
            matching = [line for line in told if line[:2] == expected[:2] and line[2].startswith(expected[2])]
            self.assertEqual(len(matching), 1, f"{expected} in {told}")
        self.assertEqual({level for level, _, _ in told}, {"info"})

    def test_the_log_tells_who_is_held_back(self):
        running = self.start("slow", "--parallelism", 2, "--log-level", "info", "--set", "status-interval=200ms")
        running.until("who is held back", lambda: "numbers: waits " in running.stderr)
        running.send(signal.SIGINT)
        self.assertIn("of its time for slower operators", running.wait().stderr)

    def test_an_end_that_takes_long_is_told_before_it_is_given_up(self):
        options = ("--count", 10_000, "--at", 5_000, "--parallelism", 1, "--set", "cancel-timeout=2s")
        running = self.start("blocking", *options)
        running.until("call that does not return", lambda: "waiting for ever" in running.stderr)
        running.send(signal.SIGINT)
        running.until("a warning", lambda: "warning" in running.stderr)
        self.assertRegex(running.stderr, r"warning blocking: still waiting for the end of operator 'stuck' \(subtask 0\)")
        running.send(signal.SIGINT)
        self.assertEqual(running.wait().status, 130)

    def test_a_reader_of_standard_error_that_has_gone_does_not_end_the_job(self):
        read, write = os.pipe()
        running = self.start("bounded", "--count", 40_000, "--rate", 40_000, "--set", "status-interval=100ms", stderr=write)
        os.close(write)
        os.read(read, 1)
        os.close(read)
        self.assertEqual(running.wait().status, 0)
        self.assertEqual(self.numbers(), list(range(40_000)))

    def test_a_reader_of_standard_error_that_does_not_read_does_not_hold_the_job_up(self):
        read, write = os.pipe()
        fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)
        running = self.endless("--set", "status-interval=1us", "--log-level", "trace", stderr=write)
        os.close(write)
        running.until("results on disk", lambda: self.bytes_in_progress() > 2_000_000)
        running.send(signal.SIGINT)
        running.until("published results", lambda: self.files() and not self.in_progress())
        with os.fdopen(read) as rest:
            self.assertIn("was cancelled after", rest.read())
        self.assertEqual(running.wait().status, 130)

    def test_nothing_but_status_and_log_is_between_them_in_a_pipe(self):
        command = [*self.command("bounded", "--count", 20_000, "--rate", 20_000, "--set", "status-interval=100ms")]
        both = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=20)
        self.assertEqual(both.returncode, 0)
        status = [line for line in both.stdout.splitlines() if LINE.match(line)]
        self.assertGreater(len(status), 3)
