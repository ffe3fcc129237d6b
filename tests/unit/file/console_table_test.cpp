#include <catch2/catch.hpp>

#include <sstream>

#include "helpers.hpp"

using namespace file_test;

namespace {

struct score {
  std::string name{};
  int points = 0;
  double mean = 0;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(name), CEREAL_NVP(points), CEREAL_NVP(mean));
  }
};

template <class Sink>
std::string printed(Sink const& sink, std::vector<score> const& scores, std::uint32_t parallelism = 1) {
  std::ostringstream out;
  auto writer = sink.to(out).template make<score>().make_writer();
  flow::connector_context context;
  context.parallelism = parallelism;
  writer->open(context);
  for (auto const& s : scores) write_records<score>(*writer, {s});
  CHECK(out.str().empty());
  writer->finish();
  writer->publish();
  writer->publish();
  return out.str();
}

std::vector<score> const scores{{"a", 3, 0.5}, {"b\xC3\xA9\tc", 12, 1}, {"d", 3, -1234.5678}, {"e", -1, 0.00001}, {"f", 12, 0}};

}  // namespace

TEST_CASE("a table is printed once, aligned, numbers to the right") {
  CHECK(printed(flow::file::console_table().title("Scores"), scores) ==
        "Scores\n"
        "name  points       mean\n"
        "----  ------  ---------\n"
        "a          3        0.5\n"
        "b\xC3\xA9 c      12          1\n"
        "d          3  -1234.568\n"
        "e         -1      1e-05\n"
        "f         12          0\n");
}

TEST_CASE("a table without an order holds the first rows and says how many there were") {
  CHECK(printed(flow::file::console_table().limit(1), scores) ==
        "name  points  mean\n"
        "----  ------  ----\n"
        "a          3   0.5\n"
        "(1 of 5 records)\n");
}

TEST_CASE("an ordered table holds the first rows of that order, equal ones as they came") {
  auto const names = [](std::string const& table) {
    std::string first;
    std::istringstream lines(table);
    for (std::string line; std::getline(lines, line);) first += line.substr(0, 1);
    return first;
  };
  using flow::file::console_table;
  CHECK(names(printed(console_table().order_by(&score::points, flow::file::descending).limit(3), scores)) == "n-bfa(");
  CHECK(names(printed(console_table().limit(4).order_by(&score::points), scores)) == "n-eadb(");
  CHECK(names(printed(console_table().order_by([](score const& s) { return s.name; }, flow::file::descending), scores)) == "n-fedba");
  CHECK(names(printed(console_table().limit(0), scores)) == "n-(");
}

TEST_CASE("a table of one of several subtasks says so") {
  CHECK_THAT(printed(flow::file::console_table().title("Scores"), {}, 2), Catch::StartsWith("Scores (subtask 1 of 2)\nname  points  mean\n"));
}

TEST_CASE("a cancelled table is printed as far as it came") {
  std::ostringstream out;
  auto writer = flow::file::console_table().to(out).make<score>().make_writer();
  writer->open({});
  write_records<score>(*writer, {{"a", 1, 2}});
  writer->cancel();
  CHECK_THAT(out.str(), Catch::Contains("a          1     2"));
}
