#pragma once
// The pace of a walk over all entries of a table that removes what has expired.
//
// The walk follows the hashes, so that the part of them that has been passed says how much of the table that was. Steps
// are paid for by the records that came: four slots and two removals for each, so that a walk keeps up with what is
// added; a step without records is that of a batch of 1,024.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>

#include <flow/state/time_to_live.hpp>

namespace flow::detail {

/// How long a walk over all entries with this time to live is to take.
inline std::chrono::nanoseconds pass_of(time_to_live const& life) {
  return std::min<duration>(life.length(), std::chrono::hours(1));
}

class sweeper {
 public:
  static constexpr std::uint32_t idle_records = 1024;
  static constexpr std::chrono::nanoseconds never = std::chrono::nanoseconds::max();

  /// `pass`: how long one walk over everything is to take.
  explicit sweeper(std::chrono::nanoseconds pass) : pass_(pass) {}

  /// When the next step is wanted if no records come before, of the steady clock; `empty`: whether the table is.
  std::chrono::nanoseconds due(bool empty) const {
    if (empty && was_empty_ && at_ == 0) return never;
    return std::max(due_, last_ + std::chrono::milliseconds(1));
  }
  /// Does a step if it is time, paid for by `records`. `sweep(at, removals)` does what `table::sweep` does.
  template <class F>
  void step(std::chrono::nanoseconds now, std::uint32_t records, bool empty, F sweep) {
    due_ = std::max(due_, now - pass_);
    std::uint32_t removals = 2 * records + 64;
    for (std::uint32_t segments = records / 256 + 1; due_ <= now && segments > 0; --segments) {
      last_ = now;
      if (at_ == 0) was_empty_ = empty;
      std::uint64_t const from = at_;
      if (!sweep(at_, removals)) return;
      due_ += std::chrono::nanoseconds(static_cast<std::int64_t>(part(from, at_) * static_cast<double>(pass_.count()))) + std::chrono::nanoseconds(1);
    }
  }

 private:
  /// How much of all hashes lies in [from, to), 0 being the end of all.
  static double part(std::uint64_t from, std::uint64_t to) {
    return from == 0 && to == 0 ? 1 : std::ldexp(static_cast<double>(to - from), -64);
  }

  std::chrono::nanoseconds pass_;
  std::chrono::nanoseconds due_{std::chrono::nanoseconds::min()};
  std::chrono::nanoseconds last_{0};
  std::uint64_t at_ = 0;     // the walk has passed all hashes below
  bool was_empty_ = false;   // whether the table was when the walk began
};

}  // namespace flow::detail
