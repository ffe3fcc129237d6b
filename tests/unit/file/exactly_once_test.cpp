// File sinks in a job with checkpoints: when files end, what they are called, and what goes wrong.

#include <catch2/catch.hpp>

#include <unistd.h>

#include <cerrno>

#include "helpers.hpp"

using namespace file_test;
using namespace std::chrono_literals;
using Catch::Contains;
using names = std::vector<std::string>;

namespace {

struct word {
  std::string text{};
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(text)); }
};

/// A subtask's half of an attempt.
struct subtask {
  flow::manual_clock clock;
  flow::connector_context context;
  std::unique_ptr<flow::writer<word>> writer;
  std::unique_ptr<flow::committer> committer;

  template <class Sink>
  explicit subtask(Sink const& sink, std::uint64_t attempt = 1, std::uint32_t number = 0) {
    auto const made = sink.template make<word>();
    context.operator_name = "words";
    context.subtask = number;
    context.parallelism = number + 1;
    context.checkpoints = true;
    context.attempt = attempt;
    context.clock = &clock;
    writer = made.make_writer();
    committer = made.make_committer();
    committer->open(context);
    writer->open(context);
  }
  void write(std::vector<std::string> const& texts) {
    std::vector<word> words;
    for (auto const& t : texts) words.push_back({t});
    write_records(*writer, words);
  }
  void checkpoint() { committer->commit(writer->prepare(1)); }
  void end() {
    writer->finish();
    checkpoint();
  }
};

template <class Sink>
void recover(Sink const& sink, std::vector<flow::bytes> const& committables, std::uint64_t attempt, bool accept_duplicates = false) {
  auto const made = sink.template make<word>();
  auto const first = made.make_committer();
  flow::connector_context context;
  context.operator_name = "words";
  context.checkpoints = true;
  context.attempt = attempt;
  context.accept_duplicates = accept_duplicates;
  first->open(context);
  first->recover(committables);
}

}  // namespace

TEST_CASE("a file goes on over checkpoints until it is rolled, and is visible then under a name that sorts") {
  temporary_folder folder;
  subtask s(flow::file::csv(folder.path()));
  s.write({"a"});
  s.checkpoint();
  s.write({"b"});
  s.checkpoint();
  CHECK(folder.names() == names{".words-0000-0001-000000.csv.in-progress"});
  s.end();
  CHECK(folder.names() == names{"words-0000-0001-000000.csv"});
  CHECK(content_of(folder / "words-0000-0001-000000.csv") == "text\na\nb\n");
}

TEST_CASE("without records there are no files") {
  temporary_folder folder;
  subtask s(flow::file::csv(folder / "made"));
  CHECK(s.writer->prepare(1).empty());
  s.end();
  CHECK(s.writer->bytes_written() == 0);
  CHECK(folder.names() == names{"made"});
}

TEST_CASE("a file is rolled when it has come to a size, each with a header of its own") {
  temporary_folder folder;
  subtask s(flow::file::csv(folder.path()).roll_bytes(9));
  s.write({"a", "b", "c", "d", "e"});
  CHECK(folder.names().size() == 3);
  s.end();
  CHECK(folder.names() == names{"words-0000-0001-000000.csv", "words-0000-0001-000001.csv", "words-0000-0001-000002.csv"});
  CHECK(content_of(folder / "words-0000-0001-000000.csv") == "text\na\nb\n");
  CHECK(content_of(folder / "words-0000-0001-000002.csv") == "text\ne\n");
}

TEST_CASE("a file that is flushed and secured between its records is rolled at its size as well") {
  temporary_folder folder;
  subtask s(flow::file::csv(folder.path()).roll_bytes(9));
  s.write({"a"});
  s.writer->flush();
  s.checkpoint();
  s.write({"b"});
  s.writer->flush();
  s.write({"c"});
  s.end();
  CHECK(content_of(folder / "words-0000-0001-000000.csv") == "text\na\nb\n");
  CHECK(content_of(folder / "words-0000-0001-000001.csv") == "text\nc\n");
}

