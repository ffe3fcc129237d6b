"""Files that are not what a source expects."""

import json
import os

from harness import ProcessCase, unprivileged

LINES = 200_000  # enough that results have gone to disk before the middle is read
MIDDLE = LINES // 2
FORMATS = ("json", "csv", "text")


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

    def test_a_directory_as_input_is_refused(self):
        for form in FORMATS:
            ended = self.read(self.folder, form)
            self.assert_failed(ended, "operator 'input'", f"'{self.folder}'", "expected a file, found a directory")

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
