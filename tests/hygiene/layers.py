"""Who may include whom, and who may print: the layers of the project."""

import re

import hygiene

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')
PRINTS_OR_EXITS = re.compile(r"\bstd::(cout|cerr)\b|\bfmt::print\b|\b(exit|abort|f?printf)\s*\(")
MAY_PRINT = {
    "actors/src/program.cpp": "flow::run is the program's main: --help, --explain and the final report are its output",
    "libflow/tools/flow_snapshot/main.cpp": "a program of its own",
    "connectors/file/src/table.cpp": "the table sink prints by definition",
}
CLIENT_LIBRARIES = ("librdkafka/", "thrift/", "cassandra.h")


def layer_of(name):
    """libflow, actors, connectors/NAME; None for what may see everything."""
    parts = name.parts
    if parts[0] == "connectors":
        return "/".join(parts[:2])
    return parts[0] if parts[0] in ("libflow", "actors") else None


def library_files(root):
    for folder in ("libflow", "actors", "connectors"):
        for file in sorted((root / folder).rglob("*.[hc]pp")):
            yield file, file.relative_to(root)


def owners(root):
    """{include as it is written: the layers that have such a header}"""
    found = {}
    for _, name in library_files(root):
        layer = layer_of(name)
        for folder in (f"{layer}/include", f"{layer}/src"):
            if name.is_relative_to(folder):
                found.setdefault(str(name.relative_to(folder)), set()).add(layer)
    return found


def owners_of(root, file, include, by_name):
    beside = (file.parent / include).resolve()
    if beside.is_file() and beside.is_relative_to(root):
        return {layer_of(beside.relative_to(root))}
    return by_name.get(include, set())


def include_complaint(layer, name, include, owning):
    in_public_header = name.is_relative_to(f"{layer}/include")
    if include.startswith("caf/"):
        if layer != "actors":
            return "only actors/ knows CAF"
        if in_public_header and not str(name).startswith("actors/include/flow/actors"):
            return "no header that a job includes may include CAF, flow/actors.hpp excepted"
    if layer == "libflow":
        if include.startswith(CLIENT_LIBRARIES):
            return "libflow knows no client library"
        if include.startswith("rocksdb/") and in_public_header:
            return "RocksDB appears in libflow/src only"
    if layer != "actors" and include in ("flow/run.hpp", "flow/actors.hpp"):
        return "the layer below actors/ does not know it"
    allowed = {layer, "libflow"}
    if owning and not owning & allowed:
        return f"{layer} does not know {', '.join(sorted(owning))}"
    return None


def check(root):
    complaints = []
    by_name = owners(root)
    for file, name in library_files(root):
        layer = layer_of(name)
        for number, line in enumerate(file.read_text().splitlines(), 1):
            if found := INCLUDE.match(line):
                include = found[1]
                if reason := include_complaint(layer, name, include, owners_of(root, file, include, by_name)):
                    complaints.append(f"{name}:{number}: includes {include}: {reason}")
            elif PRINTS_OR_EXITS.search(line.split("//")[0]) and str(name) not in MAY_PRINT:
                complaints.append(f"{name}:{number}: a library neither prints nor exits: {line.strip()}")
    return complaints


if __name__ == "__main__":
    hygiene.main(
        check,
        good={
            "libflow/include/flow/batch.hpp": "#include <vector>  // never exit()\n",
            "libflow/src/store.cpp": "#include <rocksdb/db.h>\n#include <flow/batch.hpp>\nsnprintf(a, 1, b);\n",
            "actors/include/flow/run.hpp": "#include <flow/batch.hpp>\n",
            "actors/include/flow/actors.hpp": "#include <caf/all.hpp>\n",
            "actors/src/program.cpp": '#include <caf/all.hpp>\nstd::cout << "";\n',
            "connectors/file/include/flow/file/csv.hpp": "#include <flow/batch.hpp>\n",
            "connectors/memory/include/flow/memory.hpp": "#include <flow/batch.hpp>\n",
            "samples/any/main.cpp": "#include <caf/all.hpp>\n#include <flow/run.hpp>\nstd::cout;\n",
        },
        broken=[
            ("only actors/ knows CAF", {"libflow/src/a.cpp": "#include <caf/all.hpp>\n"}),
            ("only actors/ knows CAF", {"connectors/file/src/a.cpp": '#include "caf/all.hpp"\n'}),
            ("flow/actors.hpp excepted", {"actors/include/flow/run.hpp": "#include <caf/fwd.hpp>\n"}),
            ("includes flow/run.hpp", {"connectors/file/src/a.cpp": "#include <flow/run.hpp>\n"}),
            ("libflow does not know actors", {"libflow/src/a.cpp": '#include "../../actors/src/program.cpp"\n'}),
            ("libflow does not know connectors/memory", {"libflow/src/a.cpp": "#include <flow/memory.hpp>\n"}),
            ("does not know connectors/file", {"connectors/memory/src/a.cpp": "#include <flow/file/csv.hpp>\n"}),
            ("actors does not know connectors/file", {"actors/src/a.cpp": "#include <flow/file/csv.hpp>\n"}),
            ("knows no client library", {"libflow/src/a.cpp": "#include <librdkafka/rdkafkacpp.h>\n"}),
            ("in libflow/src only", {"libflow/include/flow/a.hpp": "#include <rocksdb/db.h>\n"}),
            ("neither prints", {"libflow/src/a.cpp": "std::cerr << 1;\n"}),
            ("neither prints", {"actors/src/a.cpp": "std::abort();\n"}),
            ("neither prints", {"connectors/file/include/flow/file/a.hpp": 'fprintf(stderr, "");\n'}),
        ],
    )
