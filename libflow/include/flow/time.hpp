#pragma once
// Time as the engine knows it.
//
// Event time is a 64-bit count of microseconds since the Unix epoch. A watermark `w` states that no
// record with a timestamp at or below `w` is expected any more; a record that arrives behind it is late.

#include <chrono>
#include <cstdint>

namespace flow {

using duration = std::chrono::microseconds;
using timestamp = std::chrono::time_point<std::chrono::system_clock, duration>;

/// The watermark before anything is known.
inline constexpr timestamp no_watermark = timestamp::min();
/// The watermark after the last record of bounded input.
inline constexpr timestamp end_of_time = timestamp::max();

/// `t + d`, stopping at the ends of the representable range instead of wrapping.
constexpr timestamp saturating_add(timestamp t, duration d) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(t.time_since_epoch().count(), d.count(), &sum))
    return d.count() < 0 ? timestamp::min() : timestamp::max();
  return timestamp{duration{sum}};
}

/// The largest multiple of `step` above `origin` that is not above `value`; right for negative values too.
constexpr std::int64_t floor_to(std::int64_t value, std::int64_t step, std::int64_t origin = 0) {
  std::int64_t rest = (value - origin) % step;
  if (rest < 0) rest += step;
  return value - rest;
}

/// Time of the machine, passed in so that a test can own it.
class clock {
 public:
  virtual ~clock() = default;
  /// Never goes back; only differences of its values mean anything.
  virtual std::chrono::nanoseconds now() const = 0;
  /// The time of day, which may be set: "processing time". Means the same after a restart and on another machine.
  virtual timestamp wall() const = 0;
};

/// A clock that a test moves by hand; its days begin with the epoch.
class manual_clock final : public clock {
 public:
  std::chrono::nanoseconds now() const override { return now_; }
  timestamp wall() const override { return timestamp{std::chrono::floor<duration>(now_)}; }
  void advance(std::chrono::nanoseconds by) { now_ += by; }

 private:
  std::chrono::nanoseconds now_{0};
};

/// The steady clock of the machine.
class steady_clock final : public clock {
 public:
  std::chrono::nanoseconds now() const override { return std::chrono::steady_clock::now().time_since_epoch(); }
  timestamp wall() const override { return std::chrono::floor<duration>(std::chrono::system_clock::now()); }
};

}  // namespace flow
