#pragma once
// How records are put into windows that are kept one by one.
//
// A placement makes the windows of a record among those of its key and says which they are: they are neighbours. It is
// part of a description until `prepare` makes it ready for records.

#include <algorithm>
#include <optional>
#include <string>

#include <flow/error.hpp>
#include <flow/window/windows.hpp>

namespace flow {

/// Where a record belongs: into windows [first, last) of its key.
struct placed {
  enum class fate { taken, late, in_no_window };
  fate what = fate::taken;
  std::size_t first = 0, last = 0;
  bool grown = false;  // the window is a session that was there, and has become larger
};

/// Into all windows of fixed size that contain its time.
template <window_time Time>
class aligned_placement {
 public:
  static constexpr window_time time = Time;
  static constexpr bool merges = false;
  explicit aligned_placement(window_spec const& spec) : spec_(spec) {}
  window_spec const& spec() const { return spec_; }
  aligned_placement<window_time::processing> in_processing_time() const { return aligned_placement<window_time::processing>(spec_); }
  /// `lateness`: how long windows are kept behind their end.
  void prepare(duration lateness) {
    spec_.lateness = lateness;
    cuts_.emplace(spec_);
  }

  /// `merge(into, other)` adds up two windows; `fired`: how far windows have fired.
  template <class Windows, class T, class Merge>
  placed place(Windows& of_key, T const&, timestamp t, timestamp fired, Merge) const {
    slice_span const slice = cuts_->slice_of(t);
    if (!slice.in_a_window) return {placed::fate::in_no_window};
    timestamp const last = cuts_->last_end(slice.begin);
    if (cuts_->expired(last, fired)) return {placed::fate::late};
    timestamp const first = std::max(cuts_->first_end(slice.begin), cuts_->first_open(fired));
    std::size_t const at = of_key.first_ending_after(first - duration{1});
    std::size_t i = at;
    for (timestamp end = first; end <= last; end = cuts_->next_end(end), ++i) {
      if (i < of_key.open.size() && of_key.open[i].end == end) continue;
      auto& made = of_key.open.insert(i, {});
      made.start = cuts_->start_of(end);
      made.end = end;
      made.ended = slicing::fired(end, fired);
    }
    return {placed::fate::taken, at, i};
  }

 private:
  window_spec spec_;
  std::optional<slicing> cuts_;
};

/// Into the session of its key that it continues: a session is [first, last + gap), and grows and merges with others.
template <class Gap, window_time Time>
class session_placement {
 public:
  static constexpr window_time time = Time;
  static constexpr bool merges = true;
  explicit session_placement(Gap gap) : gap_(std::move(gap)) {}
  Gap const& gap() const { return gap_; }
  session_placement<Gap, window_time::processing> in_processing_time() const { return session_placement<Gap, window_time::processing>(gap_); }
  void prepare(duration lateness) { lateness_ = lateness; }

  template <class Windows, class T, class Merge>
  placed place(Windows& of_key, T const& record, timestamp t, timestamp fired, Merge merge) const {
    timestamp const end = slicing::checked(t) + gap_of(record);
    std::size_t const first = of_key.first_ending_after(t);
    std::size_t last = first;
    while (last < of_key.open.size() && of_key.open[last].start < end) ++last;
    if (first == last) {
      if (saturating_add(end - duration{1}, lateness_) <= fired) return {placed::fate::late};
      auto& made = of_key.open.insert(first, {});
      made.start = t;
      made.end = end;
      made.ended = slicing::fired(end, fired);
      return {placed::fate::taken, first, first + 1};
    }
    auto& session = of_key.open[first];
    timestamp const from = std::min(session.start, t), to = std::max(of_key.open[last - 1].end, end);
    bool const grown = from != session.start || to != session.end;
    for (std::size_t i = first + 1; i < last; ++i) merge(session, of_key.open[i]);
    session.start = from;
    session.end = to;
    session.ended = slicing::fired(to, fired);
    if (first + 1 < last) of_key.open.erase(first + 1, last);
    return {placed::fate::taken, first, first + 1, grown};
  }

 private:
  duration gap_of(auto const& record) const {
    duration const gap = gap_(record);
    if (gap.count() <= 0 || gap > longest_window)
      throw error(error_code::bad_record, "expected a gap between sessions above 0 and at most 9,000 years, found " + std::to_string(gap.count()) + " us");
    return gap;
  }
  Gap gap_;
  duration lateness_{};
};

/// Into the one window of its key.
struct global_placement {
  static constexpr window_time time = window_time::none;
  static constexpr bool merges = false;
  void prepare(duration) {}

  template <class Windows, class T, class Merge>
  placed place(Windows& of_key, T const&, timestamp, timestamp, Merge) const {
    if (of_key.open.empty()) of_key.open.insert(0, {});
    return {placed::fate::taken, 0, 1};
  }
};

/// Into windows of its key's records by their number: windows are full with each `slide`th record and hold the last `size`.
/// The first that is open is full with the first multiple of `slide` to come, and so on.
class count_placement {
 public:
  static constexpr window_time time = window_time::none;
  static constexpr bool merges = false;
  count_placement(std::int64_t size, std::int64_t slide) : size_(size), slide_(slide) {}
  std::int64_t size() const { return size_; }
  std::int64_t slide() const { return slide_; }
  void prepare(duration) {}

  template <class Windows, class T, class Merge>
  placed place(Windows& of_key, T const&, timestamp, timestamp, Merge) const {
    std::int64_t const left = slide_ - of_key.records % slide_;  // this one and those after it, until a window is full
    if (left > size_) return {placed::fate::in_no_window};
    auto const windows = static_cast<std::size_t>((size_ - left) / slide_ + 1);
    while (of_key.open.size() < windows) of_key.open.insert(of_key.open.size(), {});
    return {placed::fate::taken, 0, windows};
  }
  /// A record of the key has come; whether it filled the first window. Where it leaves no window the count begins anew, so
  /// that nothing is stored.
  template <class Windows>
  bool count(Windows& of_key) const {
    bool const full = ++of_key.records % slide_ == 0;
    if (full && slide_ >= size_) of_key.records = 0;
    return full;
  }

 private:
  std::int64_t size_, slide_;
};

}  // namespace flow
