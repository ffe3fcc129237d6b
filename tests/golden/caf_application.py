"""Runs samples/caf_application and compares what it prints with what is worked out here."""

import collections
import subprocess
import sys

SECONDS = 600
TRADERS_CENTS = (100, 250)


def expected():
    sums = collections.Counter()
    for second in range(SECONDS):
        customer = "Jones" if second % 7 else "Smith"
        sums[second // 60, customer] += sum(TRADERS_CENTS)
    lines = [f"{SECONDS * len(TRADERS_CENTS)} orders"]
    return lines + [f"minute {minute}  {customer}  {cents} cents" for (minute, customer), cents in sorted(sums.items())]


def main():
    ended = subprocess.run(sys.argv[1:], capture_output=True, text=True, timeout=60)
    print(ended.stderr, end="")
    found = ended.stdout.splitlines()
    for line in sorted(set(expected()) ^ set(found)):
        print("unexpected:" if line in found else "missing:   ", line)
    sys.exit(ended.returncode or found != expected())


if __name__ == "__main__":
    main()
