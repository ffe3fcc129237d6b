"""Runs samples/crash_and_recover, which kills its job again and again, and compares what was published with what is found here, from all flights at once."""

import json
import re
import subprocess
from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path

import compare_csv
import sample_run

FLIGHTS = Path(__file__).resolve().parents[2] / "samples/flight_delays/data/flights-20k.json"
LATE_MINUTES, DAY = 15, timedelta(days=1)
CRASHES = 4


def read_flights():
    return [flight | {"date": datetime.strptime(flight["date"], "%Y/%m/%d %H:%M")} for flight in json.loads(FLIGHTS.read_text(encoding="utf-8"))]


def minute(time):
    return time.strftime("%Y-%m-%d %H:%M")


def day_rows(flights):
    yield "key start end value.flights value.late_flights value.worst_delay".split()
    days = defaultdict(list)
    for flight in flights:
        days[flight["origin"], flight["date"].date()].append(flight["delay"])
    for (airport, date), delays in days.items():
        start = datetime.combine(date, datetime.min.time())
        yield [airport, minute(start), minute(start + DAY), len(delays), sum(delay > LATE_MINUTES for delay in delays), max(delays)]


def worst_rows(flights):
    yield "airport date flights delay".split()
    delays = defaultdict(list)
    for flight in flights:
        before = delays[flight["origin"]]
        if all(flight["delay"] > delay for delay in before):
            yield [flight["origin"], minute(flight["date"]), len(before) + 1, flight["delay"]]
        before.append(flight["delay"])


def expected(flights):
    return {"days": list(day_rows(flights)), "worst": list(worst_rows(flights))}


def what_it_says(text, rows):
    """Complaints about what the sample prints."""
    killed = len(re.findall(r"record \d+", text))
    if killed != CRASHES:
        yield f"was killed {killed} times, not {CRASHES}:\n{text}"
    if f"\n{rows} rows, equal to those of an undisturbed run." not in text:
        yield f"does not say that {rows} rows are equal:\n{text}"


def complaints(_, job, folder):
    wanted, out = folder / "expected.csv", folder / "out"
    shown = subprocess.run([*job, "--out", out, "--crashes", str(CRASHES), "--rate", "10000"], capture_output=True, text=True)
    if shown.returncode != 0:
        return [f"ended with {shown.returncode}: {shown.stdout}{shown.stderr}"]
    results = expected(read_flights())
    found = list(what_it_says(shown.stdout, sum(len(rows) - 1 for rows in results.values())))
    for name, rows in results.items():
        sample_run.write(wanted, rows)
        for run in ("recovered", "undisturbed"):
            found += [f"{run}/{name}: {line}" for line in compare_csv.differences(wanted, out / run / name)]
    return found


def self_test():
    """A flight that is lost, and one that is counted twice, are told."""
    flights = read_flights()
    right = expected(flights)
    for other in (flights[1:], flights + flights[-1:], flights[:100] + flights):
        assert sample_run.differ(right["days"], expected(other)["days"])
    assert sample_run.differ(right["worst"], expected(flights[1:])["worst"])
    assert list(what_it_says("record 1\n7 rows, NOT those of an undisturbed run.", 7))


if __name__ == "__main__":
    sample_run.main(__doc__, complaints, self_test)
