#include "channel_logs.hpp"

#include <algorithm>

namespace flow {

channel_logs::channel_logs(incoming& in, std::vector<std::unique_ptr<outgoing>> const& out, std::vector<crossing> const& received,
                           std::vector<crossing> const& sent, snapshot_port* port, std::uint32_t first_place)
    : in_(in), out_(out), port_(port), first_place_(first_place) {
  if (!port_) return;
  for (auto const& c : received) add(received_, channel_log::side::received, c);
  for (auto const& c : sent) add(sent_, channel_log::side::unsent, c);
}

void channel_logs::add(std::vector<std::unique_ptr<channel_log>>& to, channel_log::side side, crossing const& what) {
  outputs_.push_back(std::make_unique<place_output>(*this, first_place_ + static_cast<std::uint32_t>(names_.size())));
  names_.push_back(channels_name(what.receiver, what.input));
  to.push_back(std::make_unique<channel_log>(side, *what.type));
}

void channel_logs::begin(snapshot_cut const& cut) {
  id_ = cut.id;
  in_.stop_logging();
  std::size_t place = 0;
  for (auto* const logs : {&received_, &sent_})
    for (auto& l : *logs) l->begin_snapshot(cut, *outputs_[place++]);
}

void channel_logs::overtake_received(barrier const& b) {
  in_.overtake(b, [this](std::uint32_t channel, batch_base const& records) {
    received_[in_.input_of(channel)]->add(in_.sender_of(channel).subtask, records);
  });
}

void channel_logs::overtake_sent(barrier const& b) {
  if (overtaken_by_ == b.checkpoint) return;
  bool all = true;
  for (std::size_t i = 0; i < out_.size(); ++i)
    all &= out_[i]->overtake(b, [&](std::uint32_t target, batch_base const& records) { sent_[i]->add(out_[i]->receiver_of(target), records); });
  if (all) overtaken_by_ = b.checkpoint;
}

bool channel_logs::settled() const {
  return in_.logged() && std::all_of(out_.begin(), out_.end(), [](auto const& o) { return o->barrier_sent(); });
}

void channel_logs::finish() {
  for (auto* const logs : {&received_, &sent_})
    for (auto& l : *logs) l->finish();
}

}  // namespace flow
