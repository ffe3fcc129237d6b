#pragma once
// How long keyed state lives, and what is kept with it for that.
//
//     small_seen = context.state().value<bool>("small-seen", flow::time_to_live(10min));
//
// A value is written at a time of day (`clock::wall`: processing time, which goes on while the job is stopped) and expires
// `length` later; a write begins its life anew, with `on_read_and_write` a read does as well. What has expired is never seen
// again, even before it has been removed. The time is looked at once for every 64 records and for each timer. If the clock
// of the machine is set back, state lives longer by as much.
//
// The unit is the value for `value`, `reducing` and `aggregating` state, the element of a list, the entry of a map.
//
// Expired state is removed and its memory given back without being touched: a walk over all entries, a bounded step after
// each batch or, without input, about 100 us of work at most every millisecond. It comes by every entry once in a time to
// live or once an hour, whichever is shorter; a table of more than four million entries per second of that takes longer
// when there is no input. A removal is a removal: a checkpoint has it like any other.

#include <algorithm>
#include <vector>

#include <cereal/types/vector.hpp>

#include <flow/time.hpp>

namespace flow {

class time_to_live {
 public:
  /// `length` must be above 0: whoever declares state with another throws `flow::error` (invalid_job).
  constexpr explicit time_to_live(duration length) : length_(length) {}
  /// The same, but a read begins the life anew as well.
  constexpr time_to_live on_read_and_write() const {
    time_to_live changed = *this;
    changed.reads_ = true;
    return changed;
  }
  constexpr duration length() const { return length_; }
  constexpr bool renewed_by_reads() const { return reads_; }
  constexpr bool over(timestamp touched, timestamp now) const { return saturating_add(touched, length_) <= now; }

 private:
  duration length_;
  bool reads_ = false;
};

namespace detail {

// Cells: what a table keeps for a value with a time to live. A cell has `size` parts that expire in order.

/// A value that expires as a whole.
template <class V>
struct timed {
  V value{};
  timestamp touched{};

  std::size_t size() const { return 1; }
  /// How many parts have expired.
  std::size_t expired(timestamp now, time_to_live const& life) const { return life.over(touched, now); }
  /// Drops the first `parts`, but not all.
  void drop(std::size_t) {}
  /// Whether some of it is older than `now`.
  bool older(timestamp now) const { return touched != now; }
  void renew(timestamp now) { touched = now; }
  /// It has been changed.
  void written(timestamp now) { touched = now; }

  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(value), CEREAL_NVP(touched)); }
};

/// A list whose elements expire one by one: `touched` says when each was, and never falls.
template <class T>
struct timed_list {
  std::vector<T> value;
  std::vector<timestamp> touched;

  std::size_t size() const { return value.size(); }
  std::size_t expired(timestamp now, time_to_live const& life) const {
    auto const first = std::partition_point(touched.begin(), touched.end(), [&](timestamp t) { return life.over(t, now); });
    return static_cast<std::size_t>(first - touched.begin());
  }
  void drop(std::size_t parts) {
    value.erase(value.begin(), value.begin() + static_cast<std::ptrdiff_t>(parts));
    touched.erase(touched.begin(), touched.begin() + static_cast<std::ptrdiff_t>(parts));
  }
  bool older(timestamp now) const { return !touched.empty() && touched.front() < now; }
  void renew(timestamp now) { std::for_each(touched.begin(), touched.end(), [now](timestamp& t) { t = std::max(t, now); }); }
  void written(timestamp now) { touched.resize(value.size(), touched.empty() ? now : std::max(touched.back(), now)); }

  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(value), CEREAL_NVP(touched)); }
};

}  // namespace detail
}  // namespace flow
