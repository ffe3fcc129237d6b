// Writes libflow/doc/errors.md, from the catalogue in the code, to standard output.

#include <iostream>

#include <flow/error.hpp>

namespace {

constexpr char const* introduction = R"(# Errors

Made from the code (`libflow/src/error_catalogue.cpp`) by the program `error_catalogue`; a test fails when the two differ.

An error has a code, the name of the operator concerned, and a message that says what was expected, what was found, where, and what to do. A job
that fails prints it in one line with its code at the end, and as `failure` in `--summary json`:

    job 'copy' failed after 0.012 s: operator 'in': flights.json:17:42: expected a number for field 'delay', found string "abc" [bad_record]

In a program, `flow::error` holds code, operator and message, and `flow::describe(code)` what this table says.

*Domain*: where the cause lies. *Retry*: whether running again with nothing changed may go well: `pointless`, it fails again until the remedy is
applied; `worthwhile`, the cause may pass by itself; `unclear`, it depends on what user code or the engine did.
The exit status of `flow::run` is 2 for `usage` and `invalid_job` that are found before the job starts, 70 for `not_responding`, and 1 for every
other failure.

| code | domain | retry | cause | remedy |
|---|---|---|---|---|
)";

}  // namespace

int main() {
  std::cout << introduction;
  for (auto const& e : flow::error_catalogue())
    std::cout << "| `" << e.name << "` | " << name_of(e.domain) << " | " << name_of(e.retry) << " | " << e.cause << " | " << e.remedy << " |\n";
}
