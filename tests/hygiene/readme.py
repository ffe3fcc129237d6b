"""What README.md shows works: its commands exist, and its C++ blocks after a line `<!-- compile -->` compile."""

import os
import re
import shlex
import subprocess

import hygiene

BLOCK = re.compile(r"^(?:(?P<mark><!-- compile -->)\n)?```(?P<language>\w+)\n(?P<text>.*?)^```", re.M | re.S)
COMMAND = re.compile(r"^(?:\$ )?(?:\./)?(?P<path>[\w.-]+(?:/[\w.-]+)+)(?=\s|$)", re.M)
SHELL = {"sh", "bash", "shell", "console"}
REQUIRED = {"samples/run", "tests/run"}


def command_complaints(root, commands):
    for command in sorted(commands | REQUIRED):
        if command not in commands:
            yield f"README.md: shows no {command}"
        elif not command.startswith("build/") and not os.access(root / command, os.X_OK):
            yield f"README.md: {command} is no executable file"


def compile_complaint(root, text, number):
    folders = [root / "libflow/include", root / "actors/include", *sorted(root.glob("connectors/*/include"))]
    compiler = shlex.split(os.environ.get("CXX", "c++"))
    command = [*compiler, "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", *(f"-I{f}" for f in folders), "-xc++", "-"]
    result = subprocess.run(command, input=text, capture_output=True, text=True)
    return f"README.md: C++ block {number} does not compile:\n{result.stderr}" if result.returncode else None


def check(root):
    readme = root / "README.md"
    if not readme.is_file():
        return ["README.md is missing"]
    blocks = list(BLOCK.finditer(readme.read_text()))
    shell = [block["text"] for block in blocks if block["language"] in SHELL]
    complaints = list(command_complaints(root, {c["path"] for text in shell for c in COMMAND.finditer(text)}))
    to_compile = [block["text"] for block in blocks if block["mark"] and block["language"] == "cpp"]
    complaints += filter(None, (compile_complaint(root, text, n) for n, text in enumerate(to_compile, 1)))
    return complaints


def readme(shell="samples/run --list  # all\n$ ./tests/run", cpp="#include <flow/a.hpp>\nint b = a;"):
    blocks = f"```sh\n{shell}\n```\ntext\n<!-- compile -->\n```cpp\n{cpp}\n```\n"
    return f"# Title\n{blocks}```cpp\nnot for the compiler\n```\n"


if __name__ == "__main__":
    hygiene.main(
        check,
        good={
            "README.md": readme(),
            "samples/run": "",
            "tests/run": "",
            "samples/data": "",
            "libflow/include/flow/a.hpp": "inline int a = 1;\n",
        },
        broken=[
            ("shows no tests/run", {"README.md": readme(shell="samples/run")}),
            ("benchmarks/run is no executable", {"README.md": readme(shell="benchmarks/run\nsamples/run\ntests/run")}),
            ("samples/data is no executable", {"README.md": readme(shell="samples/data\nsamples/run\ntests/run")}),
            ("block 1 does not compile", {"README.md": readme(cpp="#include <flow/a.hpp>\nint b = c;")}),
            ("block 1 does not compile", {"README.md": readme(cpp="#include <flow/none.hpp>")}),
        ],
    )
