// Makes a directory of snapshots for the tests of flow-snapshot.
//
// process_snapshots DIR          the checkpoints 1 to 3, each with what changed, and the savepoint 4
// process_snapshots DIR hold     then begins checkpoint 5, says "open", and holds the directory until its standard input ends

#include <cereal/types/vector.hpp>

#include <iostream>
#include <map>

#include <flow/snapshot/snapshot_store.hpp>

#include "unit/libflow/record/encoded.hpp"

namespace {

using namespace flow;
using record_tests::encoded;

struct total {
  std::int64_t count = 0;
  std::vector<std::string> notes;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(count), CEREAL_NVP(notes)); }
};
struct in_slice {
  timestamp slice;
  std::string key;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(slice), CEREAL_NVP(key)); }
};

constexpr std::uint8_t removed = 0, set = 1, slice_dropped = 2;

timestamp minute(int n) { return timestamp{std::chrono::minutes{n}}; }

class writer {
 public:
  writer(snapshot_store& store) : store_(store) {}

  void begin(checkpoint_id id, snapshot_kind kind = snapshot_kind::checkpoint) {
    manifest_ = {};
    manifest_.id = id;
    manifest_.kind = kind;
    manifest_.job = "totals-per-user";
    manifest_.time = minute(static_cast<int>(id));
    manifest_.attempt = 2;
    manifest_.operators = {{"totals", 2, {}, {}, {}, {}}, {"out", 1, {}, schema_of<std::string>(), {{0, encoded(std::string("part-0"))}}, {0}}};
    store_.begin(id);
  }
  void state(std::string const& name, state_kind kind, schema key, schema value, std::map<std::uint32_t, std::vector<bytes>> const& parts) {
    state_manifest state{name, kind, key, value, {}};
    for (auto const& [part, entries] : parts) {
      auto& pieces = pieces_[{name, part}];
      bool const base = manifest_.kind == snapshot_kind::savepoint || pieces.empty();
      if (base) pieces.clear();
      auto const to = store_.write(manifest_.id, {"totals", name, part, kind}, {base ? piece_form::base : piece_form::delta, key, value});
      for (auto const& entry : entries) to->append(entry, 1);
      pieces.push_back(to->finish());
      state.parts.push_back({part, pieces});
    }
    manifest_.operators[0].states.push_back(state);
  }
  void finish() { store_.finish(manifest_); }

 private:
  snapshot_store& store_;
  snapshot_manifest manifest_;
  std::map<std::pair<std::string, std::uint32_t>, std::vector<piece_info>> pieces_;
};

void write_checkpoints(snapshot_store& store) {
  writer w(store);
  auto const table = [&](auto const& parts) { w.state("per-user", state_kind::table, schema_of<std::string>(), schema_of<total>(), parts); };
  auto const slices = [&](auto const& parts) { w.state("per-minute", state_kind::slices, schema_of<in_slice>(), schema_of<std::int64_t>(), parts); };
  using parts = std::map<std::uint32_t, std::vector<bytes>>;
  auto const user = [](char const* name, std::int64_t count, std::vector<std::string> notes = {}) { return encoded(std::string(name), total{count, std::move(notes)}); };
  auto const changed = [](auto const& entry) {
    bytes all = encoded(set);
    all.insert(all.end(), entry.begin(), entry.end());
    return all;
  };
  auto const in = [](int m, char const* key, std::int64_t n) { return encoded(in_slice{minute(m), key}, n); };

  w.begin(1);
  table(parts{{3, {user("ada", 1, {"first"}), user("bob", 2)}}, {90, {user("cyd", 3)}}});
  slices(parts{{3, {in(1, "ada", 1), in(1, "bob", 1), in(2, "bob", 1)}}});
  w.finish();
  w.begin(2);
  table(parts{{3, {changed(user("ada", 10)), encoded(removed, std::string("bob"))}}, {90, {}}});
  slices(parts{{3, {encoded(slice_dropped, minute(1)), changed(in(3, "ada", 4))}}});
  w.finish();
  w.begin(3);
  table(parts{{3, {changed(user("dan\xFF", 4))}}, {90, {}}});
  slices(parts{{3, {}}});
  w.state("positions", state_kind::list, {}, schema_of<std::string>(), parts{{0, {encoded(std::string("file-a"))}}, {1, {encoded(std::string("file-b"))}}});
  w.finish();
  w.begin(4, snapshot_kind::savepoint);
  table(parts{{3, {user("ada", 10)}}});
  slices(parts{});
  w.finish();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  auto const store = open_snapshots(argv[1], {.newest = 9});
  write_checkpoints(*store);
  if (argc == 2) return 0;
  store->begin(5);
  std::cout << "open" << std::endl;
  std::string line;
  while (std::getline(std::cin, line)) {}
}
