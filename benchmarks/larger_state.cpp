// State larger than memory: sums by key with values of 100 bytes in a table with RocksDB behind it, by the size of the working set.
//
// There are `keys` keys in all, as many as memory is too small for (20 million in 1 GiB, if nothing else is said). Records come in batches of 1,024
// with keys drawn uniformly from the first `working set` of them; each adds to its value. An epoch begins every million records,
// as with checkpoints. Compared are, in one run over the same keys:
//   table    the memory backend's table, which holds only the working set: all of it would not fit
//   rocksdb  the same table with the store behind it
//   bare     RocksDB alone, with the same options: a get and a put for each record, in batches of 64: MultiGet, then a write batch
// All are records per second by the clock, since waiting for the disk counts. resident_mb is the most that the process held resident
// while the table with the store was used, the 20 million insertions included; the kernel's cache of files is not in it.
//
// bench_larger_state --keys=N --memory-mb=N are read before Google Benchmark's options.

#include <flow/state/keyed_table.hpp>
#include <flow/state/rocksdb_backend.hpp>

#include <benchmark/benchmark.h>
#include <cereal/types/array.hpp>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "compare.hpp"

namespace {

std::uint64_t keys = 20'000'000;
std::size_t memory = std::size_t{768} << 20;
std::string directory = "larger-state.tmp";
constexpr std::uint32_t batch_size = 1024, portion = 64;

struct value {
  std::int64_t sum = 0;
  std::array<char, 92> rest{};
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(sum), CEREAL_NVP(rest)); }
};

double resident_mb(char const* what) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (word == what) {
      status >> word;
      return std::stod(word) / 1024;
    }
  return 0;
}

/// The table as a process function uses it.
class sums {
 public:
  explicit sums(flow::state_backend* backend) : set_(backend) {}
  void operator()(std::vector<std::uint64_t> const& batch) {
    auto& table = state_.all();
    std::uint64_t hashes[portion];
    for (std::size_t first = 0; first < batch.size(); first += portion) {
      for (std::size_t i = 0; i < portion; ++i) table.prefetch(hashes[i] = flow::hash_of(batch[first + i]));
      for (std::size_t i = 0; i < portion; ++i) table.find_or_insert(batch[first + i], hashes[i]).sum += 1;
    }
    set_.make_room();
    records_ += batch.size();
    if (records_ % (1 << 20) == 0) state_.all().begin_epoch();
  }
  std::uint64_t size() { return state_.all().size(); }
  std::int64_t total() {
    std::int64_t all = 0;
    state_.all().for_each([&](std::uint64_t, value const& v) { all += v.sum; });
    return all;
  }

 private:
  flow::working_set set_;
  flow::keyed_table<std::uint64_t, value> state_{"sums", flow::state_memory(nullptr, &set_)};
  std::uint64_t records_ = 0;
};

/// A store alone: what a backend that reads and writes each record would do.
class bare {
 public:
  explicit bare(flow::state_backend& backend) : store_(backend.open()) {}
  void operator()(std::vector<std::uint64_t> const& batch) {
    for (std::size_t first = 0; first < batch.size(); first += portion) {
      hashes_.assign(batch.begin() + static_cast<std::ptrdiff_t>(first), batch.begin() + static_cast<std::ptrdiff_t>(first + portion));
      for (auto& h : hashes_) h = flow::hash_of(h);
      std::sort(hashes_.begin(), hashes_.end());
      found_.clear();
      store_->read(hashes_, found_);
      std::size_t next = 0;
      for (auto const h : hashes_) {
        value v;
        if (next < found_.size() && found_.hashes[next] == h) {
          std::memcpy(&v, found_.at(next).data(), sizeof v);
          ++next;
        }
        ++v.sum;
        bytes_.resize(sizeof v);
        std::memcpy(bytes_.data(), &v, sizeof v);
        store_->put(h, bytes_);
      }
      store_->write();
    }
  }

 private:
  std::unique_ptr<flow::entry_store> store_;
  std::vector<std::uint64_t> hashes_;
  flow::stored_entries found_;
  flow::bytes bytes_;
};

