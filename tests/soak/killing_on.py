"""A hundred kills at random moments."""

import os
import time

from soak import FIGURES, SoakCase


class KillingOn(SoakCase):
    def test_a_hundred_kills_lose_nothing_and_repeat_nothing(self):
        seed = int(os.environ.get("FLOW_SEED", time.time_ns() % 1_000_000))
        while FIGURES["kills"] < 100:
            with self.trial(seed, 12_000) as trial:
                for _ in range(25):
                    if not trial.kill(nap=8_000):
                        break
                    FIGURES["restores"] += trial.newest > 0
                else:
                    trial.finish()
            self.say(f"seed {seed}: {trial.figures['kills']} kills, {trial.figures['checkpoints']} checkpoints, {trial.figures['bytes']} bytes published")
            seed += 1
