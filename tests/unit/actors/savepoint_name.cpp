#include <catch2/catch.hpp>

#include <unistd.h>

#include <filesystem>

#include "savepoint_name.hpp"

using namespace flow;
using namespace std::chrono_literals;

TEST_CASE("a savepoint is named by its job and the time, and never takes a place that is taken") {
  timestamp const now{std::chrono::sys_days{std::chrono::year{2026} / 11 / 25} + 8h + 45min + 12s + 345ms};
  auto const folder = std::filesystem::temp_directory_path() / ("flow-savepoints-" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  auto const first = new_savepoint(folder.string(), "flights", now);
  CHECK(first == (folder / "flights-20261125T084512Z").string());
  std::filesystem::create_directory(first);
  auto const second = new_savepoint(folder.string(), "flights", now);
  CHECK(second == first + "-2");
  std::filesystem::create_directory(second);
  CHECK(new_savepoint(folder.string(), "flights", now) == first + "-3");
  CHECK(new_savepoint("points", "../my job\n", now) == "points/-.-my-job--20261125T084512Z");
  std::filesystem::remove_all(folder);
}
