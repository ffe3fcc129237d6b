#pragma once
// What stands behind the tables of a job whose state is larger than memory: entries as bytes, under the hashes of their keys.
//
// A table keeps in memory what is used and has an entry store for the rest. A store belongs to one table and knows nothing of
// keys and values: what lies under a hash is all the entries whose keys have it, mostly one. Beside it there is a log of which
// hashes were changed in which epoch of the table, so that a checkpoint need not look at what has not changed.
//
// What is in a store is scratch: it is made from a checkpoint when a job is restored, and is gone when the store is.
//
// A store is used by one task; a backend by all, so its functions may be called by any thread. All of them throw `flow::error`
// where the device fails: the message names the directory.

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <flow/record/encoding.hpp>

namespace flow {

/// Entries as they lie in a store, in the order of their hashes.
struct stored_entries {
  std::vector<std::uint64_t> hashes;
  std::vector<std::size_t> ends;  // of what lies under each, in `data`
  bytes data;

  std::size_t size() const { return hashes.size(); }
  void clear() {
    hashes.clear();
    ends.clear();
    data.clear();
  }
  void add(std::uint64_t hash, void const* of, std::size_t size) {
    auto const* const first = static_cast<std::byte const*>(of);
    hashes.push_back(hash);
    data.insert(data.end(), first, first + size);
    ends.push_back(data.size());
  }
  std::span<std::byte const> at(std::size_t i) const {
    std::size_t const begin = i == 0 ? 0 : ends[i - 1];
    return {data.data() + begin, ends[i] - begin};
  }
};

class entry_store {
 public:
  virtual ~entry_store() = default;

  // What is done to a store is seen by what is asked of it behind the next `write`.
  virtual void put(std::uint64_t hash, bytes const& entries) = 0;
  virtual void remove(std::uint64_t hash) = 0;
  /// What lies under a hash was changed in an epoch.
  virtual void note_change(std::uint64_t epoch, std::uint64_t hash) = 0;
  virtual void write() = 0;

  /// Adds what lies under these hashes, which are in order, where there is something.
  virtual void read(std::span<std::uint64_t const> hashes, stored_entries& into) = 0;
  /// Adds what lies under the hashes in [first, last], of at most `most` of them from the first on.
  virtual void scan(std::uint64_t first, std::uint64_t last, std::size_t most, stored_entries& into) = 0;
  /// Adds the hashes in [first, last] that were noted for an epoch, in order, at most `most`.
  virtual void changes(std::uint64_t epoch, std::uint64_t first, std::uint64_t last, std::size_t most, std::vector<std::uint64_t>& into) = 0;
  /// Forgets what was noted for the epochs before this one.
  virtual void forget_changes(std::uint64_t before) = 0;
  /// Removes everything, what has not been written included.
  virtual void clear() = 0;
};

/// Where the tables of a job put what does not fit into memory, and how much memory they may have together.
class state_backend {
 public:
  /// `memory`: bytes, for all tables of the job.
  explicit state_backend(std::size_t memory) : memory_(memory) {}
  virtual ~state_backend() = default;
  state_backend(state_backend const&) = delete;
  state_backend& operator=(state_backend const&) = delete;

  virtual std::unique_ptr<entry_store> open() = 0;

  /// Bytes for each of those who use it.
  std::size_t share() const { return memory_ / std::max(users_.load(std::memory_order_relaxed), std::size_t{1}); }
  void enter() { users_.fetch_add(1, std::memory_order_relaxed); }
  void leave() { users_.fetch_sub(1, std::memory_order_relaxed); }

 private:
  std::size_t memory_;
  std::atomic<std::size_t> users_{0};
};

}  // namespace flow
