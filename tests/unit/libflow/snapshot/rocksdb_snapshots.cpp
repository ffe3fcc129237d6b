// What only snapshots in a directory meet: other processes, damaged files, full devices, death.

#include <sys/stat.h>
#include <sys/wait.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <fstream>

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include "contract/snapshot_contract.hpp"
#include "snapshot/rocksdb_store.hpp"
#include "snapshot/stored_snapshots.hpp"

using namespace snapshot_tests;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

std::uint64_t size_of(fs::path const& folder) {
  std::uint64_t sum = 0;
  for (auto const& entry : fs::directory_iterator(folder)) {
    std::error_code gone;  // RocksDB removes files beside us
    auto const size = entry.file_size(gone);
    if (!gone) sum += size;
  }
  return sum;
}

fs::path file_with(fs::path const& folder, std::string const& text) {
  for (auto const& entry : fs::directory_iterator(folder)) {
    std::ifstream in(entry.path(), std::ios::binary);
    std::string const content{std::istreambuf_iterator<char>(in), {}};
    if (content.find(text) != std::string::npos) return entry.path();
  }
  FAIL("no file with " + text);
  return {};
}

void flip_bit(fs::path const& file, std::string const& at) {
  std::ifstream in(file, std::ios::binary);
  std::string content{std::istreambuf_iterator<char>(in), {}};
  in.close();
  content[content.find(at) + 3] ^= 4;
  std::ofstream(file, std::ios::binary) << content;
}

/// A file system on which no more than so many bytes can be written.
class small_device final : public rocksdb::FileSystemWrapper {
 public:
  small_device() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  char const* Name() const override { return "small_device"; }
  rocksdb::IOStatus NewWritableFile(std::string const& name, rocksdb::FileOptions const& options, std::unique_ptr<rocksdb::FSWritableFile>* result,
                                    rocksdb::IODebugContext* context) override {
    auto const status = FileSystemWrapper::NewWritableFile(name, options, result, context);
    if (status.ok()) *result = std::make_unique<file>(std::move(*result), *this);
    return status;
  }
  std::atomic<std::int64_t> left{1 << 30};

 private:
  struct file final : rocksdb::FSWritableFileOwnerWrapper {
    file(std::unique_ptr<rocksdb::FSWritableFile> inner, small_device& device) : FSWritableFileOwnerWrapper(std::move(inner)), device(device) {}
    using FSWritableFileOwnerWrapper::Append;
    rocksdb::IOStatus Append(rocksdb::Slice const& data, rocksdb::IOOptions const& options, rocksdb::IODebugContext* context) override {
      if ((device.left -= static_cast<std::int64_t>(data.size())) < 0) return rocksdb::IOStatus::NoSpace("No space left on device");
      return FSWritableFileOwnerWrapper::Append(data, options, context);
    }
    small_device& device;
  };
};

