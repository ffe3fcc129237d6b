#include <catch2/catch.hpp>
#include <cereal/types/optional.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include "helpers.hpp"

using namespace file_test;
using Catch::Matchers::Contains;

namespace {

enum class size : int { small = 1, large = 2 };

struct place {
  double latitude = 0;
  std::optional<float> height{};
  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(latitude), CEREAL_NVP(height));
  }
  bool operator==(place const&) const = default;
};

struct airport {
  std::string code{};
  place at{};
  size is = size::small;
  bool open = false;
  std::uint8_t runways = 0;
  std::optional<std::string> note{};
  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(code), CEREAL_NVP(at), CEREAL_NVP(is), CEREAL_NVP(open), CEREAL_NVP(runways), CEREAL_NVP(note));
  }
  bool operator==(airport const&) const = default;
};

struct twice {
  int a = 0, b = 0;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(a), cereal::make_nvp("a", b));
  }
};

struct word {
  std::string text{};
  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(text));
  }
};

std::string const header = "note,runways,open,is,at.height,at.latitude,code,unused\n";

}  // namespace

TEST_CASE("CSV columns are found by name, those of a struct within a struct by both names") {
  temporary_folder folder;
  auto const path = folder.write("a.csv", header + "\"\",2,true,2,1.5,-0.1,\"a,\"\"b\"\"\r\n\",x\r\n,0,0,1,,1e3,,\n");
  std::vector<airport> const expected{{"a,\"b\"\r\n", {-0.1, 1.5F}, size::large, true, 2, ""}, {"", {1000, {}}, size::small, false, 0, {}}};
  CHECK(read_all(flow::file::csv<airport>(path), path) == expected);
  CHECK(flow::file::read_csv<airport>(path) == expected);
}

TEST_CASE("a CSV file of one column may hold empty lines, which are empty texts") {
  temporary_folder folder;
  auto const path = folder.write("a.csv", "text\na\n\n\"\"\nb");
  std::vector<std::string> found;
  for (auto const& w : flow::file::read_csv<word>(path)) found.push_back(w.text);
  CHECK(found == std::vector<std::string>{"a", "", "", "b"});
}

TEST_CASE("malformed CSV is reported with its place, what was expected and what was found") {
  struct mistake {
    std::string text, place, message;
  };
  std::string const top = "date,origin,delay\n";
  auto const m = GENERATE_COPY(values<mistake>({
      {"", "1:1", "expected a header row with the columns 'date', 'origin', 'delay', found the end of the file"},
      {"date,origin\n1,a\n", "1:1", "expected a column 'delay' in the header, found 'date', 'origin'"},
      {"date,origin,delay,delay\n", "1:1", "expected one column 'delay' in the header, found several"},
      {top + "1,a,2\n1,a\n", "3:1", "expected 3 fields, as in the header, found 2"},
      {top + "1,a,2,3\n", "2:1", "expected 3 fields, as in the header, found 4"},
      {top + "1,a,2\n\n1,a,2\n", "3:1", "expected 3 fields, as in the header, found an empty line"},
      {top + "1,a,abc\n", "2:5", "expected a whole number from -2147483648 to 2147483647 for column 'delay', found \"abc\""},
      {top + "1,a,\n", "2:5", "for column 'delay', found an empty field"},
      {top + "1,a,2147483648\n", "2:5", "for column 'delay', found \"2147483648\""},
      {top + "1,a, 2\n", "2:5", "for column 'delay', found \" 2\""},
      {top + "x,a,2\n", "2:1", "expected a time like 2001-01-31T23:59:00Z for column 'date', found \"x\""},
      {top + "1,\"a\nb\",2\n1,a,z\n", "4:5", "for column 'delay', found \"z\""},
      {top + "1,\"a\"\"\n\",2\n1,a,z\n", "4:5", "for column 'delay', found \"z\""},
      {top + "1,a\"b,2\n", "2:4", "expected quotes around the whole field, found a quote within it"},
      {top + "1,\"a\"b,2\n", "2:6", "expected ',' or the end of the line after a closing quote, found \"b\""},
      {top + "1,\"a,2\n1,b,3\n", "2:3", "expected a closing quote for the field that begins here, found the end of the file"},
      {top + "1,a\r,2\n", "2:4", "expected a line feed after a carriage return"},
      {top + "1,a,2\r", "2:6", "expected a line feed after a carriage return"},
      {top + "1,\xFF,2\n", "2:3", "expected UTF-8 text, found the byte 0xFF"},
      {top + std::string("1,\0,2\n", 6), "2:3", "expected UTF-8 text, found a NUL byte"},
  }));
  temporary_folder folder;
  auto const path = folder.write("a.csv", m.text);
  auto const read_bytes = GENERATE(std::size_t{1}, std::size_t{1000});
  auto const found = complaint(flow::file::csv<flight>(path).read_bytes(read_bytes), path, flow::error_code::bad_record);
  CAPTURE(m.text);
  CHECK_THAT(found, Catch::StartsWith(path + ":" + m.place + ": ") && Contains(m.message));
}

