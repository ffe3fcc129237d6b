#pragma once
// Snapshots in memory, in the same format as in a directory: for simulations and tests.

#include <limits>
#include <memory>

#include <flow/snapshot/snapshot_store.hpp>

namespace flow {

/// What stands for the disk. It outlives the stores opened on it: to drop a store without `end` and open another is to crash
/// and start again. Belongs to one thread, as the stores on it.
class memory_snapshots {
 public:
  memory_snapshots();
  ~memory_snapshots();
  memory_snapshots(memory_snapshots&&) noexcept;
  memory_snapshots& operator=(memory_snapshots&&) noexcept;

  enum class fault {
    lost,  // nothing of the write is there
    kept,  // it is there, though it was reported as failed
  };
  /// The nth write from now on fails (0: the next), as on a full device; until `repair` all later ones fail too and are lost.
  void fail_write(std::uint64_t n, fault how = fault::lost);
  void repair();
  /// How many writes there have been.
  std::uint64_t writes() const;
  /// Bytes held.
  std::uint64_t size() const;

  /// One store at a time.
  std::unique_ptr<snapshot_store> open(snapshot_retention retention = {});

  class content;

 private:
  std::shared_ptr<content> content_;
};

}  // namespace flow
