"""Snapshots with a flipped bit or a truncated file: what is damaged is named, with the ways to go on, or it was not needed."""

import re
import shutil

import orders
from soak import FIGURES, SoakCase


class Damage(SoakCase):
    def prepared(self, trial):
        """Killed with several checkpoints there; a copy of all that was written."""
        trial.kept = 3
        while len(trial.checkpoints()) < 3:
            self.assertTrue(trial.kill(nap=8_000), "ended before there were three checkpoints")
        shutil.copytree(trial.out, trial.folder / "out-before")
        shutil.copytree(trial.snapshots, trial.folder / "snapshots-before")

    def restore_copy(self, trial):
        for name in ("out", "snapshots"):
            shutil.rmtree(trial.folder / name, ignore_errors=True)
            shutil.copytree(trial.folder / f"{name}-before", trial.folder / name)

    def flip(self, file, random):
        content = bytearray(file.read_bytes())
        content[random.randrange(len(content))] ^= 1 << random.randrange(8)
        file.write_bytes(content)

    def truncate(self, file, random):
        file.write_bytes(file.read_bytes()[: random.randrange(file.stat().st_size)])

    def attack(self, trial, harm):
        self.restore_copy(trial)
        files = [f for f in sorted(trial.snapshots.iterdir()) if f.stat().st_size]
        pieces = [f for f in files if f.suffix == ".sst"]
        file = trial.random.choice(pieces if trial.random.random() < 0.8 else files)
        harm(file, trial.random)
        trial.keep_succeeded = False
        running = trial.start("--set", "restart-delay=10ms", restore=("--restore",))
        ended = running.wait(60)
        if ended.status == 0:  # it had nothing that was needed
            self.assertEqual(orders.difference(orders.published(trial.out), orders.expected(trial.orders)), [])
            return "not needed"
        self.assertEqual(ended.status, 1, f"{harm.__name__} {file}: {ended.stderr}")
        self.assertIn(str(trial.snapshots), ended.stderr, f"{harm.__name__} {file}")
        self.assertRegex(ended.stderr, "--restore|copy the directory anew", f"{harm.__name__} {file}")
        return self.go_on(trial, ended.stderr)

    def go_on(self, trial, said):
        """As the message says, with an older checkpoint."""
        older = re.findall(r"--restore (\d+)", said)
        if not older:
            return "detected, none older"
        FIGURES["restores"] += 1
        ended = trial.start("--accept-duplicates", "--set", "restart-delay=10ms", restore=("--restore", older[-1])).wait(60)
        if ended.status == 1 and "is damaged" in ended.stderr:
            return "detected, the one before as well"
        self.assertEqual(ended.status, 0, ended.stderr)
        wrong = [w for w in orders.difference(orders.published(trial.out), orders.expected(trial.orders)) if "missing" in w]
        self.assertEqual(wrong, [])
        self.assertEqual(orders.hidden(trial.out), [])
        return "detected, went on with an older one"

    def attacks(self, seed, harm):
        found = {}
        with self.trial(seed) as trial:
            self.prepared(trial)
            for _ in range(40):
                what = self.attack(trial, harm)
                found[what] = found.get(what, 0) + 1
        self.say(f"{harm.__name__}: {found}")
        self.assertTrue(any("detected" in what for what in found), found)  # checkpoints share files: an older one is often damaged, too

    def test_a_flipped_bit_is_told_or_was_not_needed(self):
        self.attacks(21, self.flip)

    def test_a_truncated_file_is_told_or_was_not_needed(self):
        self.attacks(22, self.truncate)
