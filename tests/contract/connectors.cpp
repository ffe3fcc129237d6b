#include <catch2/catch.hpp>

#include <unistd.h>
#include <zlib.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <regex>

#include <flow/file.hpp>

#include "contract/sink_contract.hpp"
#include "contract/source_contract.hpp"
#include "contract/two_phase_contract.hpp"

using namespace flow;
using namespace flow::testing;

namespace {

struct item {
  std::int64_t id = 0;
  std::string text;
  double weight = 0;
  bool operator==(item const&) const = default;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(id), CEREAL_NVP(text), CEREAL_NVP(weight)); }
};

std::vector<item> items(std::int64_t n) {
  std::vector<item> all;
  for (std::int64_t i = 0; i < n; ++i) all.push_back({i, "text, \"" + std::to_string(i * i) + "\"", static_cast<double>(i) / 3});
  return all;
}

/// A folder of its own, removed at the end.
class folder {
 public:
  folder() : path_(std::filesystem::temp_directory_path() / ("flow-contract-" + std::to_string(getpid()) + "-" + std::to_string(next_++))) {
    std::filesystem::create_directories(path_);
  }
  ~folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string operator/(std::string const& name) const { return (path_ / name).string(); }

 private:
  static inline std::atomic<int> next_{0};
  std::filesystem::path path_;
};

std::string write_file(folder const& f, std::string const& name, std::vector<std::string> const& lines) {
  std::ofstream out(f / name);
  for (auto const& l : lines) out << l << '\n';
  return f / name;
}

/// Compresses a file into one gzip member per 1000 bytes.
std::string compressed(std::string const& path) {
  std::ifstream in(path);
  std::string const text{std::istreambuf_iterator<char>(in), {}};
  for (std::size_t at = 0; at < text.size(); at += 1000) {
    gzFile const out = gzopen((path + ".gz").c_str(), "ab");
    gzwrite(out, text.data() + at, static_cast<unsigned>(std::min<std::size_t>(1000, text.size() - at)));
    gzclose(out);
  }
  return path + ".gz";
}

std::vector<std::string> json_lines_of(std::vector<item> const& all) {
  std::vector<std::string> lines;
  for (auto const& i : all) lines.push_back(to_json(i));
  return lines;
}

/// A folder with the items in three files.
void write_three(folder const& f) {
  auto const lines = json_lines_of(items(100));
  write_file(f, "a.json", {lines.begin(), lines.begin() + 20});
  write_file(f, "b.json", {lines.begin() + 20, lines.begin() + 25});
  write_file(f, "c.json", {lines.begin() + 25, lines.end()});
}

/// Reads back every published part of a folder of CSV files.
template <class T>
std::vector<T> published(std::string const& path, std::string const& extension, std::string const& names = ".*") {
  std::vector<T> all;
  if (!std::filesystem::exists(path)) return all;
  for (auto const& entry : std::filesystem::directory_iterator(path)) {
    auto const name = entry.path().filename().string();
    if (name.starts_with(".") || !std::regex_match(name, std::regex(names)) || entry.path().extension() != extension) continue;
    auto add = [&](auto const& source) {
      auto const made = source.make();
      read_by_hand<T> r(made, made.make_enumerator()->discover());
      r.rest(100);
      for (auto const& record : all_of(r.by_split)) all.push_back(record);
    };
    if (extension == ".csv") add(file::csv<T>(entry.path().string()));
    else add(file::json<T>(entry.path().string()));
  }
  return all;
}

/// The hidden files of a folder that would have one of the names.
std::vector<std::string> hidden(std::string const& path, std::string const& names = ".*") {
  std::vector<std::string> found;
  if (!std::filesystem::exists(path)) return found;
  for (auto const& entry : std::filesystem::directory_iterator(path))
    if (auto name = entry.path().filename().string(); std::regex_match(name, std::regex("[.]" + names + ".*"))) found.push_back(std::move(name));
  return found;
}

/// A two-phase sink of files, made by `make(folder)`, in one folder for each place.
template <class Make>
void files_exactly_once(std::string const& extension, Make make) {
  folder f;
  int n = 0;
  two_phase_contract(items(50), [&] {
    auto const path = f / std::to_string(n++);
    auto sink = make(path);
    return output_place<item, decltype(sink)>{sink, [=] { return published<item>(path, extension); }, [=] { return hidden(path); }};
  });
}

}  // namespace

TEST_CASE("memory::values keeps the contract of a source") {
  source_contract(memory::values(items(100)), items(100));
  source_contract(memory::values(items(100), 3), items(100));
  source_contract(memory::values(std::vector<item>{}, 2), {});
}

TEST_CASE("memory::generate keeps the contract of a source") {
  auto const make = [](std::uint64_t i) { return static_cast<std::int64_t>(i * i); };
  std::vector<std::int64_t> expected;
  for (std::uint64_t i = 0; i < 1000; ++i) expected.push_back(make(i));
  source_contract(memory::generate<std::int64_t>(1000, make).splits(3).block(16), expected);
}

TEST_CASE("file::json keeps the contract of a source, one object a line and one array") {
  folder f;
  std::vector<std::string> lines;
  std::string array = "[";
  for (auto const& i : items(100)) {
    lines.push_back(to_json(i));
    array += (array.size() > 1 ? ",\n " : "") + to_json(i);
  }
  source_contract(file::json<item>(write_file(f, "lines.json", lines)), items(100));
  source_contract(file::json<item>(write_file(f, "array.json", {array + "]"})), items(100));
}

