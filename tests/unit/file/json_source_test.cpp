#include <catch2/catch.hpp>
#include <cereal/types/array.hpp>
#include <cereal/types/optional.hpp>
#include <cereal/types/vector.hpp>

#include <array>
#include <cstdint>
#include <limits>

#include "helpers.hpp"

using namespace file_test;
using Catch::Matchers::Contains;

namespace {

enum class cabin : std::uint8_t { economy = 1, business = 2 };

struct seat {
  int row = 0;
  cabin in = cabin::economy;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(row), CEREAL_NVP(in));
  }
  bool operator==(seat const&) const = default;
};

struct everything {
  bool flag = false;
  std::int8_t i8 = 0;
  std::uint8_t u8 = 0;
  std::int64_t i64 = 0;
  std::uint64_t u64 = 0;
  double real = 0;
  std::string text{};
  seat best{};
  std::vector<seat> seats{};
  std::vector<int> numbers{};
  std::array<int, 2> pair{};
  std::optional<std::string> note{};
  std::optional<seat> spare{};

  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(flag), CEREAL_NVP(i8), CEREAL_NVP(u8), CEREAL_NVP(i64), CEREAL_NVP(u64), CEREAL_NVP(real), CEREAL_NVP(text));
    archive(CEREAL_NVP(best), CEREAL_NVP(seats), CEREAL_NVP(numbers), CEREAL_NVP(pair), CEREAL_NVP(note), CEREAL_NVP(spare));
  }
  bool operator==(everything const&) const = default;
};

std::string const full = R"({"u8":255,"flag":true,"i8":-128,"i64":-9223372036854775808,"u64":18446744073709551615,"real":2.5e3,)"
                         R"("text":"a\"\u00e9\n","other":{"x":[1,{}]},"best":{"row":1,"in":2},"seats":[{"row":2,"in":1},{"in":2,"row":3}],)"
                         R"("numbers":[4,5,6],"pair":[7,8],"note":"n","spare":{"row":9,"in":1}})";

everything expected_everything() {
  everything e;
  e.flag = true;
  e.i8 = -128;
  e.u8 = 255;
  e.i64 = std::numeric_limits<std::int64_t>::min();
  e.u64 = std::numeric_limits<std::uint64_t>::max();
  e.real = 2500;
  e.text = "a\"\xC3\xA9\n";
  e.best = {1, cabin::business};
  e.seats = {{2, cabin::economy}, {3, cabin::business}};
  e.numbers = {4, 5, 6};
  e.pair = {7, 8};
  e.note = "n";
  e.spare = seat{9, cabin::economy};
  return e;
}

std::string replaced(std::string text, std::string const& what, std::string const& by) {
  auto const at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), by);
}

}  // namespace

TEST_CASE("a JSON record may hold every kind of field, in any order, among members that are no fields") {
  temporary_folder folder;
  auto const path = folder.write("a.json", full + "\n");
  CHECK(read_all(flow::file::json<everything>(path), path) == std::vector{expected_everything()});
}

TEST_CASE("an optional field of JSON may be missing or null") {
  temporary_folder folder;
  auto expected = expected_everything();
  expected.note.reset();
  expected.spare.reset();
  auto const path = folder.write("a.json", replaced(replaced(full, R"(,"spare":{"row":9,"in":1})", ""), R"("note":"n")", R"("note":null)"));
  CHECK(read_all(flow::file::json<everything>(path), path) == std::vector{expected});
}

TEST_CASE("elements of an array may be null where they are optional") {
  using numbers = std::vector<std::optional<int>>;
  temporary_folder folder;
  auto const path = folder.write("a.json", "[[1,null,3],[],[null]]");
  CHECK(read_all(flow::file::json<numbers>(path), path) == std::vector<numbers>{{1, {}, 3}, {}, {std::nullopt}});
}

