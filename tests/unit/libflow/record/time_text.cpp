#include <catch2/catch.hpp>

#include <random>
#include <string>

#include <flow/record/time_text.hpp>

namespace {
using namespace std::chrono;

flow::timestamp date(int y, unsigned m, unsigned d, flow::duration of_day = {}) {
  return flow::timestamp{sys_days{year{y} / month{m} / day{d}}.time_since_epoch() + of_day};
}
std::string text_of(flow::timestamp t, std::string_view format = {}) {
  std::string text = "was there: ";
  flow::append_time(text, t, format);
  return text.substr(11);
}
}  // namespace

TEST_CASE("a time is written in ISO 8601 with a fraction only where there is one") {
  CHECK(text_of(flow::timestamp{}) == "1970-01-01T00:00:00Z");
  CHECK(text_of(date(2001, 1, 31, hours{23} + minutes{59})) == "2001-01-31T23:59:00Z");
  CHECK(text_of(date(2001, 1, 31, microseconds{1})) == "2001-01-31T00:00:00.000001Z");
  CHECK(text_of(date(2001, 1, 31, milliseconds{250})) == "2001-01-31T00:00:00.250000Z");
  CHECK(text_of(date(1969, 12, 31, hours{24} - microseconds{1})) == "1969-12-31T23:59:59.999999Z");
  CHECK(text_of(date(33, 4, 3)) == "0033-04-03T00:00:00Z");
}

TEST_CASE("a time outside the years of four digits is written as microseconds, which are read back") {
  for (auto const t : {flow::timestamp::max(), flow::timestamp::min(), date(10'000, 1, 1), date(0, 1, 1) - microseconds{1}}) {
    CHECK(text_of(t) == std::to_string(t.time_since_epoch().count()));
    CHECK(flow::parse_time(text_of(t)) == t);
  }
  CHECK(text_of(date(10'000, 1, 1) - microseconds{1}) == "9999-12-31T23:59:59.999999Z");
  CHECK(text_of(date(0, 1, 1)) == "0000-01-01T00:00:00Z");
}

TEST_CASE("a time that was written is read back equal") {
  std::uint64_t const seed = 7;
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  auto const first = date(0, 1, 1).time_since_epoch().count(), last = date(9999, 12, 31).time_since_epoch().count();
  std::uniform_int_distribution<std::int64_t> any(first, last);
  for (int i = 0; i < 5'000; ++i) {
    auto micros = any(random);
    if (i % 3 == 0) micros -= micros % 1'000'000;
    flow::timestamp const t{flow::duration{micros}};
    auto const iso = text_of(t);
    INFO(iso << " for " << micros);
    REQUIRE(flow::parse_time(iso) == t);
    REQUIRE(flow::parse_time(std::to_string(micros)) == t);
    auto const whole = floor<seconds>(t);
    REQUIRE(flow::parse_time(text_of(whole, "%d/%m/%Y %H-%M-%S"), "%d/%m/%Y %H-%M-%S") == whole);
  }
}

TEST_CASE("a time is read with or without seconds, fraction, T and Z") {
  auto const t = date(2001, 1, 31, hours{23} + minutes{59});
  CHECK(flow::parse_time("2001-01-31") == date(2001, 1, 31));
  CHECK(flow::parse_time("2001-01-31T23:59") == t);
  CHECK(flow::parse_time("2001-01-31 23:59:00") == t);
  CHECK(flow::parse_time("2001-01-31T23:59:00.5Z") == t + milliseconds{500});
  CHECK(flow::parse_time("2001-01-31T23:59:00.1234567Z") == t + microseconds{123'456});
  CHECK(flow::parse_time("2000-02-29") == date(2000, 2, 29));
  CHECK(flow::parse_time("-5") == flow::timestamp{flow::duration{-5}});
}

TEST_CASE("text that names no real date or no time is not read") {
  for (auto const* text : {"", " ", "2001-02-29", "1900-02-29", "2001-13-01", "2001-00-10", "2001-04-31", "2001-01-00",
                           "2001-01-31T24:00", "2001-01-31T23:60", "2001-01-31T23:59:61", "2001-01-31T", "2001-01-31x",
                           "2001-01-31T23", "2001-01-31T23:59:00Zx", "2001-01-31T23:59:00.", "31-01-2001x", "yesterday", "1.5",
                           "12 ", " 12", "99999999999999999999"}) {
    INFO("'" << text << "'");
    CHECK_FALSE(flow::parse_time(text));
  }
}

TEST_CASE("a format takes its literal characters and nothing before or after") {
  CHECK(flow::parse_time("at 31.1.2001", "at %d.%m.%Y") == date(2001, 1, 31));
  CHECK(flow::parse_time("1200%", "%m00%%") == date(1970, 12, 1));
  CHECK(flow::parse_time("2001-01-31 05:06:07.25", "%Y-%m-%d %H:%M:%S") ==
        date(2001, 1, 31, hours{5} + minutes{6} + milliseconds{7'250}));
  CHECK_FALSE(flow::parse_time("31.1.2001 ", "%d.%m.%Y"));
  CHECK_FALSE(flow::parse_time("31.1.", "%d.%m.%Y"));
  CHECK_FALSE(flow::parse_time("30.2.2001", "%d.%m.%Y"));
  CHECK_FALSE(flow::parse_time("2001", "%j"));
}
