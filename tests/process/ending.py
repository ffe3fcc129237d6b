"""How jobs end: by themselves, by a signal, by force."""

import itertools
import signal

from harness import ProcessCase

SPLITS, BLOCK = 4, 256  # of the generated numbers


class Ending(ProcessCase):
    def test_a_bounded_job_publishes_everything_and_prints_its_summary_on_stderr_only(self):
        ended = self.run_job("bounded", "--count", 100_000, "--parallelism", 2)
        self.assertEqual(ended.status, 0, ended.stderr)
        self.assertEqual(self.files(), ["part-0.csv", "part-1.csv"])
        self.assertEqual(self.numbers(), list(range(100_000)))
        self.assertEqual(ended.stdout, "")
        for text in ("numbers", "results", "100000", "job 'bounded' finished"):
            self.assertIn(text, ended.stderr)

    def test_a_bounded_job_without_records_publishes_files_with_a_header_only(self):
        ended = self.run_job("bounded", "--count", 0, "--parallelism", 1)
        self.assertEqual(ended.status, 0, ended.stderr)
        self.assertEqual((self.out / "part-0.csv").read_text(), "number,square\n")

    def cancel_by(self, number, status):
        running = self.start("endless", "--rate", 50_000, "--parallelism", 2)
        running.until("results on disk", lambda: self.bytes_in_progress() > 20_000)
        parts = [(self.out / name).read_text() for name in self.in_progress()]
        running.send(number)
        ended = running.wait()
        self.assert_cancelled(ended, status)
        self.assertIn("cancelled", ended.stderr)
        published = [(self.out / name).read_text() for name in self.files()]
        for part in parts:  # what was on disk before the signal is published
            self.assertTrue(any(text.startswith(part) for text in published))
        self.assert_beginnings_of_splits(self.numbers())

    def assert_beginnings_of_splits(self, numbers):
        self.assertGreater(len(numbers), 0)
        for split in range(SPLITS):
            mine = [n for n in numbers if n // BLOCK % SPLITS == split]
            all_of_split = (n for n in itertools.count() if n // BLOCK % SPLITS == split)
            self.assertEqual(mine, list(itertools.islice(all_of_split, len(mine))))

    def test_sigint_publishes_what_was_received_and_exits_with_130(self):
        self.cancel_by(signal.SIGINT, 130)

    def test_sigterm_publishes_what_was_received_and_exits_with_143(self):
        self.cancel_by(signal.SIGTERM, 143)

    def test_a_signal_right_after_the_start_leaves_nothing_half_written(self):
        for _ in range(10):
            running = self.start("endless", "--parallelism", 2, "--overwrite")
            running.until("a file", self.in_progress)
            running.send(signal.SIGTERM)
            self.assert_cancelled(running.wait(), 143)
            self.numbers()

    def test_a_slow_device_holds_the_source_back_and_a_signal_ends_the_job(self):
        running = self.start("slow", "--parallelism", 2)
        running.until("a megabyte on disk", lambda: self.bytes_in_progress() > 1 << 20)
        running.send(signal.SIGINT)
        ended = running.wait()
        self.assert_cancelled(ended, 130)
        self.assertLess(ended.max_memory_bytes, 100 << 20)
        self.assertGreater(len(self.numbers()), 0)

    def start_blocking(self, *options):
        options = ("--count", 10_000, "--at", 5_000, "--parallelism", 1, "--set", "batch-size=64", *options)
        running = self.start("blocking", *options)
        running.until("call that does not return", lambda: "waiting for ever" in running.stderr)
        running.until("results on disk", lambda: self.bytes_in_progress() > 1000)
        return running

    def test_a_second_signal_ends_the_process_at_once_while_a_function_blocks(self):
        for first, second, status in ((signal.SIGINT, signal.SIGINT, 130), (signal.SIGINT, signal.SIGTERM, 143)):
            running = self.start_blocking("--overwrite")
            running.send(first)
            running.until("answer to the first signal", lambda: "a second signal ends" in running.stderr)
            self.assertFalse(running.has_ended())
            running.send(second)
            ended = running.wait()
            self.assertEqual(ended.status, status, ended.stderr)
            self.assertLess(ended.seconds, 1)

    def test_a_function_that_blocks_longer_than_the_cancel_timeout_is_named_and_ends_the_process_with_70(self):
        running = self.start_blocking("--set", "cancel-timeout=500ms")
        running.send(signal.SIGINT)
        ended = running.wait()
        self.assertEqual(ended.status, 70, ended.stderr)
        self.assertGreaterEqual(ended.seconds, 0.5)
        self.assertLess(ended.seconds, 2)
        self.assertIn("operator 'stuck'", ended.stderr)
        self.assertNotIn("'results'", ended.stderr)
        self.assert_beginnings_of_splits(self.numbers())

    def test_a_signal_while_results_are_published_lets_that_go_on_no_longer_than_the_cancel_timeout(self):
        running = self.start("hanging-publish", "--parallelism", 2, "--set", "cancel-timeout=500ms")
        running.until("publishing", lambda: "publishing for ever" in running.stderr)
        running.send(signal.SIGTERM)
        ended = running.wait()
        self.assertEqual(ended.status, 70, ended.stderr)
        self.assertGreaterEqual(ended.seconds, 0.5)
        self.assertLess(ended.seconds, 2)
        self.assertIn("operator 'stuck'", ended.stderr)

    def test_a_killed_job_publishes_nothing_and_runs_again_to_the_same_folder(self):
        options = ("--count", 60_000, "--rate", 40_000, "--parallelism", 2)
        running = self.start("bounded", *options)
        running.until("results on disk", lambda: self.bytes_in_progress() > 20_000)
        running.send(signal.SIGKILL)
        self.assertEqual(running.wait().status, -signal.SIGKILL)
        self.assertEqual(self.files(), self.in_progress())
        self.assertTrue(all(name.startswith(".") for name in self.files()), self.files())
        again = self.run_job("bounded", *options)
        self.assertEqual(again.status, 0, again.stderr)
        self.assertEqual(self.files(), ["part-0.csv", "part-1.csv"])
        self.assertEqual(self.numbers(), list(range(60_000)))

    def test_twenty_runs_with_parallelism_4_and_single_record_batches_give_the_same_windows(self):
        expected = {}
        for n in range(5_000):
            window = (n % 7, n // 1000)
            expected[window] = expected.get(window, 0) + n * n
        expected = sorted((*window, total) for window, total in expected.items())
        options = ("--count", 5_000, "--parallelism", 4, "--set", "batch-size=1", "--overwrite")
        for run in range(20):
            ended = self.run_job("windows", *options)
            self.assertEqual(ended.status, 0, ended.stderr)
            self.assertEqual(sorted(tuple(map(int, row)) for row in self.rows()), expected, f"run {run}")