TEST_CASE("a JSON field of the wrong type or range is reported with its name, what was expected and found, and its place") {
  struct mistake {
    std::string what, by, message;
  };
  auto const m = GENERATE(values<mistake>({
      {R"("flag":true)", R"("flag":1)", "expected true or false for field 'flag', found number 1"},
      {R"("i8":-128)", R"("i8":-129)", "expected a whole number from -128 to 127 for field 'i8', found number -129"},
      {R"("u8":255)", R"("u8":256)", "expected a whole number from 0 to 255 for field 'u8', found number 256"},
      {R"("u8":255)", R"("u8":-1)", "expected a whole number from 0 to 255 for field 'u8', found number -1"},
      {R"("u8":255)", R"("u8":1.5)", "expected a whole number from 0 to 255 for field 'u8', found number 1.5"},
      {R"("u8":255)", R"("u8":"abc")", "expected a number for field 'u8', found string \"abc\""},
      {R"("real":2.5e3)", R"("real":null)", "expected a number for field 'real', found null"},
      {R"("u64":18446744073709551615)", R"("u64":18446744073709551616)", "expected a whole number from 0 to 18446744073709551615 for field 'u64', found number 1.8446744073709552e+19"},
      {R"("text":"a)", R"("txt":"a)", "expected a field 'text', found none of that name"},
      {R"("best":{"row":1,"in":2})", R"("best":[1,2])", "expected an object for field 'best', found an array"},
      {R"("best":{"row":1,"in":2})", R"("best":7)", "expected an object for field 'best', found number 7"},
      {R"({"in":2,"row":3})", R"({"in":2,"row":"3"})", "expected a number for field 'seats[1].row', found string \"3\""},
      {R"({"in":2,"row":3})", R"({"in":256,"row":3})", "for field 'seats[1].in', found number 256"},
      {R"("numbers":[4,5,6])", R"("numbers":{})", "expected an array for field 'numbers', found an object"},
      {R"("pair":[7,8])", R"("pair":[7])", "expected more than 1 elements in the array"},
      {R"("pair":[7,8])", R"("pair":[7,8,9])", "expected 2 elements in the array, found 3"},
      {R"("note":"n")", R"("note":5)", "expected a string for field 'note', found number 5"},
  }));
  temporary_folder folder;
  auto const path = folder.write("a.json", full + "\n" + replaced(full, m.what, m.by) + "\n");
  auto const found = complaint(flow::file::json<everything>(path), path, flow::error_code::bad_record);
  CHECK_THAT(found, Catch::StartsWith(path + ":2:") && Contains(m.message));
}

TEST_CASE("the place of a wrong JSON field is its line and the column of its value in bytes") {
  temporary_folder folder;
  auto const path = folder.write("a.json", "\n [ {\"date\":0, \"origin\":\"x\", \"delay\":1},\n  {\"date\":0,\n   \"origin\":\"\xC3\xA9\", \"delay\":\"abc\"}]");
  CHECK(complaint(flow::file::json<flight>(path), path) == path + ":4:27: expected a number for field 'delay', found string \"abc\"");
}

TEST_CASE("a whole number of JSON beyond 64 bits is read into a double, whatever stands beside it") {
  auto const number = GENERATE(values<std::pair<std::string, double>>({{"18446744073709551615", 18446744073709551615.0},
                                                                      {"18446744073709551616", 18446744073709551616.0},
                                                                      {"-9223372036854775809", -9223372036854775809.0},
                                                                      {"123456789012345678901234567890", 123456789012345678901234567890.0}}));
  temporary_folder folder;
  auto expected = expected_everything();
  expected.real = number.second;
  expected.text = "18446744073709551616\"18446744073709551616";
  auto const path = folder.write("a.json", replaced(replaced(full, R"("real":2.5e3)", "\"real\":" + number.first), R"(a\"\u00e9\n)", R"(18446744073709551616\"18446744073709551616)"));
  CHECK(read_all(flow::file::json<everything>(path), path) == std::vector{expected});
}

