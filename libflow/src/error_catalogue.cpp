#include <array>

#include <flow/error.hpp>

namespace flow {
namespace {

// A switch without a default: the compiler names a code that is missing here.
constexpr error_description description_of(error_code code) {
  using domain = error_domain;
  using retry = retry_hint;
  switch (code) {
    case error_code::usage:
      return {code, "usage", domain::program, retry::pointless,
              "An option, a setting or an argument of a source or sink has a value that it cannot have, or a folder for results holds those of an earlier run.",
              "The message says what was expected; `--help` lists options and settings."};
    case error_code::invalid_job:
      return {code, "invalid_job", domain::program, retry::pointless,
              "The graph of the job has mistakes: no source, a name used twice, an output that nobody reads, event-time windows without event time.",
              "All mistakes are listed with their operators; change the program. `--explain` shows the graph."};
    case error_code::user_function:
      return {code, "user_function", domain::program, retry::unclear,
              "A function or object given to an operator, a source or a sink threw an exception.",
              "The message holds what was thrown and, where there is one, the record; catch what can be borne in the function, repair the input, or give `map`, `filter` or `flat_map` the option `divert_failures`, which sends such records to `failed()`."};
    case error_code::bad_record:
      return {code, "bad_record", domain::data, retry::pointless,
              "Input, or a stored position or snapshot, is not what its format says: malformed, truncated, of another type, or with a field missing.",
              "The message names file, line and column, what was expected and found; repair the input or describe the record as it is."};
    case error_code::not_found:
      return {code, "not_found", domain::environment, retry::pointless,
              "A file or folder that was named does not exist.",
              "Check the path and from which folder the job was started."};
    case error_code::permission_denied:
      return {code, "permission_denied", domain::environment, retry::pointless,
              "The operating system refused to read, create or change a file, or the file system is read-only.",
              "Check owner and mode of the file and its folder, and as whom the job runs."};
    case error_code::no_space:
      return {code, "no_space", domain::environment, retry::worthwhile,
              "The device or a quota is full, or a file reached the limit on its size.",
              "Free space, write elsewhere, or raise the limit (`ulimit -f`, quota)."};
    case error_code::io:
      return {code, "io", domain::environment, retry::worthwhile,
              "The operating system failed in another way: a device error, too many open files, a folder that another job is writing to.",
              "The message holds the system's own words; check the device and limits (`ulimit -n`)."};
    case error_code::request_failed:
      return {code, "request_failed", domain::environment, retry::worthwhile,
              "A request of `async` or `lookup_join` was answered with a failure, not in time, or not at all, as often as it was allowed to be made.",
              "The message holds the reason and the record; check the system that is asked, raise `timeout` or `retry`, or let such records go to `failed()` with `divert_failures`."};
    case error_code::checkpoint_failed:
      return {code, "checkpoint_failed", domain::environment, retry::worthwhile,
              "A checkpoint was not complete within `checkpoint-timeout`, more often in a row than `checkpoint-failures` allows; or a savepoint was asked for while none could be taken.",
              "The message says who was waited for: look there for back-pressure, a slow disk or a function that takes long; raise `checkpoint-timeout`. Ask for a savepoint while the job runs."};
    case error_code::limit_exceeded:
      return {code, "limit_exceeded", domain::data, retry::pointless,
              "Something grew beyond a bound that keeps memory finite: a record above `max_record_bytes`, or one call that emitted more than `max-call-output`.",
              "Check that the input has the format that it is read as; emit less per call; or raise the limit that the message names."};
    case error_code::cancelled:
      return {code, "cancelled", domain::program, retry::pointless,
              "An application waits for the result of a job whose handle was killed, or sent to an inlet that was closed, or whose job ended, before it took the record.",
              "Keep the handle of a job until its result is there; send to an inlet only before it is closed, and treat the answer as a record not taken."};
    case error_code::not_responding:
      return {code, "not_responding", domain::program, retry::unclear,
              "After a cancel or a failure an operator did not return within `cancel-timeout`. A thread cannot be killed: `flow::run` ends the process with status 70.",
              "The message names the operator; have its function return, or give it more time with `--set cancel-timeout=...`."};
    case error_code::internal:
      return {code, "internal", domain::engine, retry::unclear,
              "An invariant of the engine, or the contract of a source or sink, is broken.",
              "Report it with the message, and the seed where a simulation found it; a connector of your own is checked by the contract tests."};
  }
  return {code, "unknown", domain::engine, retry::unclear, "", ""};
}

consteval std::size_t number_of_codes() {
  std::size_t n = 0;
  while (description_of(static_cast<error_code>(n)).name != "unknown") ++n;
  return n;
}

constexpr auto catalogue = [] {
  std::array<error_description, number_of_codes()> all{};
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = description_of(static_cast<error_code>(i));
  return all;
}();

}  // namespace

error_description describe(error_code code) { return description_of(code); }
std::span<error_description const> error_catalogue() { return catalogue; }
std::string_view name_of(error_code code) { return describe(code).name; }

std::string_view name_of(error_domain domain) {
  switch (domain) {
    case error_domain::program: return "program";
    case error_domain::data: return "data";
    case error_domain::environment: return "environment";
    case error_domain::engine: return "engine";
  }
  return "unknown";
}

std::string_view name_of(retry_hint hint) {
  switch (hint) {
    case retry_hint::pointless: return "pointless";
    case retry_hint::unclear: return "unclear";
    case retry_hint::worthwhile: return "worthwhile";
  }
  return "unknown";
}

}  // namespace flow