TEST_CASE("file::csv keeps the contract of a source") {
  folder f;
  std::vector<std::string> lines{"weight,id,text"};
  for (auto const& i : items(100)) {
    std::string quoted;
    for (char const c : i.text) quoted += c == '"' ? "\"\"" : std::string(1, c);
    lines.push_back(to_json(i.weight) + "," + std::to_string(i.id) + ",\"" + quoted + "\"");
  }
  source_contract(file::csv<item>(write_file(f, "items.csv", lines)), items(100));
}

TEST_CASE("file::text keeps the contract of a source") {
  folder f;
  std::vector<std::string> lines;
  for (auto const& i : items(100)) lines.push_back(i.text);
  source_contract(file::text(write_file(f, "lines.txt", lines)), lines);
}

TEST_CASE("divided files keep the contract of a source") {
  folder f;
  auto const lines = json_lines_of(items(100));
  source_contract(file::json<item>(write_file(f, "lines.json", lines)).split_bytes(600), items(100));
  source_contract(file::text(write_file(f, "lines.txt", lines)).split_bytes(1000), lines);
  std::vector<std::string> rows{"weight,id,text"};
  for (auto const& i : items(100)) rows.push_back(to_json(i.weight) + "," + std::to_string(i.id) + ",\"text, \"\"" + std::to_string(i.id * i.id) + "\"\"\"");
  source_contract(file::csv<item>(write_file(f, "items.csv", rows)).no_quoted_new_lines().split_bytes(500), items(100));
}

TEST_CASE("compressed files keep the contract of a source") {
  folder f;
  auto const lines = json_lines_of(items(100));
  source_contract(file::json<item>(compressed(write_file(f, "lines.json", lines))), items(100));
  source_contract(file::text(compressed(write_file(f, "lines.txt", lines))).read_bytes(50), lines);
  std::vector<std::string> array = lines, rows{"weight,id,text"};
  for (auto& element : array) element = (&element == &array.front() ? "[" : ",") + element;
  array.back() += "]";
  for (auto const& i : items(100)) rows.push_back(to_json(i.weight) + "," + std::to_string(i.id) + ",\"text, \"\"" + std::to_string(i.id * i.id) + "\"\"\"");
  source_contract(file::json<item>(compressed(write_file(f, "array.json", array))), items(100));
  source_contract(file::csv<item>(compressed(write_file(f, "rows.csv", rows))), items(100));
}

TEST_CASE("a folder of files and a watched folder keep the contract of a source") {
  folder f;
  write_three(f);
  source_contract(file::json<item>(f / ""), items(100));
  source_contract(file::json<item>(f / "*.json").in_time_order(), items(100));
  source_contract(file::json<item>(f / "").watch(std::chrono::milliseconds(10)), items(100), source_end::unbounded);
  folder empty;
  source_contract(file::json<item>(empty / "").watch(std::chrono::milliseconds(10)), {}, source_end::unbounded);
}

TEST_CASE("memory::collect keeps the contract of a sink") {
  sink_contract(items(50), [] {
    auto found = std::make_shared<memory::collected<item>>();
    auto sink = memory::collect(found);
    return output_place<item, decltype(sink)>{sink, [found] { return found->values(); }};
  });
}

TEST_CASE("file::csv keeps the contract of a sink") {
  folder f;
  int n = 0;
  sink_contract(items(50), [&] {
    auto const path = f / std::to_string(n++);
    auto sink = file::csv(path);
    return output_place<item, decltype(sink)>{sink, [path] { return published<item>(path, ".csv"); }};
  });
}

TEST_CASE("file::json_lines keeps the contract of a sink") {
  folder f;
  int n = 0;
  sink_contract(items(50), [&] {
    auto const path = f / std::to_string(n++);
    auto sink = file::json_lines(path);
    return output_place<item, decltype(sink)>{sink, [path] { return published<item>(path, ".json"); }};
  });
}

TEST_CASE("memory::collect keeps the contract of a two-phase sink") {
  two_phase_contract(items(50), [] {
    auto found = std::make_shared<memory::collected<item>>();
    auto sink = memory::collect(found);
    return output_place<item, decltype(sink)>{sink, [found] { return found->values(); }};
  }, 200);
}

TEST_CASE("file::csv keeps the contract of a two-phase sink, whatever ends a file") {
  using namespace std::chrono_literals;
  files_exactly_once(".csv", [](std::string const& path) { return file::csv(path); });
  files_exactly_once(".csv", [](std::string const& path) { return file::csv(path).roll_on_checkpoint(); });
  files_exactly_once(".csv", [](std::string const& path) { return file::csv(path).roll_bytes(100); });
  files_exactly_once(".csv", [](std::string const& path) { return file::csv(path).roll_bytes(0).roll_after(1s).roll_when_inactive(500ms); });
}

TEST_CASE("file::json_lines keeps the contract of a two-phase sink") {
  files_exactly_once(".json", [](std::string const& path) { return file::json_lines(path).roll_bytes(500); });
}

TEST_CASE("two two-phase sinks of files share a folder") {
  folder f;
  int n = 0;
  two_sinks_contract(items(30), [&](std::string const& left, std::string const& right) {
    auto const path = f / std::to_string(n++);
    auto const sink = file::csv(path).roll_bytes(200);
    auto const place = [&](std::string const& name) {
      auto const names = name + "-[0-9]{4}-[0-9]{4}-[0-9]{6}[.]csv";
      return output_place<item, file::csv_sink>{sink, [=] { return published<item>(path, ".csv", names); }, [=] { return hidden(path, names); }};
    };
    return std::pair(place(left), place(right));
  });
}