TEST_CASE("a file is rolled by age, by inactivity and by checkpoints, and never for a reason that is switched off") {
  temporary_folder folder;
  auto const sink = flow::file::json_lines(folder.path());
  auto const visible_after = [&](auto const& made, std::chrono::nanoseconds first, std::chrono::nanoseconds second) {
    subtask s(made);
    s.write({"a"});
    s.clock.advance(first);
    s.write({"b"});
    s.clock.advance(second);
    s.checkpoint();
    auto const found = folder.names();
    s.writer->abandon();
    for (auto const& name : found) std::filesystem::remove(folder / name);
    return std::count_if(found.begin(), found.end(), [](auto const& name) { return name[0] != '.'; });
  };
  CHECK(visible_after(sink, 59s, 0s) == 0);
  CHECK(visible_after(sink, 59s, 1s) == 1);                      // it is a minute old
  CHECK(visible_after(sink, 60s, 0s) == 1);                      // the first record's; the second is in another
  CHECK(visible_after(sink.roll_after(0s), 59s, 59s) == 0);
  CHECK(visible_after(sink.roll_after(0s), 59s, 60s) == 1);      // nothing came for a minute
  CHECK(visible_after(sink.roll_after(0s), 60s, 60s) == 2);
  CHECK(visible_after(sink.roll_after(0s).roll_when_inactive(0s), 1h, 1h) == 0);
  CHECK(visible_after(sink.roll_on_checkpoint(), 0s, 0s) == 1);
  for (auto const* option : {"roll_after", "roll_when_inactive"})
    CHECK_THAT(complaint_of([&] { static_cast<void>(option == std::string("roll_after") ? sink.roll_after(-1s) : sink.roll_when_inactive(-1s)); }),
               Contains("usage") && Contains(option) && Contains("at least 0"));
}

TEST_CASE("subtasks and sinks of any name keep apart in a folder") {
  temporary_folder folder;
  auto const sink = flow::file::csv(folder.path());
  subtask first(sink, 12, 0), second(sink, 12, 3), other(sink);
  other.context.operator_name = ".late/words %";
  other.writer->open(other.context);
  for (auto* s : {&first, &second, &other}) {
    s->write({"a"});
    s->end();
  }
  CHECK(folder.names() == names{"%2Elate%2Fwords%20%25-0000-0001-000000.csv", "words-0000-0012-000000.csv", "words-0003-0012-000000.csv"});
}

TEST_CASE("a file that was open at the checkpoint is published up to there, whatever was written behind") {
  temporary_folder folder;
  auto const sink = flow::file::csv(folder.path());
  std::vector<flow::bytes> prepared;
  {
    subtask s(sink);
    s.write({"a"});
    prepared = s.writer->prepare(1);
    s.write({"b"});
    s.writer->flush();
  }
  recover(sink, prepared, 2);
  CHECK(folder.names() == names{"words-0000-0001-000000.csv"});
  CHECK(content_of(folder / "words-0000-0001-000000.csv") == "text\na\n");
  recover(sink, prepared, 3);
  CHECK(content_of(folder / "words-0000-0001-000000.csv") == "text\na\n");
}

TEST_CASE("recovering removes the hidden files of this sink that no checkpoint names, and nothing else") {
  temporary_folder folder;
  auto const sink = flow::file::csv(folder.path());
  subtask(sink).write({"a"});
  for (auto const* foreign : {".words-0000-0001.csv.in-progress", ".words-0000-0001-000000.json.in-progress", ".words-x-0000-0001-000000.csv.in-progress", ".part-0.csv.in-progress",
                              "words.csv"})
    folder.write(foreign, "");
  auto const before = folder.names();
  recover(sink, {}, 1);
  auto after = folder.names();
  after.push_back(".words-0000-0001-000000.csv.in-progress");
  std::sort(after.begin(), after.end());
  CHECK(after == before);
  recover(flow::file::csv(folder / "none"), {}, 1);
}

TEST_CASE("a first start refuses the results of an earlier run, or removes them") {
  temporary_folder folder;
  auto const sink = flow::file::csv(folder.path());
  subtask first(sink);
  first.write({"a"});
  first.end();
  recover(sink, {}, 2);
  CHECK(folder.names().size() == 1);
  CHECK_THAT(complaint_of([&] { recover(sink, {}, 1); }), Contains("usage: expected a folder without results of an earlier run of this sink, found") &&
                                                              Contains("words-0000-0001-000000.csv") && Contains(".overwrite()"));
  recover(sink.overwrite(), {}, 1);
  CHECK(folder.names().empty());
}

TEST_CASE("what is abandoned or cancelled keeps what was prepared, and no more") {
  temporary_folder folder;
  auto const sink = flow::file::csv(folder.path()).roll_bytes(7);
  for (bool const cancelled : {false, true}) {
    subtask s(sink);
    s.write({"a", "b"});
    auto const prepared = s.writer->prepare(1);
    CHECK(prepared.size() == 2);
    s.write({"c", "d"});
    if (cancelled) s.writer->cancel();
    else s.writer->abandon();
    CHECK(folder.names()[0] == ".words-0000-0001-000000.csv.in-progress");
    CHECK(folder.names()[1] == ".words-0000-0001-000001.csv.in-progress");
    if (!cancelled) CHECK(folder.names().size() == 2);
    recover(sink, prepared, 2);
    CHECK(folder.names() == names{"words-0000-0001-000000.csv", "words-0000-0001-000001.csv"});
    for (auto const& name : folder.names()) std::filesystem::remove(folder / name);
  }
}

