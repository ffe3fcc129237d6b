// Input that is no record, diverted.

#include <catch2/catch.hpp>

#include <map>

#include "helpers.hpp"

using namespace file_test;
using Catch::Contains;
using flow::bad_record;

namespace {

template <class T>
struct reading {
  std::vector<T> records{};
  std::vector<bad_record> bad{};
};

/// Reads all of a file; from the same positions with new readers too, which must give the same.
template <class Source, class T = typename Source::record_type>
reading<T> read_diverting(Source const& source, std::string const& path, std::uint32_t capacity = 3) {
  reading<T> all;
  flow::connector_context context;
  context.divert = [&](bad_record b) { all.bad.push_back(std::move(b)); };
  auto const open_at = [&](std::string const& position) {
    auto reader = source.make().make_reader();
    reader->open(context);
    reader->assign(0, {path, position});
    return reader;
  };
  flow::batch<T> batch(capacity);
  auto reader = open_at("");
  for (auto status = flow::poll_status::records; status != flow::poll_status::split_end;) {
    std::size_t const before = all.bad.size();
    status = reader->poll(batch).status;
    CHECK(all.bad.size() - before <= capacity);
    for (auto& r : batch) all.records.push_back(std::move(r));
    batch.clear();
    if (status != flow::poll_status::split_end) reader = open_at(reader->position(0));
  }
  return all;
}

std::string const good = R"({"date":1,"origin":"a","delay":2})";

}  // namespace

TEST_CASE("bad JSON lines are diverted with place, reason and text, and the next lines are read") {
  temporary_folder folder;
  std::string const mismatch = R"({"date":1,"origin":"a","delay":"x"})", broken = R"({"date":1,)", missing = R"({"date":1,"delay":3})";
  auto const path = folder.write("a.json", good + "\n" + mismatch + "\n\n" + broken + "\r\n" + good + "\n\xFF\n" + missing + "\n" + good);
  for (std::uint32_t const capacity : {1, 3, 100}) {
    auto const all = read_diverting(flow::file::json<flight>(path), path, capacity);
    CHECK(all.records.size() == 3);
    REQUIRE(all.bad.size() == 4);
    CHECK(all.bad[0] == bad_record{path, 2, 32, "expected a number for field 'delay', found string \"x\"", mismatch});
    CHECK(all.bad[1].line == 4);
    CHECK(all.bad[1].text == broken);
    CHECK_THAT(all.bad[1].reason, Contains("a record must end on its line"));
    CHECK(all.bad[2] == bad_record{path, 6, 1, "expected UTF-8 text, found the byte 0xFF; convert the file to UTF-8", "\xEF\xBF\xBD"});
    CHECK(all.bad[3].line == 7);
  }
}

TEST_CASE("bad elements of a JSON array are diverted as far as it can be told where they end") {
  temporary_folder folder;
  auto const path = folder.write("a.json", "[ {\"date\":oops},\n" + good + ", 17, \"text\" , {\"date\":1,\"origin\":[,]},\n " + good + "]");
  auto const all = read_diverting(flow::file::json<flight>(path), path);
  CHECK(all.records.size() == 2);
  REQUIRE(all.bad.size() == 4);
  CHECK(all.bad[0].text == "{\"date\":oops}");
  CHECK(all.bad[0].column == 11);
  CHECK(all.bad[1].text == "17");
  CHECK(all.bad[2].text == "\"text\"");
  CHECK(all.bad[3].line == 2);
  auto const no_comma = folder.write("b.json", "[" + good + " " + good + "]");
  CHECK_THAT(complaint_of([&] { read_diverting(flow::file::json<flight>(no_comma), no_comma); }), Contains("b.json:1:36: expected ',' or ']'"));
  auto const cut = folder.write("c.json", "[" + good + ", {\"date\":");
  CHECK_THAT(complaint_of([&] { read_diverting(flow::file::json<flight>(cut), cut); }), Contains("the file ends within its array"));
}

