#include <flow/arguments.hpp>

#include <CLI/CLI.hpp>

#include <array>
#include <charconv>

#include <flow/error.hpp>

namespace flow {

namespace {

/// A setting with an option of its own.
struct setting_option {
  char const* option;
  char const* value;    // what it is called; empty where the option takes none
  char const* setting;
  char const* implied;  // the value of the option without one; empty where it needs one
  char const* group;
  char const* text;
  bool repeatable = false;
};
constexpr char const* every_job = "For every job";
constexpr char const* snapshots = "Checkpoints and savepoints";
constexpr std::array setting_options{
    setting_option{"--parallelism", "N", "parallelism", "", every_job, "subtasks per operator (default: the number of cores)"},
    setting_option{"--snapshots", "DIR", "snapshots", "", snapshots, "take checkpoints and keep them in this directory: after a failure the job starts again from the newest"},
    setting_option{"--checkpoint-interval", "TIME", "checkpoint-interval", "", snapshots, "from one checkpoint to the next (default: 10s)"},
    setting_option{"--savepoint", "DIR", "savepoint", "", snapshots,
                   "where savepoints go: SIGUSR1 takes one and the job runs on; SIGUSR2, SIGINT and SIGTERM take one and stop the job"},
    setting_option{"--drain", "", "drain", "true", snapshots, "when the job is stopped with a savepoint, let its input end first: all windows fire, all results come out"},
    setting_option{"--restore", "latest|ID|PATH", "restore", "latest", snapshots,
                   "start from the newest checkpoint in the snapshots (default), from the one of that number, or from a savepoint or other snapshots"},
    setting_option{"--restore-or-fresh", "", "restore", "latest-or-fresh", snapshots, "start from the newest checkpoint if there is one, else fresh"},
    setting_option{"--restore-rename", "OLD=NEW", "restore-rename", "", snapshots, "the state of operator OLD goes to operator NEW; may be repeated", true},
    setting_option{"--restore-drop", "NAME", "restore-drop", "", snapshots, "give up the state of an operator that the job has no more; may be repeated", true},
    setting_option{"--restore-empty", "NAME", "restore-empty", "", snapshots, "let an operator start without state; may be repeated", true},
    setting_option{"--accept-duplicates", "", "accept-duplicates", "true", snapshots,
                   "restore older than the newest checkpoint, though sinks have published what came after it"},
};

}  // namespace

/// The command line is parsed anew whenever an option becomes known: values are needed before all options are.
struct arguments::parser {
  CLI::App app;
  std::vector<std::string> words;  // as CLI11 wants them: the last first
  std::vector<std::string> sets;
  std::array<std::vector<std::string>, setting_options.size()> values;  // of the settings with options of their own
  std::string explain, log_level, summary;
  bool help = false, quiet = false;

