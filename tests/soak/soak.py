"""What the cases share: trials whose figures are summed up, and progress that is told."""

import time
import unittest
from collections import Counter

from surviving import Trial

FIGURES = Counter()  # of the case under way


class SoakCase(unittest.TestCase):
    def setUp(self):
        self.began = time.monotonic()

    def tearDown(self):
        FIGURES["seconds"] += time.monotonic() - self.began

    def say(self, text):
        print(f"  {time.monotonic() - self.began:7.1f} s  {text}", flush=True)

    def trial(self, seed, count=4_000, **how):
        return counted(Trial(seed, count, **how))


class counted:
    """A trial whose figures go to those of its case."""

    def __init__(self, trial):
        self.trial = trial

    def __enter__(self):
        return self.trial.__enter__()

    def __exit__(self, *what):
        FIGURES.update(self.trial.figures)
        return self.trial.__exit__(*what)
