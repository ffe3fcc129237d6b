"""What the tests of samples have in common: each runs its sample in one way and says what is wrong with what came out."""

import argparse
import csv
import subprocess
import sys
import tempfile
from pathlib import Path

import compare_csv
import disturbed

SHOWN = 10


def write(path, rows):
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def differ(one, other):
    """Whether two tables, the names of their columns first, have other rows."""
    with tempfile.TemporaryDirectory() as folder:
        paths = Path(folder, "one.csv"), Path(folder, "other.csv")
        for path, rows in zip(paths, (one, other)):
            write(path, rows)
        return bool(compare_csv.differences(*paths))


def is_generated(path):
    """Whether a file is what generate.py beside it makes."""
    made = subprocess.run([sys.executable, path.parent / "generate.py"], check=True, capture_output=True, text=True).stdout
    return made == path.read_text(encoding="utf-8")


def wrong_folders(run, job, folder, expected):
    """Runs, as `run` does it, a job that writes folders below --out: how their rows differ from those expected of each, by name, and that a record came late."""
    wanted, out = folder / "expected.csv", folder / "out"
    run([*job, "--out", out])
    for name, rows in expected.items():
        write(wanted, rows)
        yield from (f"{name}: {line}" for line in compare_csv.differences(wanted, out / name))
    late = compare_csv.rows_of(out / "late").total()
    if late:
        yield f"{late} late records, where none is later than the job allows"


def backend_options(backend, folder):
    """What a job is told that keeps its state in a backend, and as little of it as it can in memory."""
    options = ["--set", f"state-backend={backend}"]
    return options if backend == "memory" else [*options, "--set", f"state-directory={folder}/state", "--set", "state-memory=0"]


def main(description, complaints, self_test):
    """The command line of such a test. `complaints(run, job, folder)` runs `job`, a command, by `run`, with a folder for what it writes; `self_test` sees that it can fail."""
    options = argparse.ArgumentParser(description=description)
    options.add_argument("executable", type=Path, nargs="?")
    options.add_argument("--parallelism", default="1")
    options.add_argument("--batch-size", default="1024")
    options.add_argument("--killed", action="store_true", help="in its middle, and restored")
    options.add_argument("--state-backend", default="memory")
    options.add_argument("--self-test", action="store_true")
    arguments = options.parse_args()
    if arguments.self_test:
        return self_test()

    with tempfile.TemporaryDirectory() as folder:
        backend = backend_options(arguments.state_backend, folder)
        job = [arguments.executable, *backend, "--parallelism", arguments.parallelism, "--set", f"batch-size={arguments.batch_size}"]
        run = disturbed.killed if arguments.killed else disturbed.in_peace
        found = list(complaints(run, job, Path(folder)))
    print("\n".join([*found[:SHOWN], *([f"and {len(found) - SHOWN} more"] if len(found) > SHOWN else [])]))
    sys.exit(1 if found else 0)
