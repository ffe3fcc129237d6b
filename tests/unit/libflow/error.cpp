#include <catch2/catch.hpp>

#include <cerrno>
#include <set>
#include <string>

#include <flow/error.hpp>
#include <flow/log.hpp>

using namespace flow;

TEST_CASE("the catalogue describes every code, in order, with cause and remedy") {
  auto const all = error_catalogue();
  REQUIRE(all.size() >= 11);
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < all.size(); ++i) {
    INFO(all[i].name);
    CHECK(all[i].code == static_cast<error_code>(i));
    CHECK(names.insert(all[i].name).second);
    CHECK(all[i].cause.size() > 20);
    CHECK(all[i].remedy.size() > 20);
    CHECK(name_of(all[i].code) == all[i].name);
    CHECK(name_of(all[i].domain) != "unknown");
    CHECK(name_of(all[i].retry) != "unknown");
  }
  CHECK(all.back().code == error_code::internal);
  CHECK(describe(static_cast<error_code>(all.size())).name == "unknown");
}

TEST_CASE("an error knows whether another attempt is worth while") {
  CHECK(error(error_code::usage, "").retry() == retry_hint::pointless);
  CHECK(system_error(ENOSPC, "cannot write").retry() == retry_hint::worthwhile);
  CHECK(error(error_code::user_function, "map-1", "").retry() == retry_hint::unclear);
}

TEST_CASE("errors of the operating system have the code that fits, and say what to do") {
  CHECK(system_error(ENOENT, "a").code() == error_code::not_found);
  CHECK(system_error(EROFS, "a").code() == error_code::permission_denied);
  CHECK(system_error(EDQUOT, "a").code() == error_code::no_space);
  CHECK(system_error(EIO, "a").code() == error_code::io);
  CHECK_THAT(system_error(EMFILE, "cannot open 'x'").what(), Catch::StartsWith("cannot open 'x': ") && Catch::Contains("ulimit -n"));
}

TEST_CASE("a logger hands on what is at its level or above, and makes no text for the rest") {
  std::vector<std::string> got;
  logger const log(log_level::info, [&](log_entry const& e) { got.push_back(std::string(name_of(e.level)) + " " + e.operator_name + ": " + e.text); });
  log(log_level::debug, "in", []() -> std::string { throw std::logic_error("not asked for"); });
  log(log_level::info, "in", [] { return "a"; });
  log(log_level::error, "", [] { return "b"; });
  CHECK(got == std::vector<std::string>{"info in: a", "error : b"});
  CHECK_FALSE(logger{}.takes(log_level::error));
}
