"""Installs libflow and uses it as somebody else would: nothing of this tree but what was installed.

install_test.py --build FOLDER --cmake CMAKE [CASE...]   runs the cases; FOLDER is a build of libflow
install_test.py --list                                   names them
"""

import argparse
import csv
import gzip
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SKIPPED = 77
COMPONENTS = ("flow", "actors", "testing", "memory", "file")
BUILD = CMAKE = None  # set by main


def run(*command, **how):
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, **how)


def must(*command, **how):
    result = run(*command, **how)
    assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"
    return result.stdout


def version():
    text = (ROOT / "libflow/include/flow/version.hpp").read_text()
    number = re.search(r'version = "(\d+\.\d+\.\d+)"', text)[1]
    parts = re.findall(r"version_(?:major|minor|patch) = (\d+)", text)
    assert ".".join(parts) == number, "the constants in version.hpp disagree"
    return number


def public_headers():
    folders = [ROOT / "libflow/include", ROOT / "actors/include", *ROOT.glob("connectors/*/include")]
    return sorted(str(h.relative_to(f)) for f in folders for h in f.rglob("*.hpp"))


def files_below(folder):
    return sorted(str(f.relative_to(folder)) for f in folder.rglob("*") if f.is_file())


class InstallCase(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="flow-install-")
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)

    def install(self, prefix="prefix"):
        """Installs to one place and moves it to another."""
        must(CMAKE, "--install", BUILD, "--prefix", self.folder / "first")
        shutil.move(self.folder / "first", self.folder / prefix)
        return self.folder / prefix

    def configure(self, source, prefix, *options):
        build = self.folder / "build"
        shutil.rmtree(build, ignore_errors=True)
        # No other flow that the machine may have: it is found below the prefix or nowhere.
        found = [f"-DCMAKE_PREFIX_PATH={prefix}", "-DCMAKE_FIND_USE_PACKAGE_REGISTRY=OFF", "-DCMAKE_BUILD_TYPE=Debug"]
        return build, run(CMAKE, "-G", "Ninja", "-S", source, "-B", build, *found, *options)

    def configure_lines(self, prefix, lines, *options):
        source = self.folder / "lines"
        source.mkdir(exist_ok=True)
        (source / "CMakeLists.txt").write_text(f"cmake_minimum_required(VERSION 3.25)\nproject(lines LANGUAGES CXX)\n{lines}\n")
        return self.configure(source, prefix, *options)[1]

    def assert_outside_project_works(self, prefix):
        build, configured = self.configure(HERE / "outside", prefix)
        self.assertEqual(configured.returncode, 0, configured.stderr)
        cache = (build / "CMakeCache.txt").read_text()
        self.assertIn(f"flow_DIR:PATH={prefix}/lib/cmake/flow", cache)
        must(CMAKE, "--build", build)
        flights = self.folder / "flights.csv"
        flights.write_text("left,origin,miles\n1000000,JFK,300\n2000000,ORD,5\n3599000000,JFK,40\n3600000000,JFK,2\n")
        ended = run(build / "outside", "--input", flights, "--out", self.folder / "out", "--parallelism", 2)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        rows = [r for part in (self.folder / "out").glob("*.csv") for r in csv.DictReader(part.open())]
        found = sorted((r["key"], int(r["value"])) for r in rows)
        self.assertEqual(found, [("JFK", 2), ("JFK", 340), ("ORD", 5)])


class Install(InstallCase):
    def test_an_outside_project_builds_against_an_installed_tree_that_was_moved(self):
        prefix = self.install()
        names = files_below(prefix)
        self.assertEqual([n for n in names if n.startswith("include/")], [f"include/{h}" for h in public_headers()])
        self.assertEqual([n for n in names if n.startswith("bin/")], ["bin/flow-snapshot"])
        self.assertIn(version(), must(prefix / "bin/flow-snapshot", "--version"))
        for name in names:
            if name.endswith((".cmake", ".hpp")):
                text = (prefix / name).read_text()
                for place in (ROOT, BUILD, self.folder):
                    self.assertNotIn(str(place), text, name)
        self.assert_outside_project_works(prefix)

    def test_destdir_is_honoured(self):
        must(CMAKE, "--install", BUILD, "--prefix", "/opt/flow", env={**os.environ, "DESTDIR": str(self.folder / "stage")})
        self.assertTrue((self.folder / "stage/opt/flow/lib/cmake/flow/flow-config.cmake").is_file())

    def test_components_and_versions_are_checked_when_the_package_is_found(self):
        prefix = self.install()
        no_others = [f"-DCMAKE_DISABLE_FIND_PACKAGE_{p}=ON" for p in ("CAF", "fmt", "simdjson", "CLI11")]
        major, minor, _ = version().split(".")
        exists = "if(NOT {}TARGET flow::{})\nmessage(FATAL_ERROR \"{}\")\nendif()\n"
        every = "".join(exists.format("", c, f"no {c}") for c in COMPONENTS)
        good = {
            "no component means all": ("find_package(flow CONFIG REQUIRED)\n" + every, ()),
            "a component needs its own packages only": (
                "find_package(flow CONFIG REQUIRED COMPONENTS memory)\n" + exists.format("", "flow", "what it needs is missing")
                + "if(TARGET flow::file)\nmessage(FATAL_ERROR \"nobody asked for file\")\nendif()\n", no_others),
            "an unknown optional component is not found": (
                "find_package(flow CONFIG REQUIRED COMPONENTS flow OPTIONAL_COMPONENTS kafkaesque)\n"
                "if(flow_kafkaesque_FOUND OR NOT flow_flow_FOUND)\nmessage(FATAL_ERROR \"wrong\")\nendif()\n", ()),
            "the version is known": (
                f"find_package(flow {major}.{minor} CONFIG REQUIRED)\n"
                f"if(NOT flow_VERSION VERSION_EQUAL {version()})\nmessage(FATAL_ERROR \"${{flow_VERSION}}\")\nendif()\n", ()),
            "it may be found twice": ("find_package(flow CONFIG REQUIRED COMPONENTS file)\nfind_package(flow CONFIG REQUIRED)\n" + every, ()),
        }
        for what, (lines, options) in good.items():
            with self.subTest(what):
                result = self.configure_lines(prefix, lines, *options)
                self.assertEqual(result.returncode, 0, result.stderr)
        bad = {
            "an unknown component": ("find_package(flow CONFIG REQUIRED COMPONENTS files)", (), ("no component 'files'", "flow, actors, testing, memory, file")),
            "another minor version": (f"find_package(flow {major}.{int(minor) + 1} CONFIG REQUIRED)", (), ("not accepted", version())),
            "a missing package": ("find_package(flow CONFIG REQUIRED COMPONENTS file)", no_others, ("simdjson",)),
        }
        for what, (lines, options, said) in bad.items():
            with self.subTest(what):
                result = self.configure_lines(prefix, lines, *options)
                self.assertNotEqual(result.returncode, 0)
                for text in said:
                    self.assertIn(text, " ".join(result.stderr.split()))


