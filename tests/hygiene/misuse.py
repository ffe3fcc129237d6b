"""Wrong use does not compile, and the first error says what is wrong."""

import os
import shlex
import subprocess

import hygiene

EXPECTED = {
    1: "a process function needs a member: void process",
    2: "`process` has the wrong parameters",
    3: "`process` has the wrong parameters",
    4: "`on_timer` has the wrong parameters",
    5: "a function that sets timers needs a member: void on_timer",
    6: "`open` has the wrong parameters",
    7: "`close` has the wrong parameters",
    8: "`on_timer` has the wrong parameters",
}
CASES = "tests/hygiene/misuse/process_function.hpp"


def errors_of(root, number):
    folders = [root / "libflow/include", *sorted(root.glob("connectors/*/include"))]
    compiler = shlex.split(os.environ.get("CXX", "c++"))
    command = [*compiler, "-std=c++20", "-fsyntax-only", f"-DMISUSE={number}", *(f"-I{f}" for f in folders), "-xc++", str(root / CASES)]
    result = subprocess.run(command, capture_output=True, text=True)
    return [line for line in result.stderr.splitlines() if "error:" in line]


def check(root):
    complaints = [f"{CASES}: what is right does not compile: {line}" for line in errors_of(root, 0)[:1]]
    for number, words in EXPECTED.items():
        errors = errors_of(root, number)
        if not errors:
            complaints.append(f"{CASES}: misuse {number} compiles")
        elif words not in errors[0]:
            complaints.append(f"{CASES}: misuse {number}: expected first '{words}', found: {errors[0]}")
    return complaints


if __name__ == "__main__":
    said = "\n".join(f'#if MISUSE == {n}\n#error error: {words}\n#endif' for n, words in EXPECTED.items())
    hygiene.main(
        check,
        good={CASES: said + "\n"},
        broken=[
            ("what is right does not compile", {CASES: said + "\n#if MISUSE == 0\n#error no\n#endif\n"}),
            ("misuse 8 compiles", {CASES: said.replace("MISUSE == 8", "MISUSE == 9") + "\n"}),
            ("misuse 1: expected first", {CASES: said.replace("needs a member: void process", "is wrong") + "\n"}),
        ],
    )
