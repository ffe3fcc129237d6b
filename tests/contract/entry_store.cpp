// The contract of entry stores: RocksDB on a disk and in memory, and the one that the tests of tables use.

#include <catch2/catch.hpp>

#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>

#include <flow/error.hpp>
#include <flow/state/rocksdb_backend.hpp>

#include "unit/libflow/state/map_backend.hpp"

using namespace flow;
using Catch::Matchers::Contains;

namespace {

struct temporary_directory {
  std::filesystem::path path = std::filesystem::temp_directory_path() / ("flow-entry-store-" + std::to_string(getpid()));
  temporary_directory() { std::filesystem::create_directories(path); }
  ~temporary_directory() {
    std::error_code ignored;
    std::filesystem::permissions(path, std::filesystem::perms::owner_all, ignored);
    std::filesystem::remove_all(path, ignored);
  }
  std::size_t runs() const {
    std::size_t n = 0;
    for (auto const& e : std::filesystem::directory_iterator(path)) n += e.is_directory();
    return n;
  }
};

enum class medium { map, simulated, disk };
std::unique_ptr<state_backend> make(medium m, temporary_directory const& in) {
  if (m == medium::map) return std::make_unique<testing::map_backend>(1 << 20);
  return rocksdb_backend({in.path, 1 << 20, m == medium::simulated});
}

bytes text(std::string const& s) {
  auto const* const data = reinterpret_cast<std::byte const*>(s.data());
  return {data, data + s.size()};
}
std::string text(std::span<std::byte const> s) { return {reinterpret_cast<char const*>(s.data()), s.size()}; }
using contents = std::map<std::uint64_t, std::string>;
contents all_of(stored_entries const& found) {
  contents all;
  for (std::size_t i = 0; i < found.size(); ++i) {
    CHECK((i == 0 || found.hashes[i - 1] < found.hashes[i]));
    all[found.hashes[i]] = text(found.at(i));
  }
  return all;
}
contents scan(entry_store& s, std::uint64_t first = 0, std::uint64_t last = ~std::uint64_t{0}, std::size_t most = 1 << 20) {
  stored_entries found;
  s.scan(first, last, most, found);
  return all_of(found);
}

}  // namespace

TEST_CASE("an entry store has what was put and not removed, in the order of hashes") {
  temporary_directory in;
  auto const backend = make(GENERATE(medium::map, medium::simulated, medium::disk), in);
  auto const store = backend->open(), other = backend->open();
  std::mt19937_64 random(3);
  contents model;
  std::vector<std::uint64_t> hashes{0, 1, ~std::uint64_t{0}, ~std::uint64_t{0} - 1};
  for (int i = 0; i < 300; ++i) hashes.push_back(random());
  other->put(5, text("of another table"));
  other->write();
  for (int round = 0; round < 30; ++round) {
    for (int i = 0; i < 100; ++i) {
      auto const h = hashes[random() % hashes.size()];
      if (random() % 3 == 0) {
        store->remove(h);
        model.erase(h);
      } else {
        model[h] = std::string(random() % 200, static_cast<char>('a' + random() % 26));
        store->put(h, text(model[h]));
      }
    }
    store->write();
    CHECK(scan(*store) == model);
    std::vector<std::uint64_t> asked;
    contents expected;
    for (auto const h : hashes)
      if (random() % 4 == 0) asked.push_back(h);
    std::sort(asked.begin(), asked.end());
    asked.erase(std::unique(asked.begin(), asked.end()), asked.end());
    for (auto const h : asked)
      if (model.contains(h)) expected.insert(*model.find(h));
    stored_entries found;
    store->read(asked, found);
    CHECK(all_of(found) == expected);
    found.clear();
    store->read(std::vector<std::uint64_t>{asked.front()}, found);
    CHECK(found.size() == model.count(asked.front()));
    auto first = random(), last = random();
    if (first > last) std::swap(first, last);
    CHECK(scan(*store, first, last) == contents(model.lower_bound(first), model.upper_bound(last)));
    CHECK(scan(*store, first, last, 3).size() <= 3);
  }
  store->put(7, text("not written"));
  store->clear();
  store->write();
  CHECK(scan(*store).empty());
  CHECK(scan(*other) == contents{{5, "of another table"}});
}

