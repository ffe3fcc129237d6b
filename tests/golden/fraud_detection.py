"""Runs samples/fraud_detection and compares its alerts with those found here, another way: each payment with each one before it."""

import csv
from collections import defaultdict
from datetime import datetime
from pathlib import Path

import sample_run

DATA = Path(__file__).resolve().parents[2] / "samples/fraud_detection/data"
COLUMNS = "account rule payment at cents small_payment small_at small_cents number".split()


def rows_of(name):
    with open(DATA / name, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield {column: int(value) if value.isdigit() else value for column, value in row.items()} | {"time": datetime.fromisoformat(row["at"])}


def in_force(changes, time):
    """The rules that hold at a time, by name."""
    rules = {}
    for change in changes:
        if change["time"] <= time:
            rules[change["rule"]] = change
    return {name: rule for name, rule in rules.items() if rule["active"] == "true"}


def earlier_first(payment):
    return payment["time"], payment["id"]


def expected_alerts(payments, changes, order=earlier_first):
    by_account = defaultdict(list)
    for payment in payments:
        by_account[payment["account"]].append(payment)
    for paid in by_account.values():
        paid.sort(key=order)
        alerted = set()
        for number, payment in enumerate(paid):
            for name, rule in in_force(changes, payment["time"]).items():
                small = [q for q in paid[:number] if q["cents"] < rule["small_below_cents"]]
                small = [q for q in small if (payment["time"] - q["time"]).total_seconds() <= rule["within_seconds"]]
                if small and payment["cents"] >= rule["large_from_cents"]:
                    q = small[-1]
                    alerted.add(payment["id"])
                    yield [payment["account"], name, payment["id"], payment["at"], payment["cents"], q["id"], q["at"], q["cents"], len(alerted)]


def alerts_of_data(**order):
    return [COLUMNS, *expected_alerts(list(rows_of("payments.csv")), list(rows_of("rules.csv")), **order)]


def self_test():
    """The data are what the generator makes, and tell apart a job that judges payments by other rules than those of their time, or as they come."""
    assert sample_run.is_generated(DATA / "payments.csv")
    alerts = alerts_of_data()
    assert {alert[1] for alert in alerts[1:]} == {"card-test", "probe", "slow-test"}
    latest_rules = [change | {"time": datetime.min} for change in rows_of("rules.csv")]
    others = {
        "by the rules of another time": [COLUMNS, *expected_alerts(list(rows_of("payments.csv")), latest_rules)],
        "as they come": alerts_of_data(order=lambda payment: 0),
        "without one": alerts[:-1],
    }
    for what, found in others.items():
        assert sample_run.differ(alerts, found), what


if __name__ == "__main__":
    sample_run.main(__doc__, lambda *run: sample_run.wrong_folders(*run, {"alerts": alerts_of_data()}), self_test)
