"""A job that is killed again and again publishes what it would have published undisturbed."""

import os
import time

import orders
from harness import ProcessCase
from surviving import Trial


class Killing(ProcessCase):
    def test_a_job_that_is_killed_five_times_publishes_each_result_once(self):
        seed = int(os.environ.get("FLOW_SEED", time.time_ns() % 1_000_000))
        with Trial(seed, 4_000) as trial:
            kills = sum(trial.kill(nap=8_000) for _ in range(5))
            trial.finish()
            self.assertEqual(kills, 5, f"seed {seed}: the job had ended before")
            parts = sorted((trial.out / "all").iterdir())
            self.assertGreater(len(parts), 4)
            self.assertLess(max(part.stat().st_size for part in parts), 20_200)  # as large as they are rolled at

    def test_an_undisturbed_run_publishes_what_is_found_here_another_way(self):
        with Trial(7, 4_000) as trial:
            trial.finish()
            self.assertEqual(len(trial.orders), orders.published(trial.out)["all"].total())

    def test_splits_of_several_subtasks_that_one_goes_on_with_are_read_without_late_records(self):
        for batch in (1, 64):
            with Trial(8, 3_000) as trial:
                stopped = trial.start("--fault", "throw", "--at", 2_000, "--set", "restart=none", nap=2_000, parallelism=2).wait()
                self.assertEqual(stopped.status, 1, stopped.stderr)
                trial.look()
                trial.finish("--set", f"batch-size={batch}", parallelism=1)
