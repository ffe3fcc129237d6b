"""Functions of the user and sinks that fail or hang, in a job with checkpoints."""

import signal

from harness import ProcessCase
from surviving import Trial

QUICK = ("--set", "restart-delay=10ms", "--set", "restart-max-delay=20ms", "--set", "cancel-timeout=500ms", "--set", "checkpoint-timeout=1s")


class Supervised(ProcessCase):
    def trial(self):
        return Trial(61, 3_000, keep_succeeded=False)

    def run_with(self, trial, fault, at, *options, parallelism=2):
        running = trial.start("--fault", fault, "--at", at, *QUICK, *options, nap=2_000, parallelism=parallelism)
        self.addCleanup(running.stop)
        return running

    def assert_ends(self, ended, status, *said):
        self.assertEqual(ended.status, status, ended.stderr)
        for text in said:
            self.assertIn(text, ended.stderr)

    def survives(self, *options):
        with self.trial() as trial:
            ended = self.run_with(trial, "throw-sometimes", 1_300, *options, "--log-level", "info").wait()
            self.assert_ends(ended, 0, "th call fails", "starting again")
            trial.assert_complete()

    def test_a_function_that_fails_now_and_then_is_borne_with_a_delay_that_grows(self):
        self.survives()

    def test_a_function_that_fails_now_and_then_is_borne_with_a_fixed_delay(self):
        self.survives("--set", "restart=fixed-delay", "--set", "restart-attempts=50")

    def test_a_function_that_fails_now_and_then_is_borne_as_often_as_the_failure_rate_says(self):
        self.survives("--set", "restart=failure-rate", "--set", "restart-attempts=50")

    def ends_and_goes_on(self, fault, at, said, *options):
        """With one clear message; without the fault the next run ends well."""
        with self.trial() as trial:
            ended = self.run_with(trial, fault, at, *options).wait()
            self.assert_ends(ended, 1, *said)
            self.assertEqual(len(ended.stderr.splitlines()), 1, ended.stderr)
            trial.look()
            trial.finish()

    def test_without_restarts_the_first_failure_ends_the_job_and_the_next_run_goes_on(self):
        self.ends_and_goes_on("throw", 2_000, ("operator 'check'", "do not like this order", "[user_function]"), "--set", "restart=none")

    def test_a_function_that_fails_always_at_the_same_record_ends_the_job(self):
        self.ends_and_goes_on("throw", 2_000, ("operator 'check'", "3 times at the same record", "do not like this order", '"id":2000'))

    def test_restarts_that_are_used_up_end_the_job_and_that_is_said(self):
        self.ends_and_goes_on("throw-sometimes", 50, ("operator 'check'", "it has had 2 restarts (restart-attempts)"),
                              "--set", "restart=fixed-delay", "--set", "restart-attempts=2")

    def test_a_sink_whose_commit_fails_ends_the_job_when_restarts_are_used_up(self):
        self.ends_and_goes_on("fail-commit", 0, ("operator 'all'", "the system does not take a commit", "[io]"), "--set", "restart=fixed-delay")

    def test_a_sink_that_cannot_recover_ends_the_job_when_restarts_are_used_up(self):
        self.ends_and_goes_on("fail-recover", 0, ("operator 'all'", "the system does not take a recover", "[io]"), "--set", "restart=fixed-delay")

    def hangs(self, fault, at, operator, signalled=False, **how):
        with self.trial() as trial:
            running = self.run_with(trial, fault, at, **how)
            running.until("call that does not return", lambda: "waiting for ever" in running.stderr)
            if signalled:
                running.send(signal.SIGTERM)
            self.assert_ends(running.wait(), 70, operator, "[not_responding]")
            trial.look()
            trial.finish()

    def test_a_function_that_hangs_is_named_after_the_time_for_checkpoints_and_that_for_the_end(self):
        self.hangs("hang", 1_500, "operator 'check'")

    def test_a_function_that_hangs_and_a_signal_end_the_process_with_70(self):
        self.hangs("hang", 1_500, "operator 'check'", signalled=True)

    def test_a_function_that_hangs_while_the_job_is_stopped_to_start_again_is_named(self):
        with self.trial() as trial:
            self.assert_ends(self.hangs_in_another_subtask(trial).wait(), 70, "operator 'check'", "[not_responding]")
            trial.look()
            trial.finish()

    def hangs_in_another_subtask(self, trial):
        """One order throws and the next hangs; which are read by different subtasks is for the hash of keys to say."""
        for at in range(1_500, 1_520):
            running = self.run_with(trial, "throw-and-hang", at)
            while not running.has_ended():
                if "waiting for ever" in running.stderr:
                    return running
        raise AssertionError(f"nothing hangs: {running.stderr}")

    def test_a_function_that_hangs_as_the_job_starts_again_is_named_after_a_signal(self):
        self.hangs("hang-in-open", 1_500, "operator 'check'", signalled=True)

    def test_a_sink_whose_commit_hangs_is_named(self):
        self.hangs("hang-commit", 0, "operator 'all'")

    def test_a_sink_that_hangs_before_the_job_begins_is_named_after_a_signal(self):
        self.hangs("hang-recover", 0, "operator 'all'", signalled=True)

    def test_a_signal_ends_a_job_that_waits_to_start_again(self):
        with self.trial() as trial:
            running = self.run_with(trial, "throw", 1_500, "--set", "restart-max-delay=1h", "--set", "restart-delay=1h", "--log-level", "info")
            running.until("restart", lambda: "starting again" in running.stderr)
            running.send(signal.SIGTERM)
            self.assert_ends(running.wait(), 143)
            trial.look()
            trial.finish()