template <class Map>
double rate(Map& map, std::uint64_t records, std::uint64_t from, std::uint64_t seed) {
  std::vector<std::uint64_t> batch(batch_size);
  double seconds = 0;
  for (std::uint64_t next = 0; next < records; next += batch_size) {
    for (std::uint32_t i = 0; i < batch_size; ++i) batch[i] = static_cast<std::uint64_t>(bench::below(bench::mix(seed + next + i), static_cast<std::int64_t>(from)));
    auto const before = std::chrono::steady_clock::now();
    map(batch);
    seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - before).count();
  }
  return static_cast<double>(records) / seconds;
}
template <class Map>
double fill(Map& map) {
  std::vector<std::uint64_t> batch(batch_size);
  double seconds = 0;
  for (std::uint64_t next = 0; next < keys; next += batch_size) {
    for (std::uint32_t i = 0; i < batch_size; ++i) batch[i] = next + i;
    auto const before = std::chrono::steady_clock::now();
    map(batch);
    seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - before).count();
  }
  return static_cast<double>(keys) / seconds;
}

/// Filled once, for all sizes.
struct filled {
  std::unique_ptr<flow::state_backend> table_backend = flow::rocksdb_backend({directory, memory, false});
  std::unique_ptr<flow::state_backend> bare_backend = flow::rocksdb_backend({directory, memory, false});
  sums table{table_backend.get()};
  std::unique_ptr<bare> alone;
  double table_fill = fill(table), resident = resident_mb("VmHWM:");
  double bare_fill = 0;
};
std::unique_ptr<filled> both;

void larger_state(benchmark::State& state) {
  auto const working_set = std::min(static_cast<std::uint64_t>(state.range(0)), keys);
  std::uint64_t const records = std::clamp<std::uint64_t>(4 * working_set, 1 << 20, 1 << 22);
  if (!both) both = std::make_unique<filled>();
  for (auto _ : state) {
    rate(both->table, records, working_set, 1);  // the working set comes to memory
    state.counters["rocksdb"] = rate(both->table, records, working_set, 2);
    state.counters["fill"] = both->table_fill;
    both->resident = std::max(both->resident, both->alone ? resident_mb("VmRSS:") : resident_mb("VmHWM:"));
    state.counters["resident_mb"] = both->resident;
  }
}
/// After those: what they hold would count as resident.
void bare_rocksdb(benchmark::State& state) {
  auto const working_set = std::min(static_cast<std::uint64_t>(state.range(0)), keys);
  std::uint64_t const records = std::clamp<std::uint64_t>(working_set, 1 << 19, 1 << 20);
  if (!both->alone) {
    both->alone = std::make_unique<bare>(*both->bare_backend);
    both->bare_fill = fill(*both->alone);
  }
  for (auto _ : state) {
    rate(*both->alone, records, working_set, 1);
    state.counters["bare"] = rate(*both->alone, records, working_set, 2);
    state.counters["fill"] = both->bare_fill;
  }
}
void in_memory(benchmark::State& state) {
  auto const working_set = std::min(static_cast<std::uint64_t>(state.range(0)), keys);
  std::uint64_t const records = std::clamp<std::uint64_t>(4 * working_set, 1 << 20, 1 << 22);
  for (auto _ : state) {
    sums table(nullptr);
    rate(table, records, working_set, 1);
    state.counters["table"] = rate(table, records, working_set, 2);
  }
}
/// Every record counted once, and no key lost.
void checked(benchmark::State& state) {
  for (auto _ : state) {
    std::int64_t const before = both->table.total();
    rate(both->table, 1 << 20, keys, 3);
    if (both->table.size() < keys) state.SkipWithError("keys are missing");
    if (both->table.total() != before + (1 << 20)) state.SkipWithError("the sum is wrong");
  }
}

void sizes(benchmark::internal::Benchmark* b) {
  for (std::int64_t n : {100'000, 1'000'000, 4'000'000, 10'000'000, 20'000'000}) b->Arg(n);
  b->Iterations(1)->Unit(benchmark::kSecond);
}
BENCHMARK(larger_state)->Apply(sizes);
BENCHMARK(checked)->Iterations(1)->Unit(benchmark::kSecond);
BENCHMARK(bare_rocksdb)->Apply(sizes);
BENCHMARK(in_memory)->Arg(100'000)->Arg(1'000'000)->Arg(4'000'000)->Arg(10'000'000)->Iterations(1)->Unit(benchmark::kSecond);

}  // namespace

int main(int argc, char** argv) {
  std::vector<char*> others;
  for (int i = 0; i < argc; ++i) {
    std::string const word = argv[i];
    if (word.starts_with("--keys=")) keys = std::stoull(word.substr(7)) / batch_size * batch_size;
    else if (word.starts_with("--memory-mb=")) memory = std::stoull(word.substr(12)) << 20;
    else if (word.starts_with("--directory=")) directory = word.substr(12);
    else others.push_back(argv[i]);
  }
  int count = static_cast<int>(others.size());
  benchmark::Initialize(&count, others.data());
  benchmark::RunSpecifiedBenchmarks();
  both.reset();
}
