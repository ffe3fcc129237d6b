"""The line that is drawn anew, on a terminal."""

import json
import re
import shlex
import shutil
import signal
import time

from harness import ProcessCase
from terminal import ESCAPES, REDRAWN, OnTerminal, screen, take_terminal

DRAWN_IN_FULL = r"^endless \| 0:0\d \| in [\d.]+k? \([\d.]+k?/s\) \| out [\d.]+k? \([\d.]+k?/s\)"


class TerminalStatus(ProcessCase):
    def on_terminal(self, name, *options, **how):
        running = OnTerminal(self.command(name, *options), self.folder, **how)
        self.addCleanup(running.stop)
        return running

    def endless(self, *options, **how):
        return self.on_terminal("endless", "--rate", 50_000, "--parallelism", 2, *options, **how)

    def test_the_status_is_drawn_several_times_a_second_in_one_line(self):
        running = self.endless(columns=120)
        began = time.monotonic()
        running.until("ten status lines", lambda: len(running.drawn()) >= 10)
        seconds = time.monotonic() - began
        self.assertTrue(1 < seconds < 4, seconds)
        self.assertNotIn("\n", running.stderr)
        self.assertRegex(running.drawn()[-1], DRAWN_IN_FULL)
        running.send(signal.SIGINT)
        self.assert_cancelled(running.wait(), 130)

    def test_a_signal_takes_the_line_away_and_the_end_is_told_below(self):
        running = self.endless(columns=120)
        running.until("a status line", running.drawn)
        running.send(signal.SIGINT)
        ended = running.wait()
        self.assert_cancelled(ended, 130)
        seen = screen(ended.stderr)
        self.assertEqual(seen[0], "cancelling; a second signal ends the process at once")
        self.assertRegex(seen[1], r"^operator +x +in")
        self.assertRegex(seen[-2], r"^job 'endless' was cancelled after")
        self.assertEqual(seen[-1], "")
        self.assertFalse([line for line in seen if "|" in line], seen)

    def test_a_line_is_as_wide_as_the_terminal_is_when_it_is_drawn(self):
        running = self.endless(columns=60)
        running.until("two status lines", lambda: len(running.drawn()) >= 2)
        running.resize(25)
        before = len(running.drawn())
        running.until("two narrower lines", lambda: len(running.drawn()) >= before + 3)
        drawn = running.drawn()
        self.assertTrue(all(25 < len(line) < 60 for line in drawn[:2]), drawn)
        self.assertTrue(all(0 < len(line) < 25 for line in drawn[before + 1 :]), drawn)
        running.send(signal.SIGINT)
        running.wait()

    def test_columns_count_where_the_terminal_does_not_say_its_width(self):
        running = self.endless(columns=0, COLUMNS="30")
        running.until("a status line", running.drawn)
        self.assertLess(len(running.drawn()[0]), 30)
        running.send(signal.SIGINT)
        running.wait()

    def test_bounded_input_has_a_percentage_and_a_time_left(self):
        running = self.on_terminal("bounded", "--count", 60_000, "--rate", 30_000, "--parallelism", 1, columns=150)
        self.assertEqual(running.wait().status, 0)
        drawn = running.drawn()
        self.assertRegex(drawn[len(drawn) // 2], r"\| [3-7]\d%, 0:0[0-2] left \|")
        shares = [int(line.partition("%")[0].rpartition(" ")[2]) for line in drawn if "%" in line]
        self.assertEqual(shares, sorted(shares))

    def test_an_input_file_has_bytes_and_a_percentage(self):
        path = self.folder / "numbers.txt"
        path.write_text("".join(f"line {n}\n" for n in range(300_000)))
        running = self.on_terminal("slow-file", "--input", path, "--parallelism", 1, columns=150)
        running.until("a status line", running.drawn)
        self.assertRegex(running.drawn()[0], r"\| \d+%(, \d+:\d\d left)? \| in [\d.]+[kM] \([\d.]+[kM]/s\), [\d.]+ [kM]B \([\d.]+ [kM]B/s\) \| out ")
        self.assertEqual(running.wait().status, 0)

    def test_who_is_held_back_is_shown(self):
        running = self.on_terminal("slow", "--parallelism", 2, columns=150)
        running.until("an operator held back", lambda: any("held back: numbers" in line for line in running.drawn()))
        running.send(signal.SIGINT)
        running.wait()

    def test_a_table_on_the_same_terminal_is_not_mixed_with_the_line(self):
        running = self.on_terminal("table", "--count", 5000, "--rate", 10_000, "--parallelism", 2, columns=120, stdout_too=True)
        ended = running.wait()
        self.assertEqual(ended.status, 0)
        self.assertTrue(running.drawn())
        seen = screen(ended.stderr)
        self.assertEqual(seen[0], "All numbers")
        self.assertRegex(seen[1], r"^number +square$")
        self.assertIn("(3 of 5000 records)", seen)

    def test_a_failure_takes_the_line_away(self):
        running = self.on_terminal("throwing", "--count", 20_000, "--rate", 10_000, "--at", 8_000, "--parallelism", 1)
        ended = running.wait()
        self.assertEqual(ended.status, 1)
        self.assertTrue(running.drawn())
        seen = screen(ended.stderr)
        self.assertEqual(len(seen), 2, seen)
        self.assertRegex(seen[0], r"^job 'throwing' failed after .*operator 'picky'.*\[user_function\]$")
        self.assertIn(REDRAWN + "job 'throwing' failed", ended.stderr)

    def test_log_lines_stand_above_the_line(self):
        options = ("--log-level", "info", "--parallelism", 2, "--set", "status-interval=500ms")
        running = self.on_terminal("slow", *options, columns=150)
        running.until("a log line among status lines", lambda: re.search(r"waits \d+% of its time.*\n.*\n?.*\r", running.stderr))
        # The line goes, the text stays, the line is there again.
        self.assertRegex(running.stderr, r"\r\x1b\[J\S+Z info    numbers: waits [^\r\n]*\r\nslow \| ")
        self.assertRegex(screen(running.stderr)[0], r"^\S+Z info    slow: 2 tasks in 3 subtasks")
        running.send(signal.SIGINT)
        running.wait()

    def test_terminals_that_cannot_or_shall_not_draw_get_lines_of_text(self):
        for how in ({"TERM": "dumb"}, {"TERM": ""}, {"NO_COLOR": "1"}):
            with self.subTest(how):
                running = self.endless("--set", "status-interval=100ms", "--overwrite", **how)
                running.until("two status lines", lambda: running.stderr.count(" status ") >= 2)
                running.send(signal.SIGINT)
                ended = running.wait()
                self.assertNotRegex(ended.stderr, ESCAPES)
                self.assertNotIn("\x1b", ended.stderr)

    def test_a_job_in_the_background_does_not_draw_into_what_its_user_does(self):
        job = shlex.join(self.command("bounded", "--count", 10_000, "--rate", 10_000))
        for command, draws in ((f"{job} & wait", False), (job, True)):
            with self.subTest(command):
                shutil.rmtree(self.out, ignore_errors=True)
                running = OnTerminal(["bash", "-mc", f"{command}; exit"], self.folder, how={"preexec_fn": take_terminal})
                self.addCleanup(running.stop)
                ended = running.wait()
                self.assertEqual(bool(running.drawn()), draws, ended.stderr)
                self.assertIn("job 'bounded' finished", ended.stderr)

    def test_quiet_draws_nothing(self):
        running = self.on_terminal("bounded", "--count", 10_000, "--rate", 10_000, "--quiet")
        ended = running.wait()
        self.assertEqual((ended.status, ended.stderr), (0, ""))
        self.assertEqual(len(self.numbers()), 10_000)

    def test_standard_output_stays_apart_from_the_line(self):
        running = self.on_terminal("bounded", "--count", 10_000, "--rate", 10_000, "--summary", "json")
        ended = running.wait()
        self.assertTrue(running.drawn())
        self.assertEqual(json.loads(ended.stdout)["records_out"], 10_000)
