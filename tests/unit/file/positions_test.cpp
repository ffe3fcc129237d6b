// Positions, and input cut by the reads of the operating system at every byte.

#include <catch2/catch.hpp>

#include "helpers.hpp"

using namespace file_test;

namespace {

flow::timestamp at(int micros) { return flow::timestamp{flow::duration{micros}}; }

std::vector<flight> const flights{{at(1), "a,\"b\"\n", 5}, {at(2), "", -6}, {at(3), "{[\\\"]}", 7}, {at(4), "\xC3\xA9t\xC3\xA9", 8}};

std::string const json_lines = R"({"date":1,"origin":"a,\"b\"\n","delay":5}
{"delay":-6,"date":2,"origin":"","more":[{"a":"]"},"}",{}]}

{"date":3,"origin":"{[\\\"]}","delay":7}
{"date":4,"origin":"été","delay":8})";

std::string const json_array = R"( [ {"date":1,"origin":"a,\"b\"\n","delay":5} ,
{"delay":-6,"date":2,"origin":"","more":[{"a":"]"},"}",{}]},{"date":3,
"origin":"{[\\\"]}","delay":7}
,{"date":4,"origin":"été","delay":8}] )";

std::string const csv = "\xEF\xBB\xBFmore,origin,date,delay\r\nx,\"a,\"\"b\"\"\n\",1,5\r\n\"\"\"\n\"\"\",,2,-6\nz,{[\\\"]},3,7\n,été,4,8";

/// `{[\"]}` has a quote inside: CSV wants it quoted.
std::string valid_csv() {
  std::string text = csv;
  auto const bare = text.find("{[");
  return text.replace(bare, 6, "\"{[\\\"\"]}\"");
}

template <class Source, class T>
void check_cuts(Source const& source, std::string const& path, std::vector<T> const& expected) {
  for (std::size_t bytes = 1; bytes < 150; ++bytes) {
    INFO("reads of " << bytes << " bytes");
    REQUIRE(read_all(source.read_bytes(bytes), path) == expected);
  }
}

/// Stops after each record and goes on from its position with another reader, and with the same.
template <class Source, class T>
void check_positions(Source const& source, std::string const& path, std::vector<T> const& expected) {
  flow::batch<T> one(1);
  auto reader = open_reader(source, path);
  std::vector<std::string> positions{reader->position(0)};
  for (std::size_t n = 0; n < expected.size(); ++n) {
    REQUIRE(reader->poll(one).status == flow::poll_status::records);
    REQUIRE(one.size() == 1);
    one.clear();
    positions.push_back(reader->position(0));
  }
  REQUIRE(reader->poll(one).status == flow::poll_status::split_end);
  positions.push_back(reader->position(0));
  for (std::size_t n = 0; n < positions.size(); ++n) {
    INFO("from position " << n << ", " << positions[n]);
    std::vector<T> const rest(expected.begin() + static_cast<std::ptrdiff_t>(std::min(n, expected.size())), expected.end());
    REQUIRE(read_all(source.read_bytes(7), path, positions[n]) == rest);
    auto again = open_reader(source, path);
    static_cast<void>(again->poll(one));
    one.clear();
    again->seek(0, positions[n]);
    REQUIRE(again->position(0) == positions[n]);
    REQUIRE(drain(*again) == rest);
    reader->seek(0, positions[n]);
    REQUIRE(drain(*reader) == rest);
  }
}

}  // namespace

TEST_CASE("input cut at any byte by the reads gives the same records") {
  temporary_folder folder;
  for (auto const& text : {json_lines, json_array}) {
    auto const path = folder.write("a.json", text);
    check_cuts(flow::file::json<flight>(path), path, flights);
  }
  auto const path = folder.write("a.csv", valid_csv());
  check_cuts(flow::file::csv<flight>(path), path, flights);
  auto const text = folder.write("a.txt", "one\r\n\n\xC3\xA9\rx\nlast");
  check_cuts(flow::file::text(text), text, std::vector<std::string>{"one", "", "\xC3\xA9\rx", "last"});
}

