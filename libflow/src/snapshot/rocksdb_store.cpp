#include "snapshot/rocksdb_store.hpp"

#include <rocksdb/listener.h>
#include <rocksdb/sst_file_reader.h>
#include <rocksdb/table.h>

#include <array>
#include <filesystem>

namespace flow::detail {
namespace {

/// RocksDB's own log is for its developers; what fails is in the status of the call.
class no_log final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(char const*, va_list) override {}
};

/// After a full device RocksDB would go on by itself when there is room. We open it anew: in version 7.8 a flush of several
/// families that follows such a failure returns before anything is durable.
class no_recovery_by_itself final : public rocksdb::EventListener {
 public:
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status, bool* recover) override { *recover = false; }
};

rocksdb::Slice slice(std::string_view s) { return {s.data(), s.size()}; }

rocksdb::DBOptions database_options(rocksdb::Env* env, bool read_only) {
  rocksdb::DBOptions options;
  options.env = env;
  options.create_if_missing = !read_only;
  options.create_missing_column_families = !read_only;
  options.info_log = std::make_shared<no_log>();
  options.paranoid_checks = !read_only;       // a tool still reads the pieces that are whole
  options.listeners.push_back(std::make_shared<no_recovery_by_itself>());
  options.max_bgerror_resume_count = 0;        // the same
  options.atomic_flush = true;
  options.max_background_jobs = 2;
  options.bytes_per_sync = 1 << 20;            // so that a flush finds little left to wait for
  return options;
}

rocksdb::ColumnFamilyOptions family_options() {
  rocksdb::BlockBasedTableOptions table;
  table.no_block_cache = true;  // a piece is read once
  table.format_version = 5;
  rocksdb::ColumnFamilyOptions options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.compression = rocksdb::kNoCompression;  // of two cores the job needs both
  options.write_buffer_size = 32 << 20;
  options.max_write_buffer_number = 3;
  return options;
}

/// Whether the files that are walked through are as long as the database says: its iterators may crash on one that has been cut
/// off. A cut file of chunks hinders nothing but reading what is in it.
rocksdb::Status check_lengths(rocksdb::DB& db) {
  std::vector<rocksdb::LiveFileMetaData> files;
  db.GetLiveFilesMetaData(&files);
  for (auto const& f : files) {
    if (f.column_family_name == "chunks") continue;
    std::error_code failed;
    auto const found = std::filesystem::file_size(f.db_path + f.name, failed);
    if (failed) return rocksdb::Status::PathNotFound(f.name, failed.message());
    if (found != f.size)
      return rocksdb::Status::Corruption("the file " + f.name.substr(1) + " has " + std::to_string(found) + " bytes, expected " + std::to_string(f.size));
  }
  return {};
}

/// Makes the directory; throws where it cannot be made or holds something else.
void prepare(std::string const& directory, bool read_only) {
  namespace fs = std::filesystem;
  std::error_code failed;
  if (!read_only) fs::create_directories(directory, failed);
  if (failed) throw system_error(failed.value(), "cannot make the directory '" + directory + "' for snapshots");
  bool const database = fs::exists(fs::path(directory) / "CURRENT", failed);
  if (failed) throw system_error(failed.value(), "cannot look for snapshots in '" + directory + "'");
  if (read_only && !database)
    throw error(error_code::not_found, "there are no snapshots in '" + directory + "'; check the path");
  if (database || fs::exists(fs::path(directory) / "LOCK", failed)) return;
  bool const empty = fs::is_empty(directory, failed);
  if (failed) throw system_error(failed.value(), "cannot look into '" + directory + "'");
  if (!empty)
    throw error(error_code::usage, "the directory '" + directory + "' holds other files and no snapshots; name an empty or a new one");
}

}  // namespace

rocksdb_store::rocksdb_store(std::string directory, mode m, rocksdb::Env* env) : directory_(std::move(directory)), mode_(m), env_(env) {
  prepare(directory_, read_only());
  auto status = open(mode_);
  // A job that writes here may have replaced files between two looks.
  for (int attempts = 1; read_only() && attempts < 10 && (status.IsPathNotFound() || status.IsCorruption()); ++attempts) status = open(mode_);
  if (read_only() && status.IsInvalidArgument() && status.ToString().find("Column family not found") != std::string::npos)
    throw error(error_code::not_found, "there are no snapshots in '" + directory_ + "': making the database has begun and not ended; check the path");
  if (!status.ok()) throw to_error(status, read_only() ? "read the snapshots" : "open the snapshots", directory_);
}

