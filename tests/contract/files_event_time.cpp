// Event time over many files: what is not yet opened is never late.

#include <catch2/catch.hpp>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <random>

#include <flow/file.hpp>
#include <flow/flow.hpp>
#include <flow/memory.hpp>
#include <flow/testing.hpp>
#include <flow/testing/difference.hpp>

using namespace flow;
using namespace flow::testing;
using namespace std::chrono_literals;

namespace {

struct event {
  timestamp at{};
  std::int64_t key = 0;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(at), CEREAL_NVP(key)); }
};
using counted = windowed<std::int64_t, std::int64_t>;

/// Files of events, each in the order of time; the n-th begins at second `begins(n)`.
class event_files {
 public:
  template <class Begins>
  event_files(int files, Begins begins) {
    std::mt19937_64 random(17);
    std::filesystem::create_directories(path_);
    for (int n = 0; n < files; ++n) {
      std::ofstream out(path_ / ("events-" + std::to_string(100 + n)));
      timestamp at{begins(n) * 1s};
      for (int i = 0; i < 40; ++i, at += random() % 1000 * 1ms) {
        auto const key = static_cast<std::int64_t>(random() % 3);
        out << R"({"at":)" << at.time_since_epoch().count() << R"(,"key":)" << key << "}\n";
        auto const start = std::chrono::floor<std::chrono::seconds>(at);
        timestamp const window{start.time_since_epoch() / 5s * 5s};
        ++counts_[{window, key}];
      }
    }
  }
  ~event_files() { std::filesystem::remove_all(path_); }
  std::string path() const { return path_.string(); }
  /// Counted by hand: per key and 5 seconds.
  std::vector<counted> expected() const {
    std::vector<counted> all;
    for (auto const& [at, n] : counts_) all.push_back({at.second, at.first, at.first + 5s, n});
    return all;
  }

 private:
  static inline int next_ = 0;
  std::filesystem::path path_ =
      std::filesystem::temp_directory_path() / ("flow-event-files-" + std::to_string(getpid()) + "-" + std::to_string(next_++));
  std::map<std::pair<timestamp, std::int64_t>, std::int64_t> counts_;
};

struct counts {
  std::vector<counted> windows;
  std::size_t late;
  job_result::how end;
};

counts run_counts(file::json_source<event> const& source, bounded_disorder const& strategy, schedule const& how) {
  auto const found = std::make_shared<memory::collected<counted>>();
  auto const late = std::make_shared<memory::collected<event>>();
  job j("count");
  auto windows = j.source("events", source).event_time(&event::at, strategy).key_by(&event::key).window(tumbling_windows(5s)).aggregate<flow::count>("counts");
  windows.sink("found", memory::collect(found));
  windows.late().sink("late", memory::collect(late));
  auto const r = run(j, how, settings{}.parallelism(1 + how.seed % 3).batch_size(8).watermark_interval(std::chrono::microseconds{0}));
  return {found->values(), late->values().size(), r.end};
}

}  // namespace

TEST_CASE("files whose times overlap give no late records, whoever reads them when") {
  event_files const files(9, [](int n) { return n % 3 * 7; });
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    INFO("seed " << seed);
    auto const source = file::json<event>(files.path()).split_bytes(seed % 2 ? 0 : 500);
    auto const all = seed % 5 == 0 ? run_counts(source, monotonous().max_drift(3s), deterministic(seed)) : run_counts(source, monotonous(), deterministic(seed));
    CHECK(difference(files.expected(), all.windows) == "");
    CHECK(all.late == 0);
  }
}

TEST_CASE("files in the order of time give no late records, and their windows fire as they are read") {
  event_files const files(12, [](int n) { return n * 60; });
  auto const source = file::json<event>(files.path()).in_time_order();
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    INFO("seed " << seed);
    auto const all = seed % 5 == 0 ? run_counts(source, monotonous().max_drift(3s), deterministic(seed)) : run_counts(source, monotonous(), deterministic(seed));
    CHECK(difference(files.expected(), all.windows) == "");
    CHECK(all.late == 0);
  }
}

TEST_CASE("windows over files in the order of time fire as the files are read, those over other files wait for the last") {
  event_files const files(12, [](int n) { return n * 60; });
  auto const source = file::json<event>(files.path());
  bool fired_early = false;
  for (std::uint64_t steps = 20; steps < 2000; steps += 20) {
    auto how = deterministic(3);
    how.cancel_after = steps;
    auto const in_order = run_counts(source.in_time_order(), monotonous(), how);
    auto const others = run_counts(source, monotonous(), how);
    fired_early |= !in_order.windows.empty() && others.windows.empty() && others.end == job_result::how::cancelled;
    CHECK(in_order.late + others.late == 0);
    if (others.windows.empty()) continue;
    CHECK(fired_early);
    break;
  }
}
