#include <flow/state/fired_until.hpp>

#include <algorithm>

#include <cereal/types/vector.hpp>

namespace flow {
namespace {

/// How a subtask stores it.
struct stored_fired_until {
  timestamp until = no_watermark;
  struct group {
    std::uint32_t number = 0;
    timestamp until{};
    template <class Archive>
    void serialize(Archive& archive) { archive(CEREAL_NVP(number), CEREAL_NVP(until)); }
  };
  std::vector<group> further;  // those that are further

  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(until), CEREAL_NVP(further)); }
};

}  // namespace

fired_until::fired_until(std::string name, state_memory) : state_object(std::move(name), state_kind::value, {}, schema_of<stored_fired_until>()) {}

timestamp fired_until::of_group(std::uint64_t hash) const {
  return std::max(until_, further_[key_group_of(hash, static_cast<std::uint32_t>(further_.size()))]);
}

void fired_until::drop_reached() {
  if (std::all_of(further_.begin(), further_.end(), [this](timestamp t) { return t <= until_; })) further_.clear();
}

void fired_until::begin_snapshot(snapshot_cut const& cut, piece_output& out) {
  stored_fired_until now{until_, {}};
  for (std::uint32_t g = 0; g < further_.size(); ++g)
    if (further_[g] > until_) now.further.push_back({g, further_[g]});
  out.put(*this, cut.subtask, piece_form::base, encode_value(now), 1, true);
}

void fired_until::load(stored_state const& from) {
  std::vector<timestamp> of_groups(from.max_parallelism, no_watermark);
  from.for_each_part([&](state_part const& part) {
    from.for_each_entry(part, [&](decoder& archive, piece_form) {
      stored_fired_until stored;
      from.read_value(archive, stored);
      for (std::uint32_t g = 0; g < of_groups.size(); ++g)
        if (subtask_of_group(g, from.parallelism_before, from.max_parallelism) == part.part) of_groups[g] = stored.until;
      for (auto const& f : stored.further) of_groups.at(f.number) = f.until;
    });
  });
  until_ = end_of_time;
  for (std::uint32_t g = 0; g < of_groups.size(); ++g) {
    if (from.owns(g)) until_ = std::min(until_, of_groups[g]);
    else of_groups[g] = no_watermark;
  }
  further_ = std::move(of_groups);
  drop_reached();
}

}  // namespace flow
