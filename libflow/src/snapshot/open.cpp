#include <flow/snapshot/snapshot_store.hpp>

#include "snapshot/rocksdb_store.hpp"
#include "snapshot/stored_snapshots.hpp"

namespace flow {
namespace {

using detail::rocksdb_store;

std::unique_ptr<snapshot_store> open(std::string const& directory, rocksdb_store::mode mode, snapshot_retention retention) {
  return std::make_unique<detail::stored_snapshots>(std::make_unique<rocksdb_store>(directory, mode), retention);
}

/// Which checkpoints in a damaged directory are whole, and what is wrong with the others, as far as reading tells.
std::string state_of(std::string const& directory) try {
  auto const store = read_snapshots(directory);
  std::string whole, damaged;
  for (auto const& checkpoint : store->list()) {
    auto const found = verify(*store, checkpoint.id);
    if (found.empty()) whole += (whole.empty() ? "" : ", ") + std::to_string(checkpoint.id);
    else damaged += std::string("; damaged: ") + found.front().what();
  }
  return "; whole checkpoints: " + (whole.empty() ? "none" : whole) + damaged;
} catch (error const& e) {
  return std::string("; reading it fails too: ") + e.what();
}

}  // namespace

std::unique_ptr<snapshot_store> open_snapshots(std::string const& directory, snapshot_retention retention) try {
  return open(directory, rocksdb_store::mode::write, retention);
} catch (error const& e) {
  if (e.code() != error_code::bad_record) throw;
  throw error(e.code(), e.message() + state_of(directory));
}

std::unique_ptr<snapshot_store> read_snapshots(std::string const& directory) { return open(directory, rocksdb_store::mode::read, {}); }

}  // namespace flow
