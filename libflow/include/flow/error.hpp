#pragma once
// Errors are data: a code, the operator concerned, a cause, and what to do about it.
//
// The code tells programs what to do: where the cause lies and whether another attempt is worth while (`describe`). The
// message tells people: what was expected, what was found, where, and the remedy.

#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace flow {

enum class error_code {
  usage,              // a wrong command line, setting or option
  invalid_job,        // the graph of the job has mistakes
  user_function,      // a function given by the user threw
  bad_record,         // input that is not what its format says
  not_found,          // a file or another named thing that is missing
  permission_denied,  // the operating system refused
  no_space,           // the device is full
  io,                 // any other failure of the operating system
  request_failed,     // another system did not answer, not in time, or with an error
  checkpoint_failed,  // a checkpoint or savepoint was not complete in time, or could not be taken
  limit_exceeded,     // a setting that bounds memory or size was exceeded
  cancelled,          // what was asked for cannot come any more: the job or its input has been ended
  not_responding,     // a function did not return in time
  internal,           // a broken invariant of the engine
};

/// Where the cause lies.
enum class error_domain {
  program,      // what the user wrote or asked for
  data,         // what the job reads
  environment,  // the operating system, devices, other systems
  engine,       // libflow itself
};

/// Whether running again, with nothing changed, may go well.
enum class retry_hint {
  pointless,   // it fails again until the remedy is applied
  unclear,     // it depends on what user code or the engine did
  worthwhile,  // the cause may pass by itself
};

/// What is known of an error by its code alone. doc/errors.md is made from these.
struct error_description {
  error_code code;
  std::string_view name;
  error_domain domain;
  retry_hint retry;
  std::string_view cause, remedy;
};
/// Of any code; of a number that is none, the description is named "unknown".
error_description describe(error_code code);
/// All codes in order.
std::span<error_description const> error_catalogue();

/// The name of a code, as messages and documents use it.
std::string_view name_of(error_code code);
std::string_view name_of(error_domain domain);
std::string_view name_of(retry_hint hint);

/// What the engine and its connectors throw. `what()` is complete: operator, what was expected, found, and what to do.
class error : public std::runtime_error {
 public:
  error(error_code code, std::string const& message) : error(code, std::string{}, message) {}
  error(error_code code, std::string operator_name, std::string const& message)
      : std::runtime_error(operator_name.empty() ? message : "operator '" + operator_name + "': " + message),
        code_(code), operator_(std::move(operator_name)), message_(message) {}

  error_code code() const { return code_; }
  retry_hint retry() const { return describe(code_).retry; }
  std::string const& operator_name() const { return operator_; }
  /// The text without the operator's name.
  std::string const& message() const { return message_; }
  /// The same error, said of an operator.
  error at(std::string const& operator_name) const { return {code_, operator_name, message_}; }

 private:
  error_code code_;
  std::string operator_;
  std::string message_;
};

/// What is being handled, as an error of an operator: for a `catch (...)`, since user functions may throw anything.
/// `about` says what the function was called for. An error that names an operator already is left as it is.
error error_being_handled(std::string const& operator_name, std::string const& about = {});

/// An error made of `errno`: picks the code and says what to do. `what` is e.g. "cannot open 'x.json'".
error system_error(int error_number, std::string const& what);

}  // namespace flow
