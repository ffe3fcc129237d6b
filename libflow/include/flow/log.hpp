#pragma once
// What a run has to say while it is under way: entries with a level, handed to a function that the application gives.
//
// The library itself prints nothing. Text is made only for entries that are taken; nothing is logged per record or per batch.

#include <functional>
#include <string>
#include <string_view>

namespace flow {

enum class log_level {
  trace,    // drift grants, barriers at each task
  debug,    // tasks that start and finish, splits, barriers
  info,     // a job's start and plan, its sources' splits, cancel, failure, end; who is held back
  warning,  // what a user should look at: a task that does not end
  error,    // no entry of the engine's own: what ends a job is its result
};

std::string_view name_of(log_level level);

struct log_entry {
  log_level level = log_level::info;
  std::string operator_name;  // empty when it concerns the whole job
  std::string text;
};

/// Hands on the entries from a level upwards. A value; by default it takes nothing.
class logger {
 public:
  logger() = default;
  /// `to` is called from any thread, perhaps several at once; it must neither wait nor throw.
  logger(log_level least, std::function<void(log_entry)> to) : least_(least), to_(std::move(to)) {}

  bool takes(log_level level) const { return to_ && level >= least_; }
  /// Logs what `text()` gives, which is called only when the level is taken.
  template <class F>
  void operator()(log_level level, std::string_view operator_name, F text) const {
    if (takes(level)) to_({level, std::string(operator_name), text()});
  }

 private:
  log_level least_ = log_level::error;
  std::function<void(log_entry)> to_;
};

}  // namespace flow
