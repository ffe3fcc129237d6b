#include <catch2/catch.hpp>

#include <random>
#include <string>

#include <flow/error.hpp>
#include <flow/settings.hpp>

namespace {
using namespace flow;
using namespace std::chrono_literals;
std::string mistake(std::string_view key, std::string_view value) {
  try {
    flow::settings{}.set(key, value);
  } catch (flow::error const& e) {
    CHECK(e.code() == flow::error_code::usage);
    return e.message();
  }
  return "none";
}
}  // namespace

TEST_CASE("durations are read in all units") {
  CHECK(flow::parse_duration("250us") == 250us);
  CHECK(flow::parse_duration("10ms") == 10ms);
  CHECK(flow::parse_duration("1s") == 1s);
  CHECK(flow::parse_duration("5min") == 5min);
  CHECK(flow::parse_duration("2h") == 2h);
  CHECK(flow::parse_duration("1d") == 24h);
  CHECK(flow::parse_duration("0") == 0us);
  CHECK(flow::parse_duration("0s") == 0us);
  CHECK(flow::parse_duration("9223372036854775807us").count() == 9223372036854775807);
}

TEST_CASE("text that is no duration is refused and what was expected is said") {
  for (auto const* text : {"", "5", "s", "1.5s", "-1s", "1 s", "1S", "1sec", "9223372036854775807ms", "99999999999999999999us", "0x", "+1s"}) {
    INFO("'" << text << "'");
    CHECK_THROWS_WITH(flow::parse_duration(text), Catch::Contains("expected a whole number with us, ms, s, min, h or d") &&
                                                      Catch::Contains("'" + std::string(text) + "'"));
  }
}

