#include <catch2/catch.hpp>
#include <cereal/types/memory.hpp>
#include <cereal/types/optional.hpp>
#include <cereal/types/vector.hpp>

#include <cerrno>
#include <cmath>
#include <limits>
#include <random>

#include <unistd.h>

#include <flow/window/aggregates.hpp>
#include <flow/window/windowed.hpp>

#include "helpers.hpp"

using namespace file_test;
using Catch::Matchers::Contains;

namespace {

struct totals {
  std::int64_t flights = 0;
  double mean = 0;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(flights), CEREAL_NVP(mean));
  }
  bool operator==(totals const&) const = default;
};

struct row {
  std::string key{};
  flow::timestamp at{};
  totals value{};
  std::optional<std::string> note{};
  std::optional<int> extra{};
  bool flag = false;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(key), CEREAL_NVP(at), CEREAL_NVP(value), CEREAL_NVP(note), CEREAL_NVP(extra), CEREAL_NVP(flag));
  }
  bool operator==(row const&) const = default;
};

struct versioned {
  int a = 0;
  std::uint32_t said = 0;  // the version that `serialize` was last called with
  template <class Archive>
  void serialize(Archive& archive, std::uint32_t const version) {
    said = version;
    archive(CEREAL_NVP(a));
  }
  bool operator==(versioned const& other) const { return a == other.a; }
};

struct pointing {
  std::shared_ptr<int> first{}, second{};
  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(first), CEREAL_NVP(second));
  }
};

struct nested {
  std::vector<totals> all{};
  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(all));
  }
  bool operator==(nested const&) const = default;
};

struct word {
  std::string text{};
  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(text));
  }
};

template <class T, class Sink>
std::unique_ptr<flow::writer<T>> open_writer(Sink const& sink, std::uint32_t subtask = 0, std::uint32_t parallelism = 1) {
  auto writer = sink.template make<T>().make_writer();
  flow::connector_context context;
  context.subtask = subtask;
  context.parallelism = parallelism;
  writer->open(context);
  return writer;
}

template <class T, class Sink>
void write_all(Sink const& sink, std::vector<T> const& records) {
  auto writer = open_writer<T>(sink);
  write_records(*writer, records);
  writer->finish();
  writer->publish();
}

