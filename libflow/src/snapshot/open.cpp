#include <flow/snapshot/snapshot_store.hpp>

#include "snapshot/rocksdb_store.hpp"
#include "snapshot/stored_snapshots.hpp"

namespace flow {

std::unique_ptr<snapshot_store> open_snapshots(std::string const& directory, snapshot_retention retention) {
  using detail::rocksdb_store;
  return std::make_unique<detail::stored_snapshots>(std::make_unique<rocksdb_store>(directory, rocksdb_store::mode::write), retention);
}

std::unique_ptr<snapshot_store> read_snapshots(std::string const& directory) {
  using detail::rocksdb_store;
  return std::make_unique<detail::stored_snapshots>(std::make_unique<rocksdb_store>(directory, rocksdb_store::mode::read), snapshot_retention{});
}

}  // namespace flow