TEST_CASE("a duration that was written is read back equal, in its largest whole unit") {
  CHECK(flow::format_duration(1500ms) == "1500ms");
  CHECK(flow::format_duration(60s) == "1min");
  CHECK(flow::format_duration(48h) == "2d");
  CHECK(flow::format_duration(0us) == "0");
  std::uint64_t const seed = 61;
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 5'000; ++i) {
    std::int64_t const units[] = {1, 1'000, 1'000'000, 60'000'000, 3'600'000'000, 86'400'000'000};
    std::chrono::microseconds const d{static_cast<std::int64_t>(random() % 10'000) * units[random() % 6]};
    REQUIRE(flow::parse_duration(flow::format_duration(d)) == d);
  }
}

TEST_CASE("bytes are read with powers of 1024") {
  CHECK(flow::parse_bytes("0") == 0);
  CHECK(flow::parse_bytes("17") == 17);
  CHECK(flow::parse_bytes("3k") == 3'072);
  CHECK(flow::parse_bytes("4M") == 4'194'304);
  CHECK(flow::parse_bytes("2G") == 2'147'483'648);
  for (auto const* text : {"", "k", "1K", "1kB", "-1", "1.5M", "99999999999999999999", "1 k"}) {
    INFO("'" << text << "'");
    CHECK_THROWS_WITH(flow::parse_bytes(text), Catch::Contains("expected a whole number with an optional k, M or G"));
  }
}

TEST_CASE("every setting is set by its name") {
  flow::settings s;
  s.set("parallelism", "3");
  s.set("max-parallelism", "300");
  s.set("batch-size", "7");
  s.set("max-batch-delay", "1ms");
  s.set("task-buffer", "2k");
  s.set("max-call-output", "3k");
  s.set("watermark-interval", "4us");
  s.set("cancel-timeout", "5s");
  s.set("status-interval", "9s");
  s.set("threads", "6");
  s.set("state-backend", "rocksdb");
  s.set("state-directory", "ssd");
  s.set("state-memory", "12k");
  s.set("snapshots", "dir/a=b");
  s.set("checkpoint-interval", "7s");
  s.set("checkpoint-pause", "8s");
  s.set("checkpoint-timeout", "9s");
  s.set("checkpoint-failures", "10");
  s.set("aligned-checkpoint-timeout", "12s");
  CHECK(s.aligned_checkpoint_timeout() == 12s);
  CHECK(s.overtakes());
  CHECK_FALSE(settings(s).snapshots("").overtakes());
  s.set("aligned-checkpoint-timeout", "0");
  CHECK(s.aligned_checkpoint_timeout() == 0s);
  s.set("aligned-checkpoint-timeout", "none");
  CHECK_FALSE(s.overtakes());
  s.set("at-least-once", "true");
  s.set("snapshots-kept", "11");
  s.set("keep-cancelled", "false");
  s.set("keep-succeeded", "true");
  s.set("savepoint", "points");
  s.set("drain", "true");
  CHECK(s.parallelism() == 3);
  CHECK(s.max_parallelism() == 300);
  CHECK(s.batch_size() == 7);
  CHECK(s.max_batch_delay() == 1ms);
  CHECK(s.task_buffer() == 2'048);
  CHECK(s.max_call_output() == 3'072);
  CHECK(s.watermark_interval() == 4us);
  CHECK(s.cancel_timeout() == 5s);
  CHECK(s.status_interval() == 9s);
  CHECK(s.threads() == 6);
  CHECK(s.state() == flow::state_options{flow::state_backend_form::rocksdb, "ssd", 12'288});
  CHECK(s.snapshots() == "dir/a=b");
  CHECK(s.checkpoints());
  CHECK(s.checkpoint_interval() == 7s);
  CHECK(s.checkpoint_pause() == 8s);
  CHECK(s.checkpoint_timeout() == 9s);
  CHECK(s.checkpoint_failures() == 10);
  CHECK(s.at_least_once());
  CHECK(s.snapshots_kept() == 11);
  CHECK_FALSE(s.keep_cancelled());
  CHECK(s.keep_succeeded());
  CHECK(s.savepoint() == "points");
  CHECK(s.drain());
  CHECK(s.mistakes().empty());
}

TEST_CASE("how to restart is set name by name, and as a value") {
  settings s;
  s.set("restart", "failure-rate");
  s.set("restart-attempts", "4");
  s.set("restart-delay", "2s");
  s.set("restart-max-delay", "3s");
  s.set("restart-multiplier", "1.5");
  s.set("restart-jitter", "0.25");
  s.set("restart-reset", "5s");
  s.set("restart-interval", "6s");
  CHECK(s == settings{}.restart({.form = restart_form::failure_rate, .attempts = 4, .delay = 2s, .max_delay = 3s, .multiplier = 1.5, .jitter = 0.25,
                                 .reset = 5s, .interval = 6s}));
  s.set("restart-attempts", "unlimited");
  CHECK(s.restart().most_attempts() == restart_policy::unlimited);
  for (auto const form : {restart_form::automatic, restart_form::none, restart_form::fixed_delay, restart_form::exponential, restart_form::failure_rate}) {
    s.set("restart", name_of(form));
    if (form != restart_form::automatic) CHECK(s.restart().form == form);
  }
}

TEST_CASE("a job restarts by itself where it has checkpoints to restart from") {
  CHECK(settings{}.restart().form == restart_form::none);
  CHECK(settings{}.snapshots("d").restart().form == restart_form::exponential);
  CHECK(settings{}.snapshots("d").restart({.form = restart_form::none}).restart().form == restart_form::none);
  CHECK(settings{}.snapshots("d").restart().most_attempts() == restart_policy::unlimited);
  CHECK(restart_policy{.form = restart_form::fixed_delay}.most_attempts() == 3);
}

TEST_CASE("what to restore from is latest, a number, a path, or nothing") {
  CHECK(parse_restore_origin("none") == restore_origin{});
  CHECK(parse_restore_origin("latest") == restore_origin{restore_form::latest});
  CHECK(parse_restore_origin("latest-or-fresh") == restore_origin{restore_form::latest_or_fresh});
  CHECK(parse_restore_origin("17") == restore_origin{restore_form::checkpoint, 17});
  for (auto const* path : {"./17", "17a", "points/7", "Latest", "99999999999999999999"})
    CHECK(parse_restore_origin(path) == restore_origin{restore_form::path, 0, path});
  CHECK_THROWS_WITH(parse_restore_origin(""), Catch::Contains("expected latest"));
}

TEST_CASE("renames, operators to drop and operators to leave empty are collected") {
  settings s;
  s.set("snapshots", "d");
  s.set("restore", "points/7");
  s.set("restore-rename", "old=new");
  s.set("restore-rename", "a=b=c");
  s.set("restore-drop", "x");
  s.set("restore-drop", "y");
  s.set("restore-empty", "z");
  s.set("accept-duplicates", "true");
  restore_options const expected{.origin = {restore_form::path, 0, "points/7"}, .renames = {{"old", "new"}, {"a", "b=c"}}, .dropped = {"x", "y"},
                                 .empty = {"z"}, .accept_duplicates = true};
  CHECK(s.restore() == expected);
  CHECK(s.mistakes().empty());
  CHECK_THROWS_WITH(s.set("restore-rename", "old=other"), Catch::Contains("'old' is said to be 'new' already"));
  CHECK_THROWS_WITH(s.set("restore-rename", "other=new"), Catch::Contains("'old' is said to be 'new' already"));
  for (auto const* wrong : {"", "old", "=new", "old="}) CHECK_THAT(mistake("restore-rename", wrong), Catch::Contains("expected old=new"));
  CHECK_THAT(mistake("restore-drop", ""), Catch::Contains("expected the name of an operator"));
}

TEST_CASE("settings that do not go together are all told") {
  auto const said = [](settings const& s) {
    std::string all;
    for (auto const& m : s.mistakes()) all += m + "\n";
    return all;
  };
  CHECK(said({}) == "");
  CHECK(said(settings{}.snapshots("d").savepoint("p").restore({.origin = {restore_form::latest}, .dropped = {"x"}})) == "");
  for (auto const form : {restore_form::latest, restore_form::latest_or_fresh, restore_form::checkpoint})
    CHECK_THAT(said(settings{}.restore({.origin = {form}})), Catch::Contains("no directory to restore from") && Catch::Contains("--snapshots DIR"));
  CHECK_THAT(said(settings{}.restore({.origin = {restore_form::path, 0, "p"}})), Catch::Contains("'p' can be restored by a job that takes checkpoints only") && Catch::Contains("--snapshots DIR"));
  CHECK_THAT(said(settings{}.snapshots("d").restore({.dropped = {"x"}})), Catch::Contains("nothing is restored"));
  CHECK_THAT(said(settings{}.savepoint("p").restore({.origin = {restore_form::latest}})),
             Catch::Contains("savepoint: savepoints are taken of jobs with checkpoints") && Catch::Contains("no directory to restore from"));
  CHECK_THAT(said(settings{}.snapshots("d").drain(true)), Catch::Contains("add --savepoint DIR"));
  CHECK_THAT(said(settings{}.snapshots("d").savepoint("d")), Catch::Contains("'d' is the directory of the checkpoints"));
  CHECK_THAT(said(settings{}.state_directory("d")), Catch::Contains("state-directory: keyed state is kept in memory; add --set state-backend=rocksdb"));
  CHECK_THAT(said(settings{}.snapshots("d").state_backend(state_backend_form::rocksdb).state_directory("d")),
             Catch::Contains("state-directory: 'd' is the directory of the checkpoints"));
  CHECK_THAT(said(settings{}.restart({.form = restart_form::exponential, .delay = 2min})), Catch::Contains("1min is less than the restart-delay, 2min"));
  CHECK(said(settings{}.restart({.form = restart_form::fixed_delay, .delay = 2min})) == "");
}

TEST_CASE("the defaults of settings are those that their descriptions name") {
  flow::settings const untouched;
  for (auto const& d : flow::settings::descriptions()) {
    INFO(d.key);
    bool const is_list = d.key.starts_with("restore-");
    if (d.default_value == "number of cores" || d.key == "restart-attempts" || is_list) continue;
    flow::settings s;
    s.set(d.key, d.default_value);
    CHECK(s == untouched);
  }
  CHECK(untouched.parallelism() >= 1);
  CHECK(untouched.threads() >= 1);
}

TEST_CASE("a wrong value is told with the setting, what was expected and what was found") {
  CHECK(mistake("parallelism", "0") == "parallelism: expected a whole number from 1 to 65535, found '0'");
  CHECK(mistake("parallelism", "70000") == "parallelism: expected a whole number from 1 to 65535, found '70000'");
  CHECK(mistake("batch-size", "many") == "batch-size: expected a whole number from 1 to 1048576, found 'many'");
  CHECK(mistake("max-batch-delay", "5") ==
        "setting 'max-batch-delay': time: expected a whole number with us, ms, s, min, h or d, like 250ms, found '5'");
  CHECK(mistake("task-buffer", "much") == "setting 'task-buffer': bytes: expected a whole number with an optional k, M or G, like 4M, found 'much'");
  CHECK(mistake("colour", "red") == "there is no setting 'colour'; --help lists them all");
  CHECK(mistake("threads", "4 ") != "none");
  CHECK(mistake("at-least-once", "1") == "at-least-once: expected true or false, found '1'");
  CHECK(mistake("snapshots", "") == "snapshots: expected the path of a directory, or none, found ''");
  CHECK(mistake("state-backend", "disk") == "state-backend: expected memory or rocksdb, found 'disk'");
  CHECK(mistake("restart", "often") == "restart: expected auto, none, fixed-delay, exponential or failure-rate, found 'often'");
  CHECK(mistake("restart-jitter", "1.5") == "restart-jitter: expected a number from 0 to 1, found '1.5'");
  CHECK(mistake("restart-attempts", "0") == "restart-attempts: expected a whole number from 1 to 1000000, or unlimited, found '0'");
  for (auto const* text : {"", "0.5", "101", "2x", "nan", "inf", "1e1"}) CHECK(mistake("restart-multiplier", text) != "none");
  CHECK_THAT(mistake("checkpoint-timeout", "0"), Catch::Contains("more than 0"));
}

TEST_CASE("a wait that no clock can count is refused") {
  for (auto const* key : {"max-batch-delay", "watermark-interval", "cancel-timeout"}) {
    CHECK_THAT(mistake(key, "10001d"), Catch::Contains(key) && Catch::Contains("at most 10000d"));
    CHECK(mistake(key, "10000d") == "none");
  }
}

TEST_CASE("a time for alignment goes with barriers that are aligned") {
  auto const mistakes = settings{}.snapshots("d").at_least_once(true).aligned_checkpoint_timeout(1s).mistakes();
  REQUIRE(mistakes.size() == 1);
  CHECK_THAT(mistakes.front(), Catch::StartsWith("aligned-checkpoint-timeout: ") && Catch::Contains("at-least-once"));
}
