// Files divided into parts: each record is read by exactly one, and messages name the file's lines.

#include <catch2/catch.hpp>

#include <random>

#include <flow/file/detail/file_part.hpp>

#include "helpers.hpp"

using namespace file_test;
using flow::file::detail::file_part;
using flow::file::detail::from_split_id;
using flow::file::detail::to_split_id;

namespace {

/// The borders of `parts` parts, of random sizes; some may be of one byte.
std::vector<std::uint64_t> borders(std::size_t bytes, std::size_t parts, std::mt19937_64& random) {
  std::vector<std::uint64_t> all{0, file_part::to_the_end};
  for (std::size_t i = 1; i < parts; ++i) all.push_back(1 + random() % bytes);
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

template <class Source>
auto read_parts(Source const& source, std::string const& path, std::vector<std::uint64_t> const& borders) {
  std::vector<typename Source::record_type> all;
  for (std::size_t i = 0; i + 1 < borders.size(); ++i) {
    auto part = read_all(source, to_split_id({path, borders[i], borders[i + 1]}));
    std::move(part.begin(), part.end(), std::back_inserter(all));
  }
  return all;
}

/// Random text of 0 to `most` characters of which many mean something to a format.
std::string random_text(std::mt19937_64& random, std::size_t most) {
  static std::vector<std::string> const some{"a", "b", ",", "\"", "\\", "{", "]", " ", "\xC3\xA9", "\xF0\x9F\x98\x80", "0", "\t"};
  std::string text;
  for (std::size_t n = random() % (most + 1); n > 0; --n) text += some[random() % some.size()];
  return text;
}

struct line_format {
  std::string end;   // of a line
  bool last_end;     // whether the last line has one
  bool mark;         // a byte order mark at the beginning
  std::string of(std::vector<std::string> const& lines) const {
    std::string text = mark ? "\xEF\xBB\xBF" : "";
    for (std::size_t i = 0; i < lines.size(); ++i) text += lines[i] + (i + 1 < lines.size() || last_end ? end : "");
    return text;
  }
};
line_format random_format(std::mt19937_64& random) { return {random() % 2 ? "\n" : "\r\n", random() % 2 == 0, random() % 3 == 0}; }

std::string csv_cell(std::string const& text) {
  std::string cell = "\"";
  for (char const c : text) cell += c == '"' ? "\"\"" : std::string(1, c);
  return cell + "\"";
}

/// A number of random files, each of lines made by `line(record)`, divided at random, against the records they were made of.
template <class Make, class Source>
void check_division(Source const& source, std::vector<std::string> const& first_lines, Make make) {
  auto const seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  temporary_folder folder;
  for (int round = 0; round < 150; ++round) {
    std::vector<typename Source::record_type> expected;
    auto lines = first_lines;
    for (std::size_t n = random() % 30; n > 0; --n) make(random, lines, expected);
    auto const format = random_format(random);
    if (!format.last_end && expected.size() == lines.size() && !lines.empty() && lines.back().empty()) expected.pop_back();  // no line at all
    auto const text = format.of(lines);
    auto const path = folder.write("divided", text);
    if (text.empty()) continue;
    std::size_t const parts = 1 + random() % 12;
    auto const cuts = borders(text.size(), parts, random);
    INFO("round " << round << ", " << text.size() << " bytes, cuts at " << Catch::StringMaker<std::vector<std::uint64_t>>::convert(cuts));
    auto const found = read_parts(source.read_bytes(1 + random() % 100), path, cuts);
    REQUIRE(found == expected);
  }
}

}  // namespace

TEST_CASE("the id of a split tells path and part, also of a path that looks like an id") {
  for (auto const& part : std::vector<file_part>{{"/a/b.json"}, {"b", 0, 7}, {"b", 7}, {"a#bytes=0-5"}, {"a#bytes=0-5", 3, 4}, {"#bytes=-"}, {"x#bytes=5-"}})
    CHECK(from_split_id(to_split_id(part)) == part);
  CHECK(to_split_id({"/a/b.json"}) == "/a/b.json");
  CHECK(to_split_id({"b", 10, 20}) == "b#bytes=10-20");
  CHECK(from_split_id("b#bytes=20-10").path == "b#bytes=20-10");
}

TEST_CASE("text divided at random gives exactly its lines") {
  check_division(flow::file::text(""), {}, [](std::mt19937_64& random, auto& lines, auto& expected) {
    lines.push_back(random_text(random, 20));
    expected.push_back(lines.back());
  });
}

TEST_CASE("JSON lines divided at random give exactly their records") {
  check_division(flow::file::json<flight>(""), {}, [](std::mt19937_64& random, auto& lines, auto& expected) {
    if (random() % 4 == 0) return lines.push_back(std::string(random() % 3, ' '));
    flight f{flow::timestamp{flow::duration{static_cast<std::int64_t>(random() % 1000)}}, random_text(random, 10), static_cast<int>(random() % 100)};
    std::string text;
    flow::append_json_escaped(text, f.origin);
    lines.push_back(std::string(random() % 3, ' ') + "{\"date\":" + std::to_string(f.left_at.time_since_epoch().count()) + ",\"origin\":\"" + text +
                    "\",\"delay\":" + std::to_string(f.delay) + "}" + std::string(random() % 2, '\t'));
    expected.push_back(f);
  });
}

TEST_CASE("CSV without quoted new lines divided at random gives exactly its rows") {
  auto const source = flow::file::csv<flight>("").no_quoted_new_lines();
  check_division(source, {"more,\"origin\",date,delay"}, [](std::mt19937_64& random, auto& lines, auto& expected) {
    flight f{flow::timestamp{flow::duration{static_cast<std::int64_t>(random() % 1000)}}, random_text(random, 10), static_cast<int>(random() % 100)};
    lines.push_back(csv_cell(random_text(random, 5)) + "," + csv_cell(f.origin) + "," + std::to_string(f.left_at.time_since_epoch().count()) + "," +
                    std::to_string(f.delay));
    expected.push_back(f);
  });
}

TEST_CASE("a part continues from each of its positions with exactly the records that follow") {
  temporary_folder folder;
  std::vector<std::string> lines;
  std::string text;
  for (int i = 0; i < 40; ++i) text += lines.emplace_back("line " + std::to_string(i * i)) + "\n";
  auto const path = folder.write("a.txt", text);
  auto const source = flow::file::text(path);
  auto const id = to_split_id({path, 100, 250});
  auto const whole = read_all(source, id);
  REQUIRE(whole.size() > 10);
  flow::batch<std::string> one(1);
  auto reader = open_reader(source, id);
  for (std::size_t n = 0; n <= whole.size(); ++n) {
    auto const position = reader->position(0);
    INFO("at " << position);
    CHECK(read_all(source, id, position) == std::vector<std::string>(whole.begin() + static_cast<std::ptrdiff_t>(n), whole.end()));
    static_cast<void>(reader->poll(one));
    one.clear();
  }
  CHECK(read_all(source, id, reader->position(0)).empty());
}

TEST_CASE("a mistake in a part is told with its line in the file, also after a restored position") {
  temporary_folder folder;
  std::string text;
  for (int i = 0; i < 100; ++i) text += i == 70 ? R"({"date":1,"origin":"a","delay":x})" "\n" : R"({"date":1,"origin":"a","delay":2})" "\n";
  auto const path = folder.write("a.json", text);
  auto const source = flow::file::json<flight>(path);
  std::string const said = "a.json:71:32: expected a JSON value, found \"x\"";
  for (std::uint64_t const begin : {1, 33, 34, 35, 1000, 2380}) {
    INFO("a part from " << begin);
    auto const id = to_split_id({path, begin});
    CHECK_THAT(complaint(source, id), Catch::Contains(said));
    auto reader = open_reader(source, id);
    flow::batch<flight> batch(1);
    if (begin < 2300) static_cast<void>(reader->poll(batch));
    CHECK_THAT(complaint_of([&] { read_all(source, id, reader->position(0)); }), Catch::Contains(said));
  }
}

TEST_CASE("a mistake in the header is in line 1, whatever part is read") {
  temporary_folder folder;
  auto const path = folder.write("a.csv", "origin,delay\n1,2\n3,4\n5,6\n");
  CHECK_THAT(complaint(flow::file::csv<flight>(path).no_quoted_new_lines(), to_split_id({path, 18})), Catch::Contains("a.csv:1:1: expected a column 'date'"));
}

TEST_CASE("a quoted new line is a mistake where there are said to be none") {
  temporary_folder folder;
  auto const path = folder.write("a.csv", "date,origin,delay\n1,\"a\nb\",2\n");
  CHECK(complaint(flow::file::csv<flight>(path), path).empty());
  for (std::size_t const bytes : {1, 100})
    CHECK_THAT(complaint(flow::file::csv<flight>(path).no_quoted_new_lines().read_bytes(bytes), path),
               Catch::Contains("a.csv:2:3: expected a closing quote on the same line"));
}
