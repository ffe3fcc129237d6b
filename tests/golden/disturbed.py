"""Runs jobs as their tests do: in peace, or killed again and again and restored each time, with another parallelism."""

import itertools
import json
import random
import subprocess
import tempfile

MOST_KILLS, MOST_TRIALS = 4, 100
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


def run(job, seconds):
    """Runs a job, and kills it after so many seconds: returns what it says in the end, or nothing when it was killed."""
    process = subprocess.Popen([*job, "--summary", "json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        said, problem = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return None
    if process.returncode != 0:
        raise RuntimeError(f"ended with {process.returncode}: {problem}")
    return json.loads(said.splitlines()[-1])


def trial(job, snapshots, chance, longest):
    """How often the job was killed before it came to its end, and whether it went on from a checkpoint then."""
    job = [*without(job, "--parallelism"), "--snapshots", snapshots, *CHECKPOINTS]
    for kills, parallelism in enumerate(itertools.cycle(PARALLELISMS)):
        said = run([*job, "--parallelism", parallelism], chance.uniform(0, longest) if kills < MOST_KILLS else None)
        if said:
            return kills, said["checkpoints"]["restored"] is not None


def killed(job, longest=0.3, seed=1):
    """Kills a job at moments drawn from a seed, at most so many seconds after a start, until a run that was restored comes to its end."""
    chance = random.Random(seed)
    for _ in range(MOST_TRIALS):
        with tempfile.TemporaryDirectory() as snapshots:
            kills, restored = trial(job, snapshots, chance, longest)
        if restored:
            return
        longest *= 0.7 if kills == 0 else 1.3  # it ended before, or was killed before there was a checkpoint
    raise RuntimeError(f"was in {MOST_TRIALS} trials never killed behind a checkpoint and before its end")
