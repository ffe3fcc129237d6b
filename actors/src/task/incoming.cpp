#include "incoming.hpp"

#include <algorithm>

#include <flow/error.hpp>

namespace flow {

incoming::incoming(std::vector<incoming_channel> channels, transport& t, bool aligns) : transport_(t), aligns_(aligns) {
  for (auto const& c : channels) {
    channels_.push_back({});
    channels_.back().from = c;
    any_event_time_ |= c.has_event_time;
  }
}

void incoming::deliver(std::uint32_t number, element e) {
  channel& c = channels_.at(number);
  if (e.sequence != c.next_sequence)
    throw error(error_code::internal, "channel " + std::to_string(number) + " from task " + std::to_string(c.from.sender.task) +
                                          ": expected element " + std::to_string(c.next_sequence) + ", found " + std::to_string(e.sequence));
  ++c.next_sequence;
  if (c.next_sequence <= c.log_until) [[unlikely]] {
    if (e.records) log_(number, *e.records);
    if (c.next_sequence == c.log_until) --logging_;
  }
  c.queue.push_back(std::move(e));
}

// ---- barriers that overtake

void incoming::announce(std::uint32_t number, announcement a) {
  channel& c = channels_.at(number);
  bool const known = a.barrier.checkpoint <= passed_ || c.ended || (!c.barriers.empty() && c.barriers.back().checkpoint >= a.barrier.checkpoint);
  if (known) return;
  if (c.front() > a.sequence)
    throw error(error_code::internal, "channel " + std::to_string(number) + ": barrier " + std::to_string(a.barrier.checkpoint) + " was announced at element " +
                                          std::to_string(a.sequence) + ", but " + std::to_string(c.front()) + " have been processed");
  c.announced = a;
}

/// An announced barrier is reached when all in front of it has been processed.
void incoming::arrive(channel& c) {
  if (!c.announced || c.front() < c.announced->sequence || !c.barriers.empty()) return;
  if (!c.ended) c.barriers.push_back(c.announced->barrier);
  c.announced.reset();
  alignment_changed_ = true;
}

bool incoming::may_overtake(flow::barrier const& b) const {
  return std::all_of(channels_.begin(), channels_.end(), [&](channel const& c) {
    bool const announced = c.announced && c.announced->barrier.checkpoint == b.checkpoint;
    bool const reached = !c.barriers.empty() && c.barriers.back().checkpoint == b.checkpoint;
    return c.ended || (replaying_ == 0 && (announced || reached));
  });
}

void incoming::overtake(flow::barrier const& b, log into) {
  stop_logging();
  log_ = std::move(into);
  for (std::uint32_t number = 0; number < channels_.size(); ++number) {
    channel& c = channels_[number];
    c.barriers.clear();
    if (!c.announced) continue;
    c.log_until = std::exchange(c.announced, {})->sequence;
    for (auto const& e : c.queue)
      if (e.records && e.sequence < c.log_until) log_(number, *e.records);
    if (c.next_sequence < c.log_until) ++logging_;
  }
  passed_ = b.checkpoint;
}

void incoming::stop_logging() {
  logging_ = 0;
  for (auto& c : channels_) c.log_until = 0;
}

incoming::work incoming::next() {
  if (auto w = control()) return *w;
  for (std::size_t looked = 0; looked < channels_.size(); ++looked) {
    auto const number = static_cast<std::uint32_t>(turn_);
    turn_ = (turn_ + 1) % channels_.size();
    for (channel& c = channels_[number];;) {
      arrive(c);
      if (auto w = control()) return *w;
      if (c.queue.empty() || (aligns_ && !c.barriers.empty())) break;
      if (auto w = look_at(number)) return *w;
    }
    if (std::exchange(unblocked_, false)) looked = std::size_t(-1);  // also those that were looked at before
  }
  if (ended() && !end_passed_on_) {
    end_passed_on_ = true;
    return {work::kind::end, 0, nullptr, {}, {}};
  }
  return {};
}

/// What follows from control elements. Time goes before a barrier: what has ended has done so before it, in all receivers.
std::optional<incoming::work> incoming::control() {
  if (std::exchange(time_changed_, false))
    if (auto w = time_passed()) return w;
  if (std::exchange(alignment_changed_, false)) return aligned();
  return {};
}

/// Takes the element at the head of a channel; nothing when it changes nothing for the task as a whole.
std::optional<incoming::work> incoming::look_at(std::uint32_t number) {
  channel& c = channels_[number];
  element& e = c.queue.front();
  if (e.what == element::kind::batch) {
    c.idle = false;
    idle_passed_on_ = false;
    return work{work::kind::batch, number, &e, {}, {}};
  }
  element const said = std::move(e);
  c.queue.pop_front();
  switch (said.what) {
    case element::kind::watermark:
      c.watermark = std::max(c.watermark, said.time);
      c.idle = false;
      idle_passed_on_ = false;
      time_changed_ = true;
      return {};
    case element::kind::idle:
      c.idle = time_changed_ = true;
      return {};
    case element::kind::end:
      c.ended = time_changed_ = alignment_changed_ = true;
      ++ended_;
      return {};
    case element::kind::barrier:
      if (said.barrier.checkpoint != 0 && said.barrier.checkpoint <= passed_) return {};
      if (c.announced && c.announced->barrier.checkpoint <= said.barrier.checkpoint) c.announced.reset();
      c.barriers.push_back(said.barrier);
      alignment_changed_ = true;
      return {};
    case element::kind::batch: break;
  }
  return {};
}

bool incoming::aligning() const {
  return std::any_of(channels_.begin(), channels_.end(), [](channel const& c) { return !c.barriers.empty(); });
}

/// Channels see the same barriers in the same order, but for those that others have overtaken.
void incoming::drop_given_up() {
  checkpoint_id newest = 0;
  for (auto const& c : channels_)
    if (!c.barriers.empty()) newest = std::max(newest, c.barriers.front().checkpoint);
  for (auto& c : channels_)
    while (!c.barriers.empty() && c.barriers.front().checkpoint < newest) {
      c.barriers.pop_front();
      unblocked_ = true;
    }
}

/// When every channel that has not ended has reached the barrier, it passes.
std::optional<incoming::work> incoming::aligned() {
  drop_given_up();
  if (!aligning() || !std::all_of(channels_.begin(), channels_.end(), [](channel const& c) { return c.ended || !c.barriers.empty(); })) return {};
  work w{work::kind::barrier, 0, nullptr, {}, {}};
  for (auto& c : channels_) {
    if (c.barriers.empty()) continue;
    w.barrier = c.barriers.front();
    c.barriers.pop_front();
  }
  if (w.barrier.checkpoint == 0) --replaying_;
  else passed_ = w.barrier.checkpoint;
  return w;
}

/// The watermark of the task is the lowest of the channels that are neither idle nor ended; it stands when there is none.
/// A channel without event time has no say where another has it, but time does not end before it has.
std::optional<incoming::work> incoming::time_passed() {
  timestamp lowest = end_of_time;
  bool any_active = false, any_idle = false, any_timeless = false;
  for (auto const& c : channels_) {
    if (any_event_time_ && !c.from.has_event_time && !c.ended) {
      any_timeless = true;
      continue;
    }
    any_idle |= c.idle && !c.ended;
    if (c.idle || c.ended) continue;
    any_active = true;
    lowest = std::min(lowest, c.watermark);
  }
  if (!any_active && any_idle) {
    if (std::exchange(idle_passed_on_, true)) return {};
    was_idle_ = true;
    return work{work::kind::idle, 0, nullptr, {}, {}};
  }
  if (any_timeless && lowest == end_of_time) return {};
  // After idleness the watermark is passed on even where it stands: it says that time goes on.
  if (lowest <= passed_on_ && !std::exchange(was_idle_, false)) return {};
  was_idle_ = false;
  passed_on_ = std::max(passed_on_, lowest);
  return work{work::kind::watermark, 0, nullptr, passed_on_, {}};
}

void incoming::done(work const& w) {
  if (w.what != work::kind::batch) return;
  channel& c = channels_[w.channel];
  c.owed += w.item->bytes;
  if (w.item->records && w.item->records.unique()) {
    w.item->records->clear();
    c.emptied.push_back(std::move(w.item->records));
  }
  c.queue.pop_front();
  if (c.owed * 4 >= c.from.window) give(c);
}

void incoming::give(channel& c) {
  if (c.owed == 0) return;
  credit back{c.from.exchange, c.from.target, std::exchange(c.owed, 0), std::move(c.emptied)};
  c.emptied = {};
  transport_.give(c.from.sender, std::move(back));
}

void incoming::give_credit(bool all) {
  for (auto& c : channels_)
    if (all || c.owed * 4 >= c.from.window) give(c);
}

std::size_t incoming::queued() const {
  std::size_t n = 0;
  for (auto const& c : channels_) n += c.queue.size();
  return n;
}

}  // namespace flow
