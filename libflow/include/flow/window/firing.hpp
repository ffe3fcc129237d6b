#pragma once
// Gives out the results of one window after the other, as far as the receivers take them.

#include <span>
#include <vector>

#include <flow/state/table.hpp>
#include <flow/time.hpp>
#include <flow/window/fold.hpp>

namespace flow {

/// Walks over the keys of a window in the order of their hashes, in portions of one segment: merges what the window's
/// tables hold of each key, and stops anywhere to go on later. Nothing may change the tables in between.
template <window_fold Fold>
class window_merge {
  using K = typename Fold::key;
  using A = typename Fold::aggregate;

 public:
  using entry = segment_entry<K, A>;

  /// The fold says how aggregates are merged; it outlives this.
  explicit window_merge(Fold const& fold) : fold_(fold) {}

  /// Starts with a window: the tables that hold it together, which outlive the walk.
  void begin(std::span<table<K, A> const* const> window) {
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

 private:
  void load_portion() {
    portion_.clear();
    next_ = 0;
    std::uint64_t const first = next_hash_;
    std::uint64_t last = first;
    for (auto const* part : window_) last = std::max(last, part->segment_end(first));
    if (window_.size() == 1) {
      window_[0]->for_each_between(first, last, [this](entry const& e) { portion_.push_back(&e); });
    } else {
      merged_.clear();
      for (auto const* part : window_)
        part->for_each_between(first, last, [this](entry const& e) { detail::merge_of_key(fold_, e.key, merged_.find_or_insert(e.key, hash_of(e.key)), e.value); });
      merged_.for_each_between(0, ~std::uint64_t{0}, [this](entry const& e) { portion_.push_back(&e); });
    }
    done_ = last == ~std::uint64_t{0};
    next_hash_ = last + 1;
  }

  Fold const& fold_;
  std::span<table<K, A> const* const> window_;
  std::uint64_t next_hash_ = 0;
  bool done_ = true;
  table<K, A> merged_;
  std::vector<entry const*> portion_;
  std::size_t next_ = 0;
};

}  // namespace flow
