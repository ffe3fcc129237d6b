"""Full disks and directories that nobody may write to."""

import contextlib
import os
import shutil
import subprocess

import harness
import orders
from soak import SoakCase

DISK_BYTES = 48 << 20


class Disks(SoakCase):
    @contextlib.contextmanager
    def disk(self, folder):
        """A small file system at that folder."""
        folder.mkdir()
        if os.geteuid() != 0:
            self.skipTest("is not root and cannot mount a small file system")
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)], capture_output=True, text=True)
        if mounted.returncode:
            self.skipTest(f"cannot mount a small file system: {mounted.stderr.strip()}")
        try:
            yield folder
        finally:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)

    def fill(self, folder):
        """All but nothing is left of the disk. Returns what is to be removed for room again."""
        filler = folder / "filler"
        with filler.open("wb", buffering=0) as to:
            for size in (1 << 20, 1 << 12, 1):
                try:
                    while True:
                        to.write(b"\0" * size)
                except OSError:
                    pass
        return filler

    def full_while_it_runs(self, place):
        with self.trial(11, keep_succeeded=False) as trial, self.disk(trial.folder / "disk") as disk:
            setattr(trial, place, disk / place)
            trial.kill(nap=8_000)
            running = trial.start("--set", "restart=none", nap=25_000)
            running.until("more checkpoints", lambda: self.newest(trial) > trial.newest + 2)
            filler = self.fill(disk)
            ended = running.wait(60)
            self.say(f"{place} on a full disk: {ended.stderr.strip()}")
            self.assertEqual(ended.status, 1, ended.stderr)
            self.assertIn("[no_space]", ended.stderr)
            self.assertIn(str(disk), ended.stderr)
            filler = self.fill(disk)  # what the job has given up has left some room
            self.refused_at_the_start(trial, disk)
            filler.unlink()
            trial.look()
            trial.finish()

    def newest(self, trial):
        return max((c["id"] for c in trial.checkpoints()), default=0)

    def refused_at_the_start(self, trial, disk):
        ended = trial.start("--set", "restart=none").wait(60)
        self.say(f"at the start: {ended.stderr.strip()}")
        self.assertEqual(ended.status, 1, ended.stderr)
        self.assertIn("No space left on device", ended.stderr)

    def test_a_disk_of_results_that_is_full_ends_the_job_and_with_room_it_goes_on(self):
        self.full_while_it_runs("out")

    def test_a_disk_of_snapshots_that_is_full_ends_the_job_and_with_room_it_goes_on(self):
        self.full_while_it_runs("snapshots")

    def test_a_job_that_may_restart_bears_a_disk_that_is_full_for_a_while(self):
        with self.trial(12, 20_000, keep_succeeded=False) as trial, self.disk(trial.folder / "disk") as disk:
            trial.snapshots = disk / "snapshots"
            running = trial.start("--set", "restart-delay=100ms", "--set", "restart-max-delay=200ms", "--log-level", "info", nap=8_000)
            running.until("checkpoints", lambda: self.newest(trial) > 2)
            filler = self.fill(disk)
            running.until("restart", lambda: "starting again" in running.stderr)
            filler.unlink()
            ended = running.wait(60)
            self.assertEqual(ended.status, 0, ended.stderr)
            trial.assert_complete()

    def unprivileged_trial(self, trial):
        how = harness.unprivileged()
        os.chmod(trial.folder, 0o755)
        if how:
            for path in (trial.folder, *trial.folder.rglob("*")):
                shutil.chown(path, how["user"], how["group"])
        return how

    def read_only(self, folder_of):
        with self.trial(13, 20_000, keep_succeeded=False) as trial:
            how = self.unprivileged_trial(trial)
            running = trial.start("--set", "restart=none", nap=8_000, how=how)
            running.until("checkpoints", lambda: self.newest(trial) > 2)
            folder = folder_of(trial)
            os.chmod(folder, 0o555)
            ended = running.wait(60)
            self.say(f"{folder.name} read-only: {ended.stderr.strip()}")
            self.assertEqual(ended.status, 1, ended.stderr)
            self.assertIn("[permission_denied]", ended.stderr)
            self.assertIn(str(folder), ended.stderr)
            again = trial.start("--set", "restart=none", how=how).wait(60)
            self.say(f"at the start: {again.stderr.strip()}")
            self.assertEqual(again.status, 1, again.stderr)
            self.assertIn("Permission denied", again.stderr)
            os.chmod(folder, 0o755)
            ended = trial.start(how=how).wait(60)
            self.assertEqual(ended.status, 0, ended.stderr)
            trial.assert_complete()

    def test_a_folder_of_results_made_read_only_ends_the_job_and_made_writable_it_goes_on(self):
        self.read_only(lambda trial: trial.out / "all")

    def test_snapshots_made_read_only_end_the_job_and_made_writable_it_goes_on(self):
        self.read_only(lambda trial: trial.snapshots)
