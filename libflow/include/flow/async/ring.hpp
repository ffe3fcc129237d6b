#pragma once
// A queue that keeps its memory: nothing is allocated while it has no more elements than it once had.

#include <cstddef>
#include <utility>
#include <vector>

namespace flow::detail {

template <class T>
class ring {
 public:
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  /// From the oldest, 0.
  T& operator[](std::size_t i) { return places_[(first_ + i) & (places_.size() - 1)]; }
  T& front() { return (*this)[0]; }
  T& back() { return (*this)[size_ - 1]; }
  /// Amortised O(1).
  void push(T value) {
    if (size_ == places_.size()) grow();
    ++size_;
    back() = std::move(value);
  }
  T pop() {
    T value = std::move(front());
    first_ = (first_ + 1) & (places_.size() - 1);
    --size_;
    return value;
  }

 private:
  void grow() {
    std::vector<T> larger(places_.empty() ? 16 : 2 * places_.size());
    for (std::size_t i = 0; i < size_; ++i) larger[i] = std::move((*this)[i]);
    places_ = std::move(larger);
    first_ = 0;
  }

  std::vector<T> places_;  // as many as a power of two
  std::size_t first_ = 0, size_ = 0;
};

}  // namespace flow::detail
