// Which files a source reads, in which order, and which new ones it finds.

#include <catch2/catch.hpp>

#include <sys/stat.h>

#include "helpers.hpp"

using namespace file_test;
using namespace std::chrono_literals;
using Catch::Contains;
using names = std::vector<std::string>;

namespace {

/// The ids of the splits, without the folder in front.
names found(flow::split_enumerator& e, temporary_folder const& folder) {
  names all;
  do {
    for (auto const& s : e.discover()) all.push_back(s.id.starts_with(folder.path()) ? s.id.substr(folder.path().size() + 1) : s.id);
  } while (e.look_again() == 0ns);
  return all;
}
template <class Source>
names found(Source const& source, temporary_folder const& folder) {
  auto const e = source.make().make_enumerator();
  return found(*e, folder);
}
names found_in(temporary_folder const& folder, std::vector<std::string> given) {
  for (auto& g : given) g = folder / g;
  return found(flow::file::text(given), folder);
}

void make_folders(temporary_folder const& folder) {
  for (auto const* name : {"sub", "sub/deep", ".hidden", "_temporary"}) std::filesystem::create_directory(folder / name);
  for (auto const* name : {"b.json", "a.json", "c.csv", "sub/d.json", "sub/deep/e.json", ".part-0.in-progress", "_SUCCESS", ".hidden/f.json", "_temporary/g.json"})
    folder.write(name, "x\n");
}

/// Moves on by 1 ms whenever it is asked.
class ticking final : public flow::clock {
 public:
  std::chrono::nanoseconds now() const override { return now_ += 1ms; }
  flow::timestamp wall() const override { return flow::timestamp{std::chrono::floor<flow::duration>(now_)}; }

 private:
  mutable std::chrono::nanoseconds now_{0};
};

}  // namespace

TEST_CASE("a folder stands for the files in it and below, by name, without hidden ones") {
  temporary_folder folder;
  make_folders(folder);
  names const all{"a.json", "b.json", "c.csv", "sub/d.json", "sub/deep/e.json"};
  CHECK(found_in(folder, {""}) == all);
  CHECK(found(flow::file::text(folder.path()), folder) == all);
  CHECK(found_in(folder, {"sub"}) == names{"sub/d.json", "sub/deep/e.json"});
}

TEST_CASE("a pattern stands for the files that it matches") {
  temporary_folder folder;
  make_folders(folder);
  CHECK(found_in(folder, {"*.json"}) == names{"a.json", "b.json"});
  CHECK(found_in(folder, {"[b-c].*"}) == names{"b.json", "c.csv"});
  CHECK(found_in(folder, {"?.csv"}) == names{"c.csv"});
  CHECK(found_in(folder, {"*/*.json"}) == names{"_temporary/g.json", "sub/d.json"});
  CHECK(found_in(folder, {"**/*.json"}) == names{"_temporary/g.json", "a.json", "b.json", "sub/d.json", "sub/deep/e.json"});
  CHECK(found_in(folder, {"sub/**"}) == names{"sub/d.json", "sub/deep/e.json"});
  CHECK(found_in(folder, {"s*/deep/*"}) == names{"sub/deep/e.json"});
  CHECK(found_in(folder, {".h*/*"}) == names{".hidden/f.json"});
}

TEST_CASE("several paths and patterns stand for all their files, each once") {
  temporary_folder folder;
  make_folders(folder);
  CHECK(found_in(folder, {"sub/d.json", "*.json", "a.json"}) == names{"a.json", "b.json", "sub/d.json"});
  flow::file::json<flight>({folder / "a.json", folder / "b.json"});  // reads like this
}

TEST_CASE("a file whose name looks like a pattern is found by its name") {
  temporary_folder folder;
  folder.write("a[1].txt", "x\n");
  folder.write("a1.txt", "x\n");
  CHECK(found_in(folder, {"a[1].txt"}) == names{"a[1].txt"});
}

TEST_CASE("links to files are read, links to folders are not followed below a folder, and pipes are passed over") {
  temporary_folder folder;
  make_folders(folder);
  std::filesystem::create_symlink(folder / "a.json", folder / "sub/link.json");
  std::filesystem::create_directory_symlink(folder.path(), folder / "sub/loop");
  REQUIRE(::mkfifo((folder / "sub/pipe").c_str(), 0600) == 0);
  CHECK(found_in(folder, {"sub"}) == names{"sub/d.json", "sub/deep/e.json", "sub/link.json"});
}

TEST_CASE("a pattern or folder without a file is an error, each of several") {
  temporary_folder folder;
  folder.write("a.txt", "x");
  std::filesystem::create_directory(folder / "empty");
  for (auto const* none : {"*.json", "empty/", "nowhere/*"})
    CHECK_THAT(complaint_of([&] { found_in(folder, {"a.txt", none}); }), Catch::StartsWith("not_found:") && Contains(folder / std::string(none, std::string_view(none).find_first_of("/*"))));
}

TEST_CASE("files can be ordered by the time of their last change") {
  temporary_folder folder;
  auto const now = std::filesystem::file_time_type::clock::now();
  for (auto const& [name, age] : std::vector<std::pair<std::string, std::chrono::seconds>>{{"b", 3s}, {"c", 9s}, {"a", 1s}, {"d", 3s}})
    std::filesystem::last_write_time(folder.write(name, "x"), now - age);
  CHECK(found(flow::file::text(folder.path()).in_order(flow::file::by_time), folder) == names{"c", "b", "d", "a"});
}