/// Runs the hidden test below in a process of its own, which dies where it is told to; gives the signal it died of.
int die_in_a_process(fs::path const& where, std::string const& moment) {
  auto const child = fork();
  if (child == 0) {
    setenv("FLOW_SNAPSHOTS_DIE_IN", where.c_str(), 1);
    setenv("FLOW_SNAPSHOTS_DIE_AT", moment.c_str(), 1);
    execl("/proc/self/exe", "test", "what a process does that dies while it writes snapshots", static_cast<char*>(nullptr));
    _exit(127);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

}  // namespace

TEST_CASE("what a process does that dies while it writes snapshots", "[.]") {
  char const* const where = std::getenv("FLOW_SNAPSHOTS_DIE_IN");
  if (!where) return;  // only as a process of the next test
  std::string const moment = std::getenv("FLOW_SNAPSHOTS_DIE_AT");
  auto const die_at = [&](std::string const& here) {
    if (moment == here) raise(SIGKILL);
  };
  auto const store = open_snapshots(where);
  auto const first = checkpoint(*store, 1, std::string(1000, 'a'));
  store->begin(2);
  die_at("begun");
  auto const writer = store->write(2, place(6), contents());
  for (int i = 0; i < 200; ++i) writer->append(to_bytes(std::string(500'000, 'b')), 1);  // more than RocksDB keeps in memory
  die_at("in a piece");
  writer->finish();
  die_at("behind a piece");
  auto const piece = put(*store, 2, place(5), "second");
  die_at("before the manifest");
  store->finish(manifest(2, {{5, {piece}}}));
  die_at("behind the manifest");
}

TEST_CASE("of a process that was killed the finished checkpoints are left and nothing else") {
  std::string const moment = GENERATE("begun", "in a piece", "behind a piece", "before the manifest", "behind the manifest");
  CAPTURE(moment);
  directory const where;
  REQUIRE(die_in_a_process(where.path, moment) == SIGKILL);
  bool const second = moment == "behind the manifest";
  // That checkpoint 1 is let go of would have become durable with the next one.
  auto const expected = second ? std::vector<checkpoint_id>{1, 2} : std::vector<checkpoint_id>{1};
  CHECK(ids(*read_snapshots(where.path.string())) == expected);
  auto const store = open_snapshots(where.path.string());
  REQUIRE(ids(*store) == expected);
  for (auto const id : expected) CHECK(verify(*store, id).empty());
  CHECK(store->pieces().size() == expected.size());
  checkpoint(*store, 3);
  CHECK(ids(*store) == std::vector<checkpoint_id>{3});
}

TEST_CASE("a directory in use cannot be opened a second time, but read") {
  directory const where;
  auto const store = open_snapshots(where.path.string());
  checkpoint(*store, 1, "seen");
  auto const refused = error_of([&] { open_snapshots(where.path.string()); });
  CHECK(refused.code() == error_code::io);
  CHECK_THAT(refused.what(), Contains(where.path.string()) && Contains("another job is using them"));
  auto const before = size_of(where.path);
  auto const reading = read_snapshots(where.path.string());
  CHECK(size_of(where.path) == before);
  for (checkpoint_id id = 2; id < 12; ++id) checkpoint(*store, id);
  CHECK(ids(*reading) == std::vector<checkpoint_id>{1});  // what there was when it was opened
  CHECK(verify(*reading, 1).empty());
  CHECK(ids(*read_snapshots(where.path.string())) == std::vector<checkpoint_id>{10, 11});
  for (auto const& e : {error_of([&] { reading->begin(12); }), error_of([&] { reading->remove(1); }), error_of([&] { reading->end(job_end::failed); }),
                        error_of([&] { reading->finish(manifest(1, {})); }), error_of([&] { reading->write(1, place(5), contents()); })}) {
    CHECK(e.code() == error_code::usage);
    CHECK_THAT(e.what(), Contains("for reading only"));
  }
}

TEST_CASE("a changed bit in a piece is found when it is read, and leaves the others readable") {
  directory const where;
  {
    auto const store = open_snapshots(where.path.string(), {.newest = 2});
    checkpoint(*store, 1, "first piece of all");
    checkpoint(*store, 2, "second piece of all");
  }
  flip_bit(file_with(where.path, "first piece of all"), "first piece of all");
  auto const store = open_snapshots(where.path.string(), {.newest = 2});
  CHECK(ids(*store) == std::vector<checkpoint_id>{1, 2});
  auto const found = verify(*store, 1);
  REQUIRE(found.size() == 1);
  CHECK(found[0].code() == error_code::bad_record);
  CHECK(found[0].operator_name() == "counts");
  CHECK_THAT(found[0].what(), Contains("operator 'counts': state 'count', key group 5, checkpoint 1") && Contains(where.path.string()) && Contains("another checkpoint"));
  CHECK(verify(*store, 2).empty());
}

TEST_CASE("a changed value that RocksDB itself takes for whole is found by our checksum") {
  directory const where;
  auto const m = [&] {
    auto const store = open_snapshots(where.path.string());
    return checkpoint(*store, 1, "text");
  }();
  {
    detail::rocksdb_store raw(where.path.string(), detail::rocksdb_store::mode::write);
    std::string key;
    raw.visit(detail::family::chunks, "", [&](std::string_view k) {
      key = k;
      return false;
    });
    auto value = raw.get(detail::family::chunks, key);
    (*value)[value->size() - 1] ^= std::byte{1};
    raw.write({{}, {{detail::family::chunks, key, *value}}});
    raw.sync();
  }
  auto const found = verify(*open_snapshots(where.path.string()), 1);
  REQUIRE(found.size() == 1);
  CHECK_THAT(found[0].what(), Contains("chunk 1 of 1") && Contains("checksum does not fit"));
}

TEST_CASE("a truncated or missing file is told when the directory is opened, and which piece was in it") {
  directory const where;
  {
    auto const store = open_snapshots(where.path.string(), {.newest = 2});
    checkpoint(*store, 1, "first piece of all");
    checkpoint(*store, 2, "second piece of all");
  }
  auto const file = file_with(where.path, "second piece of all");
  fs::resize_file(file, fs::file_size(file) / 2);
  auto const refused = error_of([&] { open_snapshots(where.path.string()); });
  CHECK(refused.code() == error_code::bad_record);
  CHECK_THAT(refused.what(), Contains(where.path.string()) && Contains("operator 'counts': state 'count', key group 5, checkpoint 2"));
  auto const store = read_snapshots(where.path.string());
  CHECK(ids(*store) == std::vector<checkpoint_id>{1, 2});
  CHECK(verify(*store, 2).size() == 1);
  fs::remove(file);
  auto const missing = error_of([&] { open_snapshots(where.path.string()); });
  CHECK(missing.code() == error_code::bad_record);
  CHECK_THAT(missing.what(), Contains(where.path.string()) && Contains("file of the database is missing"));
}

TEST_CASE("a damaged manifest is told, and keeps the pieces that it may have named until it is removed") {
  directory const where;
  std::vector<piece_info> chain;
  {
    auto const store = open_snapshots(where.path.string(), {.newest = 2});
    for (checkpoint_id id = 1; id <= 2; ++id) {
      store->begin(id);
      chain.push_back(put(*store, id, place(5), "text", id == 1 ? piece_form::base : piece_form::delta));
      store->finish(manifest(id, {{5, chain}}));
    }
  }
  {
    detail::rocksdb_store raw(where.path.string(), detail::rocksdb_store::mode::write);
    for (std::string const& key : {std::string("m\0\0\0\0\0\0\0\1", 9), std::string("m\0\0\0\0\0\0\0\2", 9)}) {
      auto value = raw.get(detail::family::manifests, key);
      (*value)[20] ^= std::byte{1};
      raw.write({{}, {{detail::family::manifests, key, *value}}});
    }
    raw.sync();
  }
  auto const store = open_snapshots(where.path.string());
  REQUIRE(store->list().size() == 2);
  CHECK(store->list()[1].damaged);
  CHECK_THAT(error_of([&] { store->manifest(2); }).what(), Contains("manifest of checkpoint 2") && Contains(where.path.string()) && Contains("checksum"));
  checkpoint(*store, 3);
  CHECK(store->pieces().size() == 3);
  store->remove(1);
  CHECK(store->pieces().size() == 3);
  store->remove(2);
  CHECK(store->pieces().size() == 1);
}

TEST_CASE("a damaged block of manifests or headers is told, and what lies behind it is not taken for removed") {
  bool const manifest_file = GENERATE(true, false);
  directory const where;
  {
    auto const store = open_snapshots(where.path.string(), {.newest = 9});
    for (checkpoint_id id = 1; id <= 4; ++id) {
      store->begin(id);
      auto const name = "operator-" + std::to_string(id);  // in its manifest and in the key of its header
      auto const writer = store->write(id, {name, "count", 5, state_kind::table}, contents());
      writer->append(to_bytes("text"), 1);
      auto m = manifest(id, {{5, {writer->finish()}}});
      m.operators[0].name = name;
      m.job = "job-" + std::to_string(id);
      store->finish(m);
    }
  }
  std::string const text = manifest_file ? "job-3" : "operator-3";
  fs::path file;
  for (auto const& entry : fs::directory_iterator(where.path)) {
    std::ifstream in(entry.path(), std::ios::binary);
    std::string const content{std::istreambuf_iterator<char>(in), {}};
    bool const headers = content.find("nameheaders") != std::string::npos;
    if (content.find(text) != std::string::npos && headers != manifest_file && content.find("namechunks") == std::string::npos) file = entry.path();
  }
  REQUIRE_FALSE(file.empty());
  flip_bit(file, text);
  auto const refused = error_of([&] { open_snapshots(where.path.string(), {.newest = 9}); });
  CHECK(refused.code() == error_code::bad_record);
  CHECK_THAT(refused.what(), Contains(where.path.string()) && Contains("damaged"));
  if (manifest_file) CHECK(error_of([&] { read_snapshots(where.path.string()); }).code() == error_code::bad_record);
  flip_bit(file, [&] {
    auto changed = text;
    changed[3] ^= 4;
    return changed;
  }());
  auto const store = open_snapshots(where.path.string(), {.newest = 9});
  CHECK(ids(*store) == std::vector<checkpoint_id>{1, 2, 3, 4});
  for (checkpoint_id id = 1; id <= 4; ++id) CHECK(verify(*store, id).empty());
}

TEST_CASE("a full device fails the checkpoint and no other, and when there is room the next one goes well") {
  directory const where("snapshots-on-a-small-device");
  auto const device = std::make_shared<small_device>();
  auto const env = rocksdb::NewCompositeEnv(device);
  auto const open = [&] {
    return detail::stored_snapshots(std::make_unique<detail::rocksdb_store>(where.path.string(), detail::rocksdb_store::mode::write, env.get()), {});
  };
  {
    auto store = open();
    checkpoint(store, 1);
    device->left = 50'000;
    store.begin(2);
    auto const big = put(store, 2, place(5), std::string(100'000, 'b'));
    auto const full = error_of([&] { store.finish(manifest(2, {{5, {big}}})); });
    CHECK(full.code() == error_code::no_space);
    CHECK_THAT(full.what(), Contains(where.path.string()) && Contains("free some space"));
    CHECK(error_of([&] { put(store, 2, place(6), "more"); }).code() == error_code::no_space);
    store.abandon(2);
    CHECK(error_of([&] { store.begin(3); }).code() == error_code::no_space);  // still
    CHECK(ids(store) == std::vector<checkpoint_id>{1});
    CHECK(verify(store, 1).empty());
    device->left = 1 << 30;
    checkpoint(store, 3);
    CHECK(verify(store, 3).empty());
    CHECK(ids(store) == std::vector<checkpoint_id>{3});
  }
  CHECK(ids(open()) == std::vector<checkpoint_id>{3});
}

TEST_CASE("a directory that cannot be used is told with its path") {
  directory const where;
  fs::create_directories(where.path);
  std::ofstream(where.path / "other") << "file";
  auto const told = [](std::string const& path, error_code code, bool read = false) {
    auto const e = error_of([&] { read ? read_snapshots(path) : open_snapshots(path); });
    CHECK(e.code() == code);
    CHECK_THAT(e.what(), Contains(path));
  };
  told(where.path.string(), error_code::usage);                        // holds something else
  told((where.path / "other").string(), error_code::not_found);        // is a file
  told((where.path / "other" / "below").string(), error_code::not_found);
  told((where.path / "nothing").string(), error_code::not_found, true);
  CHECK_FALSE(fs::exists(where.path / "nothing"));
  if (geteuid() != 0) {  // whom nothing is refused
    fs::create_directories(where.path / "locked");
    chmod((where.path / "locked").c_str(), 0500);
    told((where.path / "locked" / "below").string(), error_code::permission_denied);
    told((where.path / "locked").string(), error_code::permission_denied);
  }
}

TEST_CASE("the space of what is removed is given back") {
  directory const where;
  auto const store = open_snapshots(where.path.string());
  constexpr std::uint64_t piece = 1 << 20;
  std::uint64_t largest = 0;
  for (checkpoint_id id = 1; id <= 60; ++id) {
    checkpoint(*store, id, std::string(piece, static_cast<char>('a' + id % 26)));
    largest = std::max(largest, size_of(where.path));
  }
  CHECK(largest < 30 * piece);
  store->end(job_end::succeeded);
  CHECK(size_of(where.path) < piece / 2);
}

TEST_CASE("the space of a savepoint is given back when it is removed, whatever lies beside it") {
  directory const where;
  constexpr std::uint64_t piece = 1 << 20;
  {
    auto const store = open_snapshots(where.path.string());
    checkpoint(*store, 1, std::string(piece, 'a'));
    checkpoint(*store, 2, std::string(20 * piece, 'b'), snapshot_kind::savepoint);
    checkpoint(*store, 3, std::string(piece, 'c'));
  }
  {
    auto const store = open_snapshots(where.path.string());
    CHECK(size_of(where.path) > 20 * piece);
    store->remove(2);
  }
  CHECK(size_of(where.path) < 3 * piece);
  CHECK(verify(*read_snapshots(where.path.string()), 3).empty());
}
