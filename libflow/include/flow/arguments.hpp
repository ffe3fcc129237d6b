#pragma once
// The command line of a job: the options that every job has, and the job's own.
//
//     flow::arguments arguments{argc, argv};
//     auto input = arguments.text("input", "flights.json", "flights, one JSON array or one object a line");
//
// An option's value is known at once; what is wrong with the command line, and `--help`, are told by `flow::run`.

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <flow/log.hpp>
#include <flow/settings.hpp>

namespace flow {

class arguments {
 public:
  arguments(int argc, char const* const* argv);

  /// The job's own options, given as `--name value` or `--name=value`. Each may be asked for once.
  std::string text(std::string const& name, std::string const& default_value, std::string const& help);
  std::int64_t number(std::string const& name, std::int64_t default_value, std::string const& help);
  std::chrono::microseconds time(std::string const& name, std::chrono::microseconds default_value, std::string const& help);
  /// `--name` without a value.
  bool flag(std::string const& name, std::string const& help);

  flow::settings const& settings() const { return settings_; }
  bool help() const { return help_; }
  /// How `flow::run` is to print the plan in place of running the job.
  enum class plan_form { none, text, mermaid };
  plan_form explain() const { return explain_; }
  /// No status line, and unless they are asked for no summary and no log below errors.
  bool quiet() const { return quiet_; }
  log_level least_log_level() const { return log_level_; }
  enum class summary_form { none, table, json };
  summary_form summary() const { return summary_; }
  /// What is wrong with the command line, options that nobody asked for included; empty when it is right.
  std::vector<std::string> mistakes() const;
  /// The help text: the job's own options, every job's, and all settings with units and defaults.
  std::string help_text(std::string const& job_name) const;

 private:
  struct parser;
  std::string own(std::string const& name, std::string const& kind, std::string const& default_value, std::string const& help);
  void declare_common();
  void declare(std::size_t setting);
  void read_common();
  void read_settings();
  template <class Value>
  void choose(Value& into, std::string const& option, std::string const& found, std::vector<std::pair<std::string, Value>> const& choices);

  std::shared_ptr<parser> parser_;
  std::vector<std::string> mistakes_;
  flow::settings settings_;
  bool help_ = false;
  plan_form explain_ = plan_form::none;
  bool quiet_ = false;
  log_level log_level_ = log_level::warning;
  summary_form summary_ = summary_form::table;
};

}  // namespace flow
