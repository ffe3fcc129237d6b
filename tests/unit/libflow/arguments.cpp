#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include <flow/arguments.hpp>

namespace {
using namespace std::chrono_literals;
using plan_form = flow::arguments::plan_form;
using summary_form = flow::arguments::summary_form;

flow::arguments given(std::vector<char const*> words) {
  words.insert(words.begin(), "job");
  return {static_cast<int>(words.size()), words.data()};
}
std::string all(std::vector<std::string> const& mistakes) {
  std::string text;
  for (auto const& m : mistakes) text += m + "\n";
  return text;
}
}  // namespace

TEST_CASE("an option's value is known when it is asked for, else its default") {
  auto a = given({"--input", "a.json", "--rate=250", "--fast", "--wait", "5s", "--path=x=y"});
  CHECK(a.text("input", "b.json", "file") == "a.json");
  CHECK(a.number("rate", 1, "records a second") == 250);
  CHECK(a.flag("fast", "do not wait"));
  CHECK_FALSE(a.flag("slow", "wait"));
  CHECK(a.time("wait", 1s, "pause") == 5s);
  CHECK(a.text("path", "", "path") == "x=y");
  CHECK(a.text("other", "default", "") == "default");
  CHECK(a.number("count", -7, "") == -7);
  CHECK(a.time("pause", 90s, "") == 90s);
  CHECK(a.mistakes().empty());
}

TEST_CASE("negative numbers are values") {
  auto a = given({"--low", "-5", "--high=-3"});
  CHECK(a.number("low", 0, "") == -5);
  CHECK(a.number("high", 0, "") == -3);
  CHECK(all(a.mistakes()) == "");
}

