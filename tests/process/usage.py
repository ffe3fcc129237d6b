"""The command line, and jobs with mistakes."""

import re
from pathlib import Path

from harness import ProcessCase

SETTINGS_HEADER = Path(__file__).resolve().parents[2] / "libflow/include/flow/settings.hpp"


def setting_names():
    """From the setters of flow::settings: cancel_timeout(...) is cancel-timeout."""
    names = re.findall(r"^  settings& (\w+)\(", SETTINGS_HEADER.read_text(), re.MULTILINE)
    assert len(names) >= 5, names
    return [name.replace("_", "-") for name in names]


class Usage(ProcessCase):
    def assert_refused(self, ended, *said):
        self.assertEqual(ended.status, 2, ended.stderr)
        for text in said:
            self.assertIn(text, ended.stderr)
        self.assertEqual(ended.stdout, "")
        self.assertFalse(self.out.exists())

    def test_all_mistakes_of_a_graph_are_listed_with_their_operators(self):
        for options in ((), ("--explain",)):
            with self.subTest(options):
                ended = self.run_job("mistakes", "--parallelism", 2, *options)
                self.assert_refused(ended)
                for words in (
                    ("'unread'", "nobody reads its output", "end the stream in a sink"),
                    ("'nowhere'", "parallelism 0", "at least 1"),
                    ("'twice'", "used twice"),
                    ("sink ''", "the name is empty"),
                    ("'timeless'", "need event time", ".event_time("),
                ):
                    lines = [line for line in ended.stderr.splitlines() if all(word in line for word in words)]
                    self.assertEqual(len(lines), 1, f"{words} in {ended.stderr}")

    def test_more_subtasks_than_key_groups_are_a_mistake(self):
        ended = self.run_job("windows", "--parallelism", 4, "--set", "max-parallelism=2")
        self.assert_refused(ended, "'sums'", "parallelism 4", "max-parallelism 2")

    def test_unknown_options_are_named(self):
        for option in (["--no-such-option"], ["--no-such-option", "7"], ["--no-such-option=7"], ["stray"]):
            with self.subTest(option):
                ended = self.run_job("bounded", *option)
                self.assert_refused(ended, option[0].partition("=")[0], "--help")

    def test_wrong_values_say_what_was_expected(self):
        for option, *said in (
            (("--count", "many"), "--count", "a whole number", "'many'"),
            (("--count", "1.5"), "--count", "a whole number", "'1.5'"),
            (("--parallelism", "0"), "parallelism", "from 1 to", "'0'"),
            (("--parallelism", "two"), "parallelism", "a whole number", "'two'"),
            (("--set", "batch-size=0"), "batch-size", "from 1 to", "'0'"),
            (("--set", "batch-size=-1"), "batch-size", "from 1 to", "'-1'"),
            (("--set", "cancel-timeout=10"), "cancel-timeout", "ms", "'10'"),
            (("--set", "task-buffer=4X"), "task-buffer", "k, M or G", "'4X'"),
            (("--set", "no-such-setting=1"), "'no-such-setting'", "--help"),
            (("--set", "batch-size"), "key=value", "'batch-size'"),
            (("--set", ""), "key=value"),
            (("--explain", "dot"), "--explain", "text or mermaid", "'dot'"),
            (("--summary", "xml"), "--summary", "table, json or none", "'xml'"),
            (("--log-level", "loud"), "--log-level", "trace, debug, info, warning or error", "'loud'"),
        ):
            with self.subTest(option):
                self.assert_refused(self.run_job("bounded", *option), *said)

    def test_a_missing_value_is_an_error(self):
        for option in ("--count", "--set", "--parallelism"):
            with self.subTest(option):
                self.assert_refused(self.run_job("bounded", option), option)

    def test_several_mistakes_of_the_command_line_are_all_told(self):
        options = ("--count", "many", "--set", "batch-size=0", "--set", "no-such-setting=1", "--no-such-option")
        ended = self.run_job("bounded", *options)
        self.assert_refused(ended, "--count", "batch-size", "no-such-setting", "--no-such-option")

    def test_a_right_option_beside_a_wrong_one_is_not_said_to_be_wrong(self):
        ended = self.run_job("bounded", "--count", 7, "--no-such-option")
        self.assert_refused(ended, "--no-such-option")
        self.assertNotIn("--count", ended.stderr)

    def test_help_lists_own_options_and_every_setting(self):
        for option in ("--help", "-h"):
            ended = self.run_job("bounded", option)
            self.assertEqual(ended.status, 0, ended.stderr)
            self.assertEqual(ended.stderr, "")
            self.assertFalse(self.out.exists())
            for own in ("--job", "--input", "--format", "--out", "--count", "--rate", "--at", "--overwrite"):
                self.assertIn(own, ended.stdout)
            for common in ("--help", "--explain", "--parallelism", "--set", "--quiet", "--log-level", "--summary", "how many numbers there are", "default: 1000"):
                self.assertIn(common, ended.stdout)
            for setting in setting_names():
                self.assertRegex(ended.stdout, rf"(?m)^  {setting} \(")

    def test_explain_prints_the_tasks_and_runs_nothing(self):
        ended = self.run_job("windows", "--explain", "--parallelism", 3)
        self.assertEqual(ended.status, 0, ended.stderr)
        self.assertEqual(ended.stderr, "")
        for text in ("numbers", "sums", "results", "hash", "3"):
            self.assertIn(text, ended.stdout)
        self.assertFalse(self.out.exists())

    def test_explain_mermaid_prints_a_diagram_and_runs_nothing(self):
        ended = self.run_job("windows", "--explain", "mermaid", "--parallelism", 3)
        self.assertEqual((ended.status, ended.stderr), (0, ""))
        self.assertTrue(ended.stdout.startswith("flowchart TD\n"), ended.stdout)
        self.assertIn('-- "records: hash, 9 channels" -->', ended.stdout)
        self.assertFalse(self.out.exists())
