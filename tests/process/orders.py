"""The data of process_orders: its input, what it has to find in it, and what it has published."""

import csv
import gzip
import json
from collections import Counter, defaultdict
from datetime import datetime, timedelta, timezone

SECOND = 1_000_000
BEGIN = 1_600_000_000 * SECOND
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
WINDOW, GAP, MINUTE = 30 * SECOND, 40 * SECOND, 60 * SECOND
FILES = 5
JITTER = 4 * SECOND  # less than what the job waits for


def write_input(folder, random, count):
    """Files one after the other in time, one of them compressed, and the orders in them."""
    folder.mkdir()
    orders = []
    for id in range(count):
        base = BEGIN + id * SECOND // 2
        orders.append({"id": id, "account": random.randrange(40), "cents": random.randrange(1, 10_000), "at": base - random.randrange(JITTER)})
    for file in range(FILES):
        part = orders[count * file // FILES : count * (file + 1) // FILES]
        text = "".join(json.dumps(o) + "\n" for o in part).encode()
        name = folder / f"orders-{file}.json"
        name.write_bytes(gzip.compress(text) if file == 2 else text)
    return orders


def totals(values):
    return Counter((account, start, end, value) for (account, start, end), value in values.items())


def sums(orders, size):
    found = Counter()
    for o in orders:
        start = o["at"] - o["at"] % size
        found[o["account"], start, start + size] += o["cents"]
    return totals(found)


def sessions(orders):
    times = defaultdict(list)
    for o in sorted(orders, key=lambda o: o["at"]):
        times[o["account"]].append(o["at"])
    found = Counter()
    for account, all in times.items():
        begin = 0
        for i in range(1, len(all) + 1):
            if i == len(all) or all[i] - all[i - 1] >= GAP:
                found[account, all[begin], all[i - 1] + GAP, i - begin] += 1
                begin = i
    return found


def expected(orders):
    """{folder of results: how often each row}, without the job."""
    return {"all": Counter((o["id"], o["account"], o["cents"], o["at"]) for o in orders), "windows": sums(orders, WINDOW),
            "sessions": sessions(orders), "minutes": sums(orders, MINUTE), "late": Counter()}


def number(text):
    """A whole number, or a time in microseconds."""
    return int(text) if text.isdigit() else (datetime.fromisoformat(text) - EPOCH) // timedelta(microseconds=1)


def rows_of(file):
    text = file.read_text()
    if not text.endswith("\n"):
        raise AssertionError(f"{file} ends within a line: {text[-100:]!r}")
    if file.suffix == ".json":
        return [tuple(json.loads(line).values()) for line in text.splitlines()]
    header, *rows = csv.reader(text.splitlines())
    if any(len(row) != len(header) for row in rows):
        raise AssertionError(f"{file}: a row is not as long as its header, {header}")
    return [tuple(map(number, row)) for row in rows]


def published(out):
    """{folder of results: how often each row} of what anyone may read."""
    found = {name: Counter() for name in ("all", "windows", "sessions", "minutes", "late")}
    for name, rows in found.items():
        for file in sorted((out / name).glob("[!.]*")):
            rows.update(rows_of(file))
    return found


def hidden(out):
    return sorted(str(file.relative_to(out)) for file in out.rglob(".*") if file.is_file())


def difference(found, wanted):
    """What is wrong with what was published; empty: nothing."""
    wrong = []
    for name, rows in wanted.items():
        missing, extra = rows - found[name], found[name] - rows
        for what, some in (("missing", missing), ("too often", extra)):
            if some:
                wrong.append(f"{name}: {some.total()} rows {what}, such as {min(some)}")
    return wrong
