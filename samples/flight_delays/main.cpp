// How late do flights leave, airport by airport, over the last 24 hours, every hour?

#include <algorithm>
#include <limits>
#include <string>
#include <unordered_map>

#include <flow/file.hpp>
#include <flow/flow.hpp>
#include <flow/run.hpp>

using namespace std::chrono_literals;

struct flight {
  flow::timestamp date;  // when it was to leave
  int delay = 0;         // minutes; negative when it left early
  int distance = 0;      // miles
  std::string origin, destination;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(date), CEREAL_NVP(delay), CEREAL_NVP(distance), CEREAL_NVP(origin), CEREAL_NVP(destination));
  }
};

struct airport {
  std::string iata, name, city;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(iata), CEREAL_NVP(name), CEREAL_NVP(city));
  }
};

struct delay_summary {
  std::int64_t flights = 0;
  std::int64_t late_flights = 0;
  double mean_delay = 0;
  int worst_delay = 0;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(flights), CEREAL_NVP(late_flights), CEREAL_NVP(mean_delay), CEREAL_NVP(worst_delay));
  }
};

// An aggregate is a value: add, merge, result.
struct delays {
  static constexpr int late_after = 15;  // minutes

  std::int64_t flights = 0;
  std::int64_t late_flights = 0;
  std::int64_t minutes = 0;
  int worst = std::numeric_limits<int>::min();

  void add(flight const& f) {
    ++flights;
    late_flights += f.delay > late_after;
    minutes += f.delay;
    worst = std::max(worst, f.delay);
  }
  void merge(delays const& other) {
    flights += other.flights;
    late_flights += other.late_flights;
    minutes += other.minutes;
    worst = std::max(worst, other.worst);
  }
  delay_summary result() const { return {flights, late_flights, double(minutes) / double(flights), worst}; }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(flights), CEREAL_NVP(late_flights), CEREAL_NVP(minutes), CEREAL_NVP(worst));
  }
};

struct row {
  std::string airport, name, city;
  flow::timestamp window_start, window_end;
  std::int64_t flights = 0;
  std::int64_t late_flights = 0;
  double mean_delay = 0;
  int worst_delay = 0;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(airport), CEREAL_NVP(name), CEREAL_NVP(city), CEREAL_NVP(window_start), CEREAL_NVP(window_end),
            CEREAL_NVP(flights), CEREAL_NVP(late_flights), CEREAL_NVP(mean_delay), CEREAL_NVP(worst_delay));
  }
};

// Adds to each result what the airport is called. The airports are read with the first result: describing the job, for
// --help or --explain, needs no file.
struct with_airport_from {
  std::string path;
  std::unordered_map<std::string, airport> airports{};

  row operator()(flow::windowed<std::string, delay_summary> const& result) {
    if (airports.empty())
      for (airport& a : flow::file::read_csv<airport>(path)) airports.emplace(a.iata, a);
    auto const found = airports.find(result.key);
    airport const place = found != airports.end() ? found->second : airport{};
    auto const& [flights, late_flights, mean_delay, worst_delay] = result.value;
    return row{result.key, place.name,   place.city, result.start, result.end,
               flights,    late_flights, mean_delay, worst_delay};
  }
};

bool is_busy_day(row const& r) {
  bool const at_midnight = r.window_start == std::chrono::floor<std::chrono::days>(r.window_start);
  return at_midnight && r.flights >= 10;
}

int main(int argc, char** argv) {
  flow::arguments arguments{argc, argv};
  auto input = arguments.text("input", FLOW_SAMPLE_DIR "/data/flights-20k.json", "flights: a file, a folder or a pattern; JSON arrays, or one object a line");
  auto split_bytes = arguments.number("split-bytes", 64 << 20, "a larger file of one object a line is read in parts of about as many bytes");
  auto airports = arguments.text("airports", FLOW_SAMPLE_DIR "/data/airports.csv", "names and cities of the airports");
  auto out = arguments.text("out", "out/flight_delays", "folder for the results");
  auto bound = arguments.time("out-of-order", 600min, "how far behind the newest departure one may come and still count");

  flow::job job{"flight-delays"};
  auto by_airport = job.source("departures", flow::file::json<flight>(input).time_format("%Y/%m/%d %H:%M").split_bytes(static_cast<std::uint64_t>(split_bytes)))
      .event_time([](flight const& f) { return f.date + std::chrono::minutes(f.delay); }, flow::out_of_order_by(bound))
      .key_by(&flight::origin)
      .window(flow::sliding_windows(24h, 1h))
      .aggregate<delays>("delays-by-airport");
  by_airport.late().sink("late", flow::file::csv(out + "/late").overwrite());

  auto report = by_airport.map(with_airport_from{airports}).named("names-of-airports");
  report.sink("delays", flow::file::csv(out + "/delays").overwrite().time_format("%Y-%m-%d %H:%M"));
  report.filter(is_busy_day)
      .sink("worst-days", flow::file::console_table()
          .title("The worst days of an airport, by mean delay")
          .time_format("%Y-%m-%d %H:%M")
          .order_by(&row::mean_delay, flow::file::descending)
          .limit(15))
      .with_parallelism(1);
  return flow::run(job, arguments);
}