TEST_CASE("bad CSV rows are diverted, after an unclosed quote too") {
  temporary_folder folder;
  std::string const rows = "1,a,2\n"         // 2
                           "1,a\n"           // 3
                           "x,\"b\"\"c\",2\n"  // 4
                           "1,a\"b,2\n"      // 5
                           "2,\"new\nline\",3\n"  // 6, 7
                           "3,\"x\"y,4\n"    // 8
                           "\n"              // 9
                           "4,\xFF,1\n"      // 10
                           "5,\"open,2\n"    // 11
                           "6,last,7\n";     // 12
  auto const path = folder.write("a.csv", "date,origin,delay\n" + rows);
  for (bool const newlines : {true, false}) {
    auto source = flow::file::csv<flight>(path);
    auto const all = read_diverting(newlines ? source : source.no_quoted_new_lines(), path);
    std::vector<std::uint64_t> lines;
    for (auto const& b : all.bad) lines.push_back(b.line);
    if (newlines) CHECK(lines == std::vector<std::uint64_t>{3, 4, 5, 8, 9, 10, 11});
    else CHECK(lines == std::vector<std::uint64_t>{3, 4, 5, 6, 7, 8, 9, 10, 11});
    REQUIRE(all.records.size() == (newlines ? 3 : 2));
    CHECK(all.records.back().origin == "last");
    CHECK(all.bad[0] == bad_record{path, 3, 1, "expected 3 fields, as in the header, found 2", "1,a"});
    CHECK(all.bad[1] == bad_record{path, 4, 1, "expected a time like 2001-01-31T23:59:00Z for column 'date', found \"x\"", "x,\"b\"\"c\",2"});
    CHECK(all.bad[2].column == 4);
    CHECK(all.bad[2].text == "1,a\"b,2");
    CHECK(all.bad.back().text == "5,\"open,2");
  }
}

TEST_CASE("lines of text that are not UTF-8 are diverted") {
  temporary_folder folder;
  auto const path = folder.write("a.txt", "one\n\xFFtwo\nthree\n" + std::string("a\0b", 3));
  auto const all = read_diverting(flow::file::text(path), path);
  CHECK(all.records == std::vector<std::string>{"one", "three"});
  REQUIRE(all.bad.size() == 2);
  CHECK(all.bad[0].text == "\xEF\xBF\xBDtwo");
  CHECK(all.bad[1].text == "a\xEF\xBF\xBD" "b");
}

TEST_CASE("a record that is too long is diverted with its beginning, in bounded memory, and the next line is read") {
  temporary_folder folder;
  std::string const long_text(300'000, 'x');
  auto const text = folder.write("a.txt", "one\n" + long_text + "\ntwo\n" + std::string(11, 'y') + "\nthree");
  auto const all = read_diverting(flow::file::text(text).max_record_bytes(10).read_bytes(100), text);
  CHECK(all.records == std::vector<std::string>{"one", "two", "three"});
  REQUIRE(all.bad.size() == 2);
  CHECK(all.bad[0].line == 2);
  CHECK_THAT(all.bad[0].reason, Contains("at most 10 bytes"));
  CHECK(all.bad[1].line == 4);
  CHECK(all.bad[1].text == std::string(11, 'y'));

  auto const json = folder.write("a.json", good + "\n{\"origin\":\"" + long_text + "\"}\n" + good);
  CHECK(read_diverting(flow::file::json<flight>(json).max_record_bytes(50), json).records.size() == 2);
  auto const whole = read_diverting(flow::file::json<flight>(json).max_record_bytes(1000), json);
  REQUIRE(whole.bad.size() == 1);
  CHECK(whole.bad[0].text == ("{\"origin\":\"" + long_text).substr(0, 1001));  // enough to see that it is longer

  auto const csv = folder.write("a.csv", "date,origin,delay\n1,\"" + long_text + "\",2\n1,\"open\n1,b,3\n" + long_text);
  auto const rows = read_diverting(flow::file::csv<flight>(csv).max_record_bytes(1000), csv);
  CHECK(rows.records.size() == 1);
  CHECK(rows.bad.size() == 3);
}

TEST_CASE("what concerns the whole file is an error, also where bad records are diverted") {
  temporary_folder folder;
  auto const path = folder.write("a.csv", "date,origin\n1,a\n");
  CHECK_THAT(complaint_of([&] { read_diverting(flow::file::csv<flight>(path), path); }), Contains("a.csv:1:1: expected a column 'delay'"));
}

TEST_CASE("bad records of a divided file are diverted with the file's lines, each once") {
  temporary_folder folder;
  std::string text;
  for (int i = 1; i <= 300; ++i) text += (i % 50 == 0 ? "{bad}" : good) + "\n";
  auto const path = folder.write("a.json", text);
  auto const source = flow::file::json<flight>(path).split_bytes(1000);
  std::vector<std::uint64_t> lines;
  std::size_t records = 0;
  for (auto const& split : source.make().make_enumerator()->discover()) {
    auto const part = read_diverting(source, split.id, 7);
    records += part.records.size();
    for (auto const& b : part.bad) lines.push_back(b.line);
  }
  CHECK(records == 294);
  CHECK(lines == std::vector<std::uint64_t>{50, 100, 150, 200, 250, 300});
}
