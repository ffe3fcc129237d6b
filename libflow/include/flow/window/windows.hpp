#pragma once
// Windows of event time, and the slices that they are computed from.
//
// Tumbling and sliding windows are cut into slices at every window edge: at most two slices per slide. A record updates
// the one slice it falls into; a window is the merge of its slices (Krishnamurthy et al., "On-the-fly sharing for
// streamed aggregation", 2006: paired windows).

#include <cstdint>

#include <flow/error.hpp>
#include <flow/time.hpp>

namespace flow {

/// The longest size, slide, offset and allowed lateness of windows, and half of how far from the epoch the event times
/// in them may be: about 9,000 years. No sum of those overflows, and all have dates.
inline constexpr duration longest_window{std::int64_t{1} << 58};

/// Which time bounds windows: that of records, that of the machine, or none.
enum class window_time { event, processing, none };

template <window_time Time>
class aligned_placement;
template <class Placement, class Trigger>
class triggered_windows;
struct end_trigger;
struct event_time_trigger;

/// Windows [k * slide + offset, k * slide + offset + size) for every integer k. As they are they fire at their end in event
/// time, and are computed from slices; what says something else gives windows that are kept one by one.
struct window_spec {
  duration size{};
  duration slide{};
  duration offset{};
  duration lateness{};  // how long after its end a window still takes late records and fires again

  /// Keeps windows for `d` after their end: a late record updates them and they are given out again.
  window_spec allowed_lateness(duration d) const {
    window_spec changed = *this;
    changed.lateness = d;
    return changed;
  }
  /// Windows of the machine's time of day in place of event time: a record is in those of the time when it comes.
  triggered_windows<aligned_placement<window_time::processing>, end_trigger> processing_time() const;
  /// Windows that fire when a trigger says so: window/triggers.hpp.
  template <class F>
  triggered_windows<aligned_placement<window_time::event>, F> trigger(F f) const;
  window_spec trigger(event_time_trigger) const;
  /// Each firing gives out what has come since the one before, and not all there is.
  triggered_windows<aligned_placement<window_time::event>, end_trigger> discarding() const;
  /// Each firing gives out all there is: what is so if nothing is said.
  window_spec accumulating() const { return *this; }
};

/// Windows of `size`, one after the other, aligned to the epoch plus `offset`.
inline window_spec tumbling_windows(duration size, duration offset = {}) { return {size, size, offset, {}}; }
/// Windows of `size`, one starting every `slide`. A slide above the size leaves gaps: records there are in no window.
inline window_spec sliding_windows(duration size, duration slide, duration offset = {}) { return {size, slide, offset, {}}; }

/// One slice [begin, begin + length), or a gap between windows.
struct slice_span {
  timestamp begin{};
  duration length{};
  bool in_a_window = true;
};

/// The arithmetic of slices and windows, in whole microseconds; right for negative times and for sizes that are no
/// multiple of the slide.
class slicing {
 public:
  explicit slicing(window_spec const& spec)
      : size_(spec.size.count()), slide_(spec.slide.count()), offset_(spec.offset.count()),
        lateness_(spec.lateness), cut_(size_ % slide_) {}

  /// The same time. Throws `flow::error` (bad_record) for one that is too far from the epoch.
  static timestamp checked(timestamp t) {
    std::int64_t const at = t.time_since_epoch().count();
    if (at > 2 * longest_window.count() || at < -2 * longest_window.count())
      throw error(error_code::bad_record, "expected an event time within 18,000 years of 1970, in microseconds, found " + std::to_string(at));
    return t;
  }
  /// The slice of a time. Within each slide there are cuts at its start and at (size mod slide) after it. Throws
  /// `flow::error` (bad_record) for a time that is too far from the epoch.
  slice_span slice_of(timestamp t) const {
    std::int64_t const at = checked(t).time_since_epoch().count();
    std::int64_t const start = floor_to(at, slide_, offset_);
    std::int64_t begin = start, end = start + slide_;
    if (cut_ != 0) (at - start < cut_ ? end : begin) = start + cut_;
    return {timestamp{duration{begin}}, duration{end - begin}, last_window_start(begin) + size_ > begin};
  }
  /// End of the first window that contains the slice starting at `begin`.
  timestamp first_end(timestamp begin) const {
    std::int64_t const b = begin.time_since_epoch().count();
    // The smallest window end above b: ends are congruent to offset + size.
    return timestamp{duration{floor_to(b, slide_, offset_ + cut_) + slide_}};
  }
  /// End of the last window that contains the slice starting at `begin`.
  timestamp last_end(timestamp begin) const {
    return timestamp{duration{last_window_start(begin.time_since_epoch().count()) + size_}};
  }
  timestamp start_of(timestamp end) const { return end - duration{size_}; }
  /// Slices are numbered without gaps, in the order of time. The number of the slice that a time is in.
  std::int64_t number_of(timestamp t) const {
    std::int64_t const at = t.time_since_epoch().count(), start = floor_to(at, slide_, offset_);
    return (start - offset_) / slide_ * slices_per_slide() + (cut_ != 0 && at - start >= cut_ ? 1 : 0);
  }
  timestamp begin_of(std::int64_t number) const {
    std::int64_t const rest = number & (slices_per_slide() - 1);
    return timestamp{duration{(number - rest) / slices_per_slide() * slide_ + offset_ + (rest != 0 ? cut_ : 0)}};
  }
  /// The window end that follows `end`.
  timestamp next_end(timestamp end) const { return end + duration{slide_}; }
  /// The first window end above `t`.
  timestamp end_after(timestamp t) const {
    if (t == no_watermark) return no_watermark;
    return first_end(t);
  }
  /// The last window end that has fired once the watermark is `w`.
  timestamp last_fired(timestamp w) const {
    if (w < timestamp{-3 * longest_window}) return no_watermark;
    if (w > timestamp{3 * longest_window}) return end_of_time;
    return first_end(w + duration{1}) - duration{slide_};
  }
  /// The first window end that still takes something once the watermark is `w`.
  timestamp first_open(timestamp w) const {
    timestamp const last_expired = last_fired(w == end_of_time ? w : saturating_add(w, -lateness_));
    return last_expired == no_watermark || last_expired == end_of_time ? last_expired : next_end(last_expired);
  }

  /// Whether a window with this end has fired once the watermark is `w`.
  static bool fired(timestamp end, timestamp w) { return end - duration{1} <= w; }
  /// Whether a window with this end takes nothing any more.
  bool expired(timestamp end, timestamp w) const { return saturating_add(end - duration{1}, lateness_) <= w; }

 private:
  std::int64_t slices_per_slide() const { return cut_ != 0 ? 2 : 1; }
  std::int64_t last_window_start(std::int64_t at) const { return floor_to(at, slide_, offset_); }

  std::int64_t size_, slide_, offset_;
  duration lateness_;
  std::int64_t cut_;
};

}  // namespace flow
