// A program of somebody else's: the distance flown from each airport, by CSV.
#include <flow/file.hpp>
#include <flow/flow.hpp>
#include <flow/run.hpp>

struct flight {
  flow::timestamp left;
  std::string origin;
  std::int64_t miles = 0;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(left), CEREAL_NVP(origin), CEREAL_NVP(miles));
  }
};

int main(int argc, char** argv) {
  flow::arguments arguments{argc, argv};
  auto const input = arguments.text("input", "flights.csv", "flights");
  auto const out = arguments.text("out", "out", "folder for the results");
  flow::job job{"miles"};
  job.source("flights", flow::file::csv<flight>(input))
      .event_time(&flight::left, flow::monotonous())
      .key_by(&flight::origin)
      .window(flow::tumbling_windows(std::chrono::hours(1)))
      .aggregate<flow::sum<&flight::miles>>("miles")
      .sink("out", flow::file::csv(out));
  return flow::run(job, arguments);
}
