// How fast snapshots are written and read: the snapshot store against bare RocksDB (the same options, chunks as values, no
// checksums of ours) and against one file written and synced. 256 MB in 1,024 pieces, with a manifest; appended in steps of
// 4 KiB. And how long a checkpoint of 128 small pieces takes, which is what syncing costs.
//
// MB/s by time on the clock; the three take turns, so that what else the machine does hits all.

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <rocksdb/db.h>
#include <rocksdb/table.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <random>

#include <flow/snapshot/snapshot_store.hpp>

namespace {

namespace fs = std::filesystem;

constexpr std::size_t step_bytes = 4096, chunk_bytes = 256 << 10, pieces = 1024, total_bytes = pieces * chunk_bytes;

/// Random bytes: nothing can be made smaller.
flow::bytes const& data() {
  static flow::bytes const made = [] {
    flow::bytes bytes(chunk_bytes);
    std::mt19937_64 random(1);
    for (auto& b : bytes) b = static_cast<std::byte>(random());
    return bytes;
  }();
  return made;
}

class folder {
 public:
  folder() : path_(fs::temp_directory_path() / ("bench-snapshots-" + std::to_string(getpid()))) { fs::remove_all(path_); }
  ~folder() { fs::remove_all(path_); }
  std::string path() const { return path_.string(); }

 private:
  fs::path path_;
};

template <class F>
double seconds(F work) {
  auto const start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void must(bool good) {
  if (!good) throw std::runtime_error("the benchmark cannot write or read");
}

flow::snapshot_manifest write_checkpoint(flow::snapshot_store& store, flow::checkpoint_id id, std::uint32_t parts, std::size_t bytes) {
  flow::snapshot_manifest manifest;
  manifest.id = id;
  manifest.operators.push_back({});
  manifest.operators[0].name = "op";
  flow::state_manifest state{"state", flow::state_kind::table, {}, {}, {}};
  store.begin(id);
  for (std::uint32_t part = 0; part < parts; ++part) {
    auto const writer = store.write(id, {"op", "state", part, state.kind}, {});
    for (std::size_t at = 0; at < bytes; at += step_bytes) writer->append(std::span(data()).subspan(at, std::min(step_bytes, bytes - at)), 1);
    state.parts.push_back({part, {writer->finish()}});
  }
  manifest.operators[0].states.push_back(std::move(state));
  store.finish(manifest);
  return manifest;
}

struct times {
  double write = 0, read = 0;
};

times by_store() {
  folder const where;
  auto const store = flow::open_snapshots(where.path());
  times t;
  flow::snapshot_manifest manifest;
  t.write = seconds([&] { manifest = write_checkpoint(*store, 1, pieces, chunk_bytes); });
  t.read = seconds([&] {
    std::size_t found = 0;
    for (auto const& part : manifest.operators[0].states[0].parts)
      store->read({"op", "state", part.part, flow::state_kind::table}, part.pieces[0])->read([&](auto const& chunk) { found += chunk.data.size(); });
    must(found == total_bytes);
  });
  return t;
}

times by_rocksdb() {
  folder const where;
  rocksdb::BlockBasedTableOptions table;
  table.no_block_cache = true;
  table.format_version = 5;
  rocksdb::Options options;
  options.create_if_missing = true;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.compression = rocksdb::kNoCompression;
  options.write_buffer_size = 32 << 20;
  options.max_write_buffer_number = 3;
  options.bytes_per_sync = 1 << 20;
  rocksdb::DB* opened = nullptr;
  must(rocksdb::DB::Open(options, where.path(), &opened).ok());
  std::unique_ptr<rocksdb::DB> const db(opened);
  rocksdb::WriteOptions no_log;
  no_log.disableWAL = true;
  rocksdb::Slice const value(reinterpret_cast<char const*>(data().data()), data().size());
  auto const key = [](std::size_t i) { return std::to_string(1'000'000 + i); };
  times t;
  t.write = seconds([&] {
    for (std::size_t i = 0; i < pieces; ++i) must(db->Put(no_log, key(i), value).ok());
    must(db->Flush({}).ok());
  });
  t.read = seconds([&] {
    std::string found;
    for (std::size_t i = 0; i < pieces; ++i) must(db->Get({}, key(i), &found).ok() && found.size() == chunk_bytes);
  });
  return t;
}

times by_file() {
  folder const where;
  fs::create_directories(where.path());
  int const file = open((where.path() + "/file").c_str(), O_CREAT | O_RDWR, 0600);
  must(file >= 0);
  times t;
  t.write = seconds([&] {
    for (std::size_t i = 0; i < pieces; ++i) must(write(file, data().data(), chunk_bytes) == static_cast<ssize_t>(chunk_bytes));
    must(fsync(file) == 0);
  });
  t.read = seconds([&] {
    must(lseek(file, 0, SEEK_SET) == 0);
    flow::bytes found(chunk_bytes);
    for (std::size_t i = 0; i < pieces; ++i) must(read(file, found.data(), chunk_bytes) == static_cast<ssize_t>(chunk_bytes));
  });
  close(file);
  return t;
}

void large_checkpoint(benchmark::State& state) {
  times store, rocks, file;
  auto const add = [](times& to, times const& t) {
    to.write += t.write;
    to.read += t.read;
  };
  for (auto _ : state) {
    add(store, by_store());
    add(rocks, by_rocksdb());
    add(file, by_file());
  }
  auto const megabytes = static_cast<double>(total_bytes) * static_cast<double>(state.iterations()) / 1e6;
  state.counters["write_MB/s"] = megabytes / store.write;
  state.counters["write_rocksdb_MB/s"] = megabytes / rocks.write;
  state.counters["write_file_MB/s"] = megabytes / file.write;
  state.counters["write_to_rocksdb"] = rocks.write / store.write;
  state.counters["write_to_file"] = file.write / store.write;
  state.counters["read_MB/s"] = megabytes / store.read;
  state.counters["read_rocksdb_MB/s"] = megabytes / rocks.read;
  state.counters["read_file_MB/s"] = megabytes / file.read;
  state.counters["read_to_rocksdb"] = rocks.read / store.read;
}

void small_checkpoint(benchmark::State& state) {
  folder const where;
  auto const store = flow::open_snapshots(where.path());
  flow::checkpoint_id id = 0;
  for (auto _ : state) write_checkpoint(*store, ++id, 128, 100);
}

BENCHMARK(large_checkpoint)->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(small_checkpoint)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
