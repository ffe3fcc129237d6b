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
#include <vector>

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
  bool explain() const { return explain_; }
  /// What is wrong with the command line, options that nobody asked for included; empty when it is right.
  std::vector<std::string> mistakes() const;
  /// The help text: the job's own options, every job's, and all settings with units and defaults.
  std::string help_text(std::string const& job_name) const;

 private:
  struct parser;
  std::string own(std::string const& name, std::string const& kind, std::string const& default_value, std::string const& help);
  void read_settings();

  std::shared_ptr<parser> parser_;
  std::vector<std::string> mistakes_;
  flow::settings settings_;
  bool help_ = false;
  bool explain_ = false;
};

}  // namespace flow