TEST_CASE("a reader continues from every position with exactly the records that follow it") {
  temporary_folder folder;
  for (auto const& text : {json_lines, json_array, std::string("[]"), std::string()}) {
    auto const path = folder.write("a.json", text);
    check_positions(flow::file::json<flight>(path), path, text.size() > 2 ? flights : std::vector<flight>{});
  }
  auto const path = folder.write("a.csv", valid_csv());
  check_positions(flow::file::csv<flight>(path), path, flights);
  auto const text = folder.write("a.txt", "one\r\n\nlast\n");
  check_positions(flow::file::text(text), text, std::vector<std::string>{"one", "", "last"});
}

TEST_CASE("an error after a restored position names the same place as without the restart") {
  temporary_folder folder;
  std::string const bad = R"(,{"date":9,"origin":"x","delay":true}])";
  auto const path = folder.write("a.json", json_array.substr(0, json_array.size() - 2) + bad);
  auto const source = flow::file::json<flight>(path);
  auto const straight = complaint(source, path);
  auto reader = open_reader(source, path);
  flow::batch<flight> batch(3);
  static_cast<void>(reader->poll(batch));
  auto const position = reader->position(0);
  CHECK(complaint_of([&] { read_all(source, path, position); }) == "bad_record: " + straight);
  CHECK_THAT(straight, Catch::Contains("a.json:4:71: expected a number for field 'delay', found true"));
}

TEST_CASE("a place in a long array is right whatever the reads were") {
  temporary_folder folder;
  std::string text = "[";
  for (int i = 0; i < 500; ++i) text += R"({"date":1,"origin":"a","delay":2})" + std::string(i % 3 == 0 ? ",\n" : ", ");
  std::size_t const bad = text.size() + std::string(R"({"date":1,"origin":"a","delay":)").size();
  text += R"({"date":1,"origin":"a","delay":"2"}])";
  auto const lines = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(bad), '\n');
  auto const column = bad - text.rfind('\n', bad);
  auto const path = folder.write("a.json", text);
  auto const read_bytes = GENERATE(1, 13, 100, 5000, 100'000);
  CHECK(complaint(flow::file::json<flight>(path).read_bytes(static_cast<std::size_t>(read_bytes)), path) ==
        path + ":" + std::to_string(lines + 1) + ":" + std::to_string(column) + ": expected a number for field 'delay', found string \"2\"");
}

TEST_CASE("a position that is none, or behind the end of the file, is refused") {
  temporary_folder folder;
  auto const path = folder.write("a.txt", "one\n");
  auto const source = flow::file::text(path);
  for (auto const* position : {"x", "1", "1 2", "1 2 3 4", "1 2 x", "-1 1 0", "1 1 2", "99999999999999999999 1 0"})
    CHECK_THAT(complaint_of([&] { read_all(source, path, position); }), Catch::StartsWith("bad_record: expected a position in a file"));
  CHECK_THAT(complaint_of([&] { read_all(source, path, "5 2 4"); }), Catch::Contains("expected to continue at byte 5, found a file of 4 bytes"));
}

TEST_CASE("a paused split is not read until it is resumed, and another is read meanwhile") {
  temporary_folder folder;
  auto const first = folder.write("a.txt", "one\n"), second = folder.write("b.txt", "two\n");
  auto reader = open_reader(flow::file::text(first), first);
  reader->assign(1, {second, ""});
  reader->pause(0, true);
  flow::batch<std::string> batch(4);
  auto const other = reader->poll(batch);
  CHECK(other.status == flow::poll_status::split_end);
  CHECK(other.split == 1);
  CHECK(batch[0] == "two");
  batch.clear();
  auto const none = reader->poll(batch);
  CHECK(none.status == flow::poll_status::nothing);
  CHECK(none.retry_after);
  reader->pause(0, false);
  CHECK(reader->poll(batch).split == 0);
  CHECK(batch[0] == "one");
}

TEST_CASE("a poll of long records returns before the batch is full") {
  temporary_folder folder;
  std::string text;
  for (int i = 0; i < 8; ++i) text += std::string(900'000, 'x') + "\n";
  auto const path = folder.write("a.txt", text);
  auto reader = open_reader(flow::file::text(path), path);
  flow::batch<std::string> batch(1000);
  CHECK(reader->poll(batch).status == flow::poll_status::records);
  CHECK(batch.size() == 2);
}
