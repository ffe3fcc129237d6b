#pragma once
// Windows that are kept one by one: sessions, counted and global windows, windows of processing time, and all that have a
// trigger of their own.
//
//     flow::session_windows(30min).allowed_lateness(1h)
//     flow::session_windows([](click const& c) { return c.mobile ? 5min : 30min; })
//     flow::count_windows(100, 10)
//     flow::global_window().trigger(flow::on_count(1000)).discarding()
//     flow::tumbling_windows(1min).processing_time()

#include <flow/window/placement.hpp>
#include <flow/window/triggers.hpp>

namespace flow {

/// How records are put into windows, when these fire, and what is left of them then. A value; each member gives a changed one.
template <class Placement, class Trigger>
class triggered_windows {
 public:
  explicit triggered_windows(Placement placement, Trigger trigger = {}) : placement_(std::move(placement)), trigger_(std::move(trigger)) {}

  /// Takes the place of the trigger so far.
  template <class F>
  triggered_windows<Placement, F> trigger(F f) const {
    return with(placement_, std::move(f));
  }
  /// Keeps windows for `d` of event time after their end: a late record updates them and they fire again.
  triggered_windows allowed_lateness(duration d) const {
    auto changed = *this;
    changed.lateness_ = d;
    return changed;
  }
  /// Each firing gives out what has come since the one before, and not all there is.
  triggered_windows discarding() const {
    auto changed = *this;
    changed.discarding_ = true;
    return changed;
  }
  /// Each firing gives out all there is: what is so if nothing is said.
  triggered_windows accumulating() const {
    auto changed = *this;
    changed.discarding_ = false;
    return changed;
  }
  /// Windows of the machine's time of day in place of event time.
  auto processing_time() const
    requires(Placement::time != window_time::none)
  {
    return with(placement_.in_processing_time(), trigger_);
  }

  // For operators:
  Placement const& how_placed() const { return placement_; }
  Trigger const& how_fired() const { return trigger_; }
  duration lateness() const { return lateness_; }
  bool discards() const { return discarding_; }

 private:
  template <class, class>
  friend class triggered_windows;
  template <class P, class F>
  triggered_windows<P, F> with(P placement, F trigger) const {
    triggered_windows<P, F> changed(std::move(placement), std::move(trigger));
    changed.lateness_ = lateness_;
    changed.discarding_ = discarding_;
    return changed;
  }

  Placement placement_;
  Trigger trigger_;
  duration lateness_{};
  bool discarding_ = false;
};

/// The same gap for all records.
struct fixed_gap {
  duration gap;
  template <class T>
  duration operator()(T const&) const { return gap; }
};

/// Windows of records that follow each other by less than `gap`: [first, last + gap), as long as there are such records.
inline auto session_windows(duration gap) {
  return triggered_windows<session_placement<fixed_gap, window_time::event>, end_trigger>(session_placement<fixed_gap, window_time::event>({gap}));
}
/// The same with a gap per record: a function of the record that gives it. A session lasts until a record's time plus its gap.
template <class F>
  requires(!std::is_convertible_v<F, duration>)
auto session_windows(F gap_of) {
  return triggered_windows<session_placement<F, window_time::event>, end_trigger>(session_placement<F, window_time::event>(std::move(gap_of)));
}
/// Windows of `n` records, one after the other. Incomplete ones give nothing.
inline auto count_windows(std::int64_t n) { return triggered_windows<count_placement, end_trigger>(count_placement(n, n)); }
/// With each `slide`th record, the last `n`, or as many as there have been. A record updates n / slide windows, and as many are
/// stored of a key.
inline auto count_windows(std::int64_t n, std::int64_t slide) { return triggered_windows<count_placement, end_trigger>(count_placement(n, slide)); }
/// One window of all records of a key. It does not end, so it needs a trigger; what it holds is kept until that purges it.
inline auto global_window() { return triggered_windows<global_placement, no_trigger>(global_placement{}); }

template <class F>
triggered_windows<aligned_placement<window_time::event>, F> window_spec::trigger(F f) const {
  return triggered_windows<aligned_placement<window_time::event>, F>(aligned_placement<window_time::event>(*this), std::move(f)).allowed_lateness(lateness);
}
/// What they do by themselves.
inline window_spec window_spec::trigger(event_time_trigger) const { return *this; }
inline triggered_windows<aligned_placement<window_time::event>, end_trigger> window_spec::discarding() const { return trigger(end_trigger{}).discarding(); }
inline triggered_windows<aligned_placement<window_time::processing>, end_trigger> window_spec::processing_time() const {
  return trigger(end_trigger{}).processing_time();
}

}  // namespace flow
