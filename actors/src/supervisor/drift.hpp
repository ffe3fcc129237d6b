#pragma once
// The drift bound: nobody reads further ahead in event time than the slowest plus a bound.

#include <algorithm>
#include <optional>
#include <vector>

#include <flow/time.hpp>

namespace flow {

/// Knows how far each source subtask has come and decides when to renew the grants. A plain state machine.
class drift_bound {
 public:
  /// Adds a source subtask; they are numbered from 0. It holds the others back until it has reported.
  void add(duration bound) {
    sources_.push_back({no_watermark, bound});
    smallest_ = sources_.size() == 1 ? bound : std::min(smallest_, bound);
  }
  /// A subtask has come to `t`; `end_of_time` when it holds nobody back. Says to which time all are to be granted the
  /// slowest's progress, when that has moved far enough for a message to be worth it.
  std::optional<timestamp> report(std::size_t source, timestamp t) {
    sources_[source].time = t;
    timestamp lowest = end_of_time;
    for (auto const& s : sources_) lowest = std::min(lowest, s.time);
    if (lowest == no_watermark) return {};
    bool const first = granted_ == no_watermark;
    // It goes back when a source that was idle, and held nobody, goes on.
    bool const back = lowest < granted_;
    if (!first && !back && lowest != end_of_time && lowest < saturating_add(granted_, smallest_ / 4)) return {};
    if (!first && lowest == granted_) return {};
    return granted_ = lowest;
  }
  /// What the grant means for a source: it may read up to here.
  timestamp limit(std::size_t source, timestamp slowest) const { return saturating_add(slowest, sources_[source].bound); }
  std::size_t size() const { return sources_.size(); }

 private:
  struct source {
    timestamp time;
    duration bound;
  };
  std::vector<source> sources_;
  duration smallest_{};
  timestamp granted_ = no_watermark;
};

}  // namespace flow
