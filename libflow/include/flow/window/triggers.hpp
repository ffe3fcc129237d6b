#pragma once
// The triggers that are ready: when windows give out their results.
//
//     .trigger(flow::on_event_time().early_every(1min).late_every(10s))
//     .trigger(flow::on_count(100))
//     .trigger(flow::on_processing_time(10s))
//
// A trigger takes the place of the one that windows have by themselves: windows with `on_count(100)` do not fire at their
// end. A trigger of one's own is a class: see window/trigger.hpp.

#include <optional>

#include <flow/window/trigger.hpp>

namespace flow {

/// What windows have by themselves: they fire at their end, and again for each late record within the allowed lateness.
struct end_trigger {
  template <class T>
  trigger_result on_record(T const&, auto& context) const { return context.ended() ? trigger_result::fire : trigger_result::go_on; }
  trigger_result on_end(auto&) const { return trigger_result::fire; }
};

/// Fires at the end of a window, and by the machine's clock before and after.
class timed_trigger {
 public:
  /// Of one window: for when the processing-time timer is set, which is so while it holds what has not been given out.
  struct state {
    timestamp due = no_watermark;
    bool operator==(state const&) const = default;
    void merge(state const& other) {
      if (due == no_watermark || (other.due != no_watermark && other.due < due)) due = other.due;
    }
    template <class Archive>
    void serialize(Archive& archive) { archive(CEREAL_NVP(due)); }
  };

  /// `needs_event_time`: it was said of event time.
  explicit timed_trigger(bool needs_event_time) : needs_event_time_(needs_event_time) {}
  /// Fires `d` of processing time after the first record that has not been given out, up to the end of the window.
  timed_trigger early_every(duration d) const {
    auto changed = *this;
    changed.early_ = d;
    return changed;
  }
  /// Late records are given out together, `d` of processing time after the first of them or when the window is removed.
  timed_trigger late_every(duration d) const {
    auto changed = *this;
    changed.late_ = d;
    return changed;
  }
  /// Each late record fires its window: what is so if nothing is said.
  timed_trigger late_every_record() const {
    auto changed = *this;
    changed.late_.reset();
    return changed;
  }

  template <class T>
  trigger_result on_record(T const&, auto& context) const {
    auto const& every = context.ended() ? late_ : early_;
    if (!every) return context.ended() ? trigger_result::fire : trigger_result::go_on;
    if (context.state().due == no_watermark) {
      context.state().due = context.processing_time() + *every;
      set_timers(context);
    }
    return trigger_result::go_on;
  }
  trigger_result on_end(auto& context) const { return fire(context); }
  trigger_result on_processing_time(timestamp, auto& context) const { return fire(context); }
  /// Before a window is removed.
  trigger_result on_event_time(timestamp, auto& context) const { return fire(context); }
  void on_merge(auto& context) const {
    if (!(context.ended() ? late_ : early_)) context.state().due = no_watermark;
    if (context.state().due != no_watermark) set_timers(context);
  }

  bool needs_event_time() const { return needs_event_time_; }
  std::optional<duration> early() const { return early_; }
  std::optional<duration> late() const { return late_; }

 private:
  void set_timers(auto& context) const {
    context.processing_timer(context.state().due);
    if (context.ended()) context.event_timer(context.expiry());
  }
  trigger_result fire(auto& context) const {
    if (context.state().due != no_watermark) {
      context.delete_processing_timer(context.state().due);
      if (context.ended()) context.delete_event_timer(context.expiry());
      context.state().due = no_watermark;
    }
    return trigger_result::fire;
  }

  bool needs_event_time_;
  std::optional<duration> early_;
  std::optional<duration> late_;  // none: each record
};

/// Windows of event time fire at their end, as they do by themselves.
struct event_time_trigger : end_trigger {
  timed_trigger early_every(duration d) const { return timed_trigger(true).early_every(d); }
  timed_trigger late_every(duration d) const { return timed_trigger(true).late_every(d); }
  event_time_trigger late_every_record() const { return *this; }
};

/// Fires with each nth record of a window, and not at its end: what has come since then goes with the window.
class count_trigger {
 public:
  struct state {
    std::int64_t records = 0;  // since it fired
    bool operator==(state const&) const = default;
    void merge(state const& other) { records += other.records; }
    template <class Archive>
    void serialize(Archive& archive) { archive(CEREAL_NVP(records)); }
  };

  explicit count_trigger(std::int64_t n) : n_(n) {}
  template <class T>
  trigger_result on_record(T const&, auto& context) const {
    if (++context.state().records < n_) return trigger_result::go_on;
    context.state().records = 0;
    return trigger_result::fire;
  }
  std::int64_t count() const { return n_; }

 private:
  std::int64_t n_;
};

/// In the place of a trigger, where windows cannot do without one.
struct no_trigger : end_trigger {};

/// At the end of a window in event time; with `early_every` before, with `late_every` for late records together.
inline event_time_trigger on_event_time() { return {}; }
/// `every` after the first record that has not been given out, by the machine's clock, and at the end of a window that has one.
inline timed_trigger on_processing_time(duration every) { return timed_trigger(false).early_every(every); }
/// With each nth record.
inline count_trigger on_count(std::int64_t n) { return count_trigger(n); }

}  // namespace flow
