#!/usr/bin/env python3
"""Prints payments.csv, always the same: payments of one day in the order in which they arrive, up to two minutes late.

A payment arrives 0 to 119 s after it was made. Every fiftieth time a payment below a euro is followed by a large one on the
same account, 0 to 200 s later.
"""

import csv
import random
import sys
from datetime import datetime, timedelta

PAYMENTS = 4000
ACCOUNTS = 250
START = datetime(2026, 3, 2, 6)
SECONDS = 16 * 3600


def main():
    chance = random.Random(20260302).random  # its sequence is the same in all versions of Python

    def below(n):
        return int(chance() * n)

    def cents():
        kind = chance()
        if kind < 0.04:
            return 1 + below(99)
        if kind < 0.07:
            return 40_000 + below(160_000)
        return 200 + below(30_000)

    made = []
    while len(made) < PAYMENTS:
        account, second = f"A{below(ACCOUNTS):04}", below(SECONDS)
        if below(50):
            made.append((second, account, cents()))
        else:
            pause = below(20) if below(2) else below(201)
            made += [(second, account, 1 + below(150)), (second + pause, account, 25_000 + below(200_000))]

    made.sort()
    arrivals = [(second + below(120), number, second, account, amount) for number, (second, account, amount) in enumerate(made, 1)]
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["id", "account", "at", "cents"])
    for _, number, second, account, amount in sorted(arrivals):
        writer.writerow([number, account, START + timedelta(seconds=second), amount])


if __name__ == "__main__":
    main()
