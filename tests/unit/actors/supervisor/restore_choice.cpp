#include <catch2/catch.hpp>

#include "supervisor/restore_choice.hpp"

#include <flow/snapshot/memory_snapshots.hpp>

using namespace flow;

namespace {

/// Says of some checkpoints that their manifests are damaged, and leaves the rest to a store.
class scratched final : public snapshot_store {
 public:
  scratched(snapshot_store& store, std::set<checkpoint_id> damaged) : store_(store), damaged_(std::move(damaged)) {}
  void begin(checkpoint_id id) override { store_.begin(id); }
  std::unique_ptr<piece_writer> write(checkpoint_id id, piece_place const& p, piece_contents const& c) override { return store_.write(id, p, c); }
  void finish(snapshot_manifest const& m) override { store_.finish(m); }
  void abandon(checkpoint_id id) override { store_.abandon(id); }
  void settle() override { store_.settle(); }
  void end(job_end how) override { store_.end(how); }
  void remove(checkpoint_id id) override { store_.remove(id); }
  std::vector<snapshot_summary> list() const override {
    auto all = store_.list();
    for (auto& s : all) {
      if (!damaged_.contains(s.id)) continue;
      auto const id = std::exchange(s, {}).id;
      s.id = id;
      s.damaged = true;
    }
    return all;
  }
  snapshot_manifest manifest(checkpoint_id id) const override {
    if (damaged_.contains(id)) throw error(error_code::bad_record, "the manifest of checkpoint " + std::to_string(id) + " has a wrong checksum");
    return store_.manifest(id);
  }
  std::unique_ptr<piece_reader> read(piece_place const& place, piece_info const& p) const override { return store_.read(place, p); }
  std::vector<stored_piece> pieces() const override { return store_.pieces(); }

 private:
  snapshot_store& store_;
  std::set<checkpoint_id> damaged_;
};

schema named(std::string type) {
  schema s;
  s.type = std::move(type);
  return s;
}
void put(snapshot_store& store, checkpoint_id id, snapshot_kind kind = snapshot_kind::checkpoint, std::vector<std::string> const& two_phase = {}) {
  snapshot_manifest m;
  m.id = id;
  m.kind = kind;
  m.job = "flights";
  for (auto const& name : two_phase) m.operators.push_back({name, 1, {}, named("struct"), {}, {}});
  store.begin(id);
  store.finish(m);
}
std::string text_of(restore_origin const& o, snapshot_store const& store) {
  try {
    auto const m = choose(o, store, "dir");
    return m ? std::to_string(m->id) : "fresh";
  } catch (error const& e) {
    return std::string(name_of(e.code())) + ": " + e.message();
  }
}
std::string duplicates(snapshot_store const& own, checkpoint_id id, std::set<std::string> const& two_phase, bool accept = false) {
  try {
    snapshot_manifest m;
    m.id = id;
    check_for_duplicates(m, own, two_phase, accept);
    return "none";
  } catch (error const& e) {
    CHECK(e.code() == error_code::usage);
    return e.message();
  }
}

restore_origin const latest{restore_form::latest}, or_fresh{restore_form::latest_or_fresh}, path{restore_form::path, 0, "dir"};

}  // namespace

TEST_CASE("a run starts from the newest checkpoint, from one by its number, or fresh where there is none") {
  memory_snapshots memory;
  auto const store = memory.open({.newest = 9});
  CHECK(text_of({}, *store) == "fresh");
  CHECK(text_of(or_fresh, *store) == "fresh");
  CHECK(text_of(latest, *store) == "not_found: there is no checkpoint in 'dir' to restore; --restore-or-fresh starts fresh where there is none");
  CHECK(text_of(path, *store) == "not_found: there is no checkpoint in 'dir' to restore; check the path: a savepoint that was not completed leaves a directory without one");
  put(*store, 3);
  put(*store, 5);
  put(*store, 8, snapshot_kind::savepoint);
  for (auto const& o : {latest, or_fresh, path}) CHECK(text_of(o, *store) == "8");
  CHECK(text_of({restore_form::checkpoint, 3}, *store) == "3");
  CHECK(text_of({restore_form::checkpoint, 4}, *store) == "not_found: there is no checkpoint 4 in 'dir': there are 3, 5, 8 (savepoint)");
}

TEST_CASE("a fresh start does not pass over the checkpoints of an earlier run") {
  memory_snapshots memory;
  auto const store = memory.open();
  put(*store, 3);
  CHECK(text_of({}, *store) ==
        "usage: 'dir' holds checkpoint 3 of an earlier run of job 'flights', which a fresh start would replace; go on from it with --restore, or name another directory (or "
        "remove this one) to begin anew");
}

TEST_CASE("a newest checkpoint that is damaged is not passed over: what is damaged is told, and how to go on") {
  memory_snapshots memory;
  auto const store = memory.open({.newest = 9});
  put(*store, 2);
  put(*store, 3);
  put(*store, 5);
  scratched const newest(*store, {5});
  for (auto const& o : {latest, or_fresh, path, restore_origin{restore_form::checkpoint, 5}})
    CHECK(text_of(o, newest) ==
          "bad_record: checkpoint 5 in 'dir' is damaged: the manifest of checkpoint 5 has a wrong checksum; an older one can be restored with --restore 2, --restore 3, together "
          "with --accept-duplicates where two-phase sinks have published what came after it; or restore a savepoint with --restore PATH");
  CHECK(text_of({restore_form::checkpoint, 3}, newest) == "3");
  scratched const all(*store, {2, 3, 5});
  CHECK_THAT(text_of(latest, all), Catch::Contains("there is no older one in 'dir'"));
  CHECK_THAT(text_of({restore_form::checkpoint, 7}, newest), Catch::Contains("there are 2, 3, 5 (damaged)"));
  CHECK_THAT(text_of({}, newest), Catch::Contains("holds checkpoint 5 (damaged) of an earlier run, which"));
}

TEST_CASE("older than the newest checkpoint is refused where two-phase sinks have published since, unless duplicates are accepted") {
  memory_snapshots memory;
  auto const store = memory.open({.newest = 9});
  CHECK(duplicates(*store, 1, {"out"}) == "none");
  put(*store, 3);
  put(*store, 5, snapshot_kind::checkpoint, {"out", "late"});
  put(*store, 9, snapshot_kind::savepoint);
  CHECK(duplicates(*store, 5, {"out"}) == "none");
  CHECK(duplicates(*store, 7, {"out"}) == "none");
  CHECK(duplicates(*store, 3, {}, true) == "none");
  CHECK(duplicates(*store, 3, {}) ==
        "checkpoint 3 is older than checkpoint 5, and what came in between has been published by 'late', 'out': it would be published twice. Restore the newest with "
        "--restore, or take the duplicates with --accept-duplicates");
  put(*store, 12);
  CHECK(duplicates(*store, 5, {}) == "none");  // no sink of two phases since then or now
  CHECK_THAT(duplicates(*store, 3, {}), Catch::Contains("checkpoint 3 is older than checkpoint 12") && Catch::Contains("'late', 'out'"));
  CHECK_THAT(duplicates(*store, 5, {"new"}), Catch::Contains("'new'"));
  scratched const damaged(*store, {12});
  CHECK(duplicates(damaged, 5, {}) == "none");
  CHECK_THAT(duplicates(damaged, 5, {"out"}), Catch::Contains("checkpoint 5 is older than checkpoint 12"));
}
