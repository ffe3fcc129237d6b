"""What is made from the code is as the code would make it now: libflow/doc/errors.md, and the diagram in README.md.

SCRIPT ROOT CATALOGUE JOB: CATALOGUE prints errors.md; JOB is the main job, whose `--explain mermaid` README.md shows.
"""

import re
import subprocess

import hygiene

DIAGRAM = re.compile(r"^```mermaid\n(.*?)^```$", re.M | re.S)
EXPLAIN = ("--explain", "mermaid", "--parallelism", "2")


def printed(*command):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout


def check(root, catalogue=None, job=None):
    catalogue, job = catalogue or root / "catalogue/run", job or root / "job/run"
    complaints = []
    errors = root / "libflow/doc/errors.md"
    if not errors.is_file() or errors.read_text() != printed(catalogue):
        complaints.append(f"libflow/doc/errors.md: is not what the code says now; write it anew: {catalogue} > {errors}")
    diagrams = DIAGRAM.findall((root / "README.md").read_text())
    if diagrams != [printed(job, *EXPLAIN)]:
        complaints.append(f"README.md: expected one mermaid block with what {job} {' '.join(EXPLAIN)} prints, found {diagrams}")
    return complaints


if __name__ == "__main__":
    hygiene.main(
        check,
        good={
            "catalogue/run": "#!/bin/sh\necho '# Errors'\n",
            "libflow/doc/errors.md": "# Errors\n",
            "job/run": "#!/bin/sh\necho flowchart $*\n",
            "README.md": f"text\n```mermaid\nflowchart {' '.join(EXPLAIN)}\n```\n",
        },
        broken=[
            ("errors.md: is not what", {"libflow/doc/errors.md": "# Errors\nold\n"}),
            ("errors.md: is not what", {"catalogue/run": "#!/bin/sh\necho '# New errors'\n"}),
            ("README.md: expected one", {"README.md": "text\n"}),
            ("README.md: expected one", {"README.md": "```mermaid\nflowchart LR\n```\n"}),
        ],
    )
