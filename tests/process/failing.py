"""Functions of the user that throw."""

from harness import ProcessCase


class Failing(ProcessCase):
    def fail_at(self, job, number, *said):
        options = ("--count", 1_000_000, "--at", number, "--parallelism", 2)
        record = f'"number":{number},"square":{number * number}'
        ended = self.run_job(job, *options)
        self.assert_failed(ended, "operator 'picky'", *said)
        self.assertIn(record, ended.stderr.replace(" ", ""))

    def test_a_function_that_throws_at_the_first_record_is_named_with_the_record(self):
        self.fail_at("throwing", 0, "do not like this number")

    def test_a_function_that_throws_in_the_middle_publishes_nothing(self):
        self.fail_at("throwing", 500_000, "do not like this number")

    def test_a_function_that_throws_at_the_last_record_publishes_nothing(self):
        self.fail_at("throwing", 999_999, "do not like this number")

    def test_a_function_that_throws_no_exception_object_is_named_with_the_record(self):
        self.fail_at("throwing-a-number", 500_000, "no std::exception")
