"""No test file that no build knows, no sample without its parts."""

import json
import sys
from pathlib import Path

import hygiene


def is_project_of_its_own(folder, root):
    return folder != root / "tests" and (folder / "CMakeLists.txt").is_file()


def check(root, compile_commands):
    commands = json.loads(Path(compile_commands).read_text())
    built = {Path(command["directory"], command["file"]).resolve() for command in commands}
    complaints = [
        f"{test.relative_to(root)}: no target compiles this test"
        for test in sorted((root / "tests").rglob("*.cpp"))
        if test not in built and not is_project_of_its_own(test.parent, root)
    ]
    for script in sorted((root / "tests/hygiene").glob("*.py")):
        registered = (root / "tests/hygiene/tests.cmake").read_text()
        if script.stem != "hygiene" and f"hygiene_test({script.stem}" not in registered:
            complaints.append(f"{script.relative_to(root)}: not registered in tests.cmake")
    for sample in sorted(path for path in (root / "samples").iterdir() if path.is_dir()):
        for part in ("main.cpp", "README.md"):
            if not (sample / part).is_file():
                complaints.append(f"{sample.relative_to(root)}: has no {part}")
    return complaints


def check_example(root):
    commands = root / "compile_commands.json"
    commands.write_text(json.dumps([{"directory": str(root), "file": "tests/unit/a.cpp"}]))
    return check(root, commands)


if __name__ == "__main__":
    hygiene.main(
        check_example if "--self-test" in sys.argv else check,
        good={
            "tests/CMakeLists.txt": "",
            "tests/unit/a.cpp": "",
            "tests/install/outside/CMakeLists.txt": "",
            "tests/install/outside/main.cpp": "",
            "tests/hygiene/tests.cmake": "hygiene_test(files)",
            "tests/hygiene/files.py": "",
            "samples/one/main.cpp": "",
            "samples/one/README.md": "",
        },
        broken=[
            ("tests/unit/deeper/b.cpp: no target", {"tests/unit/deeper/b.cpp": ""}),
            ("tests/b.cpp: no target", {"tests/b.cpp": ""}),
            ("tests/hygiene/new.py: not registered", {"tests/hygiene/new.py": ""}),
            ("samples/two: has no README.md", {"samples/two/main.cpp": ""}),
            ("samples/two: has no main.cpp", {"samples/two/README.md": ""}),
        ],
    )
