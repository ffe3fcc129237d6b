#pragma once
// Gives out the results of one window after the other, as far as the receivers take them.

#include <vector>

#include <flow/state/slices.hpp>
#include <flow/window/windows.hpp>

namespace flow {

/// Walks over the keys of a window in the order of their hashes, in portions of one segment: merges each key's slices,
/// and stops anywhere to go on later. Nothing may change the slices in between.
template <key_type K, class A>
class window_merge {
 public:
  using entry = segment_entry<K, A>;

  /// Starts with the window whose slices these are.
  void begin(std::span<typename slices<K, A>::slice const> window) {
    window_ = window;
    next_hash_ = 0;
    done_ = window.empty();
    portion_.clear();
    next_ = 0;
  }
  /// The next key with its aggregate, or null at the end.
  entry const* next() {
    while (next_ == portion_.size()) {
      if (done_) return nullptr;
      load_portion();
    }
    return portion_[next_++];
  }
  /// Whether the portion loaded last has been given out: between portions, `position` says all.
  bool between_portions() const { return next_ == portion_.size(); }
  /// The hash up to which keys have been given out.
  std::uint64_t position() const { return next_hash_; }

 private:
  void load_portion() {
    portion_.clear();
    next_ = 0;
    std::uint64_t const first = next_hash_;
    std::uint64_t last = first;
    for (auto const& s : window_) last = std::max(last, s.entries->segment_end(first));
    if (window_.size() == 1) {
      window_[0].entries->for_each_between(first, last, [this](entry const& e) { portion_.push_back(&e); });
    } else {
      merged_.clear();
      for (auto const& s : window_)
        s.entries->for_each_between(first, last, [this](entry const& e) { merged_.find_or_insert(e.key, hash_of(e.key)).merge(e.value); });
      merged_.for_each_between(0, ~std::uint64_t{0}, [this](entry const& e) { portion_.push_back(&e); });
    }
    done_ = last == ~std::uint64_t{0};
    next_hash_ = last + 1;
  }

  std::span<typename slices<K, A>::slice const> window_;
  std::uint64_t next_hash_ = 0;
  bool done_ = true;
  table<K, A> merged_;
  std::vector<entry const*> portion_;
  std::size_t next_ = 0;
};

}  // namespace flow
