// Files compressed by gzip.

#include <catch2/catch.hpp>

#include <zlib.h>

#include "helpers.hpp"

using namespace file_test;
using Catch::Contains;

namespace {

/// One gzip member.
std::string gzip(std::string const& text) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string compressed(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<unsigned char*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<unsigned char*>(compressed.data());
  stream.avail_out = static_cast<uInt>(compressed.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  compressed.resize(stream.total_out);
  deflateEnd(&stream);
  return compressed;
}

std::vector<std::string> numbered_lines(int n) {
  std::vector<std::string> lines;
  for (int i = 0; i < n; ++i) lines.push_back("line " + std::to_string(i * 7919 % 10007));
  return lines;
}
std::string joined(std::vector<std::string> const& lines) {
  std::string text;
  for (auto const& l : lines) text += l + "\n";
  return text;
}

}  // namespace

TEST_CASE("a compressed file is known by its first bytes, whatever its name") {
  temporary_folder folder;
  auto const lines = numbered_lines(5000);
  for (auto const* name : {"a.gz", "a.txt", "a"}) {
    auto const path = folder.write(name, gzip(joined(lines)));
    CHECK(read_all(flow::file::text(path), path) == lines);
  }
  auto const plain = folder.write("plain.gz", "not compressed\n");
  CHECK(read_all(flow::file::text(plain), plain) == std::vector<std::string>{"not compressed"});
}

TEST_CASE("the members of a compressed file are read one after the other, empty ones and filling zeros too") {
  temporary_folder folder;
  auto const lines = numbered_lines(3000);
  auto const text = joined(lines);
  std::string members;
  for (std::size_t at = 0; at < text.size(); at += 777) members += gzip(text.substr(at, 777)) + (at % 2 ? gzip("") : "");
  auto const path = folder.write("a.gz", members + std::string(600, '\0'));
  for (std::size_t const bytes : {1, 100, 65536}) CHECK(read_all(flow::file::text(path).read_bytes(bytes), path) == lines);
  auto const empty = folder.write("empty.gz", gzip(""));
  CHECK(read_all(flow::file::text(empty), empty).empty());
}

TEST_CASE("a reader of a compressed file continues from every position, which is one of the content") {
  temporary_folder folder;
  auto const lines = numbered_lines(200);
  auto const text = joined(lines);
  auto const path = folder.write("a.gz", gzip(text.substr(0, 900)) + gzip(text.substr(900)));
  auto const source = flow::file::text(path);
  auto reader = open_reader(source, path);
  flow::batch<std::string> one(1);
  std::size_t offset = 0;
  for (std::size_t n = 0; n < lines.size(); ++n) {
    auto const position = reader->position(0);
    CHECK_THAT(position, Catch::StartsWith(std::to_string(offset) + " "));
    if (n % 7 == 0) CHECK(read_all(source, path, position) == std::vector<std::string>(lines.begin() + static_cast<std::ptrdiff_t>(n), lines.end()));
    static_cast<void>(reader->poll(one));
    one.clear();
    offset += lines[n].size() + 1;
  }
  auto const position = std::to_string(text.size() + 1) + " 1 0";
  CHECK_THAT(complaint_of([&] { read_all(source, path, position); }), Contains("found a file of " + std::to_string(text.size()) + " bytes, uncompressed"));
}

TEST_CASE("an array in a compressed file is read") {
  temporary_folder folder;
  auto const path = folder.write("a.json", gzip(R"([{"date":1,"origin":"a","delay":2}, {"date":2,"origin":"b","delay":3}] )"));
  CHECK(read_all(flow::file::json<flight>(path), path).size() == 2);
}

TEST_CASE("a compressed file that ends too early is an error wherever it is cut") {
  temporary_folder folder;
  auto const whole = gzip(joined(numbered_lines(300)));
  for (std::size_t bytes = 2; bytes < whole.size(); bytes += bytes < 30 || bytes + 30 > whole.size() ? 1 : 17) {
    INFO("cut after " << bytes << " of " << whole.size());
    auto const path = folder.write("a.gz", whole.substr(0, bytes));
    CHECK_THAT(complaint(flow::file::text(path), path, flow::error_code::bad_record),
               Contains("a.gz: at byte " + std::to_string(bytes) + " of the compressed file") && Contains("expected more compressed data") && Contains("truncated"));
  }
}

TEST_CASE("a compressed file with a wrong byte is an error, at the latest by its checksum") {
  temporary_folder folder;
  auto const whole = gzip(joined(numbered_lines(300)));
  for (std::size_t at = 10; at < whole.size(); at += 13) {
    auto damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    auto const path = folder.write("a.gz", damaged);
    INFO("byte " << at);
    CHECK_THAT(complaint(flow::file::text(path), path, flow::error_code::bad_record), Contains("a.gz: at byte ") || Contains("expected UTF-8"));
  }
  auto const followed = folder.write("b.gz", whole + "more");
  CHECK_THAT(complaint(flow::file::text(followed), followed), Contains("at byte " + std::to_string(whole.size())) && Contains("another gzip member"));
}

TEST_CASE("mistakes in a compressed file are told with the lines of its content") {
  temporary_folder folder;
  auto const path = folder.write("a.gz", gzip("date,origin,delay\n1,a,2\n2,b,x\n"));
  CHECK_THAT(complaint(flow::file::csv<flight>(path), path), Contains("a.gz:3:5: expected a whole number"));
}
