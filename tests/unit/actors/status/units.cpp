#include <catch2/catch.hpp>

#include "status/units.hpp"

using namespace flow;
using namespace std::chrono_literals;

TEST_CASE("counts are short, with three digits that count") {
  CHECK(short_count(0) == "0");
  CHECK(short_count(7) == "7");
  CHECK(short_count(999) == "999");
  CHECK(short_count(1'000) == "1.00k");
  CHECK(short_count(1'234) == "1.23k");
  CHECK(short_count(45'678) == "45.7k");
  CHECK(short_count(456'789) == "457k");
  CHECK(short_count(12'345'678) == "12.3M");
  CHECK(short_count(1.8e19) == "18.0E");
}

TEST_CASE("a number that is rounded up goes to the next unit") {
  CHECK(short_count(999.6) == "1.00k");
  CHECK(short_count(9'996) == "10.0k");
  CHECK(short_count(99'960) == "100k");
  CHECK(short_count(999'600) == "1.00M");
  CHECK(short_count(-5) == "0");
}

TEST_CASE("bytes are counted in powers of 1000") {
  CHECK(short_bytes(0) == "0 B");
  CHECK(short_bytes(999) == "999 B");
  CHECK(short_bytes(1'784'867) == "1.78 MB");
  CHECK(short_bytes(2e12) == "2.00 TB");
}

TEST_CASE("a duration reads like a clock") {
  CHECK(short_clock(0s) == "0:00");
  CHECK(short_clock(7'999ms) == "0:07");
  CHECK(short_clock(754s) == "12:34");
  CHECK(short_clock(3'723s) == "1:02:03");
  CHECK(short_clock(24h * 3 + 4h + 5min + 6s) == "3d 04:05:06");
  CHECK(short_clock(-5s) == "0:00");
}
