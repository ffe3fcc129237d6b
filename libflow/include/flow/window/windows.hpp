#pragma once
// Windows of event time, and the slices that they are computed from.
//
// Tumbling and sliding windows are cut into slices at every window edge: at most two slices per slide. A record updates
// the one slice it falls into; a window is the merge of its slices (Krishnamurthy et al., "On-the-fly sharing for
// streamed aggregation", 2006: paired windows).

#include <cstdint>

#include <flow/time.hpp>

namespace flow {

/// Windows [k * slide + offset, k * slide + offset + size) for every integer k.
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

  /// The slice of a time. Within each slide there are cuts at its start and at (size mod slide) after it.
  slice_span slice_of(timestamp t) const {
    std::int64_t const at = t.time_since_epoch().count();
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
  /// The window end that follows `end`.
  timestamp next_end(timestamp end) const { return end + duration{slide_}; }
  /// The first window end above `t`.
  timestamp end_after(timestamp t) const {
    if (t == no_watermark) return no_watermark;
    return first_end(t);
  }

  /// Whether a window with this end has fired once the watermark is `w`.
  static bool fired(timestamp end, timestamp w) { return end - duration{1} <= w; }
  /// Whether a window with this end takes nothing any more.
  bool expired(timestamp end, timestamp w) const { return saturating_add(end - duration{1}, lateness_) <= w; }

 private:
  std::int64_t last_window_start(std::int64_t at) const { return floor_to(at, slide_, offset_); }

  std::int64_t size_, slide_, offset_;
  duration lateness_;
  std::int64_t cut_;
};

}  // namespace flow
