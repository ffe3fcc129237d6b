#include "snapshot/stored_snapshots.hpp"

#include <algorithm>

#include "snapshot/keys.hpp"
#include "snapshot/piece_chunks.hpp"
#include "snapshot/sealed.hpp"

namespace flow::detail {
namespace {

std::string in(key_value_store const& store) { return "in the snapshots in '" + store.place() + "'"; }

bool is_empty(key_value_store const& store, family f) {
  bool empty = true;
  store.visit(f, "", [&](std::string_view) { return empty = false; });
  return empty;
}

}  // namespace

stored_snapshots::stored_snapshots(std::unique_ptr<key_value_store> store, snapshot_retention retention)
    : store_(std::move(store)), retention_(retention) {
  if (retention_.newest == 0)
    throw error(error_code::usage, "0 checkpoints are to be kept of the snapshots in '" + store_->place() + "'; at least 1 must be, to restart from");
  check_or_write_format();
  load();
  if (!store_->read_only()) clean_up();
}

void stored_snapshots::load() {
  index_.reset();
  // To read, no more is needed than the manifests: whatever else is damaged.
  if (!store_->read_only())
    for (auto const& key : keys_of(*store_, family::headers)) index_.found_piece(key);
  find_manifests();
}

void stored_snapshots::recover() {
  check_writable();
  if (!store_->failed()) return;
  store_->reopen();
  load();
  doomed_.merge(doubtful_);
  doubtful_.clear();
  for (auto const id : doomed_) index_.remove(id);
}

void stored_snapshots::check_or_write_format() {
  if (auto const value = store_->get(family::manifests, format_key)) {
    try {
      return check_format(format_key, *value);
    } catch (error const& e) {
      throw error(e.code(), "the format record " + in(*store_) + ": " + e.message());
    }
  }
  if (!is_empty(*store_, family::manifests) || !is_empty(*store_, family::headers))
    throw error(error_code::bad_record, "'" + store_->place() +
                                            "' holds a database that is no snapshots of libflow, or has lost its format record; name another directory");
  if (store_->read_only()) return;
  auto const value = encode_format(format_key);
  store_->write({{}, {{family::manifests, format_key, value}}});
  store_->sync();
}

void stored_snapshots::find_manifests() {
  for (auto const& key : keys_of(*store_, family::manifests, manifest_key(0))) {
    auto const found = manifest_of(key);
    if (!found) continue;
    auto const id = *found;
    try {
      auto const m = manifest(id);
      index_.add(m, index_.find(m));
    } catch (error const& e) {
      if (e.code() != error_code::bad_record) throw;
      index_.found_damaged(id);
    }
  }
}

void stored_snapshots::check_writable() const {
  if (store_->read_only())
    throw error(error_code::usage, "the snapshots in '" + store_->place() + "' are open for reading only; open them with open_snapshots to write");
}

void stored_snapshots::begin(checkpoint_id id) {
  recover();
  clean_up();
  index_.begin(id);
}

std::unique_ptr<piece_writer> stored_snapshots::write(checkpoint_id id, piece_place const& place, piece_contents const& contents) {
  check_writable();
  return std::make_unique<chunk_writer>(*store_, index_, id, place, contents);
}

void stored_snapshots::finish(snapshot_manifest const& manifest) {
  check_writable();
  auto named = index_.check(manifest);
  auto const key = manifest_key(manifest.id);
  auto const value = encode_manifest(key, manifest);
  doubtful_.insert(manifest.id);
  store_->write({{}, {{family::manifests, key, value}}});
  store_->sync();
  doubtful_.erase(manifest.id);
  index_.add(manifest, std::move(named));
  doom(index_.not_retained(retention_.newest));
  try_to_clean_up();
}

void stored_snapshots::abandon(checkpoint_id id) {
  if (!index_.end(id)) return;
  if (doubtful_.erase(id) > 0) doomed_.insert(id);
  try_to_clean_up();
}

void stored_snapshots::settle() {
  recover();
  if (doomed_.empty()) return;
  clean_up();
  store_->sync();
}

void stored_snapshots::end(job_end how) {
  recover();
  for (auto const id : index_.in_progress()) abandon(id);
  bool const keep = how == job_end::failed || (how == job_end::cancelled ? retention_.keep_cancelled : retention_.keep_succeeded);
  doom(index_.not_retained(keep ? retention_.newest : 0));
  clean_up_for_good();
}

void stored_snapshots::remove(checkpoint_id id) {
  recover();
  if (!index_.contains(id))
    throw error(error_code::not_found, "there is no checkpoint " + std::to_string(id) + " " + in(*store_) + " to remove");
  if (index_.is_built_on(id))
    throw error(error_code::internal, "checkpoint " + std::to_string(id) + " cannot be removed while one in progress may name its pieces");
  doom({id});
  clean_up_for_good();
}

void stored_snapshots::doom(std::vector<checkpoint_id> const& ids) {
  for (auto const id : ids) {
    doomed_.insert(id);
    index_.remove(id);
  }
}

std::vector<changes::range> stored_snapshots::clean_up() {
  if (!doomed_.empty()) {
    changes manifests;
    for (auto const id : doomed_) manifests.removed.push_back({family::manifests, manifest_key(id), manifest_key(id + 1)});
    store_->write(manifests);
    doomed_.clear();
  }
  changes const pieces{index_.unnamed(), {}};
  if (pieces.removed.empty()) return {};
  store_->write(pieces);
  index_.forget_unnamed();
  return pieces.removed;
}

void stored_snapshots::clean_up_for_good() {
  auto const removed = clean_up();
  store_->sync();
  for (auto const where : {family::headers, family::chunks}) {
    changes::range all{where, {}, {}};  // one over all of them: they are many and lie near each other
    for (auto const& range : removed) {
      if (all.to.empty()) all.from = range.from;
      all.to = range.to;
    }
    if (!all.to.empty()) store_->reclaim(all);
  }
}

void stored_snapshots::try_to_clean_up() {
  try {
    clean_up();
  } catch (error const&) {
  }
}

snapshot_manifest stored_snapshots::manifest(checkpoint_id id) const {
  auto const key = manifest_key(id);
  auto const value = store_->get(family::manifests, key);
  if (!value) throw error(error_code::not_found, "there is no checkpoint " + std::to_string(id) + " " + in(*store_));
  try {
    return decode_manifest(key, *value);
  } catch (error const& e) {
    throw error(e.code(), "the manifest of checkpoint " + std::to_string(id) + " " + in(*store_) + " cannot be used: " + e.message());
  }
}

std::unique_ptr<piece_reader> stored_snapshots::read(piece_place const& place, piece_info const& piece) const {
  return std::make_unique<chunk_reader>(*store_, place, piece);
}

std::vector<stored_piece> stored_snapshots::pieces() const {
  std::vector<stored_piece> all;
  for (auto const& key : keys_of(*store_, family::headers)) all.push_back(piece_of(key));
  return all;
}

}  // namespace flow::detail