TEST_CASE("a large file of lines is divided, one that cannot be is not") {
  temporary_folder folder;
  std::string lines;
  for (int i = 0; i < 100; ++i) lines += "{\"a\": 12}\n";
  auto const names_of = [&](std::string const& text, auto const& source) {
    folder.write("x", text);
    return found(source.split_bytes(300), folder);
  };
  names const parts{"x#bytes=0-250", "x#bytes=250-500", "x#bytes=500-750", "x#bytes=750-"}, whole{"x"};
  auto const path = folder / "x";
  CHECK(names_of(lines, flow::file::text(path)) == parts);
  CHECK(names_of(lines, flow::file::json<flight>(path)) == parts);
  CHECK(names_of(lines, flow::file::csv<flight>(path)) == whole);
  CHECK(names_of(lines, flow::file::csv<flight>(path).no_quoted_new_lines()) == parts);
  CHECK(names_of(" \n [" + lines, flow::file::json<flight>(path)) == whole);
  CHECK(names_of("\xEF\xBB\xBF[" + lines, flow::file::json<flight>(path)) == whole);
  CHECK(names_of(std::string(5000, ' ') + "[" + lines, flow::file::json<flight>(path)) == whole);
  CHECK(names_of("\x1F\x8B" + lines, flow::file::text(path)) == whole);
  CHECK(names_of(lines.substr(0, 300), flow::file::text(path)) == whole);
  folder.write("x", lines);
  CHECK(found(flow::file::text(path).split_bytes(0), folder) == whole);
}

TEST_CASE("a watched folder gives each new file once, in order, and forgets those that are gone") {
  temporary_folder folder;
  auto const e = flow::file::text(folder.path()).watch(5s).make().make_enumerator();
  CHECK(found(*e, folder).empty());
  CHECK(e->look_again() == 5s);
  folder.write("b", "x");
  folder.write("a", "x");
  CHECK(found(*e, folder) == names{"a", "b"});
  CHECK(found(*e, folder).empty());
  folder.write("0", "x");
  folder.write("c", "x");
  CHECK(found(*e, folder) == names{"0", "c"});
  auto const position = e->position();
  std::filesystem::remove(folder / "a");
  CHECK(found(*e, folder).empty());
  CHECK(e->position() != position);
  folder.write("a", "another");
  CHECK(found(*e, folder) == names{"a"});
}

TEST_CASE("a file of a watched folder that grows or shrinks after it was found is an error") {
  temporary_folder folder;
  auto const path = folder.write("a", "one\n");
  auto const e = flow::file::text(folder.path()).watch(1s).make().make_enumerator();
  CHECK(found(*e, folder) == names{"a"});
  folder.write("a", "one\ntwo\n");
  CHECK_THAT(complaint_of([&] { found(*e, folder); }), Contains("'" + path + "' had 4 bytes when it was found, and has 8 now") && Contains("move them"));
}

TEST_CASE("a watched folder must be there, and the interval be above 0") {
  temporary_folder folder;
  auto const e = flow::file::text(folder / "none").watch(1s).make().make_enumerator();
  CHECK_THAT(complaint_of([&] { e->discover(); }), Catch::StartsWith("not_found:"));
  CHECK_THAT(complaint_of([&] { static_cast<void>(flow::file::text("x").watch(0s)); }), Catch::StartsWith("usage:"));
}

TEST_CASE("an enumerator restored from a position finds what has come since") {
  temporary_folder folder;
  folder.write("a", "x");
  folder.write("with\nnew line 3 x", "x");
  auto const source = flow::file::text(folder.path()).watch(1s).make();
  auto const first = source.make_enumerator();
  CHECK(found(*first, folder).size() == 2);
  folder.write("b", "x");
  auto const second = source.make_enumerator();
  second->restore(first->position());
  CHECK(second->position() == first->position());
  CHECK(found(*second, folder) == names{"b"});
  for (auto const* bad : {"", "x", "watching\n1", "watching\n1 2", "watching\n1 5 a\n", "watching\nx 1 a\n"})
    CHECK_THAT(complaint_of([&] { source.make_enumerator()->restore(bad); }), Catch::StartsWith("bad_record:"));
  auto const bounded = flow::file::text(folder.path()).make();
  auto const done = bounded.make_enumerator();
  CHECK(found(*done, folder).size() == 3);
  auto const restored = bounded.make_enumerator();
  restored->restore(done->position());
  CHECK(found(*restored, folder).empty());
  CHECK_FALSE(restored->look_again());
}

TEST_CASE("a look at many files is done in steps, and gives them when it is complete") {
  temporary_folder folder;
  for (int i = 0; i < 100; ++i) folder.write("file-" + std::to_string(i), "x");
  ticking clock;
  flow::connector_context context;
  context.clock = &clock;
  auto const e = flow::file::text(folder.path()).make().make_enumerator();
  e->open(context);
  int calls = 1;
  auto splits = e->discover();
  for (; e->look_again() == 0ns; ++calls) {
    CHECK(splits.empty());
    splits = e->discover();
  }
  CHECK(calls > 5);
  CHECK(splits.size() == 100);
  CHECK_FALSE(e->look_again());
}

TEST_CASE("a reader that continues a file refuses another in its place, and takes one that has grown") {
  temporary_folder folder;
  auto const path = folder.write("a", "one\ntwo\nthree\n");
  auto const source = flow::file::text(path);
  auto reader = open_reader(source, path);
  flow::batch<std::string> one(1);
  static_cast<void>(reader->poll(one));
  auto const position = reader->position(0);
  folder.write("a", "one\ntwo\nthree\nfour\n");
  CHECK(read_all(source, path, position) == names{"two", "three", "four"});
  folder.write("a", "one\nTWO\nthree\nfour\n");
  CHECK_THAT(complaint_of([&] { read_all(source, path, position); }), Contains("expected the file that was read before"));
  CHECK(read_all(source, path, "4 2 4") == names{"TWO", "three", "four"});
}
