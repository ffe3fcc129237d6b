"""Runs samples/clickstream and compares its results with those found here, another way: from all clicks in the order of time."""

import json
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from pathlib import Path

import sample_run

DATA = Path(__file__).resolve().parents[2] / "samples/clickstream/data"
STEPS = ["view", "cart", "buy"]
HOUR, QUARTER = timedelta(hours=1), timedelta(minutes=15)
MOMENT = timedelta(microseconds=1)


def read_clicks():
    clicks = [json.loads(line) for line in (DATA / "clicks.json").read_text(encoding="utf-8").splitlines()]
    return [click | {"at": datetime.fromisoformat(click["at"])} for click in clicks]


def sessions_of(clicks, gap):
    """Each as a list of clicks."""
    by_user = defaultdict(list)
    for click in sorted(clicks, key=lambda click: (click["at"], STEPS.index(click["action"]) if click["action"] in STEPS else -1)):
        sessions = by_user[click["user"]]
        if not sessions or click["at"] - sessions[-1][-1]["at"] >= gap:
            sessions.append([])
        sessions[-1].append(click)
    return [session for sessions in by_user.values() for session in sessions]


def steps_of(session):
    wanted = iter([*STEPS, None])
    step, reached = next(wanted), 0
    for click in session:
        if click["action"] == step:
            step, reached = next(wanted), reached + 1
    return reached


def floor(time, unit):
    return time - (time - datetime(1970, 1, 1)) % unit


def session_rows(sessions):
    yield "user first_click last_click clicks pages steps".split()
    for session in sessions:
        pages = {click["page"] for click in session}
        yield [session[0]["user"], session[0]["at"], session[-1]["at"], len(session), len(pages), steps_of(session)]


def funnel_rows(sessions, gap):
    yield "hour_start hour_end sessions viewed put_into_cart bought".split()
    hours = defaultdict(list)
    for session in sessions:
        hours[floor(session[-1]["at"] + gap - MOMENT, HOUR)].append(steps_of(session))
    for hour, reached in hours.items():
        yield [hour, hour + HOUR, len(reached), *(sum(steps >= step for steps in reached) for step in (1, 2, 3))]


def page_rows(clicks):
    yield "window_start window_end place page views".split()
    windows = defaultdict(Counter)
    for click in clicks:
        for back in range(4):
            if click["action"] == "view":
                windows[floor(click["at"], QUARTER) - back * QUARTER][click["page"]] += 1
    for start, pages in windows.items():
        best = sorted(pages.items(), key=lambda page: (-page[1], page[0]))[:5]
        for place, (page, views) in enumerate(best, 1):
            yield [start, start + HOUR, place, page, views]


def expected(gap=timedelta(minutes=30), clicks=None):
    """The rows of each folder of results."""
    clicks = clicks or read_clicks()
    sessions = sessions_of(clicks, gap)
    return {"sessions": list(session_rows(sessions)), "funnel": list(funnel_rows(sessions, gap)), "top_pages": list(page_rows(clicks))}


def self_test():
    """The data are what the generator makes, reach all steps, and tell apart jobs that cut sessions or count otherwise."""
    assert sample_run.is_generated(DATA / "clicks.json")
    right = expected()
    assert {row[-1] for row in right["sessions"][1:]} == {0, 1, 2, 3}
    views_only = [click | {"action": "view"} for click in read_clicks()]
    wrong = {"a gap too long": (expected(timedelta(minutes=30) + MOMENT), ("sessions", "funnel")), "other actions": (expected(clicks=views_only), right)}
    for what, (rows, names) in wrong.items():
        for name in names:
            assert sample_run.differ(right[name], rows[name]), (what, name)


if __name__ == "__main__":
    sample_run.main(__doc__, lambda *run: sample_run.wrong_folders(*run, expected()), self_test)
