#pragma once
// An entry store in memory that keeps to the letter of the contract: what has not been written is not there.

#include <functional>
#include <map>
#include <set>

#include <flow/state/entry_store.hpp>

namespace flow::testing {

/// What the stores of a backend have been asked.
struct store_counts {
  std::size_t reads = 0, hashes_read = 0, puts = 0, removals = 0, stores = 0;
};

class map_store final : public entry_store {
 public:
  explicit map_store(store_counts& counts) : counts_(counts) { ++counts_.stores; }
  ~map_store() override { --counts_.stores; }
  void put(std::uint64_t hash, bytes const& entries) override {
    ++counts_.puts;
    waiting_.push_back([this, hash, entries] { entries_[hash] = entries; });
  }
  void remove(std::uint64_t hash) override {
    ++counts_.removals;
    waiting_.push_back([this, hash] { entries_.erase(hash); });
  }
  void note_change(std::uint64_t epoch, std::uint64_t hash) override {
    waiting_.push_back([this, epoch, hash] { changes_[epoch].insert(hash); });
  }
  void forget_changes(std::uint64_t before) override {
    waiting_.push_back([this, before] { changes_.erase(changes_.begin(), changes_.lower_bound(before)); });
  }
  void write() override {
    for (auto const& w : waiting_) w();
    waiting_.clear();
  }
  void read(std::span<std::uint64_t const> hashes, stored_entries& into) override {
    ++counts_.reads;
    counts_.hashes_read += hashes.size();
    for (auto const h : hashes)
      if (auto const e = entries_.find(h); e != entries_.end()) into.add(h, e->second.data(), e->second.size());
  }
  void scan(std::uint64_t first, std::uint64_t last, std::size_t most, stored_entries& into) override {
    for (auto e = entries_.lower_bound(first); e != entries_.end() && e->first <= last && most > 0; ++e, --most) into.add(e->first, e->second.data(), e->second.size());
  }
  void changes(std::uint64_t epoch, std::uint64_t first, std::uint64_t last, std::size_t most, std::vector<std::uint64_t>& into) override {
    auto const found = changes_.find(epoch);
    if (found == changes_.end()) return;
    for (auto h = found->second.lower_bound(first); h != found->second.end() && *h <= last && most > 0; ++h, --most) into.push_back(*h);
  }
  void clear() override {
    waiting_.clear();
    entries_.clear();
    changes_.clear();
  }
  std::size_t size() const { return entries_.size(); }

 private:
  store_counts& counts_;
  std::vector<std::function<void()>> waiting_;
  std::map<std::uint64_t, bytes> entries_;
  std::map<std::uint64_t, std::set<std::uint64_t>> changes_;
};

class map_backend final : public state_backend {
 public:
  using state_backend::state_backend;
  std::unique_ptr<entry_store> open() override { return std::make_unique<map_store>(counts); }
  store_counts counts;
};

}  // namespace flow::testing
