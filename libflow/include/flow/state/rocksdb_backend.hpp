#pragma once
// The backend for state larger than memory: entry stores in one RocksDB database per run of a job.
//
// The database is scratch. It lies in a directory of its own in the one that is named, without a log and without syncs: what it
// holds is in the checkpoints, and is made anew from there. The directory is removed at the end; what processes that were
// killed have left is removed by the next that uses the same place.

#include <memory>
#include <string>

#include <flow/state/entry_store.hpp>

namespace flow {

struct rocksdb_options {
  /// In which each run has a directory of its own; made where there is none. Empty: in the system's directory for temporary files.
  std::string directory;
  /// Bytes, of which the tables have three quarters and RocksDB's cache and buffers one.
  std::size_t memory = std::size_t{256} << 20;
  /// Files are in memory as well: for simulations.
  bool simulated = false;
};

/// Opens nothing before the first store is wanted, so that a job without keyed state needs no directory. Its stores throw `flow::error`
/// (permission_denied, no_space, io), naming the directory.
std::unique_ptr<state_backend> rocksdb_backend(rocksdb_options options);

}  // namespace flow
