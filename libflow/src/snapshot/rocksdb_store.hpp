#pragma once
// Keys and values in a RocksDB database, a column family for each of ours. There is no write-ahead log: all families are flushed
// together (atomic_flush), so that what is durable is always what had been written up to some moment.

#include <rocksdb/db.h>

#include <memory>
#include <string>

#include "snapshot/key_value_store.hpp"

namespace flow::detail {

class rocksdb_store final : public key_value_store {
 public:
  enum class mode { write, read };
  /// `env`: the file system and the background threads, outliving the store.
  rocksdb_store(std::string directory, mode m, rocksdb::Env* env = rocksdb::Env::Default());
  ~rocksdb_store() override;

  std::string const& place() const override { return directory_; }
  bool read_only() const override { return mode_ == mode::read; }
  void write(changes const& what) override;
  void sync() override;
  bool failed() const override { return !failure_.ok(); }
  void reopen() override;
  void reclaim(changes::range const& range) override;
  std::optional<bytes> get(family f, std::string_view key) const override;
  void visit(family f, std::string const& from, std::function<bool(std::string_view)> const& use) const override;

 private:
  rocksdb::Status open(mode m);
  void close();
  void check(rocksdb::Status const& status, std::string const& doing);
  /// Throws where a file of a family is damaged. O(bytes).
  void check_files(family f) const;
  rocksdb::ColumnFamilyHandle* handle(family f) const { return families_[static_cast<std::size_t>(f)]; }

  std::string directory_;
  mode mode_;
  rocksdb::Env* env_;
  rocksdb::Status failure_;  // the first of a write
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;
};

/// The error that a failed call of RocksDB means; `doing`: "write to the snapshots".
error to_error(rocksdb::Status const& status, std::string const& doing, std::string const& directory);

}  // namespace flow::detail
