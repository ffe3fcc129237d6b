// The contract of snapshot stores, in memory and in a directory.

#include <cereal/types/optional.hpp>
#include <cereal/types/tuple.hpp>

#include "contract/snapshot_contract.hpp"

using namespace snapshot_tests;
using Catch::Matchers::Contains;
using ids_t = std::vector<checkpoint_id>;

TEST_CASE("a manifest is read back as it was written") {
  auto const where = make_medium(GENERATE(false, true));
  snapshot_manifest m;
  m.id = 9;
  m.kind = snapshot_kind::last;
  m.time = timestamp{duration{1'700'000'000'000'001}};
  m.job = "flight-delays";
  m.fingerprint = 0xfedcba9876543210u;
  m.max_parallelism = 64;
  m.attempt = 3;
  operator_manifest counts, sink;
  counts.name = "counts";
  counts.parallelism = 4;
  counts.finished = {0, 3};
  sink.name = "out";
  sink.committable_schema = schema_of<std::string>();
  sink.committables = {{0, to_bytes("a")}, {1, {}}, {1, to_bytes(std::string("\0\xff", 2))}};
  {
    auto const store = where->open();
    store->begin(9);
    std::vector<state_part> parts{{0, {put(*store, 9, place(0), "zero")}}, {127, {put(*store, 9, place(127), "last")}}};
    schema const nested = schema_of<std::tuple<std::vector<std::string>, std::optional<double>>>();
    counts.states = {{"count", state_kind::table, schema_of<std::string>(), nested, parts}, {"empty", state_kind::broadcast, nested, {}, {}}};
    REQUIRE(nested.fields.size() == 2);
    m.operators = {counts, sink};
    store->finish(m);
    CHECK(store->manifest(9) == m);
  }
  auto const store = where->open();
  CHECK(store->manifest(9) == m);
  REQUIRE(store->list().size() == 1);
  auto const summary = store->list()[0];
  CHECK(summary.id == 9);
  CHECK(summary.kind == snapshot_kind::last);
  CHECK(summary.time == m.time);
  CHECK(summary.job == "flight-delays");
  CHECK(summary.attempt == 3);
  CHECK((summary.pieces == 2 && summary.own_pieces == 2));
  CHECK((summary.bytes == 8 && summary.own_bytes == 8));
  CHECK(get(*store, place(127), counts.states[0].parts[1].pieces[0]) == "last");
}

TEST_CASE("a piece of many chunks is read back in whole entries") {
  auto const where = make_medium(GENERATE(false, true));
  auto const store = where->open();
  store->begin(1);
  std::vector<std::string> entries;
  for (int i = 0; i < 300; ++i) entries.push_back(std::string(1000 + i * 37, static_cast<char>('a' + i % 26)));
  entries.push_back(std::string(1 << 20, 'x'));  // larger than a chunk
  entries.push_back("end");
  auto const writer = store->write(1, place(5), contents());
  std::string all;
  for (auto const& e : entries) {
    writer->append(to_bytes(e), 1);
    all += e;
  }
  auto const info = writer->finish();
  CHECK(info.entries == entries.size());
  CHECK(info.bytes == all.size());
  store->finish(manifest(1, {{5, {info}}}));
  auto const reader = store->read(place(5), info);
  CHECK(reader->contents().form == piece_form::base);
  CHECK(reader->contents().key == schema_of<std::string>());
  CHECK(reader->contents().value == schema_of<std::int64_t>());
  std::size_t next = 0, largest = 0;
  reader->read([&](piece_reader::chunk const& c) {
    std::string expected;
    for (std::uint64_t i = 0; i < c.entries; ++i) expected += entries.at(next++);
    largest = std::max(largest, c.data.size());
    CHECK((expected.size() == c.data.size() && std::memcmp(expected.data(), c.data.data(), expected.size()) == 0));
  });
  CHECK(next == entries.size());
  CHECK(largest == 1 << 20);
}

TEST_CASE("a piece may be empty, and several may be written at a time") {
  auto const where = make_medium(GENERATE(false, true));
  auto const store = where->open();
  store->begin(1);
  auto const empty = store->write(1, place(1), contents());
  auto const other = store->write(1, place(2), contents());
  other->append(to_bytes("a"), 1);
  auto const first = empty->finish();
  other->append(to_bytes("b"), 1);
  auto const second = other->finish();
  store->finish(manifest(1, {{1, {first}}, {2, {second}}}));
  CHECK(get(*store, place(1), first).empty());
  CHECK(get(*store, place(2), second) == "ab");
}

TEST_CASE("an entry may be without a byte") {
  auto const where = make_medium(GENERATE(false, true));
  auto const store = where->open();
  store->begin(1);
  auto const writer = store->write(1, place(1), contents());
  writer->append({}, 1);
  writer->append({}, 2);
  auto const info = writer->finish();
  store->finish(manifest(1, {{1, {info}}}));
  CHECK((info.entries == 3 && info.bytes == 0));
  std::uint64_t entries = 0;
  store->read(place(1), info)->read([&](piece_reader::chunk const& c) { entries += c.entries; });
  CHECK(entries == 3);
  CHECK(verify(*store, 1).empty());
}

TEST_CASE("a checkpoint exists when it is finished and not before") {
  auto const where = make_medium(GENERATE(false, true));
  {
    auto const store = where->open();
    store->begin(1);
    put(*store, 1, place(5), "text");
    CHECK(store->list().empty());
    CHECK(error_of([&] { store->manifest(1); }).code() == error_code::not_found);
  }
  auto const store = where->open();
  CHECK(store->list().empty());
  CHECK(store->pieces().empty());
}

TEST_CASE("deltas keep the pieces that they are based on, across checkpoints and starts") {
  auto const where = make_medium(GENERATE(false, true));
  std::vector<piece_info> chain;
  for (checkpoint_id id = 1; id <= 5; ++id) {
    auto const store = where->open();
    store->begin(id);
    chain.push_back(put(*store, id, place(5), "text " + std::to_string(id), id == 1 ? piece_form::base : piece_form::delta));
    store->finish(manifest(id, {{5, chain}}));
    CHECK(ids(*store) == ids_t{id});
    CHECK(store->list()[0].own_pieces == 1);
    auto const found = store->manifest(id);
    for (auto const& piece : found.operators[0].states[0].parts[0].pieces)
      CHECK(get(*store, place(5), piece) == "text " + std::to_string(piece.checkpoint));
    CHECK(store->pieces().size() == id);
  }
  auto const store = where->open();
  checkpoint(*store, 6);  // a new base
  CHECK(store->pieces() == std::vector<stored_piece>{{"counts", "count", 5, 6}});
}

TEST_CASE("an abandoned checkpoint leaves nothing and takes nothing from others") {
  auto const where = make_medium(GENERATE(false, true));
  auto const store = where->open();
  auto const first = checkpoint(*store, 1);
  store->begin(2);
  put(*store, 2, place(5), "lost");
  auto const writer = store->write(2, place(6), contents());
  store->abandon(2);
  store->abandon(2);  // of what is not in progress: nothing
  CHECK(error_of([&] { writer->finish(); }).code() == error_code::internal);
  CHECK(store->pieces().size() == 1);
  CHECK(get(*store, place(5), first.operators[0].states[0].parts[0].pieces[0]) == "text");
}

TEST_CASE("so many newest checkpoints are kept as retention says") {
  auto const where = make_medium(GENERATE(false, true));
  auto const store = where->open({.newest = 3});
  for (checkpoint_id id = 1; id <= 5; ++id) checkpoint(*store, id);
  CHECK(ids(*store) == ids_t{3, 4, 5});
  CHECK(store->pieces().size() == 3);
}

TEST_CASE("retention neither counts nor removes savepoints") {
  auto const where = make_medium(GENERATE(false, true));
  auto const store = where->open({.newest = 2, .keep_cancelled = false});
  checkpoint(*store, 1);
  checkpoint(*store, 2, "mine", snapshot_kind::savepoint);
  for (checkpoint_id id = 3; id <= 5; ++id) checkpoint(*store, id);
  CHECK(ids(*store) == ids_t{2, 4, 5});
  store->end(job_end::cancelled);
  CHECK(ids(*store) == ids_t{2});
  store->remove(2);
  CHECK(store->pieces().empty());
  CHECK(error_of([&] { store->remove(2); }).code() == error_code::not_found);
}

TEST_CASE("what is left after a job's end is as retention says") {
  auto const where = make_medium(GENERATE(false, true));
  auto const left = [&](snapshot_retention retention, job_end how) {
    auto const store = where->open(retention);
    auto const next = store->list().empty() ? 1 : store->list().back().id + 1;
    checkpoint(*store, next);
    store->begin(next + 1);
    put(*store, next + 1, place(5), "unfinished");
    store->end(how);
    CHECK(store->pieces().size() == store->list().size());
    return store->list().size();
  };
  CHECK(left({.newest = 2}, job_end::failed) == 1);
  CHECK(left({.newest = 2}, job_end::cancelled) == 2);
  CHECK(left({}, job_end::succeeded) == 0);
  CHECK(left({.keep_succeeded = true}, job_end::succeeded) == 1);
  CHECK(left({.keep_cancelled = false}, job_end::failed) == 1);
  CHECK(left({.keep_cancelled = false}, job_end::cancelled) == 0);
  CHECK(where->open()->list().empty());
}

TEST_CASE("a checkpoint in progress may build on the one that was newest when it began") {
  auto const where = make_medium(GENERATE(false, true));
  auto const store = where->open();
  auto const base = checkpoint(*store, 1).operators[0].states[0].parts[0].pieces[0];
  store->begin(2);  // is slow
  checkpoint(*store, 3);
  checkpoint(*store, 4);
  CHECK(ids(*store) == ids_t{1, 4});
  auto const delta = put(*store, 2, place(5), "more", piece_form::delta);
  store->finish(manifest(2, {{5, {base, delta}}}, snapshot_kind::savepoint));
  CHECK(ids(*store) == ids_t{2, 4});
  CHECK(get(*store, place(5), base) == "text");
}

TEST_CASE("while a checkpoint is in progress all that were there when it began stay: it may build on any of them") {
  auto const where = make_medium(GENERATE(false, true));
  auto const store = where->open({.newest = 2});
  auto const base = checkpoint(*store, 1).operators[0].states[0].parts[0].pieces[0];
  checkpoint(*store, 2);
  checkpoint(*store, 3, "mine", snapshot_kind::savepoint);  // is the newest, and nothing builds on it
  store->begin(4);                                          // after a restore of checkpoint 1
  checkpoint(*store, 5);
  checkpoint(*store, 6);
  CHECK(ids(*store) == ids_t{1, 2, 3, 5, 6});
  for (checkpoint_id const id : {1, 2, 3}) CHECK_THAT(error_of([&] { store->remove(id); }).what(), Contains("cannot be removed while one in progress"));
  auto const delta = put(*store, 4, place(5), "more", piece_form::delta);
  store->finish(manifest(4, {{5, {base, delta}}}));
  CHECK(ids(*store) == ids_t{3, 5, 6});
  store->begin(7);
  store->abandon(7);
  store->remove(3);
  CHECK(ids(*store) == ids_t{5, 6});
}

TEST_CASE("a manifest that names what it may not is refused, and the checkpoint does not exist") {
  auto const where = make_medium(GENERATE(false, true));
  auto const store = where->open();
  auto const first = checkpoint(*store, 1).operators[0].states[0].parts[0].pieces[0];
  store->begin(2);
  auto const base = put(*store, 2, place(5), "base");
  auto const delta = put(*store, 2, place(6), "delta", piece_form::delta);
  auto const unfinished = store->write(2, place(7), contents());
  auto changed = base;
  ++changed.entries;
  auto elsewhere = first;
  elsewhere.checkpoint = 0;
  auto const refused = [&](snapshot_manifest const& m, std::string const& said) {
    auto const e = error_of([&] { store->finish(m); });
    CHECK(e.code() == error_code::internal);
    CHECK_THAT(e.what(), Contains(said));
  };
  refused(manifest(2, {{9, {base}}}), "operator 'counts': state 'count', key group 9, checkpoint 2: the manifest names its piece of checkpoint 2, which is not in the store");
  refused(manifest(2, {{5, {elsewhere}}}), "piece of checkpoint 0, which is not in the store");
  refused(manifest(2, {{7, {{2, piece_form::base, 0, 0, 0}}}}), "not been written to its end");
  refused(manifest(2, {{5, {changed}}}), "does not say of it what its writer has");
  refused(manifest(2, {{6, {delta}}}), "are a base and then deltas; piece 0 is a delta");
  refused(manifest(2, {{5, {first, base}}}), "are a base and then deltas; piece 1 is a base");
  refused(manifest(2, {{5, {base}}, {5, {base}}}), "has it twice");
  auto later = base;
  later.checkpoint = 3;
  refused(manifest(2, {{5, {later}}}), "names its piece of checkpoint 3, which is later");
  refused(manifest(2, {{5, {}}}), "without pieces");
  refused(manifest(3, {}), "checkpoint 3 is not in progress");
  refused(manifest(1, {}), "checkpoint 1 is not in progress");
  CHECK(ids(*store) == ids_t{1});
  store->finish(manifest(2, {{5, {base}}}));
  CHECK(ids(*store) == ids_t{2});
  CHECK(store->pieces() == std::vector<stored_piece>{{"counts", "count", 5, 2}});
}

TEST_CASE("breaking the order of calls is told") {
  auto const where = make_medium(GENERATE(false, true));
  auto const store = where->open();
  checkpoint(*store, 3);
  CHECK_THAT(error_of([&] { store->begin(3); }).what(), Contains("ids must rise"));
  CHECK_THAT(error_of([&] { store->begin(2); }).what(), Contains("checkpoint 2 is begun after checkpoint 3"));
  CHECK_THAT(error_of([&] { store->write(4, place(5), contents()); }).what(), Contains("checkpoint 4 is not in progress"));
  store->begin(4);
  put(*store, 4, place(5), "once");
  CHECK_THAT(error_of([&] { put(*store, 4, place(5), "twice"); }).what(), Contains("written a second time"));
  CHECK_THAT(error_of([&] { put(*store, 4, place(5, std::string(70'000, 's')), ""); }).what(), Contains("at most 65535"));
  CHECK_THAT(error_of([&] { where->open({.newest = 0}); }).what(), Contains("at least 1") || Contains("another job"));
}

TEST_CASE("a piece that is missing or not the one expected is told with operator, state, part and checkpoint") {
  auto const where = make_medium(GENERATE(false, true));
  auto const store = where->open();
  auto info = checkpoint(*store, 7).operators[0].states[0].parts[0].pieces[0];
  auto const missing = error_of([&] { store->read({"counts", "count", 6, state_kind::list}, info); });
  CHECK(missing.code() == error_code::bad_record);
  CHECK(missing.operator_name() == "counts");
  CHECK_THAT(missing.what(), Contains("operator 'counts': state 'count', subtask 6, checkpoint 7: its header") && Contains("it is missing"));
  info.entries = 3;
  CHECK_THAT(error_of([&] { store->read(place(5), info); }).what(),
             Contains("key group 5, checkpoint 7") && Contains("expects a base of 3 entries in 4 bytes") && Contains("found a base of 1 entries"));
  CHECK(verify(*store, 7).empty());
  CHECK(verify(*store, 8).size() == 1);
}
