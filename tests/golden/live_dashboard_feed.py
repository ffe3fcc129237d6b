"""Runs samples/live_dashboard_feed. What its windows give in the end is what is worked out here; what they gave before leads there."""

import json
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import datetime, timedelta, timezone

import disturbed
import sample_run

PER_SECOND, SECONDS = 2000, 3
WINDOW = timedelta(seconds=1)
OPTIONS = ["--per-second", str(PER_SECOND), "--for", f"{SECONDS}s", "--window", "1s", "--every", "100ms"]
ENDPOINTS = ["/search"] * 4 + ["/product"] * 3 + ["/cart"] * 2 + ["/login"]
FIRST = datetime(2026, 3, 2, 12, tzinfo=timezone.utc)
COUNTS = "requests", "failed"


def mixed(i):
    z = (i + 1) * 0x9E3779B97F4A7C15 % 2**64
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    z = (z ^ z >> 27) * 0x94D049BB133111EB % 2**64
    return z ^ z >> 31


def requests():
    """(endpoint, number of the window, milliseconds, failed)"""
    for i in range(PER_SECOND * SECONDS):
        chance = mixed(i)
        slow = 400 + (chance >> 40) % 600 if (chance >> 32) % 50 == 0 else 0
        second = timedelta(microseconds=i * 1_000_000 // PER_SECOND)
        yield ENDPOINTS[chance % 10], second // WINDOW, 5 + (chance >> 8) % 95 + slow, (chance >> 16) % 100 < 2


def quantile(times, per_mille):
    """The smallest time that this share of all do not exceed."""
    return sorted(times)[-(-len(times) * per_mille // 1000) - 1]


def expected_tiles():
    windows = defaultdict(list)
    for endpoint, number, milliseconds, failed in requests():
        windows[endpoint, number].append((milliseconds, failed))
    tiles = {}
    for (endpoint, number), found in windows.items():
        times = [milliseconds for milliseconds, _ in found]
        start = FIRST + number * WINDOW
        tiles[endpoint, start] = {
            "endpoint": endpoint,
            "window_start": start,
            "window_end": start + WINDOW,
            "requests": len(found),
            "failed": sum(failed for _, failed in found),
            "mean_ms": sum(times) / len(times),
            "p50_ms": quantile(times, 500),
            "p99_ms": quantile(times, 990),
        }
    return tiles


def tile_of(line):
    tile = json.loads(line)
    return tile | {column: datetime.fromisoformat(tile[column].replace("Z", "+00:00")) for column in ("window_start", "window_end")}


def equal(found, wanted):
    """Quantiles may be a hundredth away."""
    about = {"p50_ms", "p99_ms"}
    return found.keys() == wanted.keys() and all(abs(found[c] - wanted[c]) <= wanted[c] / 100 if c in about else found[c] == wanted[c] for c in wanted)


def complaints(lines):
    """What is wrong with a feed."""
    tiles, wanted = defaultdict(list), expected_tiles()
    for line in lines:
        tile = tile_of(line)
        tiles[tile["endpoint"], tile["window_start"]].append(tile)
    if tiles.keys() != wanted.keys():
        yield f"windows that are missing or should not be there: {sorted(tiles.keys() ^ wanted.keys())}"
    for key in tiles.keys() & wanted.keys():
        *early, last = tiles[key]
        if not equal(last, wanted[key]):
            yield f"expected in the end {wanted[key]}, found {last}"
        for before, after in zip(early, tiles[key][1:]):
            if any(before[count] > after[count] for count in COUNTS) or before["requests"] == 0:
                yield f"counts fall, or nothing is given out: {before}, then {after}"
    if len(lines) <= len(wanted):
        yield "no window was given out before its end"


def self_test():
    wanted = [json.dumps(tile, default=str) for tile in expected_tiles().values()]
    first = json.loads(wanted[0])
    early = json.dumps(first | {"requests": 1, "failed": 0})
    good = [early, *wanted]
    assert not list(complaints(good)), list(complaints(good))
    for wrong in (
        wanted,  # nothing early
        good[:-1],  # a window too few
        [*good, early],  # the last is not the result
        [json.dumps(first | {"failed": first["failed"] + 1}), *good],  # a count falls
        [early, json.dumps(first | {"mean_ms": first["mean_ms"] + 1e-9}), *wanted[1:]],
        [early, json.dumps(first | {"p99_ms": first["p99_ms"] * 1.02}), *wanted[1:]],
        [*good, json.dumps(first | {"endpoint": "/none"})],
    ):
        assert list(complaints(wrong)), wrong


def run(job, out):
    """The lines of the standard output, and whether the first one came while the job ran."""
    with subprocess.Popen([*job, *OPTIONS, "--out", out], stdout=subprocess.PIPE, text=True) as running:
        first = running.stdout.readline()
        live = running.poll() is None
        lines = [first, *running.stdout]
    if running.returncode:
        sys.exit(f"the job ended with {running.returncode}")
    return lines, live


def lines_in(out):
    return [line for part in sorted(out.glob("*.json")) for line in part.read_text(encoding="utf-8").splitlines(keepends=True)]


def wrong_feed(start, job, folder):
    out = folder / "out"
    if start is not disturbed.in_peace:
        # Runs publish one after the other what each has of a window, but not in the order of their names.
        start([*job, *OPTIONS, "--out", out], longest=1.5)
        return (yield from complaints(sorted(lines_in(out), key=lambda line: tile_of(line)["requests"])))
    lines, live = run(job, out)
    yield from complaints(lines)
    filed = lines_in(out)
    if Counter(filed) != Counter(lines):
        yield "the file holds other lines than the standard output"
    if not live:
        yield "the first line came when the job was over"


if __name__ == "__main__":
    sample_run.main(__doc__, wrong_feed, self_test)
