// Continuing from every position, in random files of every format, plain, compressed and divided, good and bad records among
// each other: what a job that starts again reads.

#include <catch2/catch.hpp>

#include <zlib.h>

#include <random>

#include <flow/file/detail/file_part.hpp>

#include "helpers.hpp"

using namespace file_test;
using flow::file::detail::to_split_id;

namespace {

/// What a reader has delivered: records, and the texts of those that were none.
template <class T>
struct delivered {
  std::vector<T> records;
  std::vector<std::string> bad;
  bool operator==(delivered const&) const = default;
};

template <class Source>
class reading {
 public:
  using record = typename Source::record_type;
  reading(Source const& source, std::string const& split, std::string const& position = {}) : reader_(source.make().make_reader()) {
    flow::connector_context context;
    context.divert = [this](flow::bad_record b) { so_far.bad.push_back(b.text); };
    reader_->open(context);
    reader_->assign(0, {split, position});
  }
  bool poll(std::uint32_t room) {
    flow::batch<record> batch(room);
    bool const ended = reader_->poll(batch).status == flow::poll_status::split_end;
    so_far.records.insert(so_far.records.end(), batch.begin(), batch.end());
    return !ended;
  }
  void rest(std::uint32_t room) {
    while (poll(room)) {
    }
  }
  std::string position() const { return reader_->position(0); }
  void seek(std::string const& position) { reader_->seek(0, position); }

  delivered<record> so_far;

 private:
  std::unique_ptr<flow::reader<record>> reader_;
};

/// Reads a split to its end and goes back to each of the positions it had, with this reader and with new ones.
template <class Source>
void check_every_position(Source const& source, std::string const& split, std::mt19937_64& random) {
  reading<Source> whole(source, split);
  std::vector<std::pair<std::string, delivered<typename Source::record_type>>> marks{{whole.position(), whole.so_far}};
  while (whole.poll(1)) marks.emplace_back(whole.position(), whole.so_far);
  marks.emplace_back(whole.position(), whole.so_far);
  auto const expected = whole.so_far;
  for (auto const& [position, before] : marks) {
    INFO("position " << position);
    reading<Source> other(source.read_bytes(1 + random() % 200), split, position);
    other.so_far = before;
    REQUIRE(other.position().substr(0, position.find(' ')) == position.substr(0, position.find(' ')));
    other.rest(static_cast<std::uint32_t>(1 + random() % 5));
    REQUIRE((other.so_far == expected));
    whole.seek(position);
    whole.so_far = before;
    whole.rest(3);
    REQUIRE((whole.so_far == expected));
  }
}

std::string gzip(std::string const& text, std::mt19937_64& random) {
  temporary_folder folder;
  auto const path = folder / "members.gz";
  for (std::size_t at = 0, size = 0; at < text.size(); at += size) {
    size = std::min<std::size_t>(1 + random() % 300, text.size() - at);
    gzFile const out = gzopen(path.c_str(), "ab");
    gzwrite(out, text.data() + at, static_cast<unsigned>(size));
    gzclose(out);
  }
  return content_of(path);
}

/// Files of random lines, of which `divided` ones may be read in parts.
template <class Source, class Line>
void check_files(Source const& source, std::string const& header, bool divided, Line line, std::string const& footer = {}) {
  auto const seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  temporary_folder folder;
  for (int round = 0; round < 12; ++round) {
    std::string text = header;
    for (std::size_t i = 0, n = random() % 25; i < n; ++i) text += line(i, random);
    text += footer;
    if (text.empty()) continue;
    auto const diverting = source.on_bad_record(flow::file::divert).read_bytes(1 + random() % 100);
    auto const plain = folder.write("plain", text), compressed = folder.write("compressed", gzip(text, random));
    INFO(text);
    check_every_position(diverting, plain, random);
    check_every_position(diverting, compressed, random);
    if (!divided || text.size() < 4) continue;
    std::uint64_t const cut = 1 + random() % (text.size() - 2), second = cut + 1 + random() % (text.size() - cut - 1);
    for (auto const& part : {to_split_id({plain, 0, cut}), to_split_id({plain, cut, second}), to_split_id({plain, second})}) check_every_position(diverting, part, random);
  }
}

std::string object(std::size_t i) { return R"({"date":)" + std::to_string(i) + R"(,"origin":"a[{\"]","delay":2})"; }
std::string const no_object = R"({"date":1,"origin":"}]","delay":"x"})";

}  // namespace

TEST_CASE("text is continued from every position, lines that are none among it") {
  check_files(flow::file::text("").max_record_bytes(20), "\xEF\xBB\xBF", true, [](std::size_t i, std::mt19937_64& random) {
    switch (random() % 6) {
      case 0: return std::string("\xFF not UTF-8\n");
      case 1: return std::string(30, 'x') + "\n";
      case 2: return std::string("\r\n");
      default: return "line " + std::to_string(i) + "\n";
    }
  });
}

TEST_CASE("JSON lines are continued from every position, lines that are no record among them") {
  check_files(flow::file::json<flight>(""), "", true, [](std::size_t i, std::mt19937_64& random) {
    switch (random() % 6) {
      case 0: return no_object + "\n";
      case 1: return std::string("{\"date\":1,\n");
      case 2: return std::string(" \n");
      default: return object(i) + " \n";
    }
  });
}

TEST_CASE("a JSON array is continued from every position, elements that are no record among it") {
  check_files(flow::file::json<flight>(""), "[" + object(0), false, [](std::size_t i, std::mt19937_64& random) {
    return std::string(random() % 2 ? " ,\n" : ",") + (random() % 5 == 0 ? no_object : object(i));
  }, "\n] ");
}

TEST_CASE("CSV is continued from every position, rows that are no record among it") {
  auto const row = [](std::string const& quoted) {
    return [quoted](std::size_t i, std::mt19937_64& random) {
      switch (random() % 6) {
        case 0: return std::string("1,a\n");
        case 1: return std::string("1,a\"b,2\n");
        case 2: return std::to_string(i) + "," + quoted + ",x\n";
        default: return std::to_string(i) + "," + quoted + ",2\r\n";
      }
    };
  };
  check_files(flow::file::csv<flight>(""), "date,origin,delay\n", false, row("\"a,\n\"\"b\"\"\""));
  check_files(flow::file::csv<flight>("").no_quoted_new_lines(), "date,origin,delay\n", true, row("\"a,\"\"b\"\"\""));
}
