"""Wrong use does not compile, and the first error says what is wrong."""

import os
import shlex
import subprocess

import hygiene

# By file of cases: number 0 is right, the others say first what is wrong.
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
    "joins": {
        1: "the keys of a join must be of one type",
        2: "the function of a join is called with both records",
        3: "in a left outer join the right record may be missing",
        4: "in a right outer join the left record may be missing",
        5: "in a full outer join either record may be missing",
        6: "streams are joined in tumbling_windows or sliding_windows",
        7: "co_group needs a function of a window and what two streams have in it",
        8: "deleted_by needs a predicate on a right record",
        9: "a join keeps its records as state",
        10: "the function of a join is called with both records",
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
        9: "pre_aggregate is of windows per key",
    },
    "trigger": {
        1: "a trigger needs a member: flow::trigger_result on_record",
        2: "`on_record` has the wrong parameters",
        3: "`on_record` has the wrong parameters",
        4: "`on_end` has the wrong parameters",
        5: "`on_event_time` has the wrong parameters",
        6: "`on_processing_time` has the wrong parameters",
        7: "`on_merge` has the wrong parameters",
        8: "a trigger that sets event-time timers needs a member: flow::trigger_result on_event_time",
        9: "a trigger that sets processing-time timers needs a member: flow::trigger_result on_processing_time",
        10: "a trigger's `state` is stored: it needs a default constructor and a `serialize` member",
        11: "sessions merge: the trigger's `state` needs void merge",
        12: "sessions merge, and lose their timers then",
        13: "session_windows needs a gap, or a function of a record that gives one",
        14: "a trigger is an object of a class that is not final",
        15: "window(...) needs windows",
    },
    "connected_streams": {
        1: "the keys of connected streams must be of one type",
        2: "a function of two streams needs a member: void process_right",
        3: "`process_left` and `process_right` must have outputs of one type",
        4: "`process_right` has the wrong parameters",
        5: "no member named",
        6: "a function with a broadcast stream needs a member: void process_record",
        7: "a timer belongs to a key; say .key_by(...)",
        8: "a keyed stream is connected with another keyed stream, or with a broadcast one",
    },
    "async": {
        1: "async needs a function of a record and the right to answer",
        2: "async needs a function of a record and the right to answer",
        3: "async needs a function of a record and the right to answer",
        4: "this is no option: there are flow::ordered",
        5: "an answer of async belongs to its record",
        6: "`open` has the wrong parameters",
        7: "lookup_join needs a function of a key and the right to answer",
        8: "select needs a function of a record and a row",
        9: "after left_outer, select needs a function of a record and a row or null",
        10: "default_answer needs a function that gives an answer",
        11: "records that wait for an answer are state",
    },
    "failures": {
        1: "behind its function the operator takes flow::divert_failures, or nothing",
        2: "no member named",
    },
}
FOLDER = "tests/hygiene/misuse"


def errors_of(root, cases, number):
    folders = [root / "libflow/include", *sorted(root.glob("connectors/*/include"))]
    compiler = shlex.split(os.environ.get("CXX", "c++"))
    command = [*compiler, "-std=c++20", "-fsyntax-only", f"-DMISUSE={number}", *(f"-I{f}" for f in folders), "-xc++", str(root / cases)]
    result = subprocess.run(command, capture_output=True, text=True)
    return [line for line in result.stderr.splitlines() if "error:" in line]


def check(root):
    complaints = []
    for name, wrong in EXPECTED.items():
        cases = f"{FOLDER}/{name}.hpp"
        complaints += [f"{cases}: what is right does not compile: {line}" for line in errors_of(root, cases, 0)[:1]]
        for number, words in wrong.items():
            errors = errors_of(root, cases, number)
            if not errors:
                complaints.append(f"{cases}: misuse {number} compiles")
            elif words not in errors[0]:
                complaints.append(f"{cases}: misuse {number}: expected first '{words}', found: {errors[0]}")
    return complaints


def said(wrong):
    return "".join(f"#if MISUSE == {n}\n#error \"error: {words}\"\n#endif\n" for n, words in wrong.items())


if __name__ == "__main__":
    good = {f"{FOLDER}/{name}.hpp": said(wrong) for name, wrong in EXPECTED.items()}
    case, text = next(iter(good.items()))
    hygiene.main(
        check,
        good=good,
        broken=[
            ("what is right does not compile", good | {case: text + "#if MISUSE == 0\n#error no\n#endif\n"}),
            ("misuse 8 compiles", good | {case: text.replace("MISUSE == 8", "MISUSE == 9")}),
            ("misuse 1: expected first", good | {case: text.replace("needs a member: void process", "is wrong")}),
        ],
    )
