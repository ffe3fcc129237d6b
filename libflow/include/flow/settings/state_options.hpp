#pragma once
// Where keyed state is kept while a job runs.

#include <cstdint>
#include <string>
#include <string_view>

namespace flow {

enum class state_backend_form {
  memory,   // all of it in memory
  rocksdb,  // what is used of it in memory, all else in a RocksDB database on a local disk
};
std::string_view name_of(state_backend_form form);

struct state_options {
  state_backend_form backend = state_backend_form::memory;
  /// Of rocksdb: in which each run has a directory of its own, removed at the end. Empty: the system's directory for temporary files.
  std::string directory;
  /// Of rocksdb: bytes of memory for keyed state in this process.
  std::uint64_t memory = std::uint64_t{256} << 20;

  bool operator==(state_options const&) const = default;
};

}  // namespace flow
