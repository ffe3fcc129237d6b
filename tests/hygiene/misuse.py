"""Wrong use does not compile, and the first error says what is wrong."""

import os
import shlex
import subprocess

import hygiene

FOLDER = "tests/hygiene/misuse"
EXPECTED = {
    "process_function": {
        1: "a process function needs a member: void process",
        2: "`process` has the wrong parameters",
        3: "`process` has the wrong parameters",
        4: "`on_timer` has the wrong parameters",
        5: "a function that sets timers needs a member: void on_timer",
        6: "`open` has the wrong parameters",
        7: "`close` has the wrong parameters",
        8: "`on_timer` has the wrong parameters",
    },
    "window_function": {
        1: "process on windows needs a function of a window and its records",
        2: "process on windows needs a function of a window and its records",
        3: "the function behind an aggregate needs other parameters",
        4: "reduce needs a function that makes one record of two",
        5: "an aggregate needs add(record), merge(other) and result() const",
        6: "what `process` keeps is state: give the record a `serialize` member",
        7: "distinct_count counts values that may be keys",
        8: "quantiles are given per mille, from 0 to 1000",
    },
}


def errors_of(root, cases, number):
    folders = [root / "libflow/include", *sorted(root.glob("connectors/*/include"))]
    compiler = shlex.split(os.environ.get("CXX", "c++"))
    command = [*compiler, "-std=c++20", "-fsyntax-only", f"-DMISUSE={number}", *(f"-I{f}" for f in folders), "-xc++", str(root / FOLDER / f"{cases}.hpp")]
    result = subprocess.run(command, capture_output=True, text=True)
    return [line for line in result.stderr.splitlines() if "error:" in line]


def complaints_of(root, cases, expected):
    complaints = [f"{cases}: what is right does not compile: {line}" for line in errors_of(root, cases, 0)[:1]]
    for number, words in expected.items():
        errors = errors_of(root, cases, number)
        if not errors:
            complaints.append(f"{cases}: misuse {number} compiles")
        elif words not in errors[0]:
            complaints.append(f"{cases}: misuse {number}: expected first '{words}', found: {errors[0]}")
    return complaints


def check(root):
    return [complaint for cases, expected in EXPECTED.items() for complaint in complaints_of(root, cases, expected)]


def tree(change=lambda cases, text: text):
    said = {cases: "\n".join(f"#if MISUSE == {n}\n#error error: {words}\n#endif" for n, words in expected.items()) for cases, expected in EXPECTED.items()}
    return {f"{FOLDER}/{cases}.hpp": change(cases, text) + "\n" for cases, text in said.items()}


def in_one(changed, change):
    return tree(lambda cases, text: change(text) if cases == changed else text)


if __name__ == "__main__":
    hygiene.main(
        check,
        good=tree(),
        broken=[
            ("what is right does not compile", in_one("process_function", lambda said: said + "\n#if MISUSE == 0\n#error no\n#endif")),
            ("window_function: misuse 8 compiles", in_one("window_function", lambda said: said.replace("MISUSE == 8", "MISUSE == 9"))),
            ("misuse 1: expected first", in_one("process_function", lambda said: said.replace("needs a member: void process", "is wrong"))),
        ],
    )
