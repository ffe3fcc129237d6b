#include "meter.hpp"

#include <algorithm>
#include <cmath>

namespace flow {
namespace {

/// Moves a rate towards what has come in the last `seconds`; `is_first` when there is no rate yet.
void follow(flow_rate& rate, double total, double seconds, double smoothing, bool is_first) {
  double const now = std::max(0.0, total - rate.total) / seconds;
  double const weight = is_first ? 1 : 1 - std::exp(-seconds / smoothing);
  rate.per_second += weight * (now - rate.per_second);
  rate.total = total;
}

/// The share of a source's input that has been read, where its size is known.
std::optional<double> share_read(operator_summary const& source) {
  auto const& all = source.expected.bytes ? source.expected.bytes : source.expected.records;
  if (!all) return {};
  if (source.watermark == end_of_time) return 1.0;  // it has ended, whatever was said of its size
  auto const read = static_cast<double>(source.expected.bytes ? source.bytes : source.records_in);
  return *all == 0 ? 1.0 : std::min(1.0, read / static_cast<double>(*all));
}

struct totals {
  double records_in = 0, bytes_in = 0, records_out = 0, bytes_out = 0;
  timestamp watermark = end_of_time;
};

totals add_up(std::vector<operator_summary> const& operators) {
  totals all;
  for (auto const& o : operators) {
    if (o.is_source) {
      all.records_in += static_cast<double>(o.records_in);
      all.bytes_in += static_cast<double>(o.bytes);
    }
    if (o.is_sink) {
      all.records_out += static_cast<double>(o.records_in);
      all.bytes_out += static_cast<double>(o.bytes);
      all.watermark = std::min(all.watermark, o.watermark);
    }
  }
  return all;
}

}  // namespace

status_view const& status_meter::update(std::vector<operator_summary> const& operators, std::chrono::nanoseconds now) {
  view_.elapsed = now - began_;
  double const seconds = std::chrono::duration<double>(now - seen_).count();
  if (seconds <= 0) return view_;
  bool const is_first = seen_ == began_;
  auto const all = add_up(operators);
  double const smooth = std::chrono::duration<double>(smoothing).count();
  follow(view_.records_in, all.records_in, seconds, smooth, is_first);
  follow(view_.bytes_in, all.bytes_in, seconds, smooth, is_first);
  follow(view_.records_out, all.records_out, seconds, smooth, is_first);
  follow(view_.bytes_out, all.bytes_out, seconds, smooth, is_first);
  view_.watermark = all.watermark;
  follow_progress(operators, seconds);
  follow_held_up(operators, seconds);
  seen_ = now;
  return view_;
}

/// The job ends with the source that takes longest.
void status_meter::follow_progress(std::vector<operator_summary> const& operators, double seconds) {
  view_.done.reset();
  view_.left.reset();
  std::optional<double> least;
  for (auto const& o : operators) {
    if (!o.is_source) continue;
    auto const read = share_read(o);
    if (!read) return;
    least = std::min(least.value_or(1), *read);
  }
  if (!least) return;
  view_.done = least;
  follow(progress_, *least, seconds, std::chrono::duration<double>(smoothing_of_time_left).count(), progress_.total == 0);
  constexpr double most_seconds = 100.0 * 86'400;
  double const left = progress_.per_second > 0 ? (1 - *least) / progress_.per_second : most_seconds;
  if (*least < 1 && left < most_seconds) view_.left = std::chrono::nanoseconds(static_cast<std::int64_t>(left * 1e9));
}

void status_meter::follow_held_up(std::vector<operator_summary> const& operators, double seconds) {
  view_.held_up.clear();
  std::optional<std::uint32_t> task;
  for (auto const& o : operators) {
    if (task == o.task) continue;  // the operators of a task follow each other
    task = o.task;
    auto& blocked = blocked_[o.task];
    double const total = std::chrono::duration<double>(o.blocked).count() / std::max(1u, o.parallelism);
    // Never more than has passed: a counter read in the moment of its change may be ahead, or behind, by what it changes by.
    double const waited = std::clamp(total - blocked.total, 0.0, seconds);
    follow(blocked, blocked.total + waited, seconds, std::chrono::duration<double>(smoothing).count(), seen_ == began_);
    blocked.total = total;
    if (blocked.per_second >= least_share) view_.held_up.push_back({o.name, blocked.per_second});
  }
}

}  // namespace flow
