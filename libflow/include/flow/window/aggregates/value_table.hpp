#pragma once
// Entries found by a value, for aggregates that remember values: one block of entries in the order of their first
// appearance, which is the state, and beside it an index, which is made from them.

#include <bit>
#include <cstdint>
#include <functional>
#include <vector>

#include <cereal/types/vector.hpp>

#include <flow/record/key.hpp>

namespace flow::detail {

/// `Value`: the member or function that gives an entry's value. Few entries are searched one after the other.
template <class Entry, auto Value>
class value_table {
 public:
  /// The entry of a value, or null. Expected O(1).
  template <class V>
  Entry* find(V const& value) {
    if (index_.empty()) {
      for (auto& e : entries_)
        if (std::invoke(Value, e) == value) return &e;
      return nullptr;
    }
    auto const place = place_of(value);
    return index_[place] == 0 ? nullptr : &entries_[index_[place] - 1];
  }
  /// Adds an entry whose value is not there. Amortised O(1).
  Entry& insert(Entry entry) {
    entries_.push_back(std::move(entry));
    if (entries_.size() > few) enter(entries_.size());
    return entries_.back();
  }
  std::vector<Entry> const& entries() const { return entries_; }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(cereal::make_nvp("entries", entries_));
    if constexpr (Archive::is_loading::value) {
      index_.clear();
      if (entries_.size() > few) rebuild();
    }
  }

 private:
  static constexpr std::size_t few = 16;

  /// Where the position of a value is or belongs.
  template <class V>
  std::size_t place_of(V const& value) const {
    std::size_t const mask = index_.size() - 1;
    std::size_t place = hash_of(value) & mask;
    while (index_[place] != 0 && !(std::invoke(Value, entries_[index_[place] - 1]) == value)) place = (place + 1) & mask;
    return place;
  }
  void enter(std::size_t position) {
    if (index_.size() < 2 * entries_.size()) rebuild();
    else index_[place_of(std::invoke(Value, entries_[position - 1]))] = static_cast<std::uint32_t>(position);
  }
  void rebuild() {
    index_.assign(std::bit_ceil(4 * entries_.size()), 0);
    for (std::size_t i = 0; i < entries_.size(); ++i)
      index_[place_of(std::invoke(Value, entries_[i]))] = static_cast<std::uint32_t>(i + 1);
  }

  std::vector<Entry> entries_;
  std::vector<std::uint32_t> index_;  // position + 1 in entries_, 0 for none; a power of two, at most half full; empty while few
};

}  // namespace flow::detail