TEST_CASE("times in JSON are read in the format of the source, in ISO 8601, or as microseconds") {
  using namespace std::chrono_literals;
  temporary_folder folder;
  flow::timestamp const expected = std::chrono::sys_days{std::chrono::year{2001} / 1 / 31} + 23h + 59min;
  auto const formatted = folder.write("a.json", R"({"date":"2001/01/31 23:59","origin":"","delay":0})");
  auto const source = flow::file::json<flight>(formatted).time_format("%Y/%m/%d %H:%M");
  CHECK(read_all(source, formatted).at(0).left_at == expected);
  auto const iso = folder.write("b.json", R"({"date":"2001-01-31T23:59:00Z","origin":"","delay":0}
{"date":980985540000000,"origin":"","delay":0})");
  auto const read = read_all(flow::file::json<flight>(iso), iso);
  CHECK(read.at(0).left_at == expected);
  CHECK(read.at(1).left_at == expected);
  CHECK_THAT(complaint(source, iso), Contains("b.json:1:9: expected a time in the form \"%Y/%m/%d %H:%M\" for field 'date', found string \"2001-01-31T23"));
}

TEST_CASE("the form of a JSON file, one array or a record per line, is found by its first character") {
  temporary_folder folder;
  std::string const one = R"({"date":1,"origin":"a","delay":2})", two = R"({"date":3,"origin":"b","delay":4})";
  std::vector<flight> const expected{{flow::timestamp{flow::duration{1}}, "a", 2}, {flow::timestamp{flow::duration{3}}, "b", 4}};
  auto const text = GENERATE_COPY(values<std::string>({one + "\n" + two, one + "\r\n\n  \n" + two + "\r\n", "\n" + one + "\n" + two + "\n", "\xEF\xBB\xBF" + one + "\n" + two,
                                                       "[" + one + "," + two + "]", " \n[ " + one + "\n, " + two + "\n]\n \n", "\xEF\xBB\xBF[" + one + "," + two + "]"}));
  auto const path = folder.write("a.json", text);
  CHECK(read_all(flow::file::json<flight>(path), path) == expected);
}

TEST_CASE("brackets and quotes within strings do not end a record, wherever they stand") {
  temporary_folder folder;
  for (std::string const what : {"}", "]", "{[", "\\\"}", "\\\\"}) {
    std::string text = "[", separator;
    std::vector<std::string> expected;
    for (std::size_t length = 0; length < 140; ++length) {
      std::string const before(length, 'x'), behind(length % 67, 'y');
      text += separator + R"({"date":0,"delay":0,"more":[{}],"origin":")" + before + what + behind + "\"}";
      separator = ",";
      expected.push_back(before + (what.front() == '\\' ? what.substr(1) : what) + behind);
    }
    auto const path = folder.write("a.json", text + "]");
    std::vector<std::string> found;
    for (auto const& f : read_all(flow::file::json<flight>(path), path)) found.push_back(f.origin);
    CHECK(found == expected);
  }
}

TEST_CASE("a JSON file without records gives none") {
  temporary_folder folder;
  auto const text = GENERATE(values<std::string>({"", "\n \n", "\xEF\xBB\xBF", "[]", " [ ] \n"}));
  auto const path = folder.write("a.json", text);
  CHECK(read_all(flow::file::json<flight>(path), path).empty());
}