rocksdb_store::~rocksdb_store() { close(); }

rocksdb::Status rocksdb_store::open(mode m) {
  std::vector<rocksdb::ColumnFamilyDescriptor> const families{
      {rocksdb::kDefaultColumnFamilyName, family_options()}, {"headers", family_options()}, {"chunks", family_options()}};
  rocksdb::DB* db = nullptr;
  auto const options = database_options(env_, m == mode::read);
  auto status = m == mode::read ? rocksdb::DB::OpenForReadOnly(options, directory_, families, &families_, &db)
                                : rocksdb::DB::Open(options, directory_, families, &families_, &db);
  db_.reset(db);
  if (status.ok()) status = check_lengths(*db);
  if (!status.ok()) close();
  return status;
}

void rocksdb_store::close() {
  if (!db_) return;
  for (auto* f : families_) db_->DestroyColumnFamilyHandle(f).PermitUncheckedError();
  families_.clear();
  db_->Close().PermitUncheckedError();
  db_.reset();
}

void rocksdb_store::check(rocksdb::Status const& status, std::string const& doing) {
  if (status.ok()) return;
  if (!failed()) failure_ = status;
  throw to_error(status, doing, directory_);
}

void rocksdb_store::reopen() {
  close();
  failure_ = open(mode::write);
  if (!failed()) return;
  auto const readable = open(mode::read);
  throw to_error(readable.ok() ? failure_ : readable, "go on writing snapshots", directory_);
}

void rocksdb_store::write(changes const& what) {
  check(failure_, "write snapshots");
  rocksdb::WriteBatch batch;
  for (auto const& range : what.removed) batch.DeleteRange(handle(range.where), range.from, range.to).PermitUncheckedError();
  for (auto const& value : what.put) {
    rocksdb::Slice const data(reinterpret_cast<char const*>(value.data.data()), value.data.size());
    batch.Put(handle(value.where), slice(value.key), data).PermitUncheckedError();
  }
  rocksdb::WriteOptions options;
  options.disableWAL = true;
  check(db_->Write(options, &batch), "write snapshots");
}

void rocksdb_store::sync() {
  check(failure_, "write snapshots");
  check(db_->Flush(rocksdb::FlushOptions(), families_), "write snapshots");
}

void rocksdb_store::reclaim(changes::range const& range) {
  rocksdb::Slice const from = range.from, to = range.to;
  check(db_->CompactRange(rocksdb::CompactRangeOptions(), handle(range.where), &from, &to), "remove snapshots");
}

std::optional<bytes> rocksdb_store::get(family f, std::string_view key) const {
  if (!db_) throw to_error(failure_, "read the snapshots", directory_);
  rocksdb::PinnableSlice value;
  auto const status = db_->Get(rocksdb::ReadOptions(), handle(f), slice(key), &value);
  if (status.IsNotFound()) return {};
  if (!status.ok()) throw to_error(status, "read the snapshots", directory_);
  auto const* const data = reinterpret_cast<std::byte const*>(value.data());
  return bytes(data, data + value.size());
}

void rocksdb_store::visit(family f, std::string const& from, std::function<bool(std::string_view)> const& use) const {
  if (!db_) throw to_error(failure_, "read the snapshots", directory_);
  std::unique_ptr<rocksdb::Iterator> const at(db_->NewIterator(rocksdb::ReadOptions(), handle(f)));
  at->Seek(from);
  while (at->Valid() && use({at->key().data(), at->key().size()})) at->Next();
  if (!at->status().ok()) throw to_error(at->status(), "read the snapshots", directory_);
  if (!at->Valid()) check_files(f);
}

/// In version 7.8 an iterator ends before a damaged block as if there were no more keys, and what was not seen would be removed.
void rocksdb_store::check_files(family f) const {
  rocksdb::ColumnFamilyMetaData found;
  db_->GetColumnFamilyMetaData(handle(f), &found);
  for (auto const& level : found.levels)
    for (auto const& file : level.files) {
      rocksdb::Options options;
      options.env = env_;
      rocksdb::SstFileReader reader(options);
      auto status = reader.Open(file.db_path + file.name);
      if (read_only() && status.IsPathNotFound()) continue;  // a job has removed it since; this reader still has it
      if (status.ok()) status = reader.VerifyChecksum();
      if (!status.ok()) throw to_error(status, "read the snapshots", directory_);
    }
}

}  // namespace flow::detail