std::vector<row> random_rows(unsigned seed) {
  std::mt19937_64 random(seed);
  std::string const letters = "a\",\n\r\\{}[]' \xC3\xA9";
  auto const text = [&] {
    std::string s;
    for (auto n = random() % 6; n > 0; --n) {
      char const c = letters[random() % (letters.size() - 2)];
      s += c;
    }
    return random() % 4 == 0 ? s + "\xC3\xA9" : s;
  };
  std::vector<row> rows(50);
  for (auto& r : rows) {
    double real = 0;
    do {
      auto const bits = random();
      std::memcpy(&real, &bits, sizeof real);
    } while (!std::isfinite(real));
    r = {text(), flow::timestamp{flow::duration{static_cast<std::int64_t>(random() % 4'000'000'000'000'000)}}, {static_cast<std::int64_t>(random()), real}, {}, {}, random() % 2 == 0};
    if (random() % 2) r.note = text();
    if (random() % 2) r.extra = static_cast<int>(random());
  }
  return rows;
}

}  // namespace

CEREAL_CLASS_VERSION(versioned, 3)

TEST_CASE("the CSV sink writes a header and RFC 4180 rows, structs flattened") {
  temporary_folder folder;
  auto const out = folder / "deep/out";
  write_all<row>(flow::file::csv(out).time_format("%Y/%m/%d %H:%M"), {{"a,\"b\"\n", {}, {-1, 0.1}, "", 7, true}, {"", {}, {0, 1e300}, {}, {}, false}});
  CHECK(content_of(out + "/part-0.csv") == "key,at,value.flights,value.mean,note,extra,flag\n"
                                           "\"a,\"\"b\"\"\n\",1970/01/01 00:00,-1,0.1,\"\",7,true\n"
                                           ",1970/01/01 00:00,0,1e+300,,,false\n");
}

TEST_CASE("results of windows with quantiles are columns, and lists of records are lines of JSON") {
  temporary_folder folder;
  using quantiles = flow::windowed<std::string, flow::quantile_values<500, 999>>;
  write_all<quantiles>(flow::file::csv(folder / "csv").time_format("%H:%M"), {{"a", {}, flow::timestamp{std::chrono::minutes(1)}, {{1.5, 20}}}});
  CHECK(content_of(folder / "csv/part-0.csv") == "key,start,end,value.p50,value.p99_9\na,00:00,00:01,1.5,20\n");
  using frequent = flow::windowed<std::string, std::vector<flow::value_count<int>>>;
  write_all<frequent>(flow::file::json_lines(folder / "json").time_format("%H:%M"), {{"a", {}, flow::timestamp{std::chrono::minutes(1)}, {{7, 3}, {5, 1}}}});
  CHECK(content_of(folder / "json/part-0.json") ==
        "{\"key\":\"a\",\"start\":\"00:00\",\"end\":\"00:01\",\"value\":[{\"value\":7,\"records\":3},{\"value\":5,\"records\":1}]}\n");
}

TEST_CASE("an empty text in the only column of CSV is no empty line") {
  temporary_folder folder;
  write_all<word>(flow::file::csv(folder.path()), {{"a"}, {""}});
  CHECK(content_of(folder / "part-0.csv") == "text\na\n\"\"\n");
}

TEST_CASE("a CSV file without records has its header") {
  temporary_folder folder;
  auto writer = open_writer<totals>(flow::file::csv(folder.path()), 3, 4);
  writer->cancel();
  CHECK(folder.names() == std::vector<std::string>{"part-3.csv"});
  CHECK(content_of(folder / "part-3.csv") == "flights,mean\n");
}

TEST_CASE("the JSON sink writes one object per line") {
  temporary_folder folder;
  write_all<nested>(flow::file::json_lines(folder.path()), {{{{1, 0.5}, {2, 1}}}, {}});
  CHECK(content_of(folder / "part-0.json") == "{\"all\":[{\"flights\":1,\"mean\":0.5},{\"flights\":2,\"mean\":1}]}\n{\"all\":[]}\n");
}

TEST_CASE("the version of a type is in no record of a text file, and is read as the one compiled") {
  temporary_folder folder;
  std::vector<versioned> const records{{1}, {2}, {3}};
  write_all<versioned>(flow::file::json_lines(folder.path()), records);
  write_all<versioned>(flow::file::csv(folder.path()), records);
  CHECK(content_of(folder / "part-0.json") == "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n");
  CHECK(content_of(folder / "part-0.csv") == "a\n1\n2\n3\n");
  auto const json = folder / "part-0.json", csv = folder / "part-0.csv";
  for (auto const& read : {read_all(flow::file::json<versioned>(json), json), read_all(flow::file::csv<versioned>(csv), csv)}) {
    REQUIRE(read == records);
    for (auto const& r : read) CHECK(r.said == 3);
  }
}

TEST_CASE("each line of JSON is complete in itself, also when records share what they point to") {
  temporary_folder folder;
  auto const shared = std::make_shared<int>(7);
  write_all<pointing>(flow::file::json_lines(folder.path()), {{shared, shared}, {shared, nullptr}});
  auto const text = content_of(folder / "part-0.json");
  auto const end = text.find('\n');
  for (auto const& line : {text.substr(0, end), text.substr(end + 1)}) {
    CHECK_THAT(line, Contains("\"data\":7"));
    CHECK(line.find("\"data\":7") == line.rfind("\"data\":7"));
  }
}

TEST_CASE("what the sinks write, the sources read back equal") {
  auto const seed = GENERATE(take(20, random(0U, std::numeric_limits<unsigned>::max())));
  CAPTURE(seed);
  temporary_folder folder;
  auto const rows = random_rows(seed);
  write_all<row>(flow::file::csv(folder.path()), rows);
  auto const csv = folder / "part-0.csv";
  CHECK(read_all(flow::file::csv<row>(csv), csv) == rows);
  write_all<row>(flow::file::json_lines(folder.path()), rows);
  auto const json = folder / "part-0.json";
  CHECK(read_all(flow::file::json<row>(json), json) == rows);
}

TEST_CASE("results are visible only after publish, under their own name") {
  temporary_folder folder;
  auto writer = open_writer<totals>(flow::file::csv(folder.path()));
  write_records<totals>(*writer, {{1, 2}});
  writer->flush();
  writer->finish();
  CHECK(folder.names() == std::vector<std::string>{".part-0.csv.in-progress"});
  writer->publish();
  CHECK(folder.names() == std::vector<std::string>{"part-0.csv"});
  writer->finish();
  writer->publish();
  writer->abandon();
  CHECK(folder.names() == std::vector<std::string>{"part-0.csv"});
}

TEST_CASE("an abandoned file leaves nothing, before and after finish") {
  temporary_folder folder;
  for (bool const finished : {false, true}) {
    auto writer = open_writer<totals>(flow::file::csv(folder.path()));
    write_records<totals>(*writer, {{1, 2}});
    if (finished) writer->finish();
    writer->abandon();
    writer->publish();
    CHECK(folder.names().empty());
  }
}

TEST_CASE("a folder with the results of an earlier run is refused, unless they may be overwritten") {
  temporary_folder folder;
  folder.write("part-0.csv", "old\n");
  folder.write("part-7.csv", "old\n");
  folder.write("part-7.json", "another kind\n");
  folder.write("part-x.csv", "not ours\n");
  auto const sink = flow::file::csv(folder.path());
  CHECK_THAT(complaint_of([&] { open_writer<totals>(sink, 1, 2); }), Contains("usage: expected a folder without results of an earlier run, found") &&
                                                                        Contains("part-0.csv") && Contains("choose another folder") && Contains(".overwrite()"));
  auto writer = open_writer<totals>(sink.overwrite());
  CHECK(content_of(folder / "part-0.csv") == "old\n");
  writer->cancel();
  CHECK(content_of(folder / "part-0.csv") == "flights,mean\n");
  CHECK(folder.names() == std::vector<std::string>{"part-0.csv", "part-7.json", "part-x.csv"});
}

TEST_CASE("an in-progress file of a run that died is replaced, one of a running job is not") {
  temporary_folder folder;
  folder.write(".part-0.csv.in-progress", "half of a much longer line, which must not show");
  auto const sink = flow::file::csv(folder.path());
  auto writer = open_writer<totals>(sink);
  CHECK_THAT(complaint_of([&] { open_writer<totals>(sink); }), Contains("another job is writing to this folder"));
  writer->cancel();
  CHECK(content_of(folder / "part-0.csv") == "flights,mean\n");
}

TEST_CASE("short and interrupted writes lose nothing") {
  temporary_folder folder;
  int calls = 0;
  auto const by_threes = [&](int file, void const* data, std::size_t size) -> ssize_t {
    errno = EINTR;
    return ++calls % 2 ? -1 : ::write(file, data, std::min<std::size_t>(size, 3));
  };
  write_all<totals>(flow::file::csv(folder.path()).write_by(by_threes), {{1, 2}, {3, 4.5}});
  CHECK(content_of(folder / "part-0.csv") == "flights,mean\n1,2\n3,4.5\n");
  CHECK(calls > 10);
}

TEST_CASE("a full device is an error that says so, and nothing half-written is left after abandon") {
  temporary_folder folder;
  std::size_t room = 10;
  auto const full = [&](int file, void const* data, std::size_t size) -> ssize_t {
    ssize_t const count = ::write(file, data, std::min(size, room));
    room -= static_cast<std::size_t>(count);
    errno = ENOSPC;
    return count > 0 ? count : -1;
  };
  auto writer = open_writer<totals>(flow::file::csv(folder.path()).write_by(full));
  write_records<totals>(*writer, {{1, 2}});
  CHECK_THAT(complaint_of([&] { writer->finish(); }), Contains("no_space: cannot write to '") && Contains(".part-0.csv.in-progress") && Contains("free some space"));
  writer->publish();
  writer->abandon();
  CHECK(folder.names().empty());
}

TEST_CASE("a folder that cannot be created is reported") {
  temporary_folder folder;
  auto const file = folder.write("taken", "");
  CHECK_THAT(complaint_of([&] { open_writer<totals>(flow::file::csv(file)); }), Contains("taken'"));
  CHECK_THAT(complaint_of([&] { open_writer<totals>(flow::file::csv(file + "/out")); }), Contains("cannot create the folder '"));
}

TEST_CASE("the sinks may wait") {
  CHECK(flow::file::csv("x").make<totals>().blocking);
  CHECK(flow::file::json_lines("x").make<totals>().blocking);
  CHECK(flow::file::console_table().make<totals>().blocking);
}
