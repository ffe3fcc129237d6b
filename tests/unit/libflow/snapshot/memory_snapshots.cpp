// Failed writes at every point of a short life, through the faults of snapshots in memory.

#include "contract/snapshot_contract.hpp"

using namespace snapshot_tests;
using fault = memory_snapshots::fault;

namespace {

struct life {
  memory_snapshots disk;
  std::unique_ptr<snapshot_store> store = disk.open();
  checkpoint_id last = 0;
  std::vector<piece_info> chain;
  std::set<checkpoint_id> finished;
  bool failed = false;

  /// One checkpoint with a delta; says whether it could be finished.
  bool checkpoint() {
    auto const id = ++last;
    try {
      store->begin(id);
      auto pieces = chain;
      pieces.push_back(put(*store, id, place(5), "text " + std::to_string(id), chain.empty() ? piece_form::base : piece_form::delta));
      store->finish(manifest(id, {{5, pieces}}));
      chain = pieces;
      finished = {id};
      return true;
    } catch (error const& e) {
      CHECK(e.code() == error_code::no_space);
      failed = true;
      return false;
    }
  }
  void check_whole() const {
    for (auto const id : ids(*store)) CHECK(verify(*store, id).empty());
    auto const found = ids(*store);
    if (!finished.empty()) CHECK(std::count(found.begin(), found.end(), *finished.begin()) == 1);
    std::set<checkpoint_id> named;
    for (auto const id : found) {
      auto const m = store->manifest(id);
      for (auto const& piece : m.operators[0].states[0].parts[0].pieces) named.insert(piece.checkpoint);
    }
    CHECK(store->pieces().size() == named.size());
  }
};

}  // namespace

TEST_CASE("a checkpoint whose writing fails anywhere is abandoned and the next one is as if it had never been") {
  auto const how = GENERATE(fault::lost, fault::kept);
  int failures = 0;
  for (std::uint64_t n = 0; n < 12; ++n) {
    CAPTURE(n);
    life l;
    l.checkpoint();
    l.disk.fail_write(n, how);
    for (int i = 0; i < 4; ++i) {
      if (l.checkpoint()) continue;
      l.store->abandon(l.last);
      CHECK((ids(*l.store) == std::vector<checkpoint_id>(l.finished.begin(), l.finished.end())));
      for (auto const id : ids(*l.store)) CHECK(verify(*l.store, id).empty());  // also before the disk is repaired
      l.disk.repair();
    }
    failures += l.failed;
    l.disk.repair();
    CHECK(l.checkpoint());
    l.check_whole();
    CHECK(ids(*l.store) == std::vector<checkpoint_id>{l.last});
    l.store = l.disk.open();
    CHECK(ids(*l.store) == std::vector<checkpoint_id>{l.last});
    l.check_whole();
  }
  CHECK(failures > 6);  // the faults were met
}

TEST_CASE("after a failed write and a crash all checkpoints that had finished are there and whole, and nothing else is left") {
  auto const how = GENERATE(fault::lost, fault::kept);
  for (std::uint64_t n = 0; n < 12; ++n) {
    CAPTURE(n);
    life l;
    l.checkpoint();
    l.disk.fail_write(n, how);
    while (l.checkpoint() && l.last < 6) {}
    if (n % 2) l.store->abandon(l.last);
    l.disk.repair();
    l.store.reset();
    l.store = l.disk.open();
    l.check_whole();
    CHECK(ids(*l.store).size() <= 2);  // one more where a manifest was written though its writing was reported as failed
    if (how == fault::lost) CHECK(ids(*l.store).back() == *l.finished.begin());
  }
}

TEST_CASE("what is settled not to exist is not found after a crash either, and before that it is not settled") {
  int kept = 0;
  for (std::uint64_t n = 0; n < 12; ++n) {
    CAPTURE(n);
    life l;
    l.checkpoint();
    l.disk.fail_write(n, fault::kept);
    while (l.checkpoint() && l.last < 6) {}
    l.store->abandon(l.last);
    if (!l.failed) continue;
    CHECK_THROWS_AS(l.store->settle(), error);
    l.disk.repair();
    kept += ids(*l.disk.open()).back() == l.last;
    l.store->settle();
    CHECK(ids(*l.store) == std::vector<checkpoint_id>(l.finished.begin(), l.finished.end()));
    CHECK(ids(*l.disk.open()) == ids(*l.store));
  }
  CHECK(kept > 0);
}

TEST_CASE("the memory of snapshots is given back") {
  memory_snapshots disk;
  auto const store = disk.open();
  auto const empty = disk.size();
  checkpoint(*store, 1, std::string(100'000, 'x'));
  CHECK(disk.size() > 100'000);
  auto const one = disk.size();
  for (checkpoint_id id = 2; id < 20; ++id) checkpoint(*store, id, std::string(100'000, 'x'));
  CHECK(disk.size() == one);
  store->end(job_end::succeeded);
  CHECK(disk.size() == empty);
  CHECK(disk.writes() > 0);
}
