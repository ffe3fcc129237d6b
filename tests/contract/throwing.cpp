// User code that throws, in every place where the engine calls it: the job fails with one error that names the operator,
// whatever is thrown; nothing hangs, nothing is published.

#include <catch2/catch.hpp>

#include <flow/flow.hpp>
#include <flow/memory.hpp>
#include <flow/testing.hpp>

using namespace flow;
using namespace std::chrono_literals;

namespace {

struct bomb {
  std::string place;
  int kind = 0;  // what is thrown
  void at(char const* here) const {
    if (place != here) return;
    if (kind == 0) throw std::runtime_error("kaboom");
    if (kind == 1) throw 42;
    throw error(error_code::io, "kaboom");
  }
};
bomb const* armed = nullptr;  // of the test that runs: aggregates and keys are made by the engine

struct numbered {
  std::int64_t n = 0;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(n)); }
};

struct fragile_key {
  std::int64_t k = 0;
  bool operator==(fragile_key const& other) const {
    armed->at("key comparison");
    return k == other.k;
  }
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(k)); }
};

struct fragile_sum {
  std::int64_t n = 0;
  void add(numbered const& r) {
    if (r.n == 50) armed->at("add");
    ++n;
  }
  void merge(fragile_sum const& other) {
    armed->at("merge");
    n += other.n;
  }
  numbered result() const {
    armed->at("result");
    return {n};
  }
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(n)); }
};

struct fragile_watermarks {
  timestamp newest{};
  void on_record(numbered const&, timestamp t) {
    armed->at("on_record");
    newest = std::max(newest, t);
  }
  timestamp watermark() const {
    armed->at("watermark");
    return newest - duration{1};
  }
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(newest)); }
};

struct fragile_writer final : writer<numbered> {
  void open(connector_context const&) override { armed->at("writer open"); }
  bool ready() const override {
    armed->at("writer ready");
    return true;
  }
  void write(batch<numbered> const&) override { armed->at("write"); }
  void finish() override { armed->at("finish"); }
  void publish() override { armed->at("publish"); }
};

struct fragile_enumerator final : split_enumerator {
  std::vector<split> discover() override {
    armed->at("discover");
    return {{"0", ""}, {"1", ""}, {"2", ""}, {"3", ""}};
  }
};

struct fragile_reader final : reader<numbered> {
  std::vector<std::int64_t> left;
  void open(connector_context const&) override { armed->at("reader open"); }
  void assign(std::uint32_t, split const&) override {
    armed->at("assign");
    left.push_back(200);
  }
  poll_result poll(batch<numbered>& into) override {
    armed->at("poll");
    for (std::uint32_t i = 0; i < left.size(); ++i) {
      if (left[i] == 0) continue;
      while (left[i] > 0 && into.room() > 0) into.emplace_back(numbered{200 - left[i]--});
      return {left[i] > 0 ? poll_status::records : poll_status::split_end, i};
    }
    return {};
  }
  std::string position(std::uint32_t) const override {
    armed->at("position");
    return "0";
  }
  void seek(std::uint32_t, std::string const&) override {}
  bool reading(std::uint32_t) const override {
    armed->at("reading");
    return true;
  }
  void pause(std::uint32_t, bool) override { armed->at("pause"); }
};

timestamp time_of(numbered const& r) {
  if (r.n == 50) armed->at("time");
  return timestamp{std::chrono::milliseconds(r.n)};
}

/// Every operator, each with a function that may throw.
void build(job& j, std::shared_ptr<memory::collected<numbered>> const& found, bool user_watermarks) {
  flow::source<numbered> from{[] {
                                armed->at("making the enumerator");
                                return std::make_unique<fragile_enumerator>();
                              },
                              [] {
                                armed->at("making the reader");
                                return std::make_unique<fragile_reader>();
                              }};
  auto raw = j.source("numbers", from);
  auto timed = user_watermarks ? raw.event_time(time_of, watermarks_from(fragile_watermarks{}))
                               : raw.event_time(time_of, out_of_order_by(0s).max_drift(1ms).idle_after(1h));
  timed.sink("published", memory::collect(found));
  auto calls = [](char const* here) { return [here](numbered const& r) { if (r.n == 50) armed->at(here); return r; }; };
  auto truly = [](char const* here) { return [here](numbered const& r) { if (r.n == 50) armed->at(here); return true; }; };
  auto flat = timed.map(calls("map")).filter(truly("filter")).flat_map<numbered>([](numbered const& r, output<numbered>& out) {
    if (r.n == 50) armed->at("flat_map");
    out.emit(r);
  });
  auto whole = flat.batch_map<numbered>([](std::span<numbered const> in, std::span<numbered> out) {
    armed->at("batch_map");
    std::copy(in.begin(), in.end(), out.begin());
  });
  auto [low, high] = whole.branch(truly("branch"));
  auto all = low.union_with(high).partition_by([](numbered const& r) {
    if (r.n == 50) armed->at("partition_by");
    return static_cast<std::uint64_t>(r.n);
  }).map([](numbered const& r) { return r; });
  all.key_by([](numbered const& r) {
       if (r.n == 50) armed->at("key_by");
       return fragile_key{r.n % 3};
     })
      .window(sliding_windows(40ms, 10ms))
      .aggregate<fragile_sum>("sums")
      .map([](auto const& w) { return w.value; })
      .sink("written", sink<numbered>{[] {
              armed->at("making the writer");
              return std::make_unique<fragile_writer>();
            }});
  all.window(tumbling_windows(20ms)).aggregate<fragile_sum>("totals").sink("each", memory::for_each([](auto const&) { armed->at("for_each"); }));
}

