"""Folders that cannot take the results, or hold some already."""

import os
import resource
import shlex
import signal
import shutil
import subprocess
import unittest

from harness import ProcessCase, unprivileged

REFUSED = "expected a folder without results of an earlier run"


def limit_files(size_bytes):
    """In the child: no file may grow beyond the size. The signal that comes with an attempt is as in any shell."""
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, size_bytes))


class OutputFolders(ProcessCase):
    def test_a_folder_that_cannot_be_created_is_named(self):
        how = unprivileged()
        os.chmod(self.folder, 0o555)
        self.addCleanup(os.chmod, self.folder, 0o755)
        ended = self.run_job("bounded", "--parallelism", 1, **how)
        self.assert_failed(ended, "operator 'results'", f"'{self.out}'", "Permission denied", "check the owner and mode")

    def test_a_folder_that_is_not_writable_is_named(self):
        how = unprivileged()
        self.out.mkdir()
        os.chmod(self.out, 0o555)
        ended = self.run_job("bounded", "--parallelism", 2, **how)
        self.assert_failed(ended, "operator 'results'", str(self.out), "Permission denied", "check the owner and mode")

    def test_a_file_in_place_of_the_folder_is_named(self):
        self.out.write_text("mine\n")
        ended = self.run_job("bounded", "--parallelism", 1)
        self.assertEqual(self.out.read_text(), "mine\n")
        self.assert_failed(ended, "operator 'results'", f"'{self.out}'")

    def test_a_full_disk_fails_the_job_with_a_remedy_and_leaves_nothing(self):
        mount = f"mount -t tmpfs -o size=1m tmpfs {shlex.quote(str(self.out))}"
        private = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
        self.out.mkdir()
        if not shutil.which("unshare") or subprocess.run([*private, mount], capture_output=True).returncode != 0:
            raise unittest.SkipTest("cannot mount a small tmpfs in a namespace of its own")
        job = shlex.join(self.command("bounded", "--count", 1_000_000, "--parallelism", 2))
        left = f"find {shlex.quote(str(self.out))} -type f"  # standard output stays clean when nothing is left
        ended = self.start_command([*private, f"{mount} && {{ {job}; status=$?; {left}; exit $status; }}"]).wait()
        self.assert_failed(ended, "operator 'results'", str(self.out), "No space left", "free some space")

    def test_a_file_above_the_size_limit_fails_the_job_with_a_remedy_and_leaves_nothing(self):
        ended = self.run_job("bounded", "--count", 1_000_000, "--parallelism", 2, preexec_fn=lambda: limit_files(1 << 20))
        self.assert_failed(ended, "operator 'results'", str(self.out), "File too large", "; ")

    def test_results_of_an_earlier_run_are_refused_and_stay_as_they_are(self):
        self.assertEqual(self.run_job("bounded", "--count", 10, "--parallelism", 2).status, 0)
        before = {name: (self.out / name).read_bytes() for name in self.files()}
        ended = self.run_job("bounded", "--count", 20, "--parallelism", 2)
        self.assertEqual(ended.status, 1, ended.stderr)
        self.assertEqual(len(ended.stderr.splitlines()), 1, ended.stderr)
        for text in ("operator 'results'", REFUSED, f"'{self.out}/part-0.csv'", "choose another folder"):
            self.assertIn(text, ended.stderr)
        self.assertEqual({name: (self.out / name).read_bytes() for name in self.files()}, before)

    def test_results_of_an_earlier_run_are_replaced_where_the_job_says_so(self):
        self.assertEqual(self.run_job("bounded", "--count", 2000, "--parallelism", 4).status, 0)
        self.assertEqual(len(self.files()), 4)
        ended = self.run_job("bounded", "--count", 1000, "--parallelism", 2, "--overwrite")
        self.assertEqual(ended.status, 0, ended.stderr)
        self.assertEqual(self.files(), ["part-0.csv", "part-1.csv"])
        self.assertEqual(self.numbers(), list(range(1000)))

    def test_results_of_an_earlier_run_survive_a_failure_of_the_job_that_replaces_them(self):
        self.assertEqual(self.run_job("bounded", "--count", 1000, "--parallelism", 2).status, 0)
        ended = self.run_job("throwing", "--count", 2000, "--at", 1500, "--parallelism", 2, "--overwrite")
        self.assertEqual(ended.status, 1, ended.stderr)
        self.assertEqual(self.numbers(), list(range(1000)))

    def test_two_jobs_do_not_write_to_one_folder_at_a_time(self):
        first = self.start("endless", "--rate", 50_000, "--parallelism", 2)
        first.until("results on disk", lambda: self.bytes_in_progress() > 1000)
        second = self.run_job("bounded", "--parallelism", 2)
        self.assertEqual(second.status, 1, second.stderr)
        self.assertIn("another job is writing to this folder", second.stderr)
        first.send(signal.SIGINT)
        self.assert_cancelled(first.wait(), 130)
        self.assertGreater(len(self.numbers()), 0)

    def test_a_job_that_opened_its_file_just_before_another_published_it_leaves_those_results_alone(self):
        log = self.folder / "strace.log"
        strace = ["strace", "-f", "-qq", "-e", "trace=openat,flock", "-o", str(log)]
        if not shutil.which("strace") or subprocess.run([*strace, "true"], capture_output=True).returncode != 0:
            raise unittest.SkipTest("cannot hold a process up by strace")
        first = self.start("endless", "--rate", 50_000, "--parallelism", 1)
        first.until("results on disk", lambda: self.bytes_in_progress() > 1000)
        late = [*strace, "-e", "inject=flock:delay_enter=2000000"]  # microseconds: its lock comes after the first's end
        second = self.start_command([*late, *self.command("bounded", "--count", 5, "--parallelism", 1)])
        second.until("second opening of the file", lambda: ".in-progress" in log.read_text())
        first.send(signal.SIGINT)
        first.wait()
        self.assertEqual(self.files(), ["part-0.csv"])
        before = (self.out / "part-0.csv").read_bytes()
        ended = second.wait()
        self.assertEqual((self.out / "part-0.csv").read_bytes(), before)
        self.assertEqual(ended.status, 1, ended.stderr)
        self.assertEqual(self.files(), ["part-0.csv"])
