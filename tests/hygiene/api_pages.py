"""Doxygen makes pages of the public headers without a complaint, and each header has one that begins with its contract."""

import re
import subprocess
import tempfile
from pathlib import Path

import hygiene

DOXYFILE = "libflow/doc/Doxyfile"
HERE = Path(__file__).resolve().parents[2]


def pages_of(root, output):
    """What Doxygen says, and the pages."""
    settings = f"@INCLUDE = {root / DOXYFILE}\nOUTPUT_DIRECTORY = {output}\n"
    ended = subprocess.run(["doxygen", "-"], input=settings, cwd=root, capture_output=True, text=True)
    complaints = [line for line in (ended.stdout + ended.stderr).splitlines() if line]
    if ended.returncode and not complaints:
        complaints.append(f"doxygen ended with {ended.returncode}")
    return complaints, {page.name: page.read_text() for page in Path(output, "html").glob("*_8hpp.html")}


def public_headers(root):
    folders = [root / "libflow/include", root / "actors/include", *root.glob("connectors/*/include")]
    return [h for f in folders for h in sorted(f.rglob("*.hpp")) if "detail" not in h.parts]


def check(root):
    with tempfile.TemporaryDirectory() as output:
        complaints, pages = pages_of(root, output)
    for header in public_headers(root):
        contract = re.search(r"\A#pragma once\n// (\w+)", header.read_text())
        titles = f"{header.name} File Reference"
        page = [text for text in pages.values() if titles in text]
        if not page:
            complaints.append(f"{header.relative_to(root)}: no page")
        elif contract and not any("Detailed Description" in text and contract[1] in text for text in page):
            complaints.append(f"{header.relative_to(root)}: its contract is not on its page")
    return complaints


def tree(text):
    files = {name: (HERE / name).read_text() for name in (DOXYFILE, "libflow/doc/doxygen.sed", "libflow/doc/doxygen_guide.sed")}
    folders = ("actors/include", "connectors/memory/include", "connectors/file/include")
    return files | {f"{f}/flow/{n}.hpp": f"#pragma once\n// Part {n}.\n\nint {n};\n" for n, f in zip("bcd", folders)} | {
        "libflow/doc/guide/README.md": "# Guide\n",
        "libflow/include/flow/a.hpp": f"#pragma once\n// Things of part-<subtask>.\n//\n//     twice(1)\n\n{text}\nint twice(int number);\n",
    }


if __name__ == "__main__":
    hygiene.main(
        check,
        good=tree("/// Twice the number."),
        broken=[
            ("nubmer", tree("/// Twice.\n/// @param nubmer what is doubled")),
            ("its contract is not on its page", {"libflow/doc/doxygen.sed": ""}),
        ],
    )
