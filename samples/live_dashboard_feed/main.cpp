// How busy is each part of a site in the running minute? Every second anew, and exactly when the minute is over.

#include <array>
#include <cstdint>
#include <iostream>
#include <memory>
#include <string>

#include <flow/file.hpp>
#include <flow/flow.hpp>
#include <flow/memory.hpp>
#include <flow/record/json_text.hpp>
#include <flow/run.hpp>

using namespace std::chrono_literals;

struct request {
  flow::timestamp at;
  std::string endpoint;
  std::int64_t milliseconds = 0;  // until it was answered
  bool failed = false;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(at), CEREAL_NVP(endpoint), CEREAL_NVP(milliseconds), CEREAL_NVP(failed));
  }
};

// Request number i, which must follow from i alone: a source may be asked for it again.
struct traffic {
  std::int64_t per_second;

  request operator()(std::uint64_t i) const {
    constexpr std::array endpoints{"/search", "/search", "/search", "/search", "/product", "/product", "/product", "/cart", "/cart", "/login"};
    std::uint64_t const chance = mixed(i);
    std::uint64_t const slow = (chance >> 32) % 50 == 0 ? 400 + (chance >> 40) % 600 : 0;
    return {first + std::chrono::microseconds(static_cast<std::int64_t>(i) * 1'000'000 / per_second), endpoints[chance % 10],
            static_cast<std::int64_t>(5 + (chance >> 8) % 95 + slow), (chance >> 16) % 100 < 2};
  }

 private:
  static constexpr flow::timestamp first{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2} + 12h};

  /// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014): the i-th number of seed 0.
  static std::uint64_t mixed(std::uint64_t i) {
    std::uint64_t z = (i + 1) * 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
};

struct load_result {
  std::int64_t requests = 0;
  std::uint64_t failed = 0;
  double mean = 0;
  flow::quantile_values<500, 990> milliseconds;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(requests), CEREAL_NVP(failed), CEREAL_NVP(mean), CEREAL_NVP(milliseconds));
  }
};

// An aggregate made of ready ones.
struct load {
  flow::count requests;
  flow::sum<&request::failed> failed;
  flow::mean<&request::milliseconds> mean;
  flow::quantiles<500, 990, &request::milliseconds> milliseconds;

  void add(request const& r) {
    requests.add(r);
    failed.add(r);
    mean.add(r);
    milliseconds.add(r);
  }
  void merge(load const& other) {
    requests.merge(other.requests);
    failed.merge(other.failed);
    mean.merge(other.mean);
    milliseconds.merge(other.milliseconds);
  }
  load_result result() const { return {requests.result(), failed.result(), mean.result(), milliseconds.result()}; }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(requests), CEREAL_NVP(failed), CEREAL_NVP(mean), CEREAL_NVP(milliseconds));
  }
};

struct tile {
  std::string endpoint;
  flow::timestamp window_start, window_end;
  std::int64_t requests = 0;
  std::uint64_t failed = 0;
  double mean_ms = 0, p50_ms = 0, p99_ms = 0;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(endpoint), CEREAL_NVP(window_start), CEREAL_NVP(window_end), CEREAL_NVP(requests), CEREAL_NVP(failed),
            CEREAL_NVP(mean_ms), CEREAL_NVP(p50_ms), CEREAL_NVP(p99_ms));
  }
};

// A sink of one's own: each record as a line of JSON on the standard output, as soon as it is there.
class lines_writer final : public flow::writer<tile> {
 public:
  void write(flow::batch<tile> const& tiles) override {
    std::string text;
    flow::json_writer json{text};
    for (tile const& t : tiles) {
      json.begin();
      json(t);
      text += '\n';
    }
    if (!(std::cout << text << std::flush)) throw flow::error(flow::error_code::io, "cannot write to the standard output; does its reader still run?");
  }
};

flow::sink<tile> standard_output() {
  return {.make_writer = [] { return std::make_unique<lines_writer>(); }, .blocking = true};  // it waits for who reads its output
}

int main(int argc, char** argv) try {
  flow::arguments arguments{argc, argv};
  auto per_second = arguments.number("per-second", 1000, "requests a second, from 1 to 1,000,000");
  auto length = arguments.time("for", 2min, "how long requests come");
  auto window = arguments.time("window", 1min, "length of the windows, in the time of the requests");
  auto every = arguments.time("every", 1s, "how often a window that is not over is given out, by the clock");
  auto out = arguments.text("out", "out/live_dashboard_feed", "folder for the feed as a file");
  if (per_second < 1 || per_second > 1'000'000) throw flow::error(flow::error_code::usage, "--per-second: expected a number from 1 to 1,000,000, found " + std::to_string(per_second));
  auto const count = static_cast<std::uint64_t>(length / 1ms * per_second / 1000);

  flow::job job{"live-dashboard-feed"};
  auto feed = job.source("requests", flow::memory::generate<request>(count, traffic{per_second}).splits(2).block(16).per_second(static_cast<std::uint64_t>(per_second)))
      .event_time(&request::at, flow::monotonous())
      .key_by(&request::endpoint)
      .window(flow::tumbling_windows(window).trigger(flow::on_event_time().early_every(every)))
      .aggregate<load>("load-by-endpoint", [](auto const& w, load_result const& r, flow::output<tile>& to) {
        to.emit({w.key, w.start, w.end, r.requests, r.failed, r.mean, r.milliseconds.template at<500>(), r.milliseconds.template at<990>()});
      });
  feed.sink("screen", standard_output()).with_parallelism(1);
  feed.sink("feed", flow::file::json_lines(out).overwrite());
  return flow::run(job, arguments);
} catch (flow::error const& e) {  // of an option that makes no source
  std::cerr << e.what() << "\n";
  return flow::exit_status::wrong_usage;
}