TEST_CASE("going back to an older checkpoint, what later ones have published stays, where the duplicates are taken") {
  temporary_folder folder;
  auto const sink = flow::file::csv(folder.path());
  subtask s(sink);
  s.write({"a"});
  auto const older = s.writer->prepare(1);
  s.write({"b"});
  s.end();
  auto const visible = folder / "words-0000-0001-000000.csv";
  REQUIRE(content_of(visible) == "text\na\nb\n");
  CHECK_THAT(complaint_of([&] { recover(sink, older, 2); }), Contains("has 9: ") && Contains("--accept-duplicates"));
  recover(sink, older, 2, true);
  CHECK(content_of(visible) == "text\na\nb\n");
  std::filesystem::resize_file(visible, 6);
  CHECK_THAT(complaint_of([&] { recover(sink, older, 2, true); }), Contains("with 7 bytes as prepared") && Contains("has 6"));
}

TEST_CASE("a committer says what it expected and does not find") {
  temporary_folder folder;
  auto const sink = flow::file::csv(folder.path()).roll_on_checkpoint();
  auto const hidden = folder / ".words-0000-0001-000000.csv.in-progress", visible = folder / "words-0000-0001-000000.csv";
  subtask s(sink);
  s.write({"a"});
  auto const prepared = s.writer->prepare(1);
  auto const complaint = [&] { return complaint_of([&] { s.committer->commit(prepared); }); };

  folder.write("words-0000-0001-000000.csv", "another's");
  CHECK_THAT(complaint(), Contains("usage: ") && Contains("because another file has the name '" + visible) && Contains("move that away"));
  CHECK(content_of(visible) == "another's");
  std::filesystem::remove(visible);

  std::filesystem::resize_file(hidden, 3);
  CHECK_THAT(complaint(), Contains("with 7 bytes as prepared") && Contains("has 3: another program has changed it"));

  std::filesystem::remove(hidden);
  CHECK_THAT(complaint(), Contains("not_found: expected the file 'words-0000-0001-000000.csv' of subtask 0, attempt 1") && Contains("nor '" + visible + "' is there"));
  CHECK_THAT(complaint_of([&] { recover(sink, prepared, 2); }), Contains("not_found"));

  folder.write("words-0000-0001-000000.csv", "text\na\nb\n");
  CHECK_THAT(complaint(), Contains("has 9: another program has changed it, or a later checkpoint has published it"));

  subtask later(sink, 2);
  CHECK_THAT(complaint_of([&] { later.committer->commit(prepared); }), Contains("expected to commit files of attempt 2, found the file") && Contains("attempt 1"));
}

TEST_CASE("a job that another is writing beside is refused") {
  temporary_folder folder;
  auto const sink = flow::file::csv(folder.path()).roll_on_checkpoint();
  subtask running(sink);
  running.write({"a"});
  CHECK_THAT(complaint_of([&] { recover(sink, {}, 1); }), Contains("another job is writing to this folder"));
  CHECK_THAT(complaint_of([&] { subtask(sink).write({"b"}); }), Contains("usage: expected no file '") && Contains("another job writes to this folder"));
  running.checkpoint();
  CHECK_THAT(complaint_of([&] { subtask(sink).write({"b"}); }), Contains("usage: expected no file '") && Contains("another job writes to this folder"));
}

TEST_CASE("a full device, or a folder that is gone, is an error that says so, and nothing is lost that a checkpoint names") {
  temporary_folder folder;
  std::size_t room = 12;
  auto const full = [&](int file, void const* data, std::size_t size) -> ssize_t {
    ssize_t const count = ::write(file, data, std::min(size, room));
    room -= static_cast<std::size_t>(count);
    errno = ENOSPC;
    return count > 0 ? count : -1;
  };
  auto const sink = flow::file::csv(folder / "out").write_by(full);
  subtask s(sink);
  s.write({"a"});
  auto const prepared = s.writer->prepare(1);
  s.write({"bcdefghijk"});
  CHECK_THAT(complaint_of([&] { s.writer->prepare(2); }), Contains("no_space: cannot write to '") && Contains("free some space"));
  s.writer->abandon();
  recover(sink, prepared, 2);
  CHECK(content_of(folder / "out/words-0000-0001-000000.csv") == "text\na\n");

  subtask gone(sink, 2);
  std::filesystem::remove_all(folder / "out");
  CHECK_THAT(complaint_of([&] { gone.write({"a"}); }), Contains("not_found: cannot create '") && Contains("check the path"));
  CHECK_THAT(complaint_of([&] { recover(sink, prepared, 3); }), Contains("the folder is another"));
}

TEST_CASE("a committable is described by the schema that the sink gives") {
  CHECK(to_string(flow::file::csv("x").make<word>().committable_schema) == R"({"file":"string","closed":"bool","bytes":"u64","subtask":"u32","attempt":"u64"})");
}
