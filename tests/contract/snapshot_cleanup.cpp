// Random lives of a snapshot store against a model of what must be there: everything that a retained manifest names can be read,
// and nothing else is left.

#include <random>

#include "contract/snapshot_contract.hpp"

using namespace snapshot_tests;

namespace {

using chain = std::vector<piece_info>;

class life {
 public:
  life(medium& where, std::uint64_t seed) : where_(where), random_(seed) {
    retention_.newest = 1 + pick(3);
    store_ = where_.open(retention_);
  }

  void step() {
    switch (pick(10)) {
      case 0: return restart();
      case 1: return abandon_one();
      case 2: return remove_one();
      case 3: case 4: return begin();
      default: return in_progress_.empty() ? begin() : pick(2) ? write_one() : finish_one();
    }
  }

  void check() const {
    std::set<stored_piece> named;
    std::vector<checkpoint_id> expected;
    for (auto const& [id, m] : there_) {
      expected.push_back(id);
      CHECK(store_->manifest(id) == m);
      for (auto const& part : m.operators[0].states[0].parts)
        for (auto const& piece : part.pieces) {
          named.insert({"counts", "count", part.part, piece.checkpoint});
          CHECK(get(*store_, place(part.part), piece) == text(part.part, piece.checkpoint));
        }
    }
    CHECK(ids(*store_) == expected);
    for (auto const& [id, p] : in_progress_)
      for (auto const& entry : p.written) named.insert({"counts", "count", entry.first, id});
    auto const found = store_->pieces();
    CHECK(std::set<stored_piece>(found.begin(), found.end()) == named);
  }

 private:
  struct progress {
    std::map<std::uint32_t, chain> before;   // the newest checkpoint's parts when it began
    std::map<std::uint32_t, piece_info> written;
  };
  static constexpr std::uint32_t parts = 4;

  std::uint32_t pick(std::uint32_t below) { return static_cast<std::uint32_t>(random_() % below); }
  static std::string text(std::uint32_t part, checkpoint_id id) { return "part " + std::to_string(part) + " of " + std::to_string(id); }
  std::map<checkpoint_id, progress>::iterator any() { return std::next(in_progress_.begin(), pick(static_cast<std::uint32_t>(in_progress_.size()))); }

  void begin() {
    if (in_progress_.size() == 3) return;
    progress p;
    if (!there_.empty()) {
      for (auto const& part : there_.rbegin()->second.operators[0].states[0].parts) p.before[part.part] = part.pieces;
    }
    store_->begin(++last_);
    in_progress_[last_] = p;
  }
  void write_one() {
    auto const it = any();
    std::uint32_t const part = pick(parts);
    if (it->second.written.contains(part)) return;
    bool const delta = it->second.before.contains(part) && it->second.before[part].size() < 4 && pick(4) > 0;
    it->second.written[part] = put(*store_, it->first, place(part), text(part, it->first), delta ? piece_form::delta : piece_form::base);
  }
  void finish_one() {
    auto const it = any();
    auto const id = it->first;
    auto now = it->second.before;
    for (auto const& [part, info] : it->second.written) {
      if (info.form == piece_form::base) now[part].clear();
      if (pick(8) > 0 || info.form == piece_form::delta) now[part].push_back(info);
      else now.erase(part);  // written and not named
    }
    std::vector<state_part> list;
    for (auto const& [part, pieces] : now) list.push_back({part, pieces});
    auto const m = manifest(id, list, pick(5) ? snapshot_kind::checkpoint : snapshot_kind::savepoint);
    store_->finish(m);
    in_progress_.erase(it);
    there_[id] = m;
    retain();
  }
  /// Those on which one in progress may build stay until a later clean-up finds it ended.
  void retain() {
    std::uint32_t seen = 0;
    std::vector<checkpoint_id> going;
    for (auto it = there_.rbegin(); it != there_.rend(); ++it) {
      if (it->second.kind == snapshot_kind::savepoint || seen++ < retention_.newest) continue;
      if (!is_needed(it->first)) going.push_back(it->first);
    }
    for (auto const id : going) there_.erase(id);
  }
  bool is_needed(checkpoint_id id) const { return in_progress_.upper_bound(id) != in_progress_.end(); }
  void abandon_one() {
    if (in_progress_.empty()) return;
    auto const it = any();
    store_->abandon(it->first);
    in_progress_.erase(it);
  }
  void remove_one() {
    if (there_.empty() || pick(3) > 0) return;
    auto const id = std::next(there_.begin(), pick(static_cast<std::uint32_t>(there_.size())))->first;
    if (is_needed(id)) {
      CHECK(error_of([&] { store_->remove(id); }).code() == error_code::internal);
      return;
    }
    store_->remove(id);
    there_.erase(id);
  }
  void restart() {
    store_.reset();
    in_progress_.clear();
    store_ = where_.open(retention_);
  }

  medium& where_;
  std::mt19937_64 random_;
  snapshot_retention retention_;
  std::unique_ptr<snapshot_store> store_;
  std::map<checkpoint_id, snapshot_manifest> there_;
  std::map<checkpoint_id, progress> in_progress_;
  checkpoint_id last_ = 0;
};

void live(bool in_files, std::uint64_t seed, int steps) {
  CAPTURE(seed);
  auto const where = make_medium(in_files);
  life l(*where, seed);
  for (int i = 0; i < steps; ++i) {
    l.step();
    l.check();
  }
}

}  // namespace

TEST_CASE("whatever happens, what retained manifests name is readable and nothing else is left: in memory") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) live(false, seed, 60);
}

TEST_CASE("whatever happens, what retained manifests name is readable and nothing else is left: in a directory") {
  for (std::uint64_t seed = 1001; seed <= 1006; ++seed) live(true, seed, 60);
}