TEST_CASE("an entry store knows which hashes were changed in which epoch until it is to forget them") {
  temporary_directory in;
  auto const backend = make(GENERATE(medium::map, medium::simulated, medium::disk), in);
  auto const store = backend->open();
  for (std::uint64_t epoch = 0; epoch < 4; ++epoch)
    for (std::uint64_t h = epoch; h < 100; h += epoch + 1) store->note_change(epoch, h);
  store->note_change(1, ~std::uint64_t{0});
  store->write();
  auto const changes = [&](std::uint64_t epoch, std::uint64_t first, std::uint64_t last, std::size_t most) {
    std::vector<std::uint64_t> found;
    store->changes(epoch, first, last, most, found);
    return found;
  };
  CHECK(changes(1, 0, 7, 100) == std::vector<std::uint64_t>{1, 3, 5, 7});
  CHECK(changes(2, 3, 20, 2) == std::vector<std::uint64_t>{5, 8});
  CHECK(changes(1, 99, ~std::uint64_t{0}, 100) == std::vector<std::uint64_t>{99, ~std::uint64_t{0}});
  store->forget_changes(2);
  store->write();
  CHECK(changes(0, 0, 1000, 1000).empty());
  CHECK(changes(1, 0, ~std::uint64_t{0}, 1000).empty());
  CHECK(changes(2, 0, 1000, 1000).size() == 33);
}

TEST_CASE("a store that is given up takes its entries with it") {
  temporary_directory in;
  auto const backend = make(GENERATE(medium::simulated, medium::disk), in);
  {
    auto const store = backend->open();
    store->put(1, text("gone"));
    store->write();
  }
  CHECK(scan(*backend->open()).empty());
}

TEST_CASE("each run has a directory of its own, which goes with it, and takes away what those before have left") {
  temporary_directory in;
  auto const left = in.path / "flow-state-killed";
  std::filesystem::create_directories(left / "data");
  std::ofstream(left / "data" / "000001.sst") << "left behind";
  std::filesystem::create_directories(in.path / "of-somebody-else");
  {
    auto const first = make(medium::disk, in);
    CHECK(std::filesystem::exists(left));  // nothing is opened before it is wanted
    auto const store = first->open();
    CHECK(!std::filesystem::exists(left));
    CHECK(in.runs() == 2);
    auto const second = make(medium::disk, in);
    auto const another = second->open();
    CHECK(in.runs() == 3);
    store->put(1, text("still there"));
    store->write();
    CHECK(scan(*store).size() == 1);
  }
  CHECK(in.runs() == 1);
  CHECK(std::filesystem::exists(in.path / "of-somebody-else"));
}

TEST_CASE("a directory that cannot be used is named") {
  temporary_directory in;
  auto const file = in.path / "a-file";
  std::ofstream(file) << "no directory";
  auto const backend = rocksdb_backend({file, 1 << 20, false});
  CHECK_THROWS_WITH(backend->open(), Contains("'" + file.string() + "'") && Contains("for state"));
  if (geteuid() == 0) return;  // may write everywhere
  std::filesystem::permissions(in.path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  auto const refused = make(medium::disk, in);
  CHECK_THROWS_WITH(refused->open(), Contains("'" + in.path.string() + "'"));
}

TEST_CASE("a device that takes no more is an error that names the directory") {
  temporary_directory in;
  auto const backend = make(medium::disk, in);
  auto const store = backend->open();
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
  auto const handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = before;
  small.rlim_cur = 16 << 10;
  REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
  std::string said;
  try {
    for (std::uint64_t h = 0; h < 200'000; ++h) {
      store->put(h * 0x9E3779B97F4A7C15, bytes(1000));
      if (h % 64 == 0) store->write();
    }
  } catch (error const& e) {
    said = e.what();
  }
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  CHECK_THAT(said, Contains("'" + in.path.string() + "'") && Contains("File too large"));
}
