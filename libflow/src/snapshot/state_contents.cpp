#include <flow/snapshot/state_contents.hpp>

#include <flow/record/json_by_schema.hpp>

#include <map>
#include <string>

namespace flow {
namespace {

/// How the entries of one piece are written. The value's schema may change from one piece to the next, the key's not.
struct piece_schemas {
  explicit piece_schemas(piece_contents const& contents) : has_key(!contents.key.type.empty()), value(contents.value) {
    if (has_key) key.emplace(contents.key);
  }
  bool has_key;
  std::optional<layout> key;
  layout value;
};

std::string_view passed_over(layout::node const& what, byte_cursor& at) {
  auto const before = at;
  byte_cursor begin = before;
  skip(what, at);
  auto const size = at.position() - before.position();
  return {reinterpret_cast<char const*>(begin.take(size)), size};
}

byte_cursor cursor_on(std::string_view text) { return {reinterpret_cast<std::byte const*>(text.data()), text.size()}; }

/// The entries of a part that has deltas, by the encoding of their keys.
class merged_part {
 public:
  struct entry {
    std::string value;
    piece_schemas const* schemas;
  };

  void read(piece_contents const& contents, state_kind kind, byte_cursor& at) {
    auto const& schemas = *pieces_.back();
    std::uint8_t const tag = contents.form == piece_form::base ? set : at.number<std::uint8_t>();
    if (tag == slice_dropped && kind == state_kind::slices) return drop_slice(at);
    if (tag > set) throw error(error_code::bad_record, "an entry begins with " + std::to_string(tag) + ", which says nothing");
    std::string_view const key = schemas.has_key ? passed_over(schemas.key->root(), at) : std::string_view{};
    if (tag == removed) {
      if (auto const found = entries_.find(key); found != entries_.end()) entries_.erase(found);
    } else {
      entries_.insert_or_assign(std::string(key), entry{std::string(passed_over(schemas.value.root(), at)), &schemas});
    }
  }
  void begin_piece(piece_contents const& contents) { pieces_.push_back(std::make_unique<piece_schemas>(contents)); }
  std::map<std::string, entry, std::less<>> const& entries() const { return entries_; }

 private:
  static constexpr std::uint8_t removed = 0, set = 1, slice_dropped = 2;

  /// The key begins with the slice: those of one lie together.
  void drop_slice(byte_cursor& at) {
    std::string_view const slice(reinterpret_cast<char const*>(at.take(sizeof(timestamp::rep))), sizeof(timestamp::rep));
    auto const first = entries_.lower_bound(slice);
    auto last = first;
    while (last != entries_.end() && last->first.starts_with(slice)) ++last;
    entries_.erase(first, last);
  }

  std::vector<std::unique_ptr<piece_schemas>> pieces_;
  std::map<std::string, entry, std::less<>> entries_;
};

/// Calls `read(cursor)` for each entry of a piece.
template <class Read>
void for_each_entry(piece_reader& piece, Read read) {
  piece.read([&](piece_reader::chunk const& chunk) {
    byte_cursor at(chunk.data.data(), chunk.data.size());
    for (std::uint64_t i = 0; i < chunk.entries; ++i) read(at);
    if (at.left() > 0) throw error(error_code::bad_record, std::to_string(at.left()) + " bytes are left over behind the entries of a chunk");
  });
}

using use_entry = std::function<void(state_entry const&)>;

void read_base(snapshot_store const& store, piece_place const& place, piece_info const& info, use_entry const& use) {
  auto const piece = store.read(place, info);
  piece_schemas const schemas(piece->contents());
  for_each_entry(*piece, [&](byte_cursor& at) {
    std::string_view const key = schemas.has_key ? passed_over(schemas.key->root(), at) : std::string_view{};
    std::string_view const value = passed_over(schemas.value.root(), at);
    use({place.kind, place.part, schemas.has_key ? &schemas.key->root() : nullptr, &schemas.value.root(), cursor_on(key), cursor_on(value)});
  });
}

void read_merged(snapshot_store const& store, piece_place const& place, state_part const& part, use_entry const& use) {
  merged_part merged;
  for (auto const& info : part.pieces) {
    auto const piece = store.read(place, info);
    merged.begin_piece(piece->contents());
    for_each_entry(*piece, [&](byte_cursor& at) { merged.read(piece->contents(), place.kind, at); });
  }
  for (auto const& [key, entry] : merged.entries())
    use({place.kind, part.part, entry.schemas->has_key ? &entry.schemas->key->root() : nullptr, &entry.schemas->value.root(), cursor_on(key), cursor_on(entry.value)});
}

template <class Named>
Named const& find(std::vector<Named> const& all, std::string_view name, std::string const& what, std::string const& where) {
  std::string names;
  for (auto const& one : all) {
    if (one.name == name) return one;
    names += (names.empty() ? "" : ", ") + ("'" + one.name + "'");
  }
  throw error(error_code::not_found, where + " has no " + what + " '" + std::string(name) + "'; it has " + (names.empty() ? "none" : names));
}

}  // namespace

void read_state(snapshot_store const& store, snapshot_manifest const& manifest, std::string_view operator_name, std::string_view state_name,
                std::function<void(state_entry const&)> const& use) {
  auto const checkpoint = "checkpoint " + std::to_string(manifest.id);
  auto const& op = find(manifest.operators, operator_name, "operator", checkpoint);
  auto const& state = find(op.states, state_name, "state", "operator '" + op.name + "' in " + checkpoint);
  for (auto const& part : state.parts) {
    piece_place const place{op.name, state.name, part.part, state.kind};
    try {
      if (part.pieces.size() == 1) read_base(store, place, part.pieces.front(), use);
      else read_merged(store, place, part, use);
    } catch (error const& e) {
      if (e.code() != error_code::bad_record || !e.operator_name().empty()) throw;
      throw error(e.code(), op.name, to_string(place, manifest.id) + ": an entry cannot be read by its schema: " + e.message());
    }
  }
}

void append_json(std::string& out, state_entry const& entry) {
  json_writer writer(out);
  byte_cursor key = entry.key_at, value = entry.value_at;
  writer.open();
  if (!entry.key) {
    writer.name_next("subtask");
    writer.number(entry.part);
  } else if (entry.kind == state_kind::slices && entry.key->fields.size() == 2) {
    for (std::size_t i = 0; i < 2; ++i) {
      writer.name_next(entry.key->names[i].c_str());
      write_json(writer, *entry.key->fields[i], key);
    }
  } else {
    writer.name_next("key");
    write_json(writer, *entry.key, key);
  }
  writer.name_next("value");
  write_json(writer, *entry.value, value);
  writer.close();
}

}  // namespace flow
