#pragma once
// What the tests of snapshot stores share: the media that a store lies on, and short ways to write and to read.

#include <catch2/catch.hpp>

#include <unistd.h>

#include <filesystem>
#include <map>
#include <set>

#include <flow/snapshot/memory_snapshots.hpp>

namespace snapshot_tests {

using namespace flow;

/// A directory that is removed at the end.
struct directory {
  std::filesystem::path path;
  explicit directory(std::string const& name = "snapshots")
      : path(std::filesystem::temp_directory_path() / ("flow-" + name + "-" + std::to_string(getpid()))) {
    std::filesystem::remove_all(path);
  }
  ~directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
};

/// Where a store lies; opening it again is starting again.
class medium {
 public:
  virtual ~medium() = default;
  virtual std::unique_ptr<snapshot_store> open(snapshot_retention retention = {}) = 0;
};
struct in_memory final : medium {
  memory_snapshots memory;
  std::unique_ptr<snapshot_store> open(snapshot_retention retention) override { return memory.open(retention); }
};
struct in_directory final : medium {
  directory where;
  std::unique_ptr<snapshot_store> open(snapshot_retention retention) override { return open_snapshots(where.path.string(), retention); }
};

inline std::unique_ptr<medium> make_medium(bool in_files) {
  if (in_files) return std::make_unique<in_directory>();
  return std::make_unique<in_memory>();
}

inline bytes to_bytes(std::string const& text) {
  auto const* const data = reinterpret_cast<std::byte const*>(text.data());
  return bytes(data, data + text.size());
}

inline piece_place place(std::uint32_t part, std::string state = "count") { return {"counts", std::move(state), part, state_kind::table}; }
inline piece_contents contents(piece_form form = piece_form::base) { return {form, schema_of<std::string>(), schema_of<std::int64_t>()}; }

/// Writes a piece whose only entry is `text`.
inline piece_info put(snapshot_store& store, checkpoint_id id, piece_place const& where, std::string const& text, piece_form form = piece_form::base) {
  auto const writer = store.write(id, where, contents(form));
  writer->append(to_bytes(text), 1);
  return writer->finish();
}
inline std::string get(snapshot_store const& store, piece_place const& where, piece_info const& piece) {
  std::string text;
  store.read(where, piece)->read([&](piece_reader::chunk const& c) { text.append(reinterpret_cast<char const*>(c.data.data()), c.data.size()); });
  return text;
}

/// A manifest of the operator "counts" with one state, "count".
inline snapshot_manifest manifest(checkpoint_id id, std::vector<state_part> parts, snapshot_kind kind = snapshot_kind::checkpoint) {
  snapshot_manifest m;
  m.id = id;
  m.kind = kind;
  m.job = "job";
  operator_manifest op;
  op.name = "counts";
  op.states = {{"count", state_kind::table, schema_of<std::string>(), schema_of<std::int64_t>(), std::move(parts)}};
  m.operators = {op};
  return m;
}

/// Begins and finishes a checkpoint with one piece.
inline snapshot_manifest checkpoint(snapshot_store& store, checkpoint_id id, std::string const& text = "text",
                                    snapshot_kind kind = snapshot_kind::checkpoint) {
  store.begin(id);
  auto const m = manifest(id, {{5, {put(store, id, place(5), text)}}}, kind);
  store.finish(m);
  return m;
}

inline std::vector<checkpoint_id> ids(snapshot_store const& store) {
  std::vector<checkpoint_id> found;
  for (auto const& s : store.list()) found.push_back(s.id);
  return found;
}

/// What `work` throws; fails the test where it throws nothing.
template <class F>
error error_of(F work) {
  try {
    work();
  } catch (error const& e) {
    return e;
  }
  FAIL("expected an error");
  return {error_code::internal, ""};
}

}  // namespace snapshot_tests
