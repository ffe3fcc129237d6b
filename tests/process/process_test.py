"""Runs jobs as processes and looks at what a user sees: exit status, messages, files.

process_test.py --list                 names the cases
process_test.py --job PATH --orders PATH --snapshot-tool PATH --snapshots PATH [CASE...]   runs them; of process_job, process_orders,
                                       flow-snapshot and process_snapshots
process_test.py --self-test            shows that every case fails for a program that does nothing
"""

import argparse
import shutil
import sys
import unittest

import ending
import failing
import harness
import input_files
import killing
import output_folders
import plain_status
import savepoint_signals
import snapshot_tool
import summaries
import supervised
import terminal_status
import usage

SKIPPED = 77


def cases():
    """{name: test}, the name without 'test_'."""
    load = unittest.defaultTestLoader.loadTestsFromModule
    suites = [suite for module in (ending, failing, input_files, killing, output_folders, plain_status, savepoint_signals, snapshot_tool, summaries, supervised, terminal_status, usage) for suite in load(module)]
    tests = [test for suite in suites for test in suite]
    names = [test.id().rpartition(".")[2].removeprefix("test_") for test in tests]
    assert len(set(names)) == len(names), "two cases have one name"
    return dict(zip(names, tests))


def run(tests, stream=None):
    return unittest.TextTestRunner(stream=stream, verbosity=2).run(unittest.TestSuite(tests))


def self_test(tests):
    """Names those that do not fail for a program that does nothing; whether there are any."""
    harness.KEEP_FOLDERS = False
    harness.JOB = harness.ORDERS = harness.SNAPSHOT_TOOL = harness.SNAPSHOTS = shutil.which("true")
    passed = []
    for name, test in tests.items():
        with open("/dev/null", "w") as nowhere:
            result = run([test], nowhere)
        if result.wasSuccessful() and not result.skipped:
            passed.append(name)
    for name in passed:
        print(f"{name}: passes for a program that does nothing")
    return bool(passed)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--list", action="store_true")
    options.add_argument("--self-test", action="store_true")
    for program in ("--job", "--orders", "--snapshot-tool", "--snapshots"):
        options.add_argument(program)
    options.add_argument("case", nargs="*")
    arguments = options.parse_args()
    if arguments.list:
        print("\n".join(cases()))
        return 0
    if arguments.self_test:
        return self_test(cases())
    harness.JOB, harness.ORDERS = arguments.job, arguments.orders
    harness.SNAPSHOT_TOOL, harness.SNAPSHOTS = arguments.snapshot_tool, arguments.snapshots
    chosen = arguments.case or list(cases())
    result = run([cases()[name] for name in chosen])
    if not result.wasSuccessful():
        return 1
    return SKIPPED if len(result.skipped) == len(chosen) else 0


if __name__ == "__main__":
    sys.exit(main())
