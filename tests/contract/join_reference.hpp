#pragma once
// What joins must give, computed in the plainest way: all records are kept for ever and compared with all others.

#include <map>
#include <optional>
#include <random>
#include <set>
#include <tuple>
#include <vector>

#include <flow/join/join_function.hpp>
#include <flow/join/interval_join.hpp>

#include "contract/window_reference.hpp"

namespace flow::testing {

struct trip {
  timestamp at{};
  std::int32_t key = 0;
  std::int64_t number = 0;

  bool operator==(trip const&) const = default;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(at), CEREAL_NVP(key), CEREAL_NVP(number)); }
};
struct fare {
  std::int64_t cents = 0;
  std::int32_t key = 0;
  timestamp paid{};

  bool operator==(fare const&) const = default;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(cents), CEREAL_NVP(key), CEREAL_NVP(paid)); }
};
/// A pair with its event time, or a record alone: -1 for what is missing.
struct joined {
  std::int64_t trip = -1;
  std::int64_t fare = -1;
  timestamp at{};

  bool operator==(joined const&) const = default;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(trip), CEREAL_NVP(fare), CEREAL_NVP(at)); }
};

inline constexpr auto pair_up = [](trip const& t, fare const& f) { return joined{t.number, f.cents, {}}; };
inline constexpr auto pair_left = [](trip const& t, fare const* f) { return joined{t.number, f ? f->cents : -1, {}}; };
inline constexpr auto pair_right = [](trip const* t, fare const& f) { return joined{t ? t->number : -1, f.cents, {}}; };
inline constexpr auto pair_full = [](trip const* t, fare const* f) { return joined{t ? t->number : -1, f ? f->cents : -1, {}}; };

/// The join of a kind: `described` has left_outer() and so on.
template <class Described>
auto select_as(join_kind kind, std::string name, Described const& described) {
  switch (kind) {
    case join_kind::left_outer: return described.left_outer().select(name, pair_left);
    case join_kind::right_outer: return described.right_outer().select(name, pair_right);
    case join_kind::full_outer: return described.full_outer().select(name, pair_full);
    default: return described.select(name, pair_up);
  }
}
inline bool records_alone(join_kind kind, bool left) {
  return kind == join_kind::full_outer || kind == (left ? join_kind::left_outer : join_kind::right_outer);
}

/// Records that are not late, and those that are, by the rule "at or behind the watermark".
struct records_in_time {
  std::vector<trip> trips;
  std::vector<fare> fares;
  std::vector<trip> late_trips;
  std::vector<fare> late_fares;
  timestamp watermark = no_watermark;

  void process(trip const& t) { (t.at > watermark ? trips : late_trips).push_back(t); }
  void process(fare const& f) { (f.paid > watermark ? fares : late_fares).push_back(f); }
};

inline std::vector<joined> expected_interval_join(records_in_time const& in, join_interval interval, join_kind kind) {
  std::vector<joined> all;
  std::set<std::int64_t> with_fare, with_trip;
  for (auto const& t : in.trips)
    for (auto const& f : in.fares) {
      duration const apart = f.paid - t.at;
      if (t.key != f.key || apart < interval.lower || apart > interval.upper) continue;
      all.push_back({t.number, f.cents, std::max(t.at, f.paid)});
      with_fare.insert(t.number);
      with_trip.insert(f.cents);
    }
  for (auto const& t : in.trips)
    if (records_alone(kind, true) && !with_fare.count(t.number)) all.push_back({t.number, -1, std::max(t.at, t.at + interval.upper)});
  for (auto const& f : in.fares)
    if (records_alone(kind, false) && !with_trip.count(f.cents)) all.push_back({-1, f.cents, std::max(f.paid, f.paid - interval.lower)});
  return all;
}

/// The fare of each trip: the last of those that are not later. A fare of 13 more than a multiple of 100 deletes.
inline bool deletes(fare const& f) { return f.cents % 100 == 13; }
inline std::vector<joined> expected_temporal_join(records_in_time const& in, join_kind kind) {
  std::vector<joined> all;
  for (auto const& t : in.trips) {
    std::optional<fare> valid;
    for (auto const& f : in.fares)
      if (f.key == t.key && f.paid <= t.at && (!valid || f.paid >= valid->paid)) valid = f;
    if (valid && deletes(*valid)) valid.reset();
    if (valid || records_alone(kind, true)) all.push_back({t.number, valid ? valid->cents : -1, t.at});
  }
  return all;
}

/// Windows of two sides, with lateness: what has been given out and is changed is given out again with the next watermark.
class window_join_reference {
 public:
  struct contents {
    std::vector<trip> trips;
    std::vector<fare> fares;
    bool changed = false;
  };
  using place = std::tuple<std::int64_t, std::int64_t, std::int32_t>;  // end, start, key

  explicit window_join_reference(window_spec spec) : spec_(spec) {}

  void process(trip const& t) {
    if (add(t.at, t.key, [&](contents& c) { c.trips.push_back(t); })) late_trips.push_back(t);
  }
  void process(fare const& f) {
    if (add(f.paid, f.key, [&](contents& c) { c.fares.push_back(f); })) late_fares.push_back(f);
  }
  /// Calls `give(window, contents)` for what fires.
  template <class F>
  void advance(timestamp w, F give) {
    if (w <= watermark_) return;
    for (auto& [where, c] : windows_) {
      if (micros(w) < std::get<0>(where) - 1 || !c.changed) continue;
      c.changed = false;
      give(where, c);
    }
    watermark_ = w;
  }
  static std::vector<joined> pairs(place const& where, contents const& c, join_kind kind) {
    std::vector<joined> all;
    timestamp const at{duration{std::get<0>(where) - 1}};
    for (auto const& t : c.trips)
      for (auto const& f : c.fares) all.push_back({t.number, f.cents, at});
    if (c.fares.empty() && records_alone(kind, true))
      for (auto const& t : c.trips) all.push_back({t.number, -1, at});
    if (c.trips.empty() && records_alone(kind, false))
      for (auto const& f : c.fares) all.push_back({-1, f.cents, at});
    return all;
  }

  std::vector<trip> late_trips;
  std::vector<fare> late_fares;
  std::size_t in_no_window = 0;

 private:
  static std::int64_t micros(timestamp t) { return t.time_since_epoch().count(); }
  /// Whether the record is late.
  template <class F>
  bool add(timestamp t, std::int32_t key, F into) {
    auto const of_record = windows_of(micros(t), spec_);
    bool taken = false;
    for (auto const& [start, end] : of_record) {
      if (watermark_ != no_watermark && end - 1 + spec_.lateness.count() <= micros(watermark_)) continue;
      contents& c = windows_[{end, start, key}];
      into(c);
      taken = c.changed = true;
    }
    if (of_record.empty()) ++in_no_window;
    return !taken && !of_record.empty();
  }

  window_spec spec_;
  timestamp watermark_ = no_watermark;
  std::map<place, contents> windows_;
};

}  // namespace flow::testing
