"""A job in a steady state takes a thousand checkpoints: neither its memory nor its snapshots grow."""

from pathlib import Path

from soak import FIGURES, SoakCase

CHECKPOINTS = 1_000


def memory_bytes(process):
    """0 of one that has ended."""
    lines = [text for text in Path(f"/proc/{process}/status").read_text().splitlines() if text.startswith("VmRSS")]
    return sum(int(line.split()[1]) * 1024 for line in lines)


def size_of(folder):
    size = 0
    for file in folder.rglob("*"):
        try:
            size += file.stat().st_size
        except FileNotFoundError:
            pass
    return size


class Steady(SoakCase):
    def test_neither_memory_nor_snapshots_grow_over_a_thousand_checkpoints(self):
        with self.trial(51, 400_000, interval="50ms", keep_succeeded=True) as trial:
            running = trial.start(nap=4_000, parallelism=2)
            samples, last = [], 0
            while not running.has_ended() and last < CHECKPOINTS:
                try:
                    running.wait(1)
                except AssertionError:
                    pass
                if running.has_ended():
                    break
                last = max((c["id"] for c in trial.checkpoints()), default=0)
                if memory := memory_bytes(running.process.pid):
                    samples.append((last, memory, size_of(trial.snapshots)))
            self.assertGreaterEqual(last, CHECKPOINTS, running.stderr)
            running.stop()
            FIGURES["checkpoints"] += last
            for at in range(0, len(samples), max(1, len(samples) // 8)):
                self.say("checkpoint {}: {:.1f} MB of memory, {:.2f} MB of snapshots".format(samples[at][0], samples[at][1] / 1e6, samples[at][2] / 1e6))
            quarter = len(samples) // 4
            for what, most in ((1, 8 << 20), (2, 4 << 20)):
                early, late = (max(s[what] for s in some) for some in (samples[quarter : 2 * quarter], samples[-quarter:]))
                self.assertLess(late, early + most)
