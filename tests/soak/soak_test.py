"""Long attacks on whole processes: kills, full disks, damaged snapshots, signals. Prints how it goes.

soak_test.py --list                                        names the cases
soak_test.py --orders PATH --snapshot-tool PATH --figures DIR [CASE...]   runs them; each leaves its figures in DIR
soak_test.py --figures DIR --table                         shows the figures of all
soak_test.py --self-test                                   shows that every case fails for a program that does nothing
"""

import argparse
import json
import os
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "process"))

import damage
import disks
import harness
import killing_on
import process_test
import restoring
import signals
import steady
from soak import FIGURES

SKIPPED = 77


def cases():
    load = unittest.defaultTestLoader.loadTestsFromModule
    tests = [test for module in (killing_on, disks, damage, signals, restoring, steady) for suite in load(module) for test in suite]
    return {test.id().rpartition(".")[2].removeprefix("test_"): test for test in tests}


def table(folder):
    """The figures of all cases, and what they come to."""
    found = {file.stem: json.loads(file.read_text()) for file in sorted(folder.glob("*.json"))}
    names = ["kills", "restores", "checkpoints", "runs", "records", "bytes", "seconds"]
    found["all"] = {name: sum(figures.get(name, 0) for figures in found.values()) for name in names}
    width = max(map(len, found))
    print(f"{'':{width}}" + "".join(f"{name:>14}" for name in names))
    for case, figures in found.items():
        print(f"{case:{width}}" + "".join(f"{round(figures.get(name, 0)):>14}" for name in names))


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--list", action="store_true")
    options.add_argument("--table", action="store_true")
    options.add_argument("--self-test", action="store_true")
    for name in ("--orders", "--snapshot-tool", "--figures"):
        options.add_argument(name)
    options.add_argument("case", nargs="*")
    given = options.parse_args()
    if given.list:
        print("\n".join(cases()))
        return 0
    if given.self_test:
        return process_test.self_test(cases())
    folder = Path(given.figures)
    if given.table:
        table(folder)
        return 0
    folder.mkdir(parents=True, exist_ok=True)
    harness.ORDERS, harness.SNAPSHOT_TOOL = given.orders, given.snapshot_tool
    chosen = given.case or list(cases())
    skipped = 0
    for name in chosen:
        FIGURES.clear()
        result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(cases()[name])
        if not result.wasSuccessful():
            return 1
        skipped += len(result.skipped)
        file = folder / f"{name}.json"
        file.unlink(missing_ok=True) if result.skipped else file.write_text(json.dumps(FIGURES))
    return SKIPPED if skipped == len(chosen) else 0


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    sys.exit(main())
