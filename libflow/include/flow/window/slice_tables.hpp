#pragma once
// A table for each of a few slices of time, filled and soon emptied again. Not state: what is in them is in no snapshot.

#include <algorithm>
#include <memory>
#include <vector>

#include <flow/state/table.hpp>
#include <flow/time.hpp>

namespace flow {

template <key_type K, class V>
class slice_tables {
 public:
  struct slice {
    timestamp begin;
    std::unique_ptr<table<K, V>> entries;
  };

  /// The table of the slice that starts at `begin`, made where there is none. It stays where it is until it is dropped.
  table<K, V>& at(timestamp begin) {
    auto place = std::lower_bound(slices_.begin(), slices_.end(), begin, [](slice const& s, timestamp t) { return s.begin < t; });
    if (place == slices_.end() || place->begin != begin) place = slices_.insert(place, {begin, fresh_table()});
    return *place->entries;
  }
  bool empty() const { return slices_.empty(); }
  std::size_t size() const { return slices_.size(); }
  slice const& oldest() const { return slices_.front(); }
  /// Drops the oldest slice; its table, with its memory, is for another.
  void drop_oldest() {
    slices_.front().entries->clear();
    if (spare_.size() < 4) spare_.push_back(std::move(slices_.front().entries));
    slices_.erase(slices_.begin());
  }
  /// How many there are of all slices. O(slices).
  std::size_t entries() const {
    std::size_t n = 0;
    for (auto const& s : slices_) n += s.entries->size();
    return n;
  }

 private:
  std::unique_ptr<table<K, V>> fresh_table() {
    if (spare_.empty()) return std::make_unique<table<K, V>>();
    auto t = std::move(spare_.back());
    spare_.pop_back();
    return t;
  }

  std::vector<slice> slices_;  // by their start
  std::vector<std::unique_ptr<table<K, V>>> spare_;
};

}  // namespace flow
