#pragma once
// Walks over the keys of a window that fires.

#include <algorithm>
#include <span>
#include <vector>

#include <flow/state/table.hpp>
#include <flow/window/fold.hpp>

namespace flow {

/// Walks over the keys of a window in the order of their hashes, in portions of one segment, and stops anywhere to go on
/// later. Nothing may change the window's tables in between. `Item` is what a portion holds of each key.
template <window_fold Fold, class Item>
class window_walk {
 protected:
  using K = typename Fold::key;
  using A = typename Fold::aggregate;

 public:
  using entry = segment_entry<K, A>;

  /// The fold says how aggregates are merged; it outlives this.
  explicit window_walk(Fold const& fold) : fold_(fold) {}

  /// Starts with a window: the tables that hold it together, which outlive the walk.
  void begin(std::span<table<K, A> const* const> window) {
    window_ = window;
    next_hash_ = 0;
    done_ = window.empty();
    portion_.clear();
    next_ = 0;
  }

 protected:
  /// The next item, or null at the end. `load(first, last)` fills the portion with what the tables hold from one hash to another.
  template <class Load>
  Item next_item(Load load) {
    while (next_ == portion_.size()) {
      if (done_) return nullptr;
      portion_.clear();
      next_ = 0;
      std::uint64_t last = next_hash_;
      for (auto const* part : window_) last = std::max(last, part->segment_end(next_hash_));
      load(next_hash_, last);
      done_ = last == ~std::uint64_t{0};
      next_hash_ = last + 1;
    }
    return portion_[next_++];
  }
  template <class F>
  void for_each_between(std::uint64_t first, std::uint64_t last, F f) const {
    for (auto const* part : window_) part->for_each_between(first, last, f);
  }

  Fold const& fold_;
  std::span<table<K, A> const* const> window_;
  std::vector<Item> portion_;

 private:
  std::uint64_t next_hash_ = 0;
  bool done_ = true;
  std::size_t next_ = 0;
};

/// Merges what the window's tables hold of each key of a portion.
template <window_fold Fold>
class window_merge : public window_walk<Fold, segment_entry<typename Fold::key, typename Fold::aggregate> const*> {
  using walk = window_walk<Fold, segment_entry<typename Fold::key, typename Fold::aggregate> const*>;

 public:
  using typename walk::entry;
  using walk::walk;

  /// The next key with its aggregate, or null at the end.
  entry const* next() {
    return this->next_item([this](std::uint64_t first, std::uint64_t last) { load(first, last); });
  }

 private:
  void load(std::uint64_t first, std::uint64_t last) {
    auto const take = [this](entry const& e) { this->portion_.push_back(&e); };
    if (this->window_.size() == 1) return this->for_each_between(first, last, take);
    merged_.clear();
    this->for_each_between(first, last, [this](entry const& e) {
      detail::merge_of_key(this->fold_, e.key, merged_.find_or_insert(e.key, hash_of(e.key)), e.value);
    });
    merged_.for_each_between(0, ~std::uint64_t{0}, take);
  }

  table<typename walk::K, typename walk::A> merged_;
};

}  // namespace flow
