"""Runs samples/flight_delays and compares every row of its result with what flight_delays_expected.py has computed."""

import argparse
import gzip
import json
import sys
import tempfile
from pathlib import Path

import compare_csv
import disturbed
from flight_delays_expected import DATA
from sample_run import backend_options


FLIGHTS = DATA / "flights-20k.json"
PART_BYTES = 100_000  # of a file of some two million


def written(form, folder):
    """The flights in another form, and the options that read it."""
    if form == "array":
        return ["--input", FLIGHTS]
    lines = [json.dumps(flight) + "\n" for flight in json.loads(FLIGHTS.read_text(encoding="utf-8"))]
    if form == "folder":
        (folder / "in").mkdir()
        for number in range(0, len(lines), 3000):
            (folder / "in" / f"flights-{number:05}.json").write_text("".join(lines[number : number + 3000]))
        return ["--input", folder / "in"]
    path = folder / "flights"
    if form == "gzip":
        with gzip.open(path, "wt", compresslevel=1) as file:
            file.writelines(lines)
        return ["--input", path]
    path.write_text("".join(lines))
    return ["--input", path, *(["--split-bytes", str(PART_BYTES)] if form == "divided" else [])]


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("executable", type=Path)
    options.add_argument("expected", type=Path)
    options.add_argument("--parallelism", default="1")
    options.add_argument("--batch-size", default="1024")
    options.add_argument("--form", default="array", choices=["array", "lines", "gzip", "divided", "folder"])
    options.add_argument("--state-backend", default="memory")
    options.add_argument("--killed", action="store_true", help="in its middle, and restored")
    arguments = options.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "out")
        job = [arguments.executable, "--parallelism", arguments.parallelism, *backend_options(arguments.state_backend, folder)]
        job += ["--set", f"batch-size={arguments.batch_size}"]
        job += [*written(arguments.form, Path(folder)), "--airports", DATA / "airports.csv", "--out", out]
        run = disturbed.killed if arguments.killed else disturbed.in_peace
        run([*job, "--out-of-order", "600min"])
        as_expected = compare_csv.same(arguments.expected, out / "delays")
        late = compare_csv.rows_of(out / "late").total()
        if late:
            print(f"{late} late flights, where none is later than 600 minutes")
        sys.exit(0 if as_expected and not late else 1)


if __name__ == "__main__":
    main()
