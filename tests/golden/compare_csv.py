"""compare_csv.py EXPECTED FOUND: compares two CSVs, each a file or a folder of *.csv, as multisets of rows.

Columns are matched by name, numbers by value. Prints the first differences; the exit code is 1 when there is one.
"""

import csv
import re
import sys
import tempfile
from collections import Counter
from pathlib import Path

NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][-+]?\d+)?")
SHOWN = 10


def files_of(path):
    return sorted(path.glob("*.csv")) if path.is_dir() else [path]


def value(text):
    return float(text) if NUMBER.fullmatch(text) else text


def rows_of(path):
    """Counts each row, as a tuple of (column, value) in the order of the columns' names."""
    rows = Counter()
    for file in files_of(path):
        with open(file, encoding="utf-8", newline="") as lines:
            reader = csv.reader(lines, strict=True)
            header = next(reader, [])
            order = sorted(range(len(header)), key=header.__getitem__)
            for row in reader:
                if len(row) != len(header):
                    sys.exit(f"{file}:{reader.line_num}: {len(row)} fields under {len(header)} columns: {row}")
                rows[tuple((header[i], value(row[i])) for i in order)] += 1
    return rows


def differences(expected, found):
    """Readable lines, none when the two hold the same rows; both are paths."""
    expected, found = rows_of(expected), rows_of(found)
    lines = [(row, f"missing {count} x") for row, count in (expected - found).items()]
    lines += [(row, f"unexpected {count} x") for row, count in (found - expected).items()]
    lines.sort(key=lambda line: [(column, str(value)) for column, value in line[0]])
    return [f"{what} " + ", ".join(f"{column}={value}" for column, value in row) for row, what in lines]


def same(expected, found):
    """Prints what differs; true when nothing does."""
    lines = differences(expected, found)
    if lines:
        print(f"{len(lines)} differences between {expected} (expected) and {found}:")
        print("\n".join(lines[:SHOWN]))
    return not lines


def self_test():
    expected = 'a,b\n1,"x, y"\n2,z\n2,z\n'
    cases = {
        ("b,a\nz,2.0\n", 'a,b\n1,"x, y"\n2,z\n', ""): True,  # other order of rows and columns, an empty part
        ('a,b\n1,"x, y"\n2,z\n',): False,  # a row too few
        (expected, "a,b\n2,z\n"): False,  # a row too many
        (expected.replace("x", "X"),): False,
        (expected.replace("2", "2.0000000001"),): False,
        (expected.replace("b", "c"),): False,
        (): False,
    }
    for parts, outcome in cases.items():
        with tempfile.TemporaryDirectory() as folder:
            one, many = Path(folder, "one.csv"), Path(folder, "many")
            one.write_text(expected)
            many.mkdir()
            for number, part in enumerate(parts):
                (many / f"part-{number}.csv").write_text(part)
            assert (not differences(one, many)) == outcome, parts


if __name__ == "__main__":
    if sys.argv[1:] == ["--self-test"]:
        self_test()
    elif len(sys.argv) == 3:
        sys.exit(0 if same(Path(sys.argv[1]), Path(sys.argv[2])) else 1)
    else:
        sys.exit(__doc__)
