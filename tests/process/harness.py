"""What the cases share: a job as a process with deadlines, and how its results are read."""

import csv
import os
import signal
import subprocess
import tempfile
import time
import unittest
from dataclasses import dataclass
from pathlib import Path

JOB = ORDERS = SNAPSHOT_TOOL = SNAPSHOTS = None  # the programs under test, set by process_test.py
KEEP_FOLDERS = True  # of trials that fail
DEADLINE_SECONDS = 25
POLL_SECONDS = 0.002


@dataclass
class Ended:
    status: int  # negative: the number of the signal that killed it
    stdout: str
    stderr: str
    max_memory_bytes: int
    seconds: float


class Running:
    """A process under way. Its streams go to files, so that it never waits for this one, unless they are given."""

    def __init__(self, command, folder, stdout=None, stderr=None, **how):
        self.streams = [tempfile.NamedTemporaryFile(dir=folder) for _ in range(2)]
        self.status = None
        self.began = time.monotonic()
        stdout, stderr = stdout or self.streams[0], stderr or self.streams[1]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, **how)

    def has_ended(self):
        if self.status is None:
            pid, status, usage = os.wait4(self.process.pid, os.WNOHANG)
            if pid:
                self.seconds = time.monotonic() - self.began
                self.max_memory_bytes = usage.ru_maxrss * 1024
                self.status = self.process.returncode = os.waitstatus_to_exitcode(status)
        return self.status is not None

    def text(self, stream):
        return Path(self.streams[stream].name).read_text(errors="replace")

    @property
    def stderr(self):
        return self.text(1)

    def until(self, what, condition):
        """Waits until the condition holds; fails when the process ends before or the deadline passes."""
        limit = time.monotonic() + DEADLINE_SECONDS
        while not condition():
            if self.has_ended():
                raise AssertionError(f"ended with {self.status} before {what}; stderr: {self.stderr}")
            if time.monotonic() > limit:
                raise AssertionError(f"no {what} after {DEADLINE_SECONDS} s; stderr: {self.stderr}")
            time.sleep(POLL_SECONDS)

    def send(self, number):
        self.began = time.monotonic()
        os.kill(self.process.pid, number)

    def wait(self, seconds=DEADLINE_SECONDS):
        limit = time.monotonic() + seconds
        while not self.has_ended():
            if time.monotonic() > limit:
                raise AssertionError(f"has not ended after {seconds} s; stderr: {self.stderr}")
            time.sleep(POLL_SECONDS)
        return Ended(self.status, self.text(0), self.stderr, self.max_memory_bytes, self.seconds)

    def stop(self):
        if not self.has_ended():
            self.send(signal.SIGKILL)
            self.wait()


class ProcessCase(unittest.TestCase):
    """A case has a folder of its own, `out` in it for results, and leaves no process behind."""

    maxDiff = 2000

    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="flow-process-")
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)
        os.chmod(self.folder, 0o755)
        self.out = self.folder / "out"

    def command(self, name, *options):
        return [JOB, "--job", name, "--out", str(self.out), *map(str, options)]

    def start(self, name, *options, **how):
        return self.start_command(self.command(name, *options), **how)

    def start_command(self, command, **how):
        running = Running(command, self.folder, **how)
        self.addCleanup(running.stop)
        return running

    def run_job(self, name, *options, **how):
        return self.start(name, *options, **how).wait()

    # What is in the folder of results.

    def files(self):
        return sorted(str(f.relative_to(self.out)) for f in self.out.rglob("*") if f.is_file())

    def in_progress(self):
        return [f for f in self.files() if f.endswith(".in-progress")]

    def bytes_in_progress(self):
        return sum((self.out / f).stat().st_size for f in self.in_progress())

    def rows(self):
        """Every row of every part file; each file must consist of whole lines of as many cells as its header."""
        rows = []
        for name in self.files():
            self.assertRegex(name, r"^part-[0-9]+\.csv$")
            text = (self.out / name).read_text()
            self.assertTrue(text.endswith("\n"), f"{name} ends within a line: {text[-100:]!r}")
            header, *body = csv.reader(text.splitlines())
            for row in body:
                self.assertEqual(len(row), len(header), f"{name}: {row}")
            rows += body
        return rows

    def numbers(self):
        """The numbers of all rows of `number,square`, in order; each row must be right."""
        rows = [(int(number), int(square)) for number, square in self.rows()]
        for number, square in rows:
            self.assertEqual(square, number * number)
        return sorted(number for number, _ in rows)

    # What a run has to look like.

    def assert_failed(self, ended, *said, status=1):
        """One clear message, and nothing half-written."""
        self.assertEqual(ended.status, status, ended.stderr)
        for text in said:
            self.assertIn(text, ended.stderr)
        self.assertEqual(len(ended.stderr.splitlines()), 1, ended.stderr)
        self.assertEqual(ended.stdout, "")
        self.assertEqual(self.files(), [])

    def assert_cancelled(self, ended, status, seconds=1):
        self.assertEqual(ended.status, status, ended.stderr)
        self.assertLess(ended.seconds, seconds)
        self.assertEqual(ended.stdout, "")
        self.assertEqual(self.in_progress(), [])


def unprivileged():
    """How a process is started that files' modes apply to: as nobody when this is root."""
    if os.geteuid() != 0:
        return {}
    how = {"user": 65534, "group": 65534, "extra_groups": []}
    try:
        subprocess.run(["true"], check=True, **how)
    except (OSError, subprocess.SubprocessError) as problem:
        raise unittest.SkipTest(f"is root and cannot run a process as another user: {problem}")
    return how