TEST_CASE("malformed JSON is reported with its place and what was expected") {
  struct mistake {
    std::string text, place, message;
  };
  std::string const good = R"({"date":1,"origin":"a","delay":2})";
  auto const m = GENERATE_COPY(values<mistake>({
      {good + "\n{\"date\":1,\n\"origin\":\"a\"}", "2:11", "found the end of the record; a record must end on its line"},
      {good + " " + good, "1:35", "expected the end of the record, found \"{\""},
      {"[" + good + "," + good, "1:69", "expected ',' or ']' after a record, found the end of the file; the array is truncated"},
      {"[" + good + ",", "1:36", "the array is truncated"},
      {"[", "1:2", "the array is truncated"},
      {"[" + good + ",{\"date\":1", "1:45", "the file ends within its array"},
      {"[" + good + "]\nx", "2:1", "expected the end of the file after the array, found \"x\""},
      {"[" + good + "][", "1:36", "expected the end of the file after the array, found \"[\""},
      {"[" + good + " " + good + "]", "1:36", "expected ',' or ']' after a record, found \"{\""},
      {"[" + good + ",,", "1:36", "expected a record, found \",\""},
      {"[," + good + "]", "1:2", "expected a record, found \",\""},
      {"[" + good + ",]", "1:36", "expected a record, found \"]\""},
      {"[}", "1:2", "expected a record, found \"}\""},
      {R"({"date":1,,"origin":"a","delay":2})", "1:11", "expected a member's name in quotes, found \",\""},
      {R"({"date":1,"origin":"a","delay":02})", "1:32", "expected a number of JSON, found \"02\""},
      {R"({"date":1,"origin":"a","delay":1e400})", "1:32", "expected a number of double precision, found \"1e400\""},
      {R"({"date":1,"origin":"a","delay":nul})", "1:32", "expected a JSON value, found \"nul\""},
      {R"({"date":1,"origin":"a" "delay":2})", "1:24", "expected ',' or '}' after a member"},
      {R"({"date":1,"origin":"a","delay" 2})", "1:32", "expected ':' after a member's name, found \"2\""},
      {R"({"date":1,"origin":"a\x","delay":2})", "1:22", "expected an escape of JSON, found \"\\\\x"},
      {"{\"date\":1,\"origin\":\"a\xFF\",\"delay\":2}", "1:22", "expected UTF-8 text, found the byte 0xFF"},
      {"{\"date\":1,\"origin\":\"a\xC3\",\"delay\":2}", "1:22", "expected UTF-8 text, found the byte 0xC3"},
      {"{\"date\":1,\"origin\":\"a\t\",\"delay\":2}", "1:22", "expected an escape in place of a control character"},
      {std::string("{\"date\":1,\"origin\":\"a\0\",\"delay\":2}", 35), "1:22", "found a NUL byte"},
      {"7", "1:1", "expected an object"},
      {"nonsense", "1:1", "expected a JSON value, found \"nonsense\""},
  }));
  temporary_folder folder;
  auto const path = folder.write("a.json", m.text);
  auto const found = complaint(flow::file::json<flight>(path), path, flow::error_code::bad_record);
  CAPTURE(m.text);
  CHECK_THAT(found, Catch::StartsWith(path + ":" + m.place + ": ") && Contains(m.message));
}

TEST_CASE("a record of JSON longer than allowed is an error that names the limit, and one as long is not") {
  temporary_folder folder;
  std::string const good = R"({"date":1,"origin":"a","delay":2})";
  auto const text = GENERATE_COPY(values<std::string>({good + "\n", good + "\r\n", good, "[" + good + "]", "[" + good + "\n,\n" + good + "]"}));
  auto const read_bytes = GENERATE(std::size_t{1}, std::size_t{10}, std::size_t{1000});
  auto const path = folder.write("a.json", text);
  auto const source = flow::file::json<flight>(path).read_bytes(read_bytes);
  CHECK(complaint(source.max_record_bytes(good.size()), path).empty());
  CHECK_THAT(complaint(source.max_record_bytes(good.size() - 1), path, flow::error_code::limit_exceeded),
             Contains("expected a record of at most 32 bytes, found a longer one") && Contains(".max_record_bytes(n)"));
}

TEST_CASE("JSON nested without end is an error, not a crash") {
  temporary_folder folder;
  auto const path = folder.write("a.json", "{\"x\":" + std::string(100'000, '[') + std::string(100'000, ']') + "}");
  CHECK_THAT(complaint(flow::file::json<flight>(path), path, flow::error_code::bad_record), Contains("expected at most 1000 levels of JSON"));
}