class Debian(InstallCase):
    def package(self):
        if not shutil.which("dpkg") or not shutil.which("dpkg-deb"):
            raise unittest.SkipTest("no dpkg here")
        cpack = Path(CMAKE).with_name("cpack")
        must(cpack, "-G", "DEB", "--config", BUILD / "CPackConfig.cmake", "-B", self.folder / "deb")
        (package,) = (self.folder / "deb").glob("*.deb")
        return package

    def test_the_debian_package_installs_into_a_root_of_its_own_and_an_outside_project_builds_against_it(self):
        package = self.package()
        architecture = must("dpkg", "--print-architecture").strip()
        self.assertEqual(package.name, f"libflow-dev_{version()}_{architecture}.deb")
        field = lambda name: must("dpkg-deb", "--field", package, name).strip()
        needed = {d.strip().split(" ")[0] for d in field("Depends").split(",")}
        self.assertEqual(needed, {"libcaf-dev", "libcereal-dev", "libfmt-dev", "librocksdb-dev", "libsimdjson-dev", "zlib1g-dev"})
        self.assertEqual((field("Package"), field("Version"), field("Section")), ("libflow-dev", version(), "libdevel"))
        root = self.empty_root()
        # The dependencies are compared with what is installed here.
        must("dpkg", f"--root={root}", "--force-script-chrootless", "--force-not-root", "--log=/dev/null", "--install", package)
        self.assertIn("install ok installed", (root / "var/lib/dpkg/status").read_text().partition("Package: libflow-dev")[2][:200])
        prefix = root / "usr"
        documents = prefix / "share/doc/libflow-dev"
        self.assertIn("Apache-2.0", (documents / "copyright").read_text())
        self.assertIn(f"libflow-dev ({version()})", gzip.open(documents / "changelog.gz", "rt").read())
        self.assertEqual(gzip.open(documents / "CHANGELOG.md.gz", "rt").read(), (ROOT / "CHANGELOG.md").read_text())
        for file in prefix.rglob("*"):
            self.assertEqual(file.stat().st_mode & 0o777, 0o755 if file.is_dir() or file.parent == prefix / "bin" else 0o644, file)
        self.assert_outside_project_works(prefix)
        must("dpkg", f"--root={root}", "--force-script-chrootless", "--force-not-root", "--log=/dev/null", "--purge", "libflow-dev")
        self.assertEqual(files_below(root / "usr"), [])

    def empty_root(self):
        root = self.folder / "root"
        for name in ("info", "updates", "triggers"):
            (root / "var/lib/dpkg" / name).mkdir(parents=True)
        (root / "usr").mkdir()
        shutil.copy("/var/lib/dpkg/status", root / "var/lib/dpkg/status")
        return root


def cases():
    load = unittest.defaultTestLoader.loadTestsFromTestCase
    tests = [*load(Install), *load(Debian)]
    return {t.id().rpartition(".")[2].removeprefix("test_"): t for t in tests}


def main():
    global BUILD, CMAKE
    options = argparse.ArgumentParser()
    options.add_argument("--list", action="store_true")
    options.add_argument("--build", type=Path)
    options.add_argument("--cmake", default="cmake")
    options.add_argument("case", nargs="*")
    arguments = options.parse_args()
    if arguments.list:
        print("\n".join(cases()))
        return 0
    BUILD, CMAKE = arguments.build, shutil.which(arguments.cmake)
    chosen = arguments.case or list(cases())
    result = unittest.TextTestRunner(verbosity=2).run(unittest.TestSuite(cases()[name] for name in chosen))
    if not result.wasSuccessful():
        return 1
    return SKIPPED if len(result.skipped) == len(chosen) else 0


if __name__ == "__main__":
    sys.exit(main())
