#include <catch2/catch.hpp>

#include <random>
#include <string>

#include <flow/error.hpp>
#include <flow/settings.hpp>

namespace {
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
}

TEST_CASE("the defaults of settings are those that their descriptions name") {
  flow::settings const untouched;
  for (auto const& d : flow::settings::descriptions()) {
    INFO(d.key);
    flow::settings s;
    if (d.default_value == "number of cores") continue;
    s.set(d.key, d.default_value);
    CHECK(s.max_parallelism() == untouched.max_parallelism());
    CHECK(s.batch_size() == untouched.batch_size());
    CHECK(s.max_batch_delay() == untouched.max_batch_delay());
    CHECK(s.task_buffer() == untouched.task_buffer());
    CHECK(s.max_call_output() == untouched.max_call_output());
    CHECK(s.watermark_interval() == untouched.watermark_interval());
    CHECK(s.cancel_timeout() == untouched.cancel_timeout());
    CHECK(s.status_interval() == untouched.status_interval());
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
}

TEST_CASE("a wait that no clock can count is refused") {
  for (auto const* key : {"max-batch-delay", "watermark-interval", "cancel-timeout"}) {
    CHECK_THAT(mistake(key, "10001d"), Catch::Contains(key) && Catch::Contains("at most 10000d"));
    CHECK(mistake(key, "10000d") == "none");
  }
}
