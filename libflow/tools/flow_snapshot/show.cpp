#include <flow/record/json_text.hpp>
#include <flow/snapshot/snapshot_store.hpp>

#include "choice.hpp"
#include "commands.hpp"
#include "table.hpp"

namespace flow::tools {
namespace {

/// What the pieces of a state come to. Entries are counted as they are stored, those that deltas replace too.
struct state_sums {
  std::uint64_t pieces = 0, entries = 0, bytes = 0;
  explicit state_sums(state_manifest const& state) {
    for (auto const& part : state.parts)
      for (auto const& piece : part.pieces) {
        ++pieces;
        entries += piece.entries;
        bytes += piece.bytes;
      }
  }
};

/// Members of JSON objects.
class object_writer {
 public:
  explicit object_writer(std::string& out) : out_(out) {}
  template <plain_number T>
  void operator()(char const* name, T n) { named(name).number(n); }
  void operator()(char const* name, std::string_view text) { named(name).text(text); }
  void operator()(char const* name, timestamp time) { named(name).time(time); }
  void operator()(char const* name, schema const& s) { named(name).json(to_string(s)); }
  template <class F>
  void object(F members) {
    out_.open();
    members();
    out_.close();
  }
  template <class All, class F>
  void array(char const* name, All const& all, F one) {
    named(name).open();
    out_.make_array();
    for (auto const& x : all) one(x);
    out_.close();
  }
  json_writer& json() { return out_; }

 private:
  json_writer& named(char const* name) {
    out_.name_next(name);
    return out_;
  }
  json_writer out_;
};

void write_state(object_writer& out, state_manifest const& state) {
  state_sums const sums(state);
  out.object([&] {
    out("name", printable(state.name));
    out("kind", name_of(state.kind));
    if (!state.key.type.empty()) out("key", state.key);
    out("value", state.value);
    out("parts", state.parts.size());
    out("pieces", sums.pieces);
    out("entries", sums.entries);
    out("bytes", sums.bytes);
  });
}

void write_operator(object_writer& out, operator_manifest const& op) {
  out.object([&] {
    out("name", printable(op.name));
    out("parallelism", op.parallelism);
    out.array("states", op.states, [&](auto const& state) { write_state(out, state); });
    if (!op.committable_schema.type.empty()) out("committable", op.committable_schema);
    out("committables", op.committables.size());
    out.array("finished", op.finished, [&](auto subtask) { out.json().number(subtask); });
  });
}

std::string json_of(snapshot_manifest const& m) {
  std::string text;
  object_writer out(text);
  out.object([&] {
    out("id", m.id);
    out("kind", name_of(m.kind));
    out("time", m.time);
    out("job", printable(m.job));
    out("fingerprint", m.fingerprint);
    out("max_parallelism", m.max_parallelism);
    out("attempt", m.attempt);
    out.array("operators", m.operators, [&](auto const& op) { write_operator(out, op); });
  });
  return text + '\n';
}

std::string heading_of(snapshot_manifest const& m) {
  std::string const kind = m.kind == snapshot_kind::last ? "last checkpoint" : std::string(name_of(m.kind));
  std::string begun;
  append_time(begun, m.time);
  return kind + " " + std::to_string(m.id) + " of job '" + printable(m.job) + "', attempt " + std::to_string(m.attempt) + ", begun " + begun + "\n" +
         std::to_string(m.max_parallelism) + " key groups, fingerprint of the graph " + std::to_string(m.fingerprint) + "\n\n";
}

void add_operator(table& t, operator_manifest const& op) {
  auto const name = printable(op.name);
  for (auto const& state : op.states) {
    state_sums const sums(state);
    t.add({name, printable(state.name), std::string(name_of(state.kind)), grouped(state.parts.size()), grouped(sums.pieces), grouped(sums.entries), grouped(sums.bytes)});
    if (!state.key.type.empty()) t.add_note("key", printable(to_string(state.key)));
    t.add_note("value", printable(to_string(state.value)));
  }
  if (op.states.empty()) t.add({name, "", "", "", "", "", ""});
  if (!op.committables.empty()) t.add_note("committables", grouped(op.committables.size()));
  std::string subtasks;
  for (auto const subtask : op.finished) subtasks += (subtasks.empty() ? "" : ", ") + std::to_string(subtask);
  if (!subtasks.empty()) t.add_note("finished subtasks", subtasks + " of " + std::to_string(op.parallelism));
}

}  // namespace

void show(std::string const& directory, std::string const& checkpoint, answer const& to) {
  auto const store = read_snapshots(directory);
  auto const manifest = store->manifest(chosen(*store, directory, checkpoint));
  if (to.json) return to.print(json_of(manifest));
  using enum table::content;
  table t({{"OPERATOR", name}, {"STATE", name}, {"KIND", word}, {"PARTS", number}, {"PIECES", number}, {"ENTRIES", number}, {"BYTES", number}});
  for (auto const& op : manifest.operators) add_operator(t, op);
  to.print(heading_of(manifest) + t.text(to.width));
}

}  // namespace flow::tools
