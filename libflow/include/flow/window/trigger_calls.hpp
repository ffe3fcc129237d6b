#pragma once
// Calls a trigger for windows and does what it says: gives out their results, empties them.

#include <flow/window/fold.hpp>
#include <flow/window/open_windows.hpp>

namespace flow {

/// For windows that end in a kind of time. Belongs to one operator.
template <window_time Time, class Trigger, class Fold>
class trigger_calls {
  using key = typename Fold::key;
  using record = typename Fold::record;
  using window = open_window<typename Fold::aggregate, Trigger>;
  using context = trigger_context<Trigger>;

 public:
  trigger_calls(Trigger trigger, Fold fold, duration lateness, bool discards)
      : trigger_(std::move(trigger)), fold_(std::move(fold)), lateness_(lateness), discards_(discards) {}

  Fold const& fold() const { return fold_; }
  output<typename Fold::out>& out() { return out_; }
  /// As of when the trigger is called; `at_end`: the input has ended.
  void at(timestamp watermark, timestamp wall, bool at_end) {
    watermark_ = watermark;
    wall_ = wall;
    at_end_ = at_end;
  }
  /// When a window is removed by event time.
  timestamp expiry(window const& w) const {
    return Time == window_time::event ? saturating_add(w.end - duration{1}, lateness_) : end_of_time;
  }

  void on_record(key const& k, window& w, record const& r, timestamp t) {
    context c = context_of(w, t);
    act(k, w, trigger_.on_record(r, c));
  }
  /// The window's end is reached.
  void on_end(key const& k, window& w, timestamp t) {
    w.ended = true;
    if constexpr (detail::names_on_end<Trigger>) {
      context c = context_of(w, t);
      act(k, w, trigger_.on_end(c));
    }
  }
  /// The session has grown or merged: its timers are set anew.
  void on_merge(window& w, timestamp t) {
    w.event_timers.clear();
    w.processing_timers.clear();
    if constexpr (detail::names_on_merge<Trigger>) {
      context c = context_of(w, t);
      trigger_.on_merge(c);
    }
  }
  /// The first timer of the window is due.
  template <window_time Timer>
  void on_timer(key const& k, window& w) {
    if constexpr (Timer == window_time::event) {
      timestamp const t = w.event_timers.take_first();
      context c = context_of(w, t);
      act(k, w, trigger_.on_event_time(t, c));
    } else {
      timestamp const t = w.processing_timers.take_first();
      context c = context_of(w, t);
      act(k, w, trigger_.on_processing_time(t, c));
    }
  }
  /// Adds what one window holds to another.
  void merge(window& into, window& from) const {
    if (into.holds && from.holds) fold_.merge(into.value, from.value);
    else if (from.holds) into.value = std::move(from.value);
    into.holds |= from.holds;
    if constexpr (!std::is_same_v<detail::trigger_state_of<Trigger>, detail::no_trigger_state>) into.state.merge(from.state);
  }

 private:
  context context_of(window& w, timestamp t) const {
    context c;
    c.window_ = {w.start, w.end};
    c.ended_ = w.ended;
    c.at_end_of_input_ = at_end_;
    c.expiry_ = expiry(w);
    c.now_ = t;
    c.watermark_ = watermark_;
    c.wall_ = wall_;
    c.state_ = &w.state;
    if constexpr (window::has_event_timers) c.event_timers_ = &w.event_timers;
    if constexpr (window::has_processing_timers) c.processing_timers_ = &w.processing_timers;
    return c;
  }
  void act(key const& k, window& w, trigger_result result) {
    bool const fires = result == trigger_result::fire || result == trigger_result::fire_and_purge;
    if (fires && w.holds) {
      out_.stamp(w.end - duration{1});
      fold_.give(detail::window_of_key(k, w.start, w.end), w.value, out_);
    }
    if (result == trigger_result::purge || result == trigger_result::fire_and_purge || (fires && discards_)) w.purge();
  }

  Trigger trigger_;
  Fold fold_;
  duration lateness_;
  bool discards_;
  timestamp watermark_ = no_watermark;
  timestamp wall_ = no_watermark;
  bool at_end_ = false;
  output<typename Fold::out> out_;
};

}  // namespace flow
