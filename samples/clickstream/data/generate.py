#!/usr/bin/env python3
"""Prints clicks.json, always the same: a day of clicks in a shop in the order in which they arrive, up to five minutes late.

Pauses between the clicks of a visitor are seconds to minutes, and now and then about half an hour: 1799, 1800 or 1801 s.
"""

import json
import random
from datetime import datetime, timedelta

CLICKS = 4500
USERS = 350
START = datetime(2026, 3, 2, 6)
SECONDS = 15 * 3600
SHELVES = ["/shoes", "/books", "/garden", "/toys"]


def visit(below, second):
    """The clicks of one visit: (second, page, action)."""
    bold = below(4)
    for number in range(2 + below(below(24) + 1)):
        shelf = SHELVES[min(below(4), below(4))]
        page = f"{shelf}/{min(below(12), below(12)) + 1}"
        chance = below(100)
        if chance < 10:
            yield second, "/search", "search"
        elif chance < 12 + 6 * bold:
            yield second, page, "cart"
        elif chance < 16 + 8 * bold and number > 0:
            yield second, "/checkout", "buy"
        else:
            yield second, page, "view"
        pause = below(100)
        second += 1799 + below(3) if pause < 4 else below(4) if pause < 30 else 5 + below(400)


def main():
    chance = random.Random(20260302).random  # its sequence is the same in all versions of Python

    def below(n):
        return int(chance() * n)

    clicks = []
    while len(clicks) < CLICKS:
        user = f"u{below(USERS):03}"
        clicks += [(second, user, page, action) for second, page, action in visit(below, below(SECONDS))]
    clicks.sort()
    arrivals = sorted((click[0] + (below(300) if below(5) == 0 else below(4)), number, click) for number, click in enumerate(clicks))
    for _, _, (second, user, page, action) in arrivals:
        print(json.dumps({"at": str(START + timedelta(seconds=second)), "user": user, "page": page, "action": action}, separators=(",", ":")))


if __name__ == "__main__":
    main()
