#include "crash_and_recover.hpp"

#include <csignal>
#include <limits>
#include <thread>

#include <flow/file.hpp>

using namespace std::chrono_literals;

namespace {

struct flight {
  flow::timestamp date;
  int delay = 0;  // minutes; negative when it left early
  std::string origin;

  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(date), CEREAL_NVP(delay), CEREAL_NVP(origin)); }
};

// Passes all flights on, at a measured pace, and kills the process when so many have come. How many there were in all is state:
// restored, it says where the checkpoint was taken.
struct paced_and_killed {
  using clock = std::chrono::steady_clock;
  options how;
  run_notes* notes;
  flow::operator_list<std::uint64_t> seen{};
  std::uint64_t read = 0;  // no state: of this run alone
  clock::time_point began{};

  void open(flow::open_context& context) { seen = context.operator_state().list<std::uint64_t>("seen"); }
  void process(flight const& f, auto&, flow::output<flight>& out) {
    if (read == 0) began = clock::now();
    std::uint64_t const before = seen.empty() ? 0 : seen.get().front();
    if (read == 0) notes->before = before;
    seen.clear();
    seen.add(before + 1);
    notes->read = ++read;
    if (read == static_cast<std::uint64_t>(how.crash_after)) std::raise(SIGKILL);
    out.emit(f);
    keep_pace();
  }
  // The source reads files, so its task has a thread of its own, which may sleep.
  void keep_pace() const {
    if (how.rate == 0) return;
    auto const due = began + std::chrono::nanoseconds(1s) * static_cast<std::int64_t>(read) / how.rate;
    if (due - clock::now() > 2ms) std::this_thread::sleep_until(due);
  }
};

struct day_summary {
  std::int64_t flights = 0, late_flights = 0;
  int worst_delay = std::numeric_limits<int>::min();

  void add(flight const& f) {
    ++flights;
    late_flights += f.delay > 15;
    worst_delay = std::max(worst_delay, f.delay);
  }
  void merge(day_summary const& other) {
    flights += other.flights;
    late_flights += other.late_flights;
    worst_delay = std::max(worst_delay, other.worst_delay);
  }
  day_summary result() const { return *this; }

  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(flights), CEREAL_NVP(late_flights), CEREAL_NVP(worst_delay)); }
};

// A delay that is worse than all before it at the airport.
struct new_worst {
  std::string airport;
  flow::timestamp date;
  std::int64_t flights = 0;  // up to here
  int delay = 0;

  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(airport), CEREAL_NVP(date), CEREAL_NVP(flights), CEREAL_NVP(delay)); }
};

struct find_worst {
  flow::value_state<std::int64_t> flights;
  flow::value_state<int> worst;

  void open(flow::open_context& context) {
    flights = context.state().value<std::int64_t>("flights");
    worst = context.state().value<int>("worst");
  }
  void process(flight const& f, auto&, flow::output<new_worst>& out) {
    flights.set(flights.get() + 1);
    if (worst.has() && f.delay <= worst.get()) return;
    worst.set(f.delay);
    out.emit({f.origin, f.date, flights.get(), f.delay});
  }
};

}  // namespace

void describe(flow::job& job, options const& o, run_notes& notes) {
  auto const results_in = [&](char const* folder) { return flow::file::csv(o.out + folder).overwrite().roll_on_checkpoint().time_format("%Y-%m-%d %H:%M"); };
  auto flights = job.source("departures", flow::file::json<flight>(o.input).time_format("%Y/%m/%d %H:%M"))
      .with_parallelism(1)  // one array has one reader
      .event_time(&flight::date, flow::out_of_order_by(1h))
      .process("pace", paced_and_killed{o, &notes})
      .with_parallelism(1)
      .key_by(&flight::origin);
  flights.window(flow::tumbling_windows(24h)).aggregate<day_summary>("days").sink("days-out", results_in("/days"));
  flights.process("worst", find_worst{}).sink("worst-out", results_in("/worst"));
}
