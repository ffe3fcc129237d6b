#pragma once
// How many things are due after how long, exactly: no rounding error however long it lasts.

#include <chrono>
#include <cstdint>

namespace flow::memory {

/// A rate of at most 10^10 per second; 0 stands for no limit.
class rate {
 public:
  static constexpr std::uint64_t highest = 10'000'000'000;

  constexpr rate() = default;
  constexpr explicit rate(std::uint64_t per_second) : per_second_(per_second) {}
  constexpr bool limited() const { return per_second_ != 0; }

  /// How many are due `elapsed` (not negative) after the start: the n-th when n / rate seconds have passed.
  constexpr std::uint64_t due_after(std::chrono::nanoseconds elapsed) const {
    auto const ns = static_cast<std::uint64_t>(elapsed.count());
    return ns / second * per_second_ + ns % second * per_second_ / second;
  }

  /// The earliest time after the start at which `count` are due.
  constexpr std::chrono::nanoseconds time_of(std::uint64_t count) const {
    std::uint64_t const rest = count % per_second_ * second;
    return std::chrono::nanoseconds(count / per_second_ * second + (rest + per_second_ - 1) / per_second_);
  }

 private:
  static constexpr std::uint64_t second = 1'000'000'000;
  std::uint64_t per_second_ = 0;
};

}  // namespace flow::memory
