#pragma once
// Which worker an actor belongs to because its state lies in that worker's caches.
//
// An actor that worked long when it was last resumed has a home: the worker that ran it. One that was soon done has none,
// and follows its messages instead (doc/decisions/025). Kept by a hash of the actor's address: of two with the same
// hash one may be sent to the other's home, which costs time and nothing else.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace flow {

class actor_homes {
 public:
  /// Time for which an actor must have worked to have a home, in nanoseconds.
  static constexpr std::int64_t worth_staying = 20'000;

  /// `worker` has run the actor for so many nanoseconds.
  void ran(void const* actor, std::size_t worker, std::int64_t nanoseconds) {
    auto& home = homes_[index_of(actor)];
    auto const now = static_cast<std::uint16_t>(nanoseconds >= worth_staying ? worker + 1 : 0);
    if (home.load(std::memory_order_relaxed) != now) home.store(now, std::memory_order_relaxed);
  }
  std::optional<std::size_t> of(void const* actor) const {
    std::size_t const home = homes_[index_of(actor)].load(std::memory_order_relaxed);
    if (home == 0) return std::nullopt;
    return home - 1;
  }

 private:
  static constexpr std::size_t log2 = 12;
  static std::size_t index_of(void const* actor) {
    return static_cast<std::size_t>(reinterpret_cast<std::uintptr_t>(actor) * 0x9E3779B97F4A7C15) >> (64 - log2);
  }
  std::array<std::atomic<std::uint16_t>, std::size_t{1} << log2> homes_{};
};

}  // namespace flow
