// How fast files are read: JSON lines, text and CSV, by one subtask and, divided, by two, against a loop by hand.
//
// By hand: std::getline, the same and simdjson's DOM parser with the fields taken by name, and Debian's fast-cpp-csv-parser.
// The engine's source gives records with the same fields; the job ends in a sum of one of them. MB/s are of the file,
// by time on the clock; the file is written first and therefore in memory.

#pragma GCC diagnostic ignored "-Wstringop-truncation"  // in the header of fast-cpp-csv-parser
#include <libfccp/csv.h>
#include <simdjson.h>

#include <filesystem>
#include <fstream>

#include <flow/file.hpp>

#include "compare.hpp"
#include "engine.hpp"

namespace {

using bench::totals;

struct trade {
  std::int64_t id = 0;
  std::string account;
  double price = 0;
  std::int64_t count = 0;

  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(id), CEREAL_NVP(account), CEREAL_NVP(price), CEREAL_NVP(count)); }
};

constexpr std::int64_t lines = 4'000'000;
constexpr std::uint64_t part_bytes = 8 << 20;

/// A file that is removed at the end of the program.
class input {
 public:
  template <class Line>
  input(char const* name, char const* header, Line line) : path_(std::filesystem::temp_directory_path() / name) {
    std::ofstream out(path_);
    out << header;
    for (std::int64_t i = 0; i < lines; ++i) out << line(i) << '\n';
  }
  ~input() { std::filesystem::remove(path_); }
  std::string path() const { return path_.string(); }
  double bytes() const { return static_cast<double>(std::filesystem::file_size(path_)); }

 private:
  std::filesystem::path path_;
};

std::string account(std::int64_t i) { return "account-" + std::to_string(i * 7919 % 100'000); }
std::string price(std::int64_t i) { return std::to_string(i % 9973) + "." + std::to_string(i % 90 + 10); }

std::string json_line(std::int64_t i) {
  return R"({"id":)" + std::to_string(i) + R"(,"account":")" + account(i) + R"(","venue":"XETR","price":)" + price(i) + R"(,"count":)" +
         std::to_string(i % 1000) + "}";
}
std::string csv_line(std::int64_t i) {
  return std::to_string(i) + "," + account(i) + ",XETR," + price(i) + "," + std::to_string(i % 1000);
}

input const& json_file() {
  static input const file("flow-bench-trades.json", "", json_line);
  return file;
}
input const& csv_file() {
  static input const file("flow-bench-trades.csv", "id,account,venue,price,count\n", csv_line);
  return file;
}

template <class Hand, class Engine>
void compare(benchmark::State& state, input const& file, Hand hand, Engine engine) {
  auto const subtasks = static_cast<std::uint32_t>(state.range(0));
  for (auto _ : state) {
    auto const h = bench::measure(hand);
    auto const e = bench::measure([&] { return engine(flow::settings{}.parallelism(subtasks)); });
    if (h.result != e.result) state.SkipWithError("the engine's result is not that of the loop");
    state.counters["hand_MB/s"] = file.bytes() / h.wall_seconds / 1e6;
    state.counters["engine_MB/s"] = file.bytes() / e.wall_seconds / 1e6;
    state.counters["engine_M/s"] = static_cast<double>(h.result.rows) / e.wall_seconds / 1e6;
    state.counters["ratio"] = h.cpu_seconds / e.cpu_seconds;
  }
}

totals sum_of(flow::settings const& s, auto const& source, auto value) {
  return bench::run_engine(s, [&](flow::job& job, auto into) { job.source("in", source).sink("totals", bench::totals_sink(into, value)); });
}

// ---- text

totals text_by_hand() {
  totals t;
  std::ifstream in(json_file().path());
  for (std::string line; std::getline(in, line);) t.add(static_cast<std::int64_t>(line.size()));
  return t;
}
void text(benchmark::State& state) {
  compare(state, json_file(), text_by_hand, [](flow::settings const& s) {
    return sum_of(s, flow::file::text(json_file().path()).split_bytes(part_bytes), [](std::string const& l) { return static_cast<std::int64_t>(l.size()); });
  });
}

// ---- JSON lines

totals json_by_hand() {
  totals t;
  std::ifstream in(json_file().path());
  simdjson::dom::parser parser;
  for (std::string line; std::getline(in, line);) {
    simdjson::dom::element const record = parser.parse(line);
    trade made{record["id"].get_int64(), std::string(record["account"].get_string().value()), record["price"].get_double(), record["count"].get_int64()};
    benchmark::DoNotOptimize(made);
    t.add(made.count);
  }
  return t;
}
void json_lines(benchmark::State& state) {
  compare(state, json_file(), json_by_hand, [](flow::settings const& s) {
    return sum_of(s, flow::file::json<trade>(json_file().path()).split_bytes(part_bytes), [](trade const& r) { return r.count; });
  });
}

// ---- CSV

totals csv_by_hand() {
  totals t;
  io::CSVReader<4, io::trim_chars<>, io::double_quote_escape<',', '"'>> in(csv_file().path());
  in.read_header(io::ignore_extra_column, "id", "account", "price", "count");
  for (trade r; in.read_row(r.id, r.account, r.price, r.count);) {
    benchmark::DoNotOptimize(r);
    t.add(r.count);
  }
  return t;
}
void csv(benchmark::State& state) {
  compare(state, csv_file(), csv_by_hand, [](flow::settings const& s) {
    return sum_of(s, flow::file::csv<trade>(csv_file().path()).no_quoted_new_lines().split_bytes(part_bytes), [](trade const& r) { return r.count; });
  });
}

}  // namespace

BENCHMARK(text)->Apply(bench::once_per_repetition)->Arg(1)->Arg(2);
BENCHMARK(json_lines)->Apply(bench::once_per_repetition)->Arg(1)->Arg(2);
BENCHMARK(csv)->Apply(bench::once_per_repetition)->Arg(1)->Arg(2);
BENCHMARK_MAIN();
