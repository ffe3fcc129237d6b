#include "snapshot/piece_index.hpp"

#include <algorithm>

#include "snapshot/keys.hpp"

namespace flow::detail {
namespace {

std::string number(checkpoint_id id) { return "checkpoint " + std::to_string(id); }

[[noreturn]] void broken(piece_place const& place, checkpoint_id checkpoint, std::string const& what) {
  throw error(error_code::internal, place.operator_name, to_string(place, checkpoint) + ": " + what);
}

}  // namespace

void piece_index::found_piece(std::string_view key) { insert(pieces_.end(), std::string(key)); }

void piece_index::insert(position hint, std::string key) { unnamed_.insert(pieces_.try_emplace(hint, std::move(key))); }

void piece_index::reset() {
  unnamed_.clear();
  pieces_.clear();
  checkpoints_.clear();
  in_progress_.clear();
}

void piece_index::found_damaged(checkpoint_id id) {
  auto& summary = checkpoints_[id].summary;
  summary.id = id;
  summary.damaged = true;
  highest_ = std::max(highest_, id);
}

void piece_index::begin(checkpoint_id id) {
  if (id <= highest_)
    throw error(error_code::internal, number(id) + " is begun after " + number(highest_) + "; ids must rise");
  highest_ = id;
  in_progress_.insert(id);
}

void piece_index::check_in_progress(checkpoint_id id) const {
  if (!in_progress_.contains(id))
    throw error(error_code::internal, number(id) + " is not in progress: it was never begun, or it has been finished or abandoned");
}

void piece_index::add_piece(checkpoint_id id, std::string const& key) {
  check_in_progress(id);
  auto const at = pieces_.lower_bound(key);
  if (at == pieces_.end() || at->first != key) return insert(at, key);
  auto const piece = piece_of(key);
  broken({piece.operator_name, piece.state_name, piece.part}, id, "it is written a second time");
}

void piece_index::complete_piece(checkpoint_id id, std::string const& key, piece_info const& info) {
  check_in_progress(id);
  auto& piece = pieces_.find(key)->second;
  piece.complete = true;
  piece.info = info;
}

bool piece_index::end(checkpoint_id id) { return in_progress_.erase(id) > 0; }

std::vector<checkpoint_id> piece_index::in_progress() const { return {in_progress_.begin(), in_progress_.end()}; }

piece_index::named_pieces piece_index::check(snapshot_manifest const& manifest) {
  check_in_progress(manifest.id);
  std::set<std::string> parts;
  named_pieces found;
  for_each_part(manifest, [&](piece_place const& place, state_part const& part) {
    if (!parts.insert(piece_key(place, manifest.id)).second) broken(place, manifest.id, "the manifest has it twice");
    check(place, part, manifest.id, found);
  });
  return found;
}

void piece_index::check(piece_place const& place, state_part const& part, checkpoint_id id, named_pieces& found) {
  checkpoint_id before = 0;
  auto key = piece_key(place, id);
  for (auto const& named : part.pieces) {
    bool const first = &named == &part.pieces.front();
    if ((named.form == piece_form::base) != first)
      broken(place, named.checkpoint, "the pieces of a part are a base and then deltas; piece " +
                                          std::to_string(&named - part.pieces.data()) + " is a " + std::string(name_of(named.form)));
    if (!first && named.checkpoint <= before) broken(place, named.checkpoint, "it is named behind a piece of " + number(before) + "; older ones come first");
    before = named.checkpoint;
    set_checkpoint(key, named.checkpoint);
    found.push_back(pieces_.find(key));
    check(place, found.back(), named, id);
  }
  if (part.pieces.empty()) broken(place, id, "a part without pieces; leave it out of the manifest");
}

void piece_index::check(piece_place const& place, position at, piece_info const& named, checkpoint_id id) const {
  if (named.checkpoint > id) broken(place, id, "the manifest names its piece of " + number(named.checkpoint) + ", which is later");
  if (at == pieces_.end()) broken(place, id, "the manifest names its piece of " + number(named.checkpoint) + ", which is not in the store");
  auto const& piece = at->second;
  if (named.checkpoint != id && piece.named == 0)
    broken(place, id, "the manifest names its piece of " + number(named.checkpoint) + ", which no checkpoint in the store names");
  if (named.checkpoint != id) return;
  if (!piece.complete) broken(place, id, "the manifest names it, but it has not been written to its end");
  if (piece.info != named) broken(place, id, "the manifest does not say of it what its writer has");
}

piece_index::named_pieces piece_index::find(snapshot_manifest const& manifest) {
  named_pieces found;
  for_each_part(manifest, [&](piece_place const& place, state_part const& part) {
    auto key = piece_key(place, manifest.id);
    for (auto const& info : part.pieces) {
      set_checkpoint(key, info.checkpoint);
      if (auto const at = pieces_.find(key); at != pieces_.end()) found.push_back(at);  // else reading it will tell that it is missing
    }
  });
  return found;
}

void piece_index::add(snapshot_manifest const& manifest, named_pieces pieces) {
  snapshot_summary s;
  s.id = manifest.id;
  s.kind = manifest.kind;
  s.time = manifest.time;
  s.job = manifest.job;
  s.attempt = manifest.attempt;
  for_each_part(manifest, [&](piece_place const&, state_part const& part) {
    for (auto const& info : part.pieces) {
      bool const own = info.checkpoint == manifest.id;
      ++s.pieces;
      s.bytes += info.bytes;
      s.own_pieces += own;
      s.own_bytes += own ? info.bytes : 0;
    }
  });
  for (auto const piece : pieces)
    if (piece->second.named++ == 0) unnamed_.erase(piece);
  checkpoints_.insert_or_assign(manifest.id, checkpoint{std::move(s), std::move(pieces)});
  in_progress_.erase(manifest.id);
  highest_ = std::max(highest_, manifest.id);
}

void piece_index::remove(checkpoint_id id) {
  auto const found = checkpoints_.find(id);
  if (found == checkpoints_.end()) return;
  for (auto const piece : found->second.pieces)
    if (--piece->second.named == 0) unnamed_.insert(piece);
  checkpoints_.erase(found);
}

std::vector<snapshot_summary> piece_index::summaries() const {
  std::vector<snapshot_summary> all;
  for (auto const& entry : checkpoints_) all.push_back(entry.second.summary);
  return all;
}

std::vector<checkpoint_id> piece_index::not_retained(std::uint32_t newest) const {
  std::vector<checkpoint_id> going;
  std::uint32_t newer = 0;
  for (auto it = checkpoints_.rbegin(); it != checkpoints_.rend(); ++it) {
    auto const& s = it->second.summary;
    if (s.damaged || s.kind == snapshot_kind::savepoint) continue;
    if (newer++ >= newest && !is_built_on(s.id)) going.push_back(s.id);
  }
  return going;
}

bool piece_index::may_go(position p) const {
  auto const checkpoint = checkpoint_of(p->first);
  if (in_progress_.contains(checkpoint)) return false;
  return std::none_of(checkpoints_.lower_bound(checkpoint), checkpoints_.end(), [](auto const& entry) { return entry.second.summary.damaged; });
}

std::vector<changes::range> piece_index::unnamed() const {
  std::vector<changes::range> ranges;
  auto before = pieces_.end();  // the last that goes; its neighbour goes with it
  for (auto const piece : unnamed_) {
    if (!may_go(piece)) continue;
    if (before == pieces_.end() || std::next(before) != piece)
      for (auto const where : {family::headers, family::chunks}) ranges.push_back({where, piece->first, {}});
    ranges[ranges.size() - 2].to = ranges.back().to = end_of_piece(piece->first);
    before = piece;
  }
  return ranges;
}

void piece_index::forget_unnamed() {
  for (auto it = unnamed_.begin(); it != unnamed_.end();) {
    auto const piece = *it;
    bool const going = may_go(piece);
    it = going ? unnamed_.erase(it) : std::next(it);
    if (going) pieces_.erase(piece);
  }
}

}  // namespace flow::detail
