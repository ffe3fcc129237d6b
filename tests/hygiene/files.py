"""No large file, no overlong source file, no path of one machine in what is tracked."""

import re
import subprocess

import hygiene

LARGEST_BYTES = 4 << 20
LONGEST_LINES = 500
SOURCES = {".hpp", ".cpp", ".py", ".cmake"}
MACHINE_PATH = re.compile(r"(?<![\w.])/(work|root)/")


def project_files(root):
    """What git tracks or would add."""
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [root / name for name in sorted(set(names.split("\0")) - {""}) if (root / name).is_file()]


def complaints_about(name, content):
    if len(content) > LARGEST_BYTES:
        yield f"{name}: {len(content)} bytes, more than {LARGEST_BYTES}"
    if b"\0" in content:
        return
    lines = content.decode(errors="replace").splitlines()
    if name.suffix in SOURCES and len(lines) > LONGEST_LINES:
        yield f"{name}: {len(lines)} lines, more than {LONGEST_LINES}; divide it by meaning"
    for number, line in enumerate(lines, 1):
        if MACHINE_PATH.search(line):
            yield f"{name}:{number}: names a path of one machine: {line.strip()}"


def check(root):
    if not (root / ".git").exists():
        return [f"{root} is not a git work tree"]
    return [c for file in project_files(root) for c in complaints_about(file.relative_to(root), file.read_bytes())]


def check_fresh(root):
    subprocess.run(["git", "init", "--quiet", str(root)], check=True)
    return check(root)


if __name__ == "__main__":
    import sys

    hygiene.main(
        check_fresh if "--self-test" in sys.argv else check,
        good={"src/a.cpp": "int a;\n" * LONGEST_LINES, "data.csv": "1\n" * 1000, "README.md": "framework/root/x\n"},
        broken=[
            ("big.json: 4194305 bytes", {"big.json": " " * (LARGEST_BYTES + 1)}),
            ("src/a.cpp: 501 lines", {"src/a.cpp": "int a;\n" * (LONGEST_LINES + 1)}),
            ("README.md:2: names a path", {"README.md": "first\nsee /" + "work/main\n"}),
        ],
    )
