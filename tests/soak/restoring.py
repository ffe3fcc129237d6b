"""What does not fit is refused in words, before anything is touched."""

import hashlib

from soak import SoakCase


def fingerprint(folder):
    """Names and contents of all results."""
    return {str(f.relative_to(folder)): hashlib.sha1(f.read_bytes()).hexdigest() for f in sorted(folder.rglob("*")) if f.is_file()}


class Restoring(SoakCase):
    def refused(self, trial, status, said, *options, restore=("--restore",)):
        before = fingerprint(trial.out)
        ended = trial.start(*options, restore=restore).wait(60)
        self.say(f"{' '.join(map(str, (*restore, *options)))}: {ended.stderr.strip()}")
        self.assertEqual(ended.status, status, ended.stderr)
        for text in said:
            self.assertIn(text, ended.stderr)
        if status == 2 or restore != ("--restore",):  # else found when operators have declared their state; what the checkpoint holds is committed by then
            self.assertEqual(fingerprint(trial.out), before)
        trial.look()

    def test_what_cannot_be_restored_is_refused_and_nothing_is_touched(self):
        with self.trial(41) as trial:
            while not trial.newest:
                self.assertTrue(trial.kill(nap=8_000))
            empty, other = trial.folder / "empty", trial.folder / "input"
            empty.mkdir()
            at = str(trial.snapshots)
            self.refused(trial, 2, ("earlier run", at, "--restore"), restore=())
            self.refused(trial, 1, ("there is no checkpoint 999", at), restore=("--restore", 999))
            self.refused(trial, 1, ("nowhere", "check the path"), restore=("--restore", trial.folder / "nowhere"))
            self.refused(trial, 1, ("no snapshots", str(empty)), restore=("--restore", empty))
            self.refused(trial, 1, ("no snapshots", str(other)), restore=("--restore", other))
            self.refused(trial, 2, ("'minutes'", "--restore-rename", "--restore-drop"), "--minutes-name", "per-minute")
            self.refused(trial, 1, ("'more'", "--restore-empty"), "--extra", "more")
            self.refused(trial, 2, ("max-parallelism", "128", "256"), "--set", "max-parallelism=256")
            trial.finish()

    def test_a_renamed_operator_goes_on_with_its_state(self):
        with self.trial(42) as trial:
            while not trial.newest:
                self.assertTrue(trial.kill(nap=8_000))
            ended = trial.start("--minutes-name", "per-minute", "--restore-rename", "minutes=per-minute").wait(60)
            self.assertEqual(ended.status, 0, ended.stderr)
            trial.assert_complete()
