"""Runs samples/flight_delays and compares every row of its result with what flight_delays_expected.py has computed."""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import compare_csv
from flight_delays_expected import DATA


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("executable", type=Path)
    options.add_argument("expected", type=Path)
    options.add_argument("--parallelism", default="1")
    options.add_argument("--batch-size", default="1024")
    arguments = options.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "out")
        job = [arguments.executable, "--parallelism", arguments.parallelism]
        job += ["--set", f"batch-size={arguments.batch_size}"]
        job += ["--input", DATA / "flights-20k.json", "--airports", DATA / "airports.csv", "--out", out]
        subprocess.run([*job, "--out-of-order", "600min"], check=True, cwd=folder)
        as_expected = compare_csv.same(arguments.expected, out / "delays")
        late = compare_csv.rows_of(out / "late").total()
        if late:
            print(f"{late} late flights, where none is later than 600 minutes")
        sys.exit(0 if as_expected and not late else 1)


if __name__ == "__main__":
    main()
