#pragma once
// From counters to what a user wants to know: rates, how much is done, how long it will take, who is held back.
//
// A plain state machine: it is shown the counters now and then, at times that the caller says, and remembers the last ones.
// Rates follow the last seconds: a change has reached 63 % of its height after `smoothing`.

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <flow/counters.hpp>
#include <flow/snapshot/checkpoint_summary.hpp>

namespace flow {

/// A counter that grows, and how fast.
struct flow_rate {
  double total = 0;
  double per_second = 0;
};

/// What a status line tells.
struct status_view {
  std::string job;
  std::string ending{};  // "cancelling"; empty while the job runs
  std::chrono::nanoseconds elapsed{0};
  flow_rate records_in, bytes_in;    // of all sources
  flow_rate records_out, bytes_out;  // of all sinks
  /// The lowest of all sinks; none when a sink has none.
  timestamp watermark = no_watermark;
  /// Tasks that wait for slower receivers, named by their first operators, with the share of their time that they do.
  struct held_back {
    std::string name;
    double share = 0;
  };
  std::vector<held_back> held_up;
  /// The share of the input that has been read, of the source that is farthest from its end; none when a source has no
  /// known end.
  std::optional<double> done;
  std::optional<std::chrono::nanoseconds> left;
  /// Not measured but told.
  checkpoint_summary checkpoints;
  std::uint64_t restarts = 0;
};

class status_meter {
 public:
  static constexpr std::chrono::seconds smoothing{2};
  static constexpr std::chrono::seconds smoothing_of_time_left{10};
  /// Less than this share of its time does not make a task held back.
  static constexpr double least_share = 0.1;

  /// The run began at `began`, with all counters at 0.
  status_meter(std::string job, std::chrono::nanoseconds began) : began_(began), seen_(began) { view_.job = std::move(job); }

  /// Takes the counters of `now`, which is not before the last time.
  status_view const& update(std::vector<operator_summary> const& operators, std::chrono::nanoseconds now);

 private:
  void follow_progress(std::vector<operator_summary> const& operators, double seconds);
  void follow_held_up(std::vector<operator_summary> const& operators, double seconds);

  std::chrono::nanoseconds began_, seen_;
  status_view view_;
  flow_rate progress_;
  std::map<std::uint32_t, flow_rate> blocked_;  // seconds, by task
};

}  // namespace flow
