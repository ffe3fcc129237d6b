"""Runs jobs as their tests do: in peace, or killed again and again and restored each time, with another parallelism."""

import itertools
import json
import random
import subprocess
import tempfile

KILLS, MOST_TRIALS = 3, 40
PARALLELISMS = "3", "2", "4", "1"
CHECKPOINTS = ["--checkpoint-interval", "1ms", "--restore-or-fresh"]


def in_peace(job):
    subprocess.run(job, check=True)


def without(job, option):
    """The words of a command but an option and its value."""
    words = [str(word) for word in job]
    if option in words:
        at = words.index(option)
        del words[at : at + 2]
    return words


def killed_after(job, seconds):
    """Whether it was still running then, and was killed."""
    process = subprocess.Popen(job, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        problem = process.communicate(timeout=seconds)[1]
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return True
    if process.returncode != 0:
        raise RuntimeError(f"ended with {process.returncode}: {problem}")
    return False


def trial(job, snapshots, chance, longest):
    """Whether the job went on from a checkpoint in the run that came to its end."""
    job = [*without(job, "--parallelism"), "--snapshots", snapshots, *CHECKPOINTS]
    parallelism = itertools.cycle(PARALLELISMS)
    for _ in range(KILLS):
        if not killed_after([*job, "--parallelism", next(parallelism)], chance.uniform(0, longest)):
            return False
    ended = subprocess.run([*job, "--parallelism", next(parallelism), "--summary", "json"], check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(ended.stdout.splitlines()[-1])["checkpoints"]["restored"] is not None


def killed(job, longest=0.3, seed=1):
    """Kills a job at moments drawn from a seed, at most so many seconds after its start, until a run that was restored comes to its end."""
    chance = random.Random(seed)
    for _ in range(MOST_TRIALS):
        with tempfile.TemporaryDirectory() as snapshots:
            if trial(job, snapshots, chance, longest):
                return
        longest *= 0.8 if chance.random() < 0.5 else 1.1
    raise RuntimeError(f"was in {MOST_TRIALS} trials never killed {KILLS} times before its end and behind a checkpoint")