TEST_CASE("every job has --parallelism, --set, --explain, --quiet, --log-level, --summary and --help") {
  auto a = given({"--parallelism", "3", "--set", "batch-size=7", "--set", "task-buffer=2k", "--explain"});
  CHECK(a.settings().parallelism() == 3);
  CHECK(a.settings().batch_size() == 7);
  CHECK(a.settings().task_buffer() == 2'048);
  CHECK(a.explain() == plan_form::text);
  CHECK_FALSE(a.help());
  CHECK(a.mistakes().empty());
  CHECK(given({"-h"}).help());
  CHECK(given({"--help"}).help());
  CHECK(given({}).explain() == plan_form::none);
  CHECK(given({"--log-level", "debug"}).least_log_level() == flow::log_level::debug);
  CHECK(given({"--summary=json"}).summary() == summary_form::json);
  CHECK(given({"--summary", "none"}).summary() == summary_form::none);
}

TEST_CASE("settings of checkpoints, savepoints and restoring have options of their own") {
  auto const a = given({"--snapshots", "d", "--checkpoint-interval=2s", "--savepoint", "p", "--drain", "--restore", "17", "--restore-rename", "a=b", "--restore-rename=c=d",
                        "--restore-drop", "e", "--restore-empty", "f", "--accept-duplicates"});
  CHECK(all(a.mistakes()) == "");
  flow::restore_options const expected{.origin = {flow::restore_form::checkpoint, 17}, .renames = {{"a", "b"}, {"c", "d"}}, .dropped = {"e"}, .empty = {"f"},
                                       .accept_duplicates = true};
  CHECK(a.settings() == flow::settings{}.snapshots("d").checkpoint_interval(2s).savepoint("p").drain(true).restore(expected));
}

TEST_CASE("option --restore takes an origin or none, and then means the newest checkpoint") {
  auto const origin = [](std::vector<char const*> words) {
    words.insert(words.begin(), {"--snapshots", "d"});
    auto const a = given(words);
    CHECK(all(a.mistakes()) == "");
    return a.settings().restore().origin;
  };
  CHECK(origin({}) == flow::restore_origin{});
  CHECK(origin({"--restore"}) == flow::restore_origin{flow::restore_form::latest});
  CHECK(origin({"--restore", "--quiet"}) == flow::restore_origin{flow::restore_form::latest});
  CHECK(origin({"--restore=latest"}) == flow::restore_origin{flow::restore_form::latest});
  CHECK(origin({"--restore", "points/7"}) == flow::restore_origin{flow::restore_form::path, 0, "points/7"});
  CHECK(origin({"--restore-or-fresh"}) == flow::restore_origin{flow::restore_form::latest_or_fresh});
}

TEST_CASE("options that contradict each other or miss another are mistakes, beside all others") {
  auto const said = all(given({"--restore", "--savepoint", "p", "--inptu", "--set", "batch-size=0"}).mistakes());
  for (auto const* part : {"no directory to restore from", "add --snapshots DIR", "--inptu", "batch-size: expected"}) CHECK_THAT(said, Catch::Contains(part));
  CHECK_THAT(all(given({"--snapshots", "d", "--restore", "--restore-or-fresh"}).mistakes()), Catch::Contains("--restore and --restore-or-fresh contradict each other"));
  CHECK_THAT(all(given({"--snapshots", "a", "--snapshots", "b"}).mistakes()), Catch::Contains("--snapshots"));
  CHECK_THAT(all(given({"--snapshots", ""}).mistakes()), Catch::Contains("snapshots: expected the path of a directory, or none, found ''"));
}

TEST_CASE("option --explain takes a form or none, wherever it stands") {
  CHECK(given({"--explain", "mermaid"}).explain() == plan_form::mermaid);
  CHECK(given({"--explain=mermaid", "--parallelism", "3"}).explain() == plan_form::mermaid);
  CHECK(given({"--explain", "text"}).explain() == plan_form::text);
  auto a = given({"--parallelism", "3", "--explain", "--set", "batch-size=7"});
  CHECK(a.explain() == plan_form::text);
  CHECK(a.settings().batch_size() == 7);
  CHECK(all(a.mistakes()) == "");
}

TEST_CASE("option --quiet leaves errors only, and what is asked for besides") {
  auto const loud = given({});
  CHECK_FALSE(loud.quiet());
  CHECK(loud.summary() == summary_form::table);
  CHECK(loud.least_log_level() == flow::log_level::warning);
  auto const quiet = given({"--quiet"});
  CHECK(quiet.quiet());
  CHECK(quiet.summary() == summary_form::none);
  CHECK(quiet.least_log_level() == flow::log_level::error);
  auto const both = given({"--summary", "json", "--log-level", "info", "--quiet"});
  CHECK(both.summary() == summary_form::json);
  CHECK(both.least_log_level() == flow::log_level::info);
}

TEST_CASE("forms and levels that there are not are mistakes that list those there are") {
  CHECK(all(given({"--explain", "dot"}).mistakes()) == "--explain: expected text or mermaid, found 'dot'\n");
  CHECK(all(given({"--summary", "xml"}).mistakes()) == "--summary: expected table, json or none, found 'xml'\n");
  CHECK(all(given({"--log-level", "loud"}).mistakes()) == "--log-level: expected trace, debug, info, warning or error, found 'loud'\n");
  CHECK_THAT(all(given({"--summary"}).mistakes()), Catch::Contains("--summary"));
}

TEST_CASE("options of the job do not disturb those of every job, in any order") {
  auto a = given({"--input", "x", "--set", "batch-size=9", "--flagged", "--explain", "--parallelism=2"});
  CHECK(a.settings().batch_size() == 9);
  CHECK(a.settings().parallelism() == 2);
  CHECK(a.explain() == plan_form::text);
  CHECK(a.text("input", "", "") == "x");
  CHECK(a.flag("flagged", ""));
  CHECK(all(a.mistakes()) == "");
}

TEST_CASE("options that nobody asked for are mistakes, words too") {
  auto a = given({"--inptu", "a.json"});
  a.text("input", "b.json", "");
  auto const said = all(a.mistakes());
  CHECK_THAT(said, Catch::Contains("--inptu") && Catch::Contains("--help lists the options"));
  CHECK_THAT(all(given({"word"}).mistakes()), Catch::Contains("word"));
}

TEST_CASE("wrong values are mistakes that say what was expected, and defaults stand in") {
  auto a = given({"--rate", "fast", "--wait=5", "--parallelism", "none"});
  CHECK(a.number("rate", 4, "") == 4);
  CHECK(a.time("wait", 2s, "") == 2s);
  auto const said = all(a.mistakes());
  CHECK_THAT(said, Catch::Contains("--rate: expected a whole number, found 'fast'"));
  CHECK_THAT(said, Catch::Contains("--wait: time: expected a whole number with us, ms, s, min, h or d, like 250ms, found '5'"));
  CHECK_THAT(said, Catch::Contains("parallelism: expected a whole number from 1 to 65535, found 'none'"));
  CHECK(a.mistakes().size() == 3);
  auto trailing = given({"--rate", "5x"});
  trailing.number("rate", 1, "");
  CHECK(trailing.mistakes().size() == 1);
}

TEST_CASE("wrong settings are mistakes") {
  CHECK_THAT(all(given({"--set", "batch-size"}).mistakes()), Catch::Contains("--set takes key=value, found 'batch-size'"));
  CHECK_THAT(all(given({"--set", "colour=red"}).mistakes()), Catch::Contains("there is no setting 'colour'"));
  CHECK_THAT(all(given({"--set", "batch-size=0"}).mistakes()), Catch::Contains("batch-size: expected a whole number from 1"));
}

TEST_CASE("an option without its value and an option asked for twice are mistakes") {
  auto a = given({"--input"});
  a.text("input", "", "");
  CHECK_THAT(all(a.mistakes()), Catch::Contains("--input"));
  auto b = given({});
  b.text("input", "", "");
  b.text("input", "", "");
  CHECK_THAT(all(b.mistakes()), Catch::Contains("the job asks for option --input twice"));
}

TEST_CASE("the help lists the job's options, every job's and all settings with units and defaults") {
  auto a = given({"--help"});
  a.text("input", "flights.json", "where flights come from");
  a.number("rate", 250, "flights a second");
  a.time("lag", 90s, "how late");
  a.flag("quick", "no pauses");
  auto const help = a.help_text("flight-delays");
  for (auto const* part : {"flight-delays", "--input", "where flights come from", "flights.json", "--rate", "250", "--lag", "90s", "--quick",
                           "no pauses", "--parallelism", "--set", "--explain", "--quiet", "--log-level", "--summary", "--help", "--snapshots", "--checkpoint-interval",
                           "--savepoint", "--restore", "--restore-or-fresh", "--restore-rename", "--restore-drop", "--restore-empty", "--accept-duplicates", "SIGUSR1",
                           "SIGUSR2", "Exit status", "130"}) {
    INFO(part);
    CHECK_THAT(help, Catch::Contains(part));
  }
  for (auto const& d : flow::settings::descriptions()) {
    INFO(d.key);
    CHECK_THAT(help, Catch::Contains(std::string(d.key) + " (" + std::string(d.unit) + ")"));
    CHECK_THAT(help, Catch::Contains("(default: " + std::string(d.default_value) + ")"));
    CHECK_THAT(help, Catch::Contains(std::string(d.text)));
  }
}