  std::string parse(bool all_known) {
    app.allow_extras(!all_known);
    app.clear();
    sets.clear();
    try {
      auto copy = words;
      app.parse(copy);
    } catch (CLI::ParseError const& e) {
      return e.what();
    }
    return {};
  }
};

arguments::arguments(int argc, char const* const* argv) : parser_(std::make_shared<parser>()) {
  auto& app = parser_->app;
  app.name(argc > 0 ? argv[0] : "job");
  for (int i = argc - 1; i > 0; --i) parser_->words.emplace_back(argv[i]);
  declare_common();
  parser_->parse(false);
  read_common();
  read_settings();
}

void arguments::declare_common() {
  auto& app = parser_->app;
  auto& p = *parser_;
  auto const group = [](CLI::Option* o) { return o->group(every_job); };
  app.set_help_flag();
  group(app.add_flag("-h,--help", p.help, "print this help and stop"));
  group(app.add_option("--explain", p.explain, "print tasks, chains, channels and parallelism, as text or as a mermaid diagram, and stop (default: text)"))
      ->expected(0, 1)->type_name("FORM");
  group(app.add_option("--set", p.sets, "a setting, as key=value; may be repeated"))->type_name("KEY=VALUE")->take_all();
  group(app.add_flag("--quiet", p.quiet, "nothing but errors and the job's own output"));
  group(app.add_option("--log-level", p.log_level, "trace, debug, info, warning or error (default: warning)"))->type_name("LEVEL");
  group(app.add_option("--summary", p.summary, "of the run: a table on standard error, json as the last line of standard output, or none (default: table)"))
      ->type_name("FORM");
  for (std::size_t i = 0; i < setting_options.size(); ++i) declare(i);
}

void arguments::declare(std::size_t setting) {
  auto const& o = setting_options[setting];
  auto& values = parser_->values[setting];
  bool const takes_value = *o.value != '\0', needs_value = *o.implied == '\0';
  auto* const added = takes_value ? parser_->app.add_option(o.option, values, o.text)
                                  : parser_->app.add_flag_callback(o.option, [&values, &o] { values = {o.implied}; }, o.text);
  added->group(o.group);
  if (takes_value) added->type_name(o.value)->allow_extra_args(false)->expected(needs_value ? 1 : 0, 1);
  if (takes_value) added->multi_option_policy(o.repeatable ? CLI::MultiOptionPolicy::TakeAll : CLI::MultiOptionPolicy::Throw);
}

void arguments::read_common() {
  help_ = parser_->help;
  quiet_ = parser_->quiet;
  if (quiet_) {
    summary_ = summary_form::none;
    log_level_ = log_level::error;
  }
  if (parser_->app.count("--explain") > 0) explain_ = plan_form::text;
  choose<plan_form>(explain_, "--explain", parser_->explain, {{"text", plan_form::text}, {"mermaid", plan_form::mermaid}});
  choose<summary_form>(summary_, "--summary", parser_->summary,
                       {{"table", summary_form::table}, {"json", summary_form::json}, {"none", summary_form::none}});
  std::vector<std::pair<std::string, log_level>> levels;
  for (auto const level : {log_level::trace, log_level::debug, log_level::info, log_level::warning, log_level::error})
    levels.emplace_back(name_of(level), level);
  choose(log_level_, "--log-level", parser_->log_level, levels);
}

template <class Value>
void arguments::choose(Value& into, std::string const& option, std::string const& found, std::vector<std::pair<std::string, Value>> const& choices) {
  if (found.empty()) return;
  std::string expected;
  for (auto const& [name, value] : choices) {
    if (name == found) {
      into = value;
      return;
    }
    expected += (expected.empty() ? "" : &name == &choices.back().first ? " or " : ", ") + name;
  }
  mistakes_.push_back(option + ": expected " + expected + ", found '" + found + "'");
}

void arguments::read_settings() {
  auto set = [this](std::string const& key, std::string const& value) {
    try {
      settings_.set(key, value);
    } catch (error const& e) {
      mistakes_.push_back(e.message());
    }
  };
  for (std::size_t i = 0; i < setting_options.size(); ++i)
    for (auto const& value : parser_->values[i]) set(setting_options[i].setting, value.empty() ? setting_options[i].implied : value);
  for (auto const& s : parser_->sets) {
    auto const equals = s.find('=');
    if (equals == std::string::npos) mistakes_.push_back("--set takes key=value, found '" + s + "'");
    else set(s.substr(0, equals), s.substr(equals + 1));
  }
}

std::string arguments::own(std::string const& name, std::string const& kind, std::string const& default_value, std::string const& help) {
  auto value = std::make_shared<std::string>(default_value);
  try {
    auto const text = default_value.empty() ? help : help + " (default: " + default_value + ")";
    parser_->app.add_option_function<std::string>("--" + name, [value](std::string const& v) { *value = v; }, text)->type_name(kind);
  } catch (CLI::OptionAlreadyAdded const&) {
    mistakes_.push_back("the job asks for option --" + name + " twice");
  }
  parser_->parse(false);
  return *value;
}

std::string arguments::text(std::string const& name, std::string const& default_value, std::string const& help) {
  return own(name, "TEXT", default_value, help);
}

std::int64_t arguments::number(std::string const& name, std::int64_t default_value, std::string const& help) {
  auto const text = own(name, "NUMBER", std::to_string(default_value), help);
  std::int64_t value = 0;
  auto const [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem == std::errc{} && end == text.data() + text.size()) return value;
  mistakes_.push_back("--" + name + ": expected a whole number, found '" + text + "'");
  return default_value;
}

std::chrono::microseconds arguments::time(std::string const& name, std::chrono::microseconds default_value, std::string const& help) {
  auto const text = own(name, "TIME", format_duration(default_value), help);
  try {
    return parse_duration(text);
  } catch (error const& e) {
    mistakes_.push_back("--" + name + ": " + e.message());
    return default_value;
  }
}

bool arguments::flag(std::string const& name, std::string const& help) {
  auto value = std::make_shared<bool>(false);
  parser_->app.add_flag_function("--" + name, [value](std::int64_t n) { *value = n > 0; }, help);
  parser_->parse(false);
  return *value;
}

std::vector<std::string> arguments::mistakes() const {
  auto all = mistakes_;
  for (auto& m : settings_.mistakes()) all.push_back(std::move(m));
  if (parser_->app.count("--restore") > 0 && parser_->app.count("--restore-or-fresh") > 0)
    all.push_back("--restore and --restore-or-fresh contradict each other; give one of them");
  if (auto wrong = parser_->parse(true); !wrong.empty()) all.push_back(wrong + "; --help lists the options");
  return all;
}

std::string arguments::help_text(std::string const& job_name) const {
  parser_->app.description("job " + job_name);
  std::string text = parser_->app.help();
  text += "\nSettings (--set key=value):\n";
  for (auto const& d : settings::descriptions()) {
    std::string line = "  " + std::string(d.key) + " (" + std::string(d.unit) + ")";
    line.resize(std::max<std::size_t>(line.size() + 1, 36), ' ');
    text += line + std::string(d.text) + " (default: " + std::string(d.default_value) + ")\n";
  }
  text += "\nExit status: 0 finished, 1 failed, 2 wrong usage, 130 or 143 cancelled by SIGINT or SIGTERM, 70 a task did not end.\n";
  return text;
}

}  // namespace flow
