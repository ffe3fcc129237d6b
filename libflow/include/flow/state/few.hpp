#pragma once
// A short sequence whose first element lies in place: while there is one only, nothing is allocated.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include <flow/record/schema.hpp>

namespace flow {

/// Elements are default-made and moved; so is the sequence. References are valid until the next insertion or removal.
template <class T>
class few {
 public:
  using value_type = T;

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](std::size_t i) { return i == 0 ? first_ : (*others_)[i - 1]; }
  T const& operator[](std::size_t i) const { return i == 0 ? first_ : (*others_)[i - 1]; }
  T& front() { return first_; }
  T const& front() const { return first_; }

  /// Puts an element before the one at `i`. O(elements behind it).
  T& insert(std::size_t i, T element) {
    if (size_++ == 0) return first_ = std::move(element);
    if (!others_) others_ = std::make_unique<std::vector<T>>();
    if (i == 0) std::swap(first_, element);
    others_->insert(others_->begin() + static_cast<std::ptrdiff_t>(i == 0 ? 0 : i - 1), std::move(element));
    return (*this)[i];
  }
  /// Removes the elements in [first, last). O(elements from there on).
  void erase(std::size_t first, std::size_t last) {
    std::size_t const removed = last - first;
    if (removed == 0) return;
    for (std::size_t i = first; i + removed < size_; ++i) (*this)[i] = std::move((*this)[i + removed]);
    size_ -= static_cast<std::uint32_t>(removed);
    if (size_ == 0) first_ = T{};
    if (others_) others_->resize(size_ > 0 ? size_ - 1 : 0);
  }
  void clear() { erase(0, size_); }

 private:
  T first_{};
  std::unique_ptr<std::vector<T>> others_;  // null until there has been a second element
  std::uint32_t size_ = 0;
};

template <class Archive, class T>
void CEREAL_SAVE_FUNCTION_NAME(Archive& archive, few<T> const& all) {
  archive(cereal::make_size_tag(static_cast<cereal::size_type>(all.size())));
  for (std::size_t i = 0; i < all.size(); ++i) archive(all[i]);
}
template <class Archive, class T>
void CEREAL_LOAD_FUNCTION_NAME(Archive& archive, few<T>& all) {
  cereal::size_type size = 0;
  archive(cereal::make_size_tag(size));
  all.clear();
  for (std::size_t i = 0; i < size; ++i) archive(all.insert(i, T{}));
}

}  // namespace flow
