"""One job that is killed, restarted and looked at, until it has come to its end."""

import json
import random
import shutil
import signal
import subprocess
import tempfile
import unittest
from collections import Counter
from pathlib import Path

import harness
import orders
from harness import Running

WAIT_SECONDS = 60


class Trial:
    """Everything in it follows from the seed but when the system does what. A folder that a failed trial leaves is for people."""

    def __init__(self, seed, count, interval="40ms", keep_succeeded=None):
        self.seed, self.random = seed, random.Random(seed)
        self.folder = Path(tempfile.mkdtemp(prefix="flow-trial-"))
        self.out, self.snapshots, self.points = self.folder / "out", self.folder / "snapshots", self.folder / "savepoints"
        self.orders = orders.write_input(self.folder / "input", self.random, count)
        self.interval = interval
        self.kept = self.random.choice((1, 1, 3))
        self.keep_succeeded = self.random.random() < 0.5 if keep_succeeded is None else keep_succeeded
        self.longest = 0.6  # seconds until a kill
        self.figures = Counter(records=count)
        self.newest = 0

    def __enter__(self):
        return self

    def __exit__(self, kind, what, trace):
        if kind is None or issubclass(kind, unittest.SkipTest) or not harness.KEEP_FOLDERS:
            shutil.rmtree(self.folder, ignore_errors=True)
        else:
            print(f"seed {self.seed}: all that was written is left in {self.folder}", flush=True)

    def command(self, *options, nap=0, parallelism=None, restore=("--restore-or-fresh",), quiet=True):
        parallelism = parallelism or self.random.choice((1, 2, 2, 3, 4))
        batch = self.random.choice((1, 16, 64))
        return [harness.ORDERS, "--input", str(self.folder / "input"), "--out", str(self.out), "--snapshots", str(self.snapshots),
                "--checkpoint-interval", self.interval, *(("--quiet",) if quiet else ("--summary", "none")), "--parallelism", str(parallelism), "--set", f"batch-size={batch}",
                "--set", "task-buffer=4k",  # so that barriers do not wait behind all there is
                "--set", f"snapshots-kept={self.kept}", "--set", f"keep-succeeded={str(self.keep_succeeded).lower()}",
                "--split-bytes", "30000", "--nap", f"{nap * parallelism}us", *map(str, restore), *map(str, options)]

    def start(self, *options, how={}, **about):
        self.figures["runs"] += 1
        return Running(self.command(*options, **about), None, **how)

    def checkpoints(self, where=None):
        """As flow-snapshot lists them; none where nothing was begun."""
        listed = subprocess.run([harness.SNAPSHOT_TOOL, "list", str(where or self.snapshots), "--json"], capture_output=True, text=True)
        if listed.returncode and "there are no snapshots in" not in listed.stderr and "No such file" not in listed.stderr:
            raise AssertionError(f"flow-snapshot list: {listed.stderr}")
        return [json.loads(line) for line in listed.stdout.splitlines()]

    def verify(self, where=None):
        where = where or self.snapshots
        if not self.checkpoints(where):
            return
        found = subprocess.run([harness.SNAPSHOT_TOOL, "verify", str(where)], capture_output=True, text=True)
        if found.returncode:
            raise AssertionError(f"flow-snapshot verify: {found.stdout}{found.stderr}")

    def kill(self, *options, nap):
        """Starts the job and kills it. False: it had ended before."""
        running = self.start(*options, nap=nap)
        try:
            running.wait(self.random.uniform(0, self.longest))
        except AssertionError:
            running.stop()
        if running.status != -signal.SIGKILL:
            self.assert_finished(running)
            self.assert_complete()
            return False
        self.figures["kills"] += 1
        self.look()
        return True

    def look(self):
        """After a run that has not ended by itself: checkpoints are whole and nothing is wrong so far. Letting go of one becomes durable with the
        next, so each run may leave one more than are kept."""
        found = self.checkpoints()
        self.verify()
        if len(found) > self.kept + self.figures["runs"]:
            raise AssertionError(f"{len(found)} checkpoints, though {self.kept} are kept: {found}")
        newest = max((c["id"] for c in found), default=0)
        if self.newest and not newest and not self.keep_succeeded:
            return self.assert_complete()  # killed when all was done and the checkpoints were let go of
        if newest < self.newest:
            raise AssertionError(f"checkpoint {self.newest} was there, and now {newest} is the newest")
        self.longest = min(self.longest * 1.3, WAIT_SECONDS) if newest == self.newest else max(0.6, self.longest / 1.1)
        self.figures["checkpoints"] += newest - self.newest
        self.newest = newest
        wrong = [text for text in orders.difference(orders.published(self.out), orders.expected(self.orders)) if "too often" in text]
        if wrong:
            raise AssertionError(f"published before the end: {wrong}")

    def assert_finished(self, running):
        # Killed when it had let go of its checkpoints, and started again: what it has published is not touched.
        again = running.status == 1 and "expected a folder without results of an earlier run" in running.stderr and not self.keep_succeeded
        if running.status != 0 and not (again and self.figures["runs"] > 1):
            raise AssertionError(f"ended with {running.status}: {running.stderr}")

    def finish(self, *options, **how):
        """Runs the job to its end."""
        running = self.start(*options, **how)
        try:
            running.wait(WAIT_SECONDS)
        finally:
            running.stop()
        self.assert_finished(running)
        self.assert_complete()
        return running

    def assert_complete(self):
        wrong = orders.difference(orders.published(self.out), orders.expected(self.orders))
        wrong += [f"left over: {name}" for name in orders.hidden(self.out)]
        left = self.checkpoints()
        self.verify()
        if self.keep_succeeded != bool(left) or len(left) > self.kept:
            wrong.append(f"snapshots-kept={self.kept}, keep-succeeded={self.keep_succeeded}, and there are {left}")
        if wrong:
            raise AssertionError("; ".join(wrong))
        self.figures["bytes"] += sum(file.stat().st_size for file in self.out.rglob("*") if file.is_file())
