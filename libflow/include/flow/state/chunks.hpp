#pragma once
// Memory for large tables, in chunks of 2 MiB that somebody has touched before they are needed.
//
// The first touch of a page is where the operating system clears it: milliseconds for a huge page. A table that grows
// must not wait for that, so chunks are made ready ahead of their use by a thread that whoever runs the job passes in:
// libflow has none. Nothing is made ready before the first chunk has been asked for; then as much as growth needs.
//
// All methods may be called from any thread.

#include <cstddef>
#include <functional>
#include <mutex>
#include <vector>

namespace flow {

class chunk_pool {
 public:
  static constexpr std::size_t chunk_bytes = std::size_t{1} << 21;

  /// `on_low` is called when chunks should be made ready (`prepare_one`), from the thread that took one.
  explicit chunk_pool(std::function<void()> on_low = [] {}) : on_low_(std::move(on_low)) { ready_.reserve(wanted_at_most); }
  /// Every chunk taken must have been given back.
  ~chunk_pool();
  chunk_pool(chunk_pool const&) = delete;
  chunk_pool& operator=(chunk_pool const&) = delete;

  /// A chunk of `chunk_bytes`, aligned to its size, contents undefined: one that is ready or, when none is, one whose pages
  /// are ordinary and untouched. O(1). Throws `std::bad_alloc`.
  std::byte* take();
  void give_back(std::byte* chunk) noexcept;

  /// Makes one chunk ready, if more are wanted; whether one was. Takes milliseconds.
  bool prepare_one();

  std::size_t ready() const;
  /// How many chunks are to be ready: none at first, more each time that there was none when one was needed.
  std::size_t wanted() const;

 private:
  static constexpr std::size_t wanted_at_first = 4, wanted_at_most = 32;

  std::function<void()> on_low_;
  mutable std::mutex lock_;
  std::vector<std::byte*> ready_;
  std::size_t wanted_ = 0;
};

}  // namespace flow
