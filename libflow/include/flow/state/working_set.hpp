#pragma once
// What the tables of one operator hold in memory, where their state may be larger than that.
//
// Entries leave memory only in `make_room`, which the task calls when no operator holds a reference into its state: between
// batches, and while state is restored. The largest table gives first, segment by segment: what has not been used since the
// last time round goes.

#include <vector>

#include <flow/state/chunks.hpp>
#include <flow/state/entry_store.hpp>

namespace flow {

/// A table as its working set sees it.
class evictable {
 public:
  /// Bytes in memory, about.
  virtual std::size_t in_memory() = 0;
  /// A step of a walk that takes out of memory what has not been used since the last one. Whether the walk came round.
  virtual bool evict() = 0;
  /// What was evicted is now in the store.
  virtual void write() = 0;

 protected:
  ~evictable() = default;
};

class working_set {
 public:
  explicit working_set(state_backend* backend = nullptr) : backend_(backend) {}
  ~working_set() { use(nullptr); }
  working_set(working_set const&) = delete;
  working_set& operator=(working_set const&) = delete;

  /// Tables that are made from now on have this behind them; null: they are in memory. It outlives this.
  void use(state_backend* backend) {
    if (backend_ && entered_) backend_->leave();
    backend_ = backend;
    entered_ = false;
  }
  state_backend* backend() const { return backend_; }
  void add(evictable& table);
  bool empty() const { return tables_.empty(); }
  void remove(evictable& table) noexcept { std::erase(tables_, &table); }
  /// Keeps within the memory that there is for this operator. References into its tables are invalid then.
  void make_room() {
    if (!empty()) evict();
  }

 private:
  void evict();

  state_backend* backend_ = nullptr;
  bool entered_ = false;
  std::vector<evictable*> tables_;
};

/// Where a declared table takes its memory from.
struct state_memory {
  chunk_pool* chunks = nullptr;   // null: from the operating system
  working_set* set = nullptr;     // null: all of it is in memory

  state_memory() = default;
  state_memory(chunk_pool* from, working_set* with = nullptr) : chunks(from), set(with) {}
  bool spills() const { return set && set->backend(); }
};

}  // namespace flow
