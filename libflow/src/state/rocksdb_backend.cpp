// Entry stores in RocksDB: one database, in which each store has the keys that begin with its number.
//
//   entries   number, hash -> the entries with that hash
//   changes   number, epoch, hash -> nothing

#include <flow/state/rocksdb_backend.hpp>

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/write_buffer_manager.h>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <mutex>
#include <optional>

#include "snapshot/rocksdb_store.hpp"
#include "state/scratch_directory.hpp"

#include <flow/error.hpp>

namespace flow {
namespace {

class silent final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(char const*, va_list) override {}
};

/// Numbers one behind the other, the highest byte first, so that keys are in the order of numbers.
template <std::size_t N>
class number_key {
 public:
  template <class... Numbers>
  explicit number_key(std::uint32_t store, Numbers... numbers) {
    put(store);
    (put(static_cast<std::uint64_t>(numbers)), ...);
  }
  operator rocksdb::Slice() const { return {data_.data(), data_.size()}; }

 private:
  template <class T>
  void put(T number) {
    for (std::size_t i = sizeof number; i-- > 0;) data_[next_++] = static_cast<char>(number >> 8 * i);
  }
  std::array<char, N> data_;
  std::size_t next_ = 0;
};
using entry_key = number_key<12>;
using change_key = number_key<20>;

std::uint64_t last_number(rocksdb::Slice const& key) {
  std::uint64_t n = 0;
  for (std::size_t i = key.size() - 8; i < key.size(); ++i) n = n << 8 | static_cast<std::uint8_t>(key[i]);
  return n;
}

/// The database of a run.
class database {
 public:
  explicit database(rocksdb_options const& options) : directory_(options.directory) {
    if (options.simulated) memory_.reset(rocksdb::NewMemEnv(rocksdb::Env::Default()));
    else scratch_.emplace(directory_);
    cache_ = rocksdb::NewLRUCache(options.memory / 8);
    std::vector<rocksdb::ColumnFamilyDescriptor> const families{{rocksdb::kDefaultColumnFamilyName, rocksdb::ColumnFamilyOptions()},
                                                                {"entries", family(options)},
                                                                {"changes", family(options)}};
    rocksdb::DB* db = nullptr;
    check(rocksdb::DB::Open(settings(options), memory_ ? "/state" : scratch_->path() + "/data", families, &families_, &db), "open");
    db_.reset(db);
    write_options_.disableWAL = true;
  }
  ~database() {
    for (auto* f : families_) db_->DestroyColumnFamilyHandle(f).PermitUncheckedError();
    db_->Close().PermitUncheckedError();
  }
  database(database const&) = delete;
  database& operator=(database const&) = delete;

  rocksdb::DB& db() { return *db_; }
  rocksdb::ColumnFamilyHandle* entries() const { return families_[1]; }
  rocksdb::ColumnFamilyHandle* changes() const { return families_[2]; }
  rocksdb::WriteOptions const& write_options() const { return write_options_; }
  void check(rocksdb::Status const& status, char const* doing) const {
    if (status.ok()) return;
    auto const e = detail::to_error(status, std::string(doing) + " state that does not fit into memory", directory_);
    if (e.code() != error_code::bad_record) throw e;
    throw error(error_code::io, "cannot " + std::string(doing) + " state in '" + directory_ + "': " + status.ToString() +
                                    "; nothing of it is needed to go on: restore the newest checkpoint, and check the device");
  }

 private:
  rocksdb::DBOptions settings(rocksdb_options const& options) {
    rocksdb::DBOptions all;
    if (memory_) all.env = memory_.get();
    all.create_if_missing = true;
    all.create_missing_column_families = true;
    all.info_log = std::make_shared<silent>();
    all.max_background_jobs = 2;
    all.max_bgerror_resume_count = 0;  // a full device is a failure of the job, which starts anew
    all.avoid_flush_during_shutdown = true;
    all.write_buffer_manager = std::make_shared<rocksdb::WriteBufferManager>(options.memory / 8);
    all.bytes_per_sync = 1 << 20;
    all.stats_dump_period_sec = 0;
    all.stats_persist_period_sec = 0;
    return all;
  }
  rocksdb::ColumnFamilyOptions family(rocksdb_options const& options) const {
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = cache_;
    table.cache_index_and_filter_blocks = true;
    table.pin_l0_filter_and_index_blocks_in_cache = true;
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));  // most keys that are asked for are new or there at once
    table.data_block_index_type = rocksdb::BlockBasedTableOptions::kDataBlockBinaryAndHash;
    table.format_version = 5;
    rocksdb::ColumnFamilyOptions all;
    all.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    all.compression = rocksdb::kNoCompression;
    all.write_buffer_size = std::clamp<std::size_t>(options.memory / 32, 64 << 10, 64 << 20);
    all.max_write_buffer_number = 4;
    all.target_file_size_base = std::max<std::size_t>(all.write_buffer_size, 4 << 20);
    all.max_bytes_for_level_base = 4 * all.target_file_size_base;
    all.memtable_whole_key_filtering = true;
    all.memtable_prefix_bloom_size_ratio = 0.05;
    return all;
  }

  std::string directory_;
  std::unique_ptr<rocksdb::Env> memory_;
  std::optional<detail::scratch_directory> scratch_;
  std::shared_ptr<rocksdb::Cache> cache_;
  rocksdb::WriteOptions write_options_;
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;
};

class store final : public entry_store {
 public:
  store(std::shared_ptr<database> in, std::uint32_t number) : in_(std::move(in)), number_(number) {}
  ~store() override {
    try {
      clear();
    } catch (error const&) {
    }  // the directory goes anyway
  }

