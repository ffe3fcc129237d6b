"""Files as a source finds them, and files that are not what it expects."""

import csv
import gzip
import json
import os
import signal

from harness import ProcessCase, unprivileged

LINES = 200_000  # enough that results have gone to disk before the middle is read
MIDDLE = LINES // 2
FORMATS = ("json", "csv", "text")


def written_bytes(number):
    return sum(len(f"file {number} line {n}\n") for n in range(1000))


class InputFiles(ProcessCase):
    def read(self, path, form, **how):
        return self.run_job("file", "--input", path, "--format", form, "--parallelism", 1, **how)

    def written(self, form, middle=None):
        """A good file of many lines, but for the one in the middle (counted from 1)."""
        path = self.folder / f"input.{form}"
        good = {
            "json": lambda n: b'{"number":%d,"text":"line %d"}' % (n, n),
            "csv": lambda n: b"%d,line %d" % (n, n) if n > 1 else b"number,text",
            "text": lambda n: b"line %d" % n,
        }[form]
        with path.open("wb") as file:
            for n in range(1, LINES + 1):
                file.write((middle if middle is not None and n == MIDDLE else good(n)) + b"\n")
        return path

    def refuse(self, form, middle, *said):
        path = self.written(form, middle)
        self.assert_failed(self.read(path, form), "operator 'input'", f"{path}:{MIDDLE}:", *said)

    def test_good_files_of_every_format_are_read_to_the_end(self):
        for form in FORMATS:
            path = self.written(form)
            ended = self.run_job("file", "--input", path, "--format", form, "--parallelism", 1, "--overwrite")
            self.assertEqual(ended.status, 0, ended.stderr)
            texts = [row[-1] for row in self.rows()]
            first = 2 if form == "csv" else 1
            self.assertEqual(texts, [f"line {n}" for n in range(first, LINES + 1)])

    def test_malformed_json_in_the_middle_is_shown_with_its_place(self):
        self.refuse("json", b'{"number":1,"text":oops}', ":20:", "expected", "oops")

    def test_a_json_value_of_the_wrong_type_in_the_middle_is_shown_with_its_field(self):
        self.refuse("json", b'{"number":"abc","text":"x"}', "'number'", "number", "abc")

    def test_a_missing_json_field_in_the_middle_is_named(self):
        self.refuse("json", b'{"number":1}', "'text'")

    def test_a_csv_row_with_a_field_too_many_in_the_middle_is_shown_with_its_place(self):
        self.refuse("csv", b"1,x,y", "expected 2 fields", "found 3")

    def test_a_csv_cell_of_the_wrong_type_in_the_middle_is_shown_with_its_column(self):
        self.refuse("csv", b"abc,x", "'number'", "abc")

    def test_a_csv_quote_that_is_never_closed_is_shown_where_it_opens(self):
        self.refuse("csv", b'1,"open', ":3:", "closing quote")

    def test_invalid_utf8_in_the_middle_is_shown_with_its_place_in_every_format(self):
        lines = {"json": b'{"number":1,"text":"\xff"}', "csv": b"1,\xff", "text": b"\xff"}
        for form in FORMATS:
            with self.subTest(form):
                self.refuse(form, lines[form], "UTF-8", "0xFF", f":{lines[form].index(0xFF) + 1}:")

    def test_a_json_array_that_is_cut_off_is_an_error_at_its_end(self):
        path = self.folder / "cut.json"
        text = json.dumps([{"number": n, "text": "x"} for n in range(LINES)])
        for cut in (text[:-1], text[: len(text) // 2]):
            path.write_text(cut)
            self.assert_failed(self.read(path, "json"), "operator 'input'", f"{path}:1:", "expected")

    def test_an_empty_csv_file_has_no_header_and_is_refused(self):
        path = self.folder / "empty.csv"
        path.touch()
        self.assert_failed(self.read(path, "csv"), "operator 'input'", f"{path}:1:1:", "header", "'number', 'text'")

    def test_a_missing_file_is_named(self):
        for form in FORMATS:
            path = self.folder / "nowhere" / "missing"
            self.assert_failed(self.read(path, form), "operator 'input'", str(path), "No such file", "check the path")

    def test_a_folder_without_files_is_refused(self):
        folder = self.folder / "in"
        (folder / ".hidden").mkdir(parents=True)
        (folder / "_SUCCESS").touch()
        for form in FORMATS:
            ended = self.read(folder, form)
            self.assert_failed(ended, "operator 'input'", f"'{folder}'", "expected at least one file", "found none")

    def test_a_folder_of_files_compressed_or_not_is_read_by_all_subtasks(self):
        folder = self.folder / "in"
        folder.mkdir()
        expected = []
        for number in range(20):
            lines = [f"file {number} line {n}" for n in range(number * 10)]
            expected += lines
            opened = gzip.open if number % 2 else open
            with opened(folder / f"{number}.log", "wt") as file:
                file.writelines(f"{line}\n" for line in lines)
        ended = self.run_job("file", "--input", folder, "--format", "text", "--parallelism", 3)
        self.assertEqual(ended.status, 0, ended.stderr)
        self.assertEqual(sorted(row[0] for row in self.rows()), sorted(expected))

    def test_a_divided_file_with_a_mistake_is_refused_with_the_line_in_the_file(self):
        path = self.written("json", b'{"number":1,"text":oops}')
        ended = self.run_job("file", "--input", path, "--format", "json", "--parallelism", 2, "--split-bytes", 50_000)
        self.assert_failed(ended, "operator 'input'", f"{path}:{MIDDLE}:20:", "oops")

    def test_bad_records_are_diverted_counted_and_told_in_the_summary(self):
        path = self.written("json", b'{"number":1,"text":oops}')
        bad = self.folder / "bad"
        ended = self.run_job("file", "--input", path, "--format", "json", "--parallelism", 2, "--bad", bad, "--split-bytes", 500_000)
        self.assertEqual(ended.status, 0, ended.stderr)
        self.assertEqual(len(self.rows()), LINES - 1)
        with_bad = [row for part in bad.glob("part-*.csv") for row in csv.DictReader(part.open())]
        self.assertEqual([(row["file"], row["line"], row["column"], row["text"]) for row in with_bad],
                         [(str(path), str(MIDDLE), "20", '{"number":1,"text":oops}')])
        self.assertIn("oops", with_bad[0]["reason"])
        self.assertRegex(ended.stderr, rf"input +2 +{LINES} +{LINES} ")
        self.assertIn("input: 1 of what came in was no record and went to its bad records\n", ended.stderr)
        unread = self.run_job("file", "--input", path, "--format", "json", "--bad", "unread", "--overwrite")
        self.assertEqual(unread.status, 0, unread.stderr)
        self.assertIn("input: 1 records went to an output that nobody reads\n", unread.stderr)

    def test_a_watched_folder_is_read_as_files_appear_until_the_job_is_cancelled(self):
        folder = self.folder / "in"
        folder.mkdir()
        running = self.start("file", "--input", folder, "--format", "text", "--watch", 10, "--parallelism", 2)
        for number in range(3):
            written = self.folder / "written"
            written.write_text("".join(f"file {number} line {n}\n" for n in range(1000)))
            before = self.bytes_in_progress()
            written.rename(folder / f"{number}.log")
            running.until("the file has been read", lambda: self.bytes_in_progress() >= before + written_bytes(number))
        running.send(signal.SIGTERM)
        self.assert_cancelled(running.wait(), 143)
        self.assertEqual(sorted(row[0] for row in self.rows()), sorted(f"file {m} line {n}" for m in range(3) for n in range(1000)))

    def test_a_file_of_a_watched_folder_that_grows_later_fails_the_job(self):
        folder = self.folder / "in"
        folder.mkdir()
        path = folder / "a.log"
        path.write_text("one\n")
        running = self.start("file", "--input", folder, "--format", "text", "--watch", 10, "--parallelism", 1)
        running.until("the file has been read", lambda: self.bytes_in_progress() > len("line\n"))
        with path.open("a") as file:
            file.write("two\n")
        self.assert_failed(running.wait(), "operator 'input'", f"'{path}' had 4 bytes when it was found, and has 8 now")

    def test_a_compressed_file_that_is_cut_off_is_refused(self):
        path = self.folder / "cut.gz"
        whole = gzip.compress(b"".join(b"line %d\n" % n for n in range(LINES)))
        path.write_bytes(whole[:-1000])
        self.assert_failed(self.read(path, "text"), "operator 'input'", f"{path}: at byte {len(whole) - 1000} of the compressed file", "truncated")

    def test_a_file_without_read_permission_is_refused(self):
        how = unprivileged()
        path = self.folder / "secret.json"
        path.write_text('{"number":1,"text":"x"}\n')
        path.chmod(0)
        self.out.mkdir()
        os.chmod(self.out, 0o777)
        ended = self.read(path, "json", **how)
        self.assert_failed(ended, "operator 'input'", str(path), "Permission denied", "check the owner and mode")

    def test_a_line_of_100_megabytes_is_refused_with_bounded_memory(self):
        starts = {"json": b'{"number":1,"text":"', "csv": b"number,text\n1,", "text": b""}
        for form in FORMATS:
            with self.subTest(form):
                path = self.folder / f"long.{form}"
                with path.open("wb") as file:
                    file.write(starts[form])
                    for _ in range(100):
                        file.write(b"x" * 1_000_000)
                    file.write(b'"}\n' if form == "json" else b"\n")
                ended = self.read(path, form)
                path.unlink()
                line = 2 if form == "csv" else 1
                self.assert_failed(ended, "operator 'input'", f"{path}:{line}:1:", "at most 16777216 bytes", ".max_record_bytes(n)")
                self.assertLess(ended.max_memory_bytes, 200 << 20)
