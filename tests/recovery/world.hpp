#pragma once
// What outlives the processes of a job that is attacked: its snapshots, what it has published, and what is to go wrong.

#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include <flow/memory/collect.hpp>
#include <flow/snapshot/memory_snapshots.hpp>
#include <flow/testing/faults.hpp>

#include "recovery/split_records.hpp"

namespace flow::testing {

/// What all sources here give. A user's clicks are in one split, so that they come in one order.
struct click {
  std::uint32_t user = 0;
  std::int64_t at = 0, amount = 0, id = 0;
  timestamp time() const { return timestamp{duration{at}}; }
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(user), CEREAL_NVP(at), CEREAL_NVP(amount), CEREAL_NVP(id)); }
};

/// What all sinks here take.
struct row {
  std::uint32_t key = 0;
  std::int64_t value = 0, at = 0;
  auto operator<=>(row const&) const = default;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(key), CEREAL_NVP(value), CEREAL_NVP(at)); }
};
inline std::ostream& operator<<(std::ostream& out, row const& r) { return out << "{" << r.key << ", " << r.value << ", " << r.at << "}"; }

using clicks = std::vector<std::vector<click>>;  // by split
struct inputs {
  clicks left, right;
};

class world {
 public:
  fault_points faults;
  memory_snapshots snapshots;
  std::map<std::string, memory_snapshots> savepoints;
  std::map<std::string, std::shared_ptr<memory::collected<row>>> published;  // by sink
  bool changed = false;  // the job has another graph by now

  /// Where a user's function may throw: what it throws is no `flow::error`.
  void user(char const* point) {
    try {
      faults.pass(point);
    } catch (error const& e) {
      throw std::runtime_error(e.message());
    }
  }
  flow::sink<row> sink(std::string const& name) {
    auto& into = published[name];
    if (!into) into = std::make_shared<memory::collected<row>>();
    return faulty(memory::collect(into), faults);
  }
  flow::source<click> source(clicks const& all, bool on_request = false) { return faulty(split_records(all, on_request), faults); }
  std::vector<row> sorted(std::string const& sink) const {
    auto all = published.at(sink)->values();
    std::sort(all.begin(), all.end());
    return all;
  }
};

/// A source's stream with event time, of which a sink notes each record that was read.
inline auto read(job& j, world& w, std::string const& name, flow::source<click> const& from) {
  auto all = j.source(name, from).event_time(&click::time, out_of_order_by(duration{20}));
  all.map([](click const& c) { return row{c.user, c.id, c.at}; }).sink("read-" + name, w.sink("read-" + name));
  return all;
}
inline auto left(job& j, world& w, inputs const& in) { return read(j, w, "left", w.source(in.left)); }
inline auto right(job& j, world& w, inputs const& in) { return read(j, w, "right", w.source(in.right, true)); }

/// The result of windows of aggregates that give a number.
template <class Windowed>
row row_of(Windowed const& r) { return {r.key, static_cast<std::int64_t>(r.value), r.start.time_since_epoch().count() * 1'000'000 + r.end.time_since_epoch().count()}; }

}  // namespace flow::testing