  void put(std::uint64_t hash, bytes const& entries) override {
    batch_.Put(in_->entries(), entry_key(number_, hash), {reinterpret_cast<char const*>(entries.data()), entries.size()}).PermitUncheckedError();
    used_ = true;
    limit_batch();
  }
  void remove(std::uint64_t hash) override {
    batch_.Delete(in_->entries(), entry_key(number_, hash)).PermitUncheckedError();
    limit_batch();
  }
  void note_change(std::uint64_t epoch, std::uint64_t hash) override {
    batch_.Put(in_->changes(), change_key(number_, epoch, hash), {}).PermitUncheckedError();
    noted_ = true;
  }
  void forget_changes(std::uint64_t before) override {
    if (std::exchange(noted_, false)) batch_.DeleteRange(in_->changes(), change_key(number_, 0, 0), change_key(number_, before, 0)).PermitUncheckedError();
  }
  void write() override {
    if (batch_.Count() == 0) return;
    in_->check(in_->db().Write(in_->write_options(), &batch_), "write");
    batch_.Clear();
  }
  void read(std::span<std::uint64_t const> hashes, stored_entries& into) override {
    std::size_t const n = hashes.size();
    if (n == 1) {
      auto const status = in_->db().Get(read_options_, in_->entries(), entry_key(number_, hashes[0]), &one_);
      if (!status.IsNotFound()) {
        in_->check(status, "read");
        into.add(hashes[0], one_.data(), one_.size());
      }
      one_.Reset();
      return;
    }
    keys_.clear();
    slices_.clear();
    for (auto const h : hashes) keys_.emplace_back(number_, h);
    for (auto const& k : keys_) slices_.push_back(k);
    if (values_.size() < n) {
      values_ = std::vector<rocksdb::PinnableSlice>(n);
      statuses_ = std::vector<rocksdb::Status>(n);
    }
    in_->db().MultiGet(read_options_, in_->entries(), n, slices_.data(), values_.data(), statuses_.data(), true);
    for (std::size_t i = 0; i < n; ++i) {
      if (statuses_[i].IsNotFound()) continue;
      in_->check(statuses_[i], "read");
      into.add(hashes[i], values_[i].data(), values_[i].size());
      values_[i].Reset();
    }
  }
  void scan(std::uint64_t first, std::uint64_t last, std::size_t most, stored_entries& into) override {
    walk(in_->entries(), entry_key(number_, first), entry_key(number_, last), most,
         [&](rocksdb::Iterator const& at) { into.add(last_number(at.key()), at.value().data(), at.value().size()); });
  }
  void changes(std::uint64_t epoch, std::uint64_t first, std::uint64_t last, std::size_t most, std::vector<std::uint64_t>& into) override {
    walk(in_->changes(), change_key(number_, epoch, first), change_key(number_, epoch, last), most,
         [&](rocksdb::Iterator const& at) { into.push_back(last_number(at.key())); });
  }
  void clear() override {
    batch_.Clear();
    noted_ = false;
    if (!std::exchange(used_, false)) return;
    batch_.DeleteRange(in_->entries(), entry_key(number_, 0), entry_key(number_ + 1, 0)).PermitUncheckedError();
    batch_.DeleteRange(in_->changes(), change_key(number_, 0, 0), change_key(number_ + 1, 0, 0)).PermitUncheckedError();
    write();
  }

 private:
  static constexpr std::size_t largest_batch = 1 << 20;

  void limit_batch() {
    if (batch_.GetDataSize() > largest_batch) write();
  }
  template <class F>
  void walk(rocksdb::ColumnFamilyHandle* family, rocksdb::Slice first, rocksdb::Slice last, std::size_t most, F f) {
    rocksdb::ReadOptions options;
    options.fill_cache = false;
    std::unique_ptr<rocksdb::Iterator> const at(in_->db().NewIterator(options, family));
    for (at->Seek(first); at->Valid() && at->key().compare(last) <= 0 && most > 0; at->Next(), --most) f(*at);
    in_->check(at->status(), "read");
  }

  std::shared_ptr<database> in_;
  std::uint32_t number_;
  rocksdb::ReadOptions read_options_;
  rocksdb::WriteBatch batch_;
  bool used_ = false;   // something has been put since it was empty
  bool noted_ = false;  // a change has, since they were forgotten
  rocksdb::PinnableSlice one_;
  std::vector<entry_key> keys_;
  std::vector<rocksdb::Slice> slices_;
  std::vector<rocksdb::PinnableSlice> values_;
  std::vector<rocksdb::Status> statuses_;
};

class backend final : public state_backend {
 public:
  explicit backend(rocksdb_options options) : state_backend(options.memory / 4 * 3), options_(std::move(options)) {
    if (options_.directory.empty()) {
      std::error_code ignored;
      auto const temporary = std::filesystem::temp_directory_path(ignored);
      options_.directory = (ignored ? "/tmp" : temporary.string()) + "/flow-scratch-" + std::to_string(geteuid());  // each user's own
    }
  }
  std::unique_ptr<entry_store> open() override {
    std::lock_guard const guard(lock_);
    if (!database_) database_ = std::make_shared<database>(options_);
    return std::make_unique<store>(database_, next_++);
  }

 private:
  rocksdb_options options_;
  std::mutex lock_;
  std::shared_ptr<database> database_;
  std::uint32_t next_ = 1;
};

}  // namespace

std::unique_ptr<state_backend> rocksdb_backend(rocksdb_options options) { return std::make_unique<backend>(std::move(options)); }

}  // namespace flow
