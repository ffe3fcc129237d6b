"""What samples/flight_delays has to find, computed another way: each flight is put into each window that holds it."""

import argparse
import csv
import json
import sys
from collections import defaultdict
from datetime import datetime, timedelta, timezone
from pathlib import Path

DATA = Path(__file__).resolve().parents[2] / "samples/flight_delays/data"
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
SIZE = timedelta(hours=24)
SLIDE = timedelta(hours=1)
LATE_MINUTES = 15
COLUMNS = "airport name city window_start window_end flights late_flights mean_delay worst_delay".split()


def left_at(flight):
    scheduled = datetime.strptime(flight["date"], "%Y/%m/%d %H:%M").replace(tzinfo=timezone.utc)
    return scheduled + timedelta(minutes=flight["delay"])


def windows_that_hold(time):
    """The starts of all windows [start, start + SIZE) that hold this time; starts are whole slides after the epoch."""
    start = time - (time - EPOCH) % SLIDE
    while time < start + SIZE:
        yield start
        start -= SLIDE


def expected_rows(flights, airports):
    delays = defaultdict(list)
    for flight in flights:
        for start in windows_that_hold(left_at(flight)):
            delays[flight["origin"], start].append(flight["delay"])
    for (airport, start), minutes in sorted(delays.items()):
        late = sum(delay > LATE_MINUTES for delay in minutes)
        mean = sum(minutes) / len(minutes)
        place = airports[airport]
        period = [f"{time:%Y-%m-%d %H:%M}" for time in (start, start + SIZE)]
        yield [airport, place["name"], place["city"], *period, len(minutes), late, repr(mean), max(minutes)]


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--input", type=Path, default=DATA / "flights-20k.json")
    options.add_argument("--airports", type=Path, default=DATA / "airports.csv")
    options.add_argument("--out", help="a file; standard output when not given")
    arguments = options.parse_args()

    flights = json.loads(arguments.input.read_text(encoding="utf-8"))
    with open(arguments.airports, encoding="utf-8", newline="") as file:
        airports = {row["iata"]: row for row in csv.DictReader(file)}
    with open(arguments.out, "w", encoding="utf-8", newline="") if arguments.out else sys.stdout as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(expected_rows(flights, airports))


if __name__ == "__main__":
    main()
