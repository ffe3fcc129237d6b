"""The closing summary."""

import gzip
import json
import os
import signal

from harness import ProcessCase


class Summaries(ProcessCase):
    def summary(self, ended):
        lines = ended.stdout.splitlines()
        return json.loads(lines[-1])

    def test_a_summary_as_json_is_all_that_stands_on_standard_output(self):
        ended = self.run_job("windows", "--count", 10_000, "--parallelism", 2, "--summary", "json")
        self.assertEqual(ended.status, 0, ended.stderr)
        self.assertEqual(len(ended.stdout.splitlines()), 1)
        self.assertNotIn("operator ", ended.stderr)
        self.assertIn("job 'windows' finished after", ended.stderr)
        told = self.summary(ended)
        self.assertEqual((told["job"], told["end"], told["failure"]), ("windows", "finished", None))
        self.assertGreater(told["elapsed_seconds"], 0)
        self.assertEqual(told["records_in"], 10_000)
        operators = {o["name"]: o for o in told["operators"]}
        self.assertEqual(operators["sums"]["kind"], "window")
        self.assertEqual(operators["sums-partial"]["processed"], 10_000)
        self.assertEqual(operators["sums"]["records_in"], operators["sums-partial"]["records_out"])
        self.assertEqual(operators["results"]["records_in"], told["records_out"])
        self.assertEqual(told["records_out"], len(self.rows()))
        self.assertEqual(operators["results"]["bytes"], sum((self.out / name).stat().st_size for name in self.files()))
        for o in told["operators"]:
            self.assertEqual(o["records_in"], o["processed"] + o["late"] + o["filtered"])
            self.assertEqual(o["watermark"], "end")

    def test_with_quiet_the_json_is_all_there_is(self):
        ended = self.run_job("bounded", "--count", 10, "--quiet", "--summary", "json")
        self.assertEqual(ended.stderr, "")
        self.assertEqual(self.summary(ended)["records_in"], 10)

    def test_the_json_comes_behind_what_the_job_has_written_itself(self):
        ended = self.run_job("table", "--count", 10, "--summary", "json")
        self.assertEqual(ended.status, 0, ended.stderr)
        self.assertTrue(ended.stdout.startswith("All numbers\n"))
        self.assertEqual(self.summary(ended)["end"], "finished")

    def test_the_json_of_a_failed_job_holds_the_failure(self):
        ended = self.run_job("throwing", "--count", 1000, "--at", 5, "--summary", "json")
        self.assertEqual(ended.status, 1)
        told = self.summary(ended)
        self.assertEqual(told["end"], "failed")
        failure = told["failure"]
        self.assertEqual((failure["code"], failure["domain"], failure["retry"]), ("user_function", "program", "unclear"))
        self.assertEqual(failure["operator"], "picky")
        self.assertIn("do not like this number", failure["message"])

    def test_the_json_of_a_cancelled_job_says_so(self):
        running = self.start("endless", "--rate", 50_000, "--summary", "json")
        running.until("results on disk", lambda: self.bytes_in_progress() > 1000)
        running.send(signal.SIGTERM)
        ended = running.wait()
        self.assertEqual(ended.status, 143)
        self.assertEqual(self.summary(ended)["end"], "cancelled")

    def test_the_json_of_a_job_that_does_not_end_names_the_operator(self):
        options = ("--count", 10_000, "--at", 5_000, "--parallelism", 1, "--set", "cancel-timeout=200ms", "--summary", "json")
        running = self.start("blocking", *options)
        running.until("call that does not return", lambda: "waiting for ever" in running.stderr)
        running.send(signal.SIGINT)
        ended = running.wait()
        self.assertEqual(ended.status, 70, ended.stderr)
        self.assertIn("[not_responding]", ended.stderr)
        failure = self.summary(ended)["failure"]
        self.assertEqual(failure["code"], "not_responding")
        self.assertIn("operator 'stuck'", failure["message"])

    def test_a_standard_output_that_does_not_take_the_json_is_an_error(self):
        with open("/dev/full", "w") as full:
            ended = self.run_job("bounded", "--count", 10, "--summary", "json", "--quiet", stdout=full)
        self.assertEqual(ended.status, 1)
        self.assertIn("cannot write to standard output: No space left on device", ended.stderr)
        self.assertEqual(len(self.numbers()), 10)

    def test_a_closed_standard_output_is_an_error_and_no_file_of_results_takes_its_place(self):
        ended = self.run_job("bounded", "--count", 10, "--summary", "json", "--quiet", preexec_fn=lambda: os.close(1))
        self.assertEqual(ended.status, 1)
        self.assertIn("cannot write to standard output: Bad file descriptor", ended.stderr)
        self.assertEqual(len(self.numbers()), 10)
        ended = self.run_job("table", "--count", 10, "--quiet", preexec_fn=lambda: os.close(1))
        self.assertEqual(ended.status, 1)
        self.assertIn("operator 'table'", ended.stderr)

    def test_a_closed_standard_error_harms_nothing(self):
        ended = self.run_job("bounded", "--count", 10, preexec_fn=lambda: os.close(2))
        self.assertEqual(ended.status, 0)
        self.assertEqual(len(self.numbers()), 10)

    def test_the_bytes_of_a_compressed_file_are_those_that_lie_on_the_disk(self):
        packed = self.folder / "numbers.json.gz"
        packed.write_bytes(gzip.compress("".join(f'{{"number":{i},"text":"line {i}"}}\n' for i in range(5000)).encode()))
        ended = self.run_job("file", "--input", packed, "--format", "json", "--summary", "json", "--quiet")
        self.assertEqual(ended.status, 0, ended.stderr)
        self.assertEqual(self.summary(ended)["bytes_in"], packed.stat().st_size)

    def test_the_json_holds_the_metrics_of_functions_that_have_some(self):
        ended = self.run_job("metrics", "--count", 1000, "--parallelism", 2, "--summary", "json", "--quiet")
        self.assertEqual(ended.status, 0, ended.stderr)
        operators = {o["name"]: o for o in self.summary(ended)["operators"]}
        self.assertNotIn("metrics", operators["numbers"])
        told = operators["metered"]["metrics"]
        self.assertEqual(told["counters"], {"odd": 500})
        last = told["gauges"]['last "seen"']
        self.assertEqual((last["max"], last["subtasks"]), (999, 2))
        self.assertEqual(last["sum"], last["min"] + last["max"])
        self.assertEqual(told["gauges"]["never-set"], {"sum": 0, "min": None, "max": None, "subtasks": 0})
        squares = told["histograms"]["squares"]
        self.assertEqual((squares["count"], squares["min"], squares["max"]), (1000, 0, 999**2))
        self.assertAlmostEqual(squares["mean"], sum(n * n for n in range(1000)) / 1000)
        for name, share in {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p999": 0.999}.items():
            exact = (round(share * 1000) - 1) ** 2
            self.assertTrue(exact * 127 / 128 <= squares[name] <= exact, f"{name}: {squares[name]} of {exact}")

    def test_the_table_ends_with_the_metrics_where_there_are_any(self):
        ended = self.run_job("metrics", "--count", 1000, "--parallelism", 2)
        self.assertEqual(ended.status, 0, ended.stderr)
        table, metrics = ended.stderr.split("\n\n")
        self.assertIn("operator ", table)
        lines = metrics.splitlines()[: 1 + 4]
        self.assertRegex(lines[0], r"^metric +value$")
        self.assertRegex(lines[1], r"^metered: odd +500$")
        self.assertRegex(lines[2], r'^metered: last "seen" +\d+  from \d+ to 999 in 2 subtasks$')
        self.assertRegex(lines[3], r"^metered: never-set +-$")
        self.assertRegex(lines[4], r"^metered: squares +1000  mean 33283[34], min 0, median \d+, 90% \d+, 99% \d+, max 998001$")
        self.assertLessEqual(max(map(len, lines)), 132)
        self.assertNotIn("metric ", self.run_job("bounded", "--count", 10, "--overwrite").stderr)

    def test_none_is_no_summary(self):
        ended = self.run_job("bounded", "--count", 10, "--summary", "none")
        self.assertEqual(ended.stdout, "")
        self.assertEqual(len(ended.stderr.splitlines()), 1, ended.stderr)
