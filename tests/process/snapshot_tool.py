"""flow-snapshot, on directories that process_snapshots makes."""

import json
import os
import re
import subprocess
import threading
from pathlib import Path

import harness
from harness import ProcessCase
from terminal import OnTerminal

GUIDE = Path(__file__).resolve().parents[2] / "libflow/doc/guide/snapshots_tool.md"
COMMANDS = ("list", "verify", "show", "print", "delete")


class SnapshotTool(ProcessCase):
    def setUp(self):
        super().setUp()
        self.snapshots = self.folder / "snapshots"

    def make(self):
        ended = self.start_command([harness.SNAPSHOTS, str(self.snapshots)]).wait()
        self.assertEqual(ended.status, 0, ended.stderr)
        self.assertTrue(self.snapshots.is_dir(), "no directory was made")

    def run_tool(self, *words, **how):
        return self.start_command([harness.SNAPSHOT_TOOL, *map(str, words)], **how).wait()

    def answer(self, *words):
        ended = self.run_tool(*words)
        self.assertEqual((ended.status, ended.stderr), (0, ""))
        return ended.stdout

    def json_lines(self, *words):
        return [json.loads(line) for line in self.answer(*words).splitlines()]

    def rows(self, *words):
        """{first cell: the others} of a table; cells do not contain two spaces."""
        lines = [line.split() for line in self.answer(*words).splitlines()]
        return {line[0]: line[1:] for line in lines if line}

    def assert_refused(self, ended, status, *said):
        self.assertEqual((ended.status, ended.stdout), (status, ""), ended.stderr)
        self.assertEqual(len(ended.stderr.splitlines()), 1, ended.stderr)
        for text in ("flow-snapshot: ", *said):
            self.assertIn(text, ended.stderr)

    def hold(self):
        """A process that has the directory open with a checkpoint in progress, until this test ends."""
        holder = subprocess.Popen([harness.SNAPSHOTS, str(self.snapshots), "hold"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

        def end():
            holder.stdin.close()
            holder.wait(harness.DEADLINE_SECONDS)
            holder.stdout.close()

        self.addCleanup(end)
        limit = threading.Timer(harness.DEADLINE_SECONDS, holder.kill)
        limit.start()
        said = holder.stdout.readline()
        limit.cancel()
        self.assertEqual(said, "open\n")

    def damage(self, checkpoint):
        """Changes a byte of the text that only this checkpoint's pieces hold."""
        needle = {3: b"file-b"}[checkpoint]
        for file in self.snapshots.glob("*.sst"):
            content = file.read_bytes()
            if needle in content:
                file.write_bytes(content.replace(needle, b"#" + needle[1:]))
                return
        self.fail("no file holds that text")

    def test_list_shows_the_snapshots_there_are(self):
        self.make()
        rows = self.rows("list", self.snapshots)
        self.assertEqual(list(rows), ["ID", "1", "2", "3", "4"])
        self.assertEqual(rows["2"][:4], ["checkpoint", "1970-01-01T00:02:00Z", "totals-per-user", "2"])
        self.assertEqual(rows["4"][0], "savepoint")
        found = self.json_lines("list", self.snapshots, "--json")
        self.assertEqual([(c["id"], c["kind"], c["damaged"]) for c in found],
                         [(1, "checkpoint", False), (2, "checkpoint", False), (3, "checkpoint", False), (4, "savepoint", False)])
        self.assertEqual((found[1]["pieces"], found[1]["own_pieces"]), (6, 3))
        self.assertLess(found[1]["own_bytes"], found[1]["bytes"])

    def test_show_has_operators_states_and_schemas(self):
        self.make()
        text = self.answer("show", self.snapshots, 3)
        for said in ("checkpoint 3 of job 'totals-per-user', attempt 2", "128 key groups", "per-user", "slices", "positions", "committables 1",
                     '{"count":"i64","notes":{"list":"string"}}', '{"slice":"timestamp","key":"string"}', "finished subtasks 0 of 1"):
            self.assertIn(said, text)
        (found,) = self.json_lines("show", self.snapshots, "latest", "--json")
        self.assertEqual((found["id"], found["kind"], found["max_parallelism"]), (4, "savepoint", 128))
        totals, out = self.json_lines("show", self.snapshots, 3, "--json")[0]["operators"]
        per_user = totals["states"][0]
        self.assertEqual((per_user["name"], per_user["kind"], per_user["parts"], per_user["pieces"], per_user["entries"]), ("per-user", "table", 2, 6, 6))
        self.assertEqual((per_user["key"], per_user["value"]), ("string", {"count": "i64", "notes": {"list": "string"}}))
        self.assertEqual((out["committables"], out["committable"], out["finished"]), (1, "string", [0]))

    def test_tables_are_cut_to_the_terminal_and_nowhere_else(self):
        self.make()
        shown_3 = ("show", self.snapshots, 3)
        for columns, words, said in ((84, ("list", self.snapshots), " totals-per…  "), (57, shown_3, " per-min…  "), (46, shown_3, '  value {"count":"i64","notes":{"list":"strin…')):
            with self.subTest(words):
                running = OnTerminal([harness.SNAPSHOT_TOOL, *map(str, words)], self.folder, columns, stdout_too=True)
                self.addCleanup(running.stop)
                shown = running.wait().stderr.replace("\r", "")
                self.assertIn(said, shown)
                table = [line for line in shown.split("\n\n")[-1].splitlines() if columns > 50 or line.startswith("  ")]
                self.assertLessEqual(max(map(len, table)), columns, table)
                self.assertNotIn("…", self.answer(*words))

    def test_print_gives_the_state_as_it_was_at_each_checkpoint(self):
        self.make()
        total = lambda count, *notes: {"count": count, "notes": list(notes)}
        by_key = lambda id: {line["key"]: line["value"] for line in self.json_lines("print", self.snapshots, id, "totals", "per-user")}
        self.assertEqual(by_key(1), {"ada": total(1, "first"), "bob": total(2), "cyd": total(3)})
        self.assertEqual(by_key(2), {"ada": total(10), "cyd": total(3)})
        self.assertEqual(by_key(3), {"ada": total(10), "cyd": total(3), "dan\u00ff": total(4)})
        self.assertEqual(by_key("latest"), {"ada": total(10)})
        slices = lambda id: sorted((line["slice"][14:16], line["key"], line["value"]) for line in self.json_lines("print", self.snapshots, id, "totals", "per-minute"))
        self.assertEqual(slices(1), [("01", "ada", 1), ("01", "bob", 1), ("02", "bob", 1)])
        self.assertEqual(slices(2), [("02", "bob", 1), ("03", "ada", 4)])
        self.assertEqual(self.json_lines("print", self.snapshots, 3, "totals", "positions"), [{"subtask": 0, "value": "file-a"}, {"subtask": 1, "value": "file-b"}])

    def test_verify_tells_which_checkpoints_are_whole(self):
        self.make()
        self.assertEqual([line.split(",")[0] for line in self.answer("verify", self.snapshots).splitlines()], [f"checkpoint {id}: whole" for id in (1, 2, 3, 4)])
        self.damage(3)
        ended = self.run_tool("verify", self.snapshots, "--json")
        self.assertEqual((ended.status, ended.stderr), (1, ""))
        found = [json.loads(line) for line in ended.stdout.splitlines()]
        self.assertEqual([(c["id"], c["whole"], bool(c["errors"])) for c in found], [(1, True, False), (2, True, False), (3, False, True), (4, True, False)])
        self.assertTrue(any("operator 'totals': state 'positions', subtask 1, checkpoint 3" in e for e in found[2]["errors"]), found[2]["errors"])
        self.assertEqual(self.run_tool("verify", self.snapshots, 3).status, 1)
        self.assertEqual(self.run_tool("verify", self.snapshots, 2).status, 0)
        ended = self.run_tool("print", self.snapshots, 3, "totals", "positions")
        self.assertEqual(ended.status, 1)
        self.assertIn("'positions', subtask 0, checkpoint 3", ended.stderr)

    def test_a_damaged_manifest_is_told_and_nothing_is_removed_for_it(self):
        self.make()
        (file,) = (f for f in self.snapshots.glob("*.sst") if b"positions" in f.read_bytes() and b"totals-per-user" in f.read_bytes())
        whole = file.read_bytes()
        file.write_bytes(whole.replace(b"totals-per-user", b"totals-per-USER"))
        for command, *more in (("list",), ("verify",), ("show", 3), ("print", 3, "totals", "positions"), ("delete", 1)):
            with self.subTest(command):
                self.assert_refused(self.run_tool(command, self.snapshots, *more), 1, "a file of the database is damaged", file.name)
        file.write_bytes(whole)
        self.assertEqual(list(self.rows("list", self.snapshots)), ["ID", "1", "2", "3", "4"])

    def test_delete_removes_what_only_that_checkpoint_needs(self):
        self.make()
        before = self.answer("print", self.snapshots, 3, "totals", "per-user")
        self.assertEqual(self.answer("delete", self.snapshots, 2, 1), "removed checkpoint 1\nremoved checkpoint 2\n")
        self.assertEqual(list(self.rows("list", self.snapshots)), ["ID", "3", "4"])
        self.assertEqual(self.answer("print", self.snapshots, 3, "totals", "per-user"), before)
        self.assertEqual(self.run_tool("verify", self.snapshots).status, 0)
        self.assert_refused(self.run_tool("delete", self.snapshots, 3, 9), 1, "there is no checkpoint 9", "there are 3, 4")
        self.assertEqual(list(self.rows("list", self.snapshots)), ["ID", "3", "4"])
        self.answer("delete", self.snapshots, 3, 4)
        self.assertIn("no checkpoints in", self.answer("list", self.snapshots))
        self.assertEqual(self.json_lines("list", self.snapshots, "--json"), [])
        self.assert_refused(self.run_tool("show", self.snapshots, "latest"), 1, "no checkpoint in")

    def test_a_running_job_is_read_beside_and_never_deleted_from(self):
        self.hold()
        self.assertEqual(list(self.rows("list", self.snapshots)), ["ID", "1", "2", "3", "4"])
        self.answer("verify", self.snapshots)
        self.assertEqual(len(self.json_lines("print", self.snapshots, 3, "totals", "per-user")), 3)
        self.assert_refused(self.run_tool("delete", self.snapshots, 1), 1, "another job is using them", str(self.snapshots))
        self.assertEqual(list(self.rows("list", self.snapshots)), ["ID", "1", "2", "3", "4"])

    def test_a_wrong_place_or_name_is_told_with_what_there_is(self):
        self.make()
        nowhere = self.folder / "nowhere"
        other = self.folder / "other"
        other.mkdir()
        (other / "file").write_text("x")
        for command, *more in (("list",), ("verify",), ("show", 1), ("print", 1, "a", "b"), ("delete", 1)):
            with self.subTest(command):
                self.assert_refused(self.run_tool(command, nowhere, *more), 1, f"no snapshots in '{nowhere}'")
                self.assertFalse(nowhere.exists())
                self.assert_refused(self.run_tool(command, other, *more), 1, f"no snapshots in '{other}'")
        for command, *more in (("verify",), ("show",), ("print", "a", "b"), ("delete",)):
            with self.subTest(command):
                self.assert_refused(self.run_tool(command, self.snapshots, 77, *more), 1, "no checkpoint 77", "there are 1, 2, 3, 4")
                self.assert_refused(self.run_tool(command, self.snapshots, "first", *more), 2, "'first'", "whole number")
        self.assert_refused(self.run_tool("print", self.snapshots, 3, "total", "per-user"), 1, "no operator 'total'", "'totals', 'out'")
        self.assert_refused(self.run_tool("print", self.snapshots, 3, "totals", "per-day"), 1, "no state 'per-day'", "'per-user', 'per-minute', 'positions'")

    def test_a_wrong_command_line_says_how_it_is_used(self):
        for words in ((), ("frob",), ("list",), ("list", "a", "--frob"), ("print", "a", 1, "b"), ("show", "a"), ("delete", "a"), ("list", "a", "b")):
            with self.subTest(words):
                self.assert_refused(self.run_tool(*words), 2, "--help")
        self.assert_refused(self.run_tool("frob", "x"), 2, "'frob'", *COMMANDS)

    def test_the_guide_shows_what_is_printed(self):
        self.make()
        shown = "".join(re.findall(r"^```console\n(.*?)^```", GUIDE.read_text(), re.MULTILINE | re.DOTALL))
        commands = re.findall(r"^\$ flow-snapshot (.*)\n((?:(?!\$ ).*\n)*)", shown, re.MULTILINE)
        self.assertGreaterEqual(len(commands), 7)
        for words, expected in commands:
            with self.subTest(words):
                self.assertEqual(self.run_tool(*words.split(), cwd=self.folder).stdout, expected)

    def test_help_and_version_are_on_standard_output(self):
        text = self.answer("--help")
        for said in (*COMMANDS, "Exit status"):
            self.assertIn(said, text)
        for command in COMMANDS:
            self.assertIn("DIR", self.answer(command, "--help"))
        self.assertRegex(self.answer("--version"), r"^flow-snapshot \d+\.\d+\.\d+\n$")

    def test_answers_that_cannot_be_written_are_an_error(self):
        self.make()
        for words in (("list", self.snapshots), ("print", self.snapshots, 3, "totals", "per-user")):
            with self.subTest(words):
                with open("/dev/full", "w") as full:
                    ended = self.run_tool(*words, stdout=full)
                self.assert_refused(ended, 1, "cannot write to standard output", "No space left on device")
                reader, pipe = os.pipe()
                os.close(reader)
                ended = self.run_tool(*words, stdout=pipe)
                os.close(pipe)
                self.assert_refused(ended, 1, "cannot write to standard output", "Broken pipe")
                script = '"$@" >&-'
                ended = self.start_command(["sh", "-c", script, "sh", harness.SNAPSHOT_TOOL, *map(str, words)]).wait()
                self.assert_refused(ended, 1, "cannot write to standard output")
