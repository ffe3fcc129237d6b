"""What the scripts here share. A check is a function from a source tree to a list of complaints."""

import os
import sys
import tempfile
from pathlib import Path


def write_tree(root, files):
    """Writes {path: text}; a file named `run` becomes executable."""
    for path, text in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        if file.name == "run":
            os.chmod(file, 0o755)


def complaints_about(check, files):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        write_tree(root, files)
        return check(root)


def self_test(check, good, broken):
    """`good` is a tree without fault; `broken` holds pairs: what the complaint has to say, what is changed in the tree."""
    failures = [f"a complaint about a good tree: {c}" for c in complaints_about(check, good)]
    for expected, change in broken:
        found = complaints_about(check, good | change)
        if not any(expected in complaint for complaint in found):
            failures.append(f"expected a complaint about {expected!r}, found {found}")
    return failures


def main(check, good, broken):
    """SCRIPT ROOT [ARGUMENT...] checks a tree, SCRIPT --self-test shows that the check can fail."""
    if sys.argv[1:] == ["--self-test"]:
        complaints = self_test(check, good, broken)
    else:
        complaints = check(Path(sys.argv[1]).resolve(), *sys.argv[2:])
    for complaint in complaints:
        print(complaint)
    sys.exit(1 if complaints else 0)
