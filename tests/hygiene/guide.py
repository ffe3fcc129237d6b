"""Every C++ block of libflow/doc/guide is part of a program that the tests build, and what a program is said to print is what it prints.

    <!-- program: NAME -->    before a cpp block: it goes on with the program NAME, or with the header NAME.hpp; Catch2's main is added where it has none
    <!-- file: NAME -->       before a block of another language: the program finds it as a file
    <!-- output: NAME -->     before a text block: what the program NAME prints, word for word
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

import hygiene

GUIDE = "libflow/doc/guide"
BLOCK = re.compile(r"^(?:<!-- (?P<kind>program|file|output): (?P<name>[\w.]+) -->\n)?```(?P<language>\w*)\n(?P<text>.*?)^```", re.M | re.S)


def blocks_of(root):
    for chapter in sorted((root / GUIDE).glob("*.md")):
        text = chapter.read_text()
        for block in BLOCK.finditer(text):
            yield f"{GUIDE}/{chapter.name}:{text.count(chr(10), 0, block.start()) + 1}", block


def parts_of(root):
    """{name: text} of the sources, the files and the outputs."""
    parts = {"program": {}, "file": {}, "output": {}}
    for _, block in blocks_of(root):
        if block["kind"]:
            named = parts[block["kind"]]
            named[block["name"]] = named.get(block["name"], "") + block["text"]
    return parts


def source_name(name):
    return name if name.endswith(".hpp") else f"{name}.cpp"


def check(root):
    parts = parts_of(root)
    complaints = [f"{place}: a C++ block that belongs to no program" for place, b in blocks_of(root) if b["language"] == "cpp" and b["kind"] != "program"]
    if not parts["program"]:
        complaints.append(f"{GUIDE}: no program")
    for header in (n for n in parts["program"] if n.endswith(".hpp")):
        if not any(f'#include "{header}"' in text for n, text in parts["program"].items() if not n.endswith(".hpp")):
            complaints.append(f"{header}: no program of the guide includes it")
    complaints += [f"{name}: its output is shown, but there is no such program" for name in parts["output"] if name not in parts["program"]]
    return complaints


def extract(root, folder):
    """Writes the sources, touches only what has changed, and prints the names of the programs."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in parts_of(root)["program"].items():
        if "TEST_CASE(" in text and "int main(" not in text:
            text = "#define CATCH_CONFIG_MAIN\n" + text
        file = folder / source_name(name)
        if not file.is_file() or file.read_text() != text:
            file.write_text(text)
        if not name.endswith(".hpp"):
            print(name)


def run(root, name, program):
    parts = parts_of(root)
    with tempfile.TemporaryDirectory() as folder:
        hygiene.write_tree(Path(folder), parts["file"])
        ended = subprocess.run([program], cwd=folder, capture_output=True, text=True, timeout=60)
    if ended.returncode != 0:
        return [f"{name}: ended with {ended.returncode}\n{ended.stdout}{ended.stderr}"]
    expected = parts["output"].get(name)
    return [f"{name}: printed\n{ended.stdout}where the guide shows\n{expected}"] if expected not in (None, ended.stdout) else []


def check_or_run(root, *program):
    return run(root, *program) if program else check(root)


def guide(program="#include \"a.hpp\"\nint main() {}", mark="<!-- program: one -->\n"):
    return f"# Title\n<!-- program: a.hpp -->\n```cpp\nint a;\n```\n{mark}```cpp\n{program}\n```\n<!-- output: one -->\n```text\n1\n```\n"


if __name__ == "__main__":
    if sys.argv[1:2] == ["--extract"]:
        extract(Path(sys.argv[2]).resolve(), Path(sys.argv[3]))
        sys.exit(0)
    chapter = f"{GUIDE}/a.md"
    hygiene.main(
        check_or_run,
        good={chapter: guide()},
        broken=[
            ("a.md:6: a C++ block that belongs to no program", {chapter: guide(mark="")}),
            ("one: its output is shown", {chapter: guide(mark="<!-- program: two -->\n")}),
            ("a.hpp: no program", {chapter: guide(program="int main() {}")}),
            ("no program", {chapter: "# Title\n"}),
        ],
    )
