#pragma once
// Runs of slices, merged once for all the windows that contain them.
//
// A window of n slices is put together from at most 2 log2(n) tables: merged runs of 2, 4, 8, ... slices that begin at a
// multiple of their length (the base intervals of Arasu and Widom, "Resource sharing in continuous sliding-window
// aggregates", 2004). A run is merged when a window first needs it, from its two halves; it is forgotten when a record
// changes a slice in it, or when no window to come contains it.
//
// Aggregates that keep records are not merged ahead: a record is stored in its slice and nowhere else.
//
// Where the slices need not be in memory, no runs are merged either: they would be, all of them.
//
// Derived from the slices, which are the state: after a restore the runs are merged anew.

#include <bit>
#include <map>
#include <span>
#include <vector>

#include <flow/state/slices.hpp>
#include <flow/window/fold.hpp>
#include <flow/window/windows.hpp>

namespace flow {

template <window_fold Fold>
class merged_slices {
  using K = typename Fold::key;
  using A = typename Fold::aggregate;

 public:
  using table_type = table<K, A>;

  /// The fold says how aggregates are merged; it outlives this.
  merged_slices(slicing const& cuts, Fold const& fold) : cuts_(cuts), fold_(fold) {}
  /// The slices to merge; they outlive this.
  void attach(slices<K, A> const& of) { slices_ = &of; }

  /// Tables that together hold the slices in [first, last), oldest first. Valid until a slice changes or the next call.
  std::span<table_type const* const> cover(timestamp first, timestamp last) {
    covered_until_ = std::max(covered_until_, last);
    parts_.clear();
    if (keeps_records<A> || slices_->spills()) {
      for (auto const& s : slices_->between(first, last)) parts_.push_back(s.entries.get());
      return parts_;
    }
    for_each_run(first, last, [this](run r) {
      if (auto const* part = merge(r)) parts_.push_back(part);
    });
    return parts_;
  }
  /// The aggregate of one key over the slices in [first, last). Merges no runs.
  A of_key(K const& key, std::uint64_t hash, timestamp first, timestamp last) const {
    A all{};
    for_each_run(first, last, [&](run r) { add(all, key, hash, r); });
    return all;
  }
  /// The slice that begins there is about to change.
  void changing(timestamp begin) {
    if (begin >= covered_until_) return;
    for (std::size_t level = 1; level < runs_.size(); ++level) {
      auto const found = runs_[level].find(cuts_.number_of(begin) >> level);
      if (found != runs_[level].end()) forget(level, found);
    }
  }
  /// Forgets the runs that begin with a slice whose windows have all expired.
  void drop_expired(timestamp watermark) {
    for (std::size_t level = 1; level < runs_.size(); ++level)
      while (!runs_[level].empty() && cuts_.expired(cuts_.last_end(run{level, runs_[level].begin()->first}.begin(cuts_)), watermark))
        forget(level, runs_[level].begin());
  }
  /// How many merged runs are held.
  std::size_t runs() const {
    std::size_t n = 0;
    for (auto const& level : runs_) n += level.size();
    return n;
  }

 private:
  using level_runs = std::map<std::int64_t, std::unique_ptr<table_type>>;

  /// The slices with numbers from index * 2^level up to the next multiple.
  struct run {
    std::size_t level;
    std::int64_t index;
    timestamp begin(slicing const& cuts) const { return cuts.begin_of(index << level); }
    timestamp end(slicing const& cuts) const { return cuts.begin_of((index + 1) << level); }
    run half(int which) const { return {level - 1, 2 * index + which}; }
  };

  template <class F>
  void for_each_run(timestamp first, timestamp last, F f) const {
    std::int64_t const to = cuts_.number_of(last);
    for (std::int64_t at = cuts_.number_of(first); at < to;) {
      int const aligned = at == 0 ? 62 : std::countr_zero(static_cast<std::uint64_t>(at));
      auto const level = static_cast<std::size_t>(std::min(aligned, static_cast<int>(std::bit_width(static_cast<std::uint64_t>(to - at))) - 1));
      f(run{level, at >> level});
      at += std::int64_t{1} << level;
    }
  }
  auto slices_of(run r) const { return slices_->between(r.begin(cuts_), r.end(cuts_)); }
  table_type const* find(run r) const {
    if (r.level >= runs_.size()) return nullptr;
    auto const found = runs_[r.level].find(r.index);
    return found == runs_[r.level].end() ? nullptr : found->second.get();
  }

  /// The table of a run, merged from its halves where both hold something; null when it is empty.
  table_type const* merge(run r) {
    if (auto const* known = find(r)) return known;
    auto const inside = slices_of(r);
    if (inside.size() <= 1) return inside.empty() ? nullptr : inside.front().entries.get();
    table_type const* const halves[] = {merge(r.half(0)), merge(r.half(1))};
    if (!halves[0] || !halves[1]) return halves[0] ? halves[0] : halves[1];
    auto merged = fresh_table();
    for (auto const* half : halves)
      half->for_each([&](K const& key, A const& value) { detail::merge_of_key(fold_, key, merged->find_or_insert(key, hash_of(key)), value); });
    if (r.level >= runs_.size()) runs_.resize(r.level + 1);
    return (runs_[r.level][r.index] = std::move(merged)).get();
  }
  void add(A& all, K const& key, std::uint64_t hash, run r) const {
    auto const* part = find(r);
    if (!part) {
      auto const inside = slices_of(r);
      if (inside.empty()) return;
      if (inside.size() > 1) {
        add(all, key, hash, r.half(0));
        return add(all, key, hash, r.half(1));
      }
      part = inside.front().entries.get();
    }
    if (auto const* value = part->find(key, hash)) detail::merge_of_key(fold_, key, all, *value);
  }

  void forget(std::size_t level, typename level_runs::iterator which) {
    if (spare_.size() < most_spare) {
      which->second->clear();
      spare_.push_back(std::move(which->second));
    }
    runs_[level].erase(which);
  }
  std::unique_ptr<table_type> fresh_table() {
    if (spare_.empty()) return std::make_unique<table_type>();
    auto t = std::move(spare_.back());
    spare_.pop_back();
    return t;
  }

  static constexpr std::size_t most_spare = 4;
  slicing cuts_;
  Fold const& fold_;
  slices<K, A> const* slices_ = nullptr;
  std::vector<level_runs> runs_;  // by level; a run held is merged from what its slices hold now
  std::vector<table_type const*> parts_;
  std::vector<std::unique_ptr<table_type>> spare_;
  timestamp covered_until_ = no_watermark;
};

}  // namespace flow
