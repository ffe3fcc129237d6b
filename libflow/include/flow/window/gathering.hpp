#pragma once
// Walks over a window whose aggregates keep records: as `window_merge` does, but puts one key's records together at a
// time, so that a firing holds the records of one window of one key twice and no more.

#include <span>
#include <vector>

#include <flow/state/table.hpp>
#include <flow/window/fold.hpp>

namespace flow {

/// See `window_merge` in firing.hpp, whose members these are.
template <window_fold Fold>
class window_gather {
  using K = typename Fold::key;
  using A = typename Fold::aggregate;

 public:
  using entry = segment_entry<K, A>;

  explicit window_gather(Fold const& fold) : fold_(fold) {}

  void begin(std::span<table<K, A> const* const> window) {
    window_ = window;
    next_hash_ = 0;
    done_ = window.empty();
    forget_portion();
  }
  entry const* next() {
    while (next_ == portion_.size()) {
      if (done_) return nullptr;
      load_portion();
    }
    return join(*portion_[next_++]);
  }

 private:
  using parts = std::vector<entry const*>;  // of one key, in the order of time

  void forget_portion() {
    found_.clear();
    portion_.clear();
    next_ = 0;
  }
  void load_portion() {
    forget_portion();
    std::uint64_t const first = next_hash_;
    std::uint64_t last = first;
    for (auto const* part : window_) last = std::max(last, part->segment_end(first));
    for (auto const* part : window_)
      part->for_each_between(first, last, [this](entry const& e) { found_.find_or_insert(e.key, hash_of(e.key)).push_back(&e); });
    found_.for_each_between(0, ~std::uint64_t{0}, [this](segment_entry<K, parts> const& e) { portion_.push_back(&e.value); });
    done_ = last == ~std::uint64_t{0};
    next_hash_ = last + 1;
  }
  entry const* join(parts const& of_key) {
    if (of_key.size() == 1) return of_key.front();
    joined_ = {of_key.front()->key, A{}};
    for (auto const* part : of_key) detail::merge_of_key(fold_, joined_.key, joined_.value, part->value);
    return &joined_;
  }

  Fold const& fold_;
  std::span<table<K, A> const* const> window_;
  std::uint64_t next_hash_ = 0;
  bool done_ = true;
  table<K, parts> found_;
  std::vector<parts const*> portion_;
  std::size_t next_ = 0;
  entry joined_{};
};

}  // namespace flow