TEST_CASE("a CSV row longer than allowed, as of a quote that is never closed, is an error that names the limit") {
  temporary_folder folder;
  auto const path = folder.write("a.csv", "date,origin,delay\n1,\"" + std::string(100'000, 'x'));
  auto const found = complaint(flow::file::csv<flight>(path).max_record_bytes(1000).read_bytes(64), path, flow::error_code::limit_exceeded);
  CHECK_THAT(found, Contains("a.csv:2:1: expected a record of at most 1000 bytes"));
}

TEST_CASE("a record type with two columns of one name is refused when the job is made") {
  CHECK_THAT(complaint_of([] { static_cast<void>(flow::file::csv<twice>("x").make()); }), Contains("invalid_job: ") && Contains("two named 'a'"));
  CHECK_THAT(complaint_of([] { static_cast<void>(flow::file::csv("x").make<twice>()); }), Contains("two named 'a'"));
}

TEST_CASE("text is delivered line by line without the ends of the lines") {
  temporary_folder folder;
  auto const path = folder.write("a.txt", "\xEF\xBB\xBFone\r\n\n\xC3\xA9 \nlast");
  CHECK(read_all(flow::file::text(path), path) == std::vector<std::string>{"one", "", "\xC3\xA9 ", "last"});
}

TEST_CASE("text that is no UTF-8 is reported with its place") {
  struct mistake {
    std::string bytes, message;
  };
  auto const m = GENERATE(values<mistake>({{"\xFF", "0xFF"},         {std::string(1, '\0'), "a NUL byte"}, {"\xC0\x80", "0xC0"},         {"\xE0\x80\x80", "0xE0"},
                                           {"\xED\xA0\x80", "0xED"}, {"\xF4\x90\x80\x80", "0xF4"},         {"\xF0\x8F\xBF\xBF", "0xF0"}, {"\xE2\x82", "0xE2"}}));
  auto const before = GENERATE(std::size_t{0}, std::size_t{3}, std::size_t{8}, std::size_t{100});
  temporary_folder folder;
  auto const path = folder.write("a.txt", "\xE2\x82\xAC\n" + std::string(before, 'x') + m.bytes + "\n");
  CHECK_THAT(complaint(flow::file::text(path), path, flow::error_code::bad_record),
             Contains("a.txt:2:" + std::to_string(before + 1) + ": expected UTF-8 text, found ") && Contains(m.message));
}

TEST_CASE("a line of 100 MB is an error that names the limit, in bounded memory") {
  temporary_folder folder;
  auto const path = folder / "a.txt";
  std::ofstream(path) << "";
  REQUIRE(::truncate(path.c_str(), 100'000'000) == 0);  // a hole: no disk is used
  CHECK_THAT(complaint(flow::file::text(path), path, flow::error_code::limit_exceeded), Contains("at most 16777216 bytes"));
  CHECK_THAT(complaint(flow::file::json<flight>(path).max_record_bytes(1000), path, flow::error_code::limit_exceeded), Contains("at most 1000 bytes"));
}

TEST_CASE("a file that is missing, is a pipe or must not be read is reported before and when it is read") {
  temporary_folder folder;
  auto const locked = folder.write("locked.txt", "x");
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  ::chmod(locked.c_str(), 0);
  auto const check = [](std::string const& path, std::string const& message) {
    auto const source = flow::file::text(path);
    CHECK_THAT(complaint_of([&] { source.make().make_enumerator()->discover(); }), Contains(path) && Contains(message));
    CHECK_THAT(complaint_of([&] { read_all(source, path); }), Contains(path) && Contains(message));
  };
  check(folder / "none", "not_found: cannot open");
  check(folder / "pipe", "expected a file, found a device or pipe");
  if (::geteuid() != 0) check(locked, "permission_denied: cannot open");  // nothing is forbidden to root
}

TEST_CASE("a file is one split, named by its path, and its source may wait") {
  temporary_folder folder;
  auto const path = folder.write("a.txt", "x");
  auto const source = flow::file::text(path).make();
  auto const splits = source.make_enumerator()->discover();
  REQUIRE(splits.size() == 1);
  CHECK(splits[0].id == path);
  CHECK(splits[0].position.empty());
  CHECK(source.blocking);
}
