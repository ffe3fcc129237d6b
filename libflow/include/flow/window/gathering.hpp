#pragma once
// Walks over a window whose aggregates keep records: as `window_merge` does, but puts one key's records together at a
// time, so that a firing holds the records of one window of one key twice and no more.

#include <vector>

#include <flow/window/firing.hpp>

namespace flow {

namespace detail {
/// What the tables of a window hold of one key, in the order of time.
template <class Fold>
using window_parts = std::vector<segment_entry<typename Fold::key, typename Fold::aggregate> const*>;
}  // namespace detail

template <window_fold Fold>
class window_gather : public window_walk<Fold, detail::window_parts<Fold> const*> {
  using parts = detail::window_parts<Fold>;
  using walk = window_walk<Fold, parts const*>;
  using typename walk::K;

 public:
  using typename walk::entry;
  using walk::walk;

  /// The next key with its aggregate, which stays until this is called again; null at the end.
  entry const* next() {
    auto const* const of_key = this->next_item([this](std::uint64_t first, std::uint64_t last) { load(first, last); });
    return of_key ? join(*of_key) : nullptr;
  }

 private:
  void load(std::uint64_t first, std::uint64_t last) {
    found_.clear();
    this->for_each_between(first, last, [this](entry const& e) { found_.find_or_insert(e.key, hash_of(e.key)).push_back(&e); });
    found_.for_each_between(0, ~std::uint64_t{0}, [this](segment_entry<K, parts> const& e) { this->portion_.push_back(&e.value); });
  }
  entry const* join(parts const& of_key) {
    if (of_key.size() == 1) return of_key.front();
    joined_ = {of_key.front()->key, typename walk::A{}};
    for (auto const* part : of_key) detail::merge_of_key(this->fold_, joined_.key, joined_.value, part->value);
    return &joined_;
  }

  table<K, parts> found_;
  entry joined_{};
};

}  // namespace flow
