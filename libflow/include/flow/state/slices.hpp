#pragma once
// State per key and slice of time: a table for each slice that holds something.
//
// Slices are few and mostly used at their young end: they are kept sorted by their start in a small vector. A dropped
// slice leaves its table, with its memory, to the next one.

#include <algorithm>
#include <memory>
#include <span>
#include <vector>

#include <flow/state/operator_state.hpp>
#include <flow/state/table.hpp>
#include <flow/time.hpp>

namespace flow {

template <key_type K, class V>
class slices final : public state_object {
 public:
  using table_type = table<K, V>;
  struct slice {
    timestamp begin;
    std::unique_ptr<table_type> entries;
  };

  explicit slices(std::string name, chunk_pool* chunks = nullptr)
      : state_object(std::move(name), state_kind::slices, schema_of<K>(), schema_of<V>()), chunks_(chunks) {}

  /// The table of the slice that starts at `begin`, made where there is none. The table stays where it is until it is
  /// dropped. O(log slices).
  table_type& at(timestamp begin) {
    auto place = lower_bound(begin);
    if (place == slices_.end() || place->begin != begin) place = slices_.insert(place, {begin, fresh_table()});
    return *place->entries;
  }
  /// All slices, oldest first.
  std::vector<slice> const& all() const { return slices_; }
  /// The slices that start in [first, last), oldest first.
  std::span<slice const> between(timestamp first, timestamp last) const {
    auto const from = lower_bound(first), to = lower_bound(last);
    return {from, to};
  }
  /// Drops the slice at the front.
  void drop_oldest() {
    slices_.front().entries->clear();
    if (spare_.size() < 4) spare_.push_back(std::move(slices_.front().entries));
    slices_.erase(slices_.begin());
  }

  std::size_t entries() const override {
    std::size_t n = 0;
    for (auto const& s : slices_) n += s.entries->size();
    return n;
  }
  std::size_t memory() const override {
    std::size_t n = 0;
    for (auto const& s : slices_) n += s.entries->memory();
    for (auto const& t : spare_) n += t->memory();
    return n;
  }
  void begin_epoch() override {
    for (auto const& s : slices_) s.entries->begin_epoch();
  }

 private:
  auto lower_bound(timestamp begin) const {
    return std::lower_bound(slices_.begin(), slices_.end(), begin, [](slice const& s, timestamp t) { return s.begin < t; });
  }
  std::unique_ptr<table_type> fresh_table() {
    if (spare_.empty()) return std::make_unique<table_type>(chunks_);
    auto t = std::move(spare_.back());
    spare_.pop_back();
    return t;
  }

  chunk_pool* chunks_;
  std::vector<slice> slices_;
  std::vector<std::unique_ptr<table_type>> spare_;
};

}  // namespace flow
