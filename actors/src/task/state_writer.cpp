#include "state_writer.hpp"

#include <algorithm>

namespace flow {

state_writer::state_writer(operators const& chain, channel_logs* channels, snapshot_port* port, std::uint32_t subtask, std::uint32_t max_parallelism)
    : chain_(chain), channels_(channels), port_(port), subtask_(subtask), max_parallelism_(max_parallelism), writing_(chain.size() + 1) {
  if (!port_) return;
  for (std::uint32_t place = 0; place < chain_.size(); ++place) {
    outputs_.push_back(std::make_unique<place_output>(*this, place));
    auto* const s = dynamic_cast<sink_operator_base*>(chain_[place].get());
    if (s && s->two_phase()) sinks_.push_back({place, s, {}});
  }
}

void state_writer::begin(barrier const& b) {
  id_ = b.checkpoint;
  for (auto& s : sinks_)
    for (auto& committable : s.what->prepare(b.checkpoint)) s.waiting.push_back({b.checkpoint, std::move(committable)});
  snapshot_cut const cut{b.checkpoint, b.completed, b.full, subtask_, max_parallelism_};
  for (std::size_t place = 0; place < chain_.size(); ++place) chain_[place]->state().begin_snapshot(cut, *outputs_[place]);
  if (channels_) channels_->begin(cut);
  writing_ = 0;
}

void state_writer::write(std::size_t slots) {
  while (can_write()) {
    if (writing_ == chain_.size()) {
      taken();
    } else {
      try {
        if (!chain_[writing_]->state().write_snapshot(slots)) return;
      } catch (...) {
        throw error_being_handled(chain_[writing_]->name());  // reading state that is not in memory may fail
      }
    }
    ++writing_;
  }
}

void state_writer::taken() {
  if (channels_) channels_->finish();
  std::vector<std::vector<bytes>> all(chain_.size());
  for (auto const& s : sinks_)
    for (auto const& p : s.waiting) all[s.place].push_back(p.committable);
  port_->taken(id_, std::move(all));
}

void state_writer::commit(checkpoint_id id) {
  for (auto& s : sinks_) {
    std::vector<bytes> due;
    for (auto const& p : s.waiting)
      if (p.id <= id) due.push_back(p.committable);
    if (due.empty()) continue;
    s.what->commit(due);
    s.waiting.erase(s.waiting.begin(), s.waiting.begin() + static_cast<std::ptrdiff_t>(due.size()));
  }
  port_->committed(id);
}

}  // namespace flow