job_result run_armed(bomb const& b, std::shared_ptr<memory::collected<numbered>> const& found) {
  armed = &b;
  job j("throwing");
  build(j, found, b.place == "on_record" || b.place == "watermark");
  try {
    testing::schedule how = testing::deterministic(7);
    how.barrier_every = b.place == "position" ? 5 : 0;
    return testing::run(j, how, settings{}.parallelism(2).batch_size(16));
  } catch (error const& e) {  // what cannot even be made is told before the job starts
    job_result r;
    r.end = job_result::how::failed;
    r.failure = e;
    return r;
  }
}

}  // namespace

TEST_CASE("what user code throws, anywhere, fails the job with an error that names the operator") {
  std::map<std::string, std::vector<std::string>> const operators_of{
      {"making the enumerator", {"numbers"}}, {"making the reader", {"numbers"}}, {"discover", {"numbers"}}, {"reader open", {"numbers"}},
      {"assign", {"numbers"}}, {"poll", {"numbers"}}, {"position", {"numbers"}}, {"reading", {"numbers"}}, {"pause", {"numbers"}},
      {"time", {"numbers"}}, {"on_record", {"numbers"}}, {"watermark", {"numbers"}}, {"map", {"map-2"}}, {"filter", {"filter-3"}},
      {"flat_map", {"flat_map-4"}}, {"batch_map", {"batch_map-5"}}, {"branch", {"branch-6"}}, {"partition_by", {"partition_by-8"}},
      {"key_by", {"key_by-10"}}, {"key comparison", {"sums", "sums-partial"}}, {"add", {"sums", "sums-partial", "totals-partial"}}, {"merge", {"sums", "totals"}},
      {"result", {"sums", "totals"}}, {"making the writer", {"written"}}, {"writer open", {"written"}}, {"writer ready", {"written"}},
      {"write", {"written"}}, {"finish", {"written"}}, {"publish", {"written"}}, {"for_each", {"each"}}};
  for (auto const& [place, operators] : operators_of)
    for (int kind = 0; kind < 3; ++kind) {
      INFO("thrown in " << place << ", kind " << kind);
      bomb const b{place, kind};
      auto const found = std::make_shared<memory::collected<numbered>>();
      auto const r = run_armed(b, found);
      REQUIRE(r.end == job_result::how::failed);
      CHECK(r.failure->code() == (kind == 2 ? error_code::io : error_code::user_function));
      INFO("said: " << r.failure->what());
      CHECK(std::find(operators.begin(), operators.end(), r.failure->operator_name()) != operators.end());
      CHECK_THAT(r.failure->what(), Catch::Contains(kind == 1 ? "no std::exception" : "kaboom"));
      if (place != "publish") CHECK(found->values().empty());
    }
}

TEST_CASE("the jobs that throw nothing finish: the places above are reached by the bombs alone") {
  bomb const none{"nowhere", 0};
  for (char const* watermarks : {"nowhere", "on_record"}) {
    armed = &none;
    auto const found = std::make_shared<memory::collected<numbered>>();
    job j("throwing");
    build(j, found, std::string(watermarks) == "on_record");
    CHECK(testing::run(j, testing::deterministic(7), settings{}.parallelism(2).batch_size(16)).end == job_result::how::finished);
    CHECK(found->values().size() == 800);
  }
}

TEST_CASE("the error of a window's result says which window and key") {
  bomb const b{"result", 0};
  auto const r = run_armed(b, std::make_shared<memory::collected<numbered>>());
  CHECK_THAT(r.failure->what(), Catch::Contains("the window was from ") && Catch::Contains("Z"));
}
