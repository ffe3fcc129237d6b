#include "task.hpp"

#include <algorithm>

namespace flow {

// ---- barriers

bool task::may_pass_barrier() const {
  if (!replays_.empty()) return false;
  for (auto const& o : operators_)
    if (!o->may_pass_barrier()) return false;
  return true;
}

/// A barrier passes as soon as all that is held back is in declared state; nothing is processed between. One that overtakes needs nothing
/// of what is on its way.
void task::pass_waiting_barrier() {
  while (waiting_barrier_ || !injected_.empty()) {
    if (!waiting_barrier_) {
      waiting_barrier_ = injected_.front().barrier;
      holds_ |= injected_.front().hold;
      injected_.pop_front();
    }
    if (!may_pass_barrier()) return;
    pass(*std::exchange(waiting_barrier_, {}));
  }
  if (may_overtake()) pass(overtaking_, true);
}

/// Into a source it is injected. A task whose input has ended needs nothing but its sinks to have settled: what it has not sent yet is
/// logged, and it counts as finished.
bool task::may_overtake() const {
  if (overtaking_.checkpoint <= last_barrier_ || source_ || !may_pass_barrier()) return false;
  if (phase_ == phase::running) return incoming_.may_overtake(overtaking_);
  return std::all_of(sinks_.begin(), sinks_.end(), [this](auto* s) { return !open_ || s->settled(); });
}

void task::pass(barrier const& b, bool overtakes) {
  if (b.checkpoint == 0) return pass_replayed();
  if (b.checkpoint > last_barrier_) {  // a task that finishes meanwhile may get it twice
    for (auto& o : operators_)
      if (open_) o->settle_state();
    if (phase_ == phase::running) operators_.front()->pass(b);
    for (auto& o : outgoing_) o->mark_barrier(b.checkpoint);
    begin_snapshot(b, overtakes);
  }
  for (auto& s : shares_) --s.barriers;
  take_shares();
}

void task::begin_snapshot(barrier const& b, bool overtakes) {
  last_barrier_ = b.checkpoint;
  finished_at_barrier_ = phase_ == phase::finished || (overtakes && phase_ == phase::ending);
  if (*writer_) writer_->begin(b);
  if (overtakes) logs_->overtake_received(b);
  if (overtakes_now()) logs_->overtake_sent(b);
  on_barrier(b);
}

void task::expect_barrier() {
  for (auto* s : sinks_)
    if (open_ && s->two_phase()) s->expect_barrier();
}

/// Behind none of the barriers that wait, either.
void task::go_on() {
  holds_ = false;
  for (auto& b : injected_) b.hold = false;
}

void task::drain() {
  if (source_ && open_ && !input_ended_) source_->stop();
}

// ---- what barriers overtake

void task::announce(std::uint32_t channel, announcement a) {
  incoming_.announce(channel, a);
  overtake(a.barrier);
}

void task::overtake(barrier const& b) {
  if (b.checkpoint > overtaking_.checkpoint) overtaking_ = b;
  if (overtakes_now()) logs_->overtake_sent(overtaking_);
}

// ---- what they had overtaken, after a restore

/// What was on its way is processed in order, also where records of a key take other ways than before: what had come furthest goes first, and
/// anything new last. So each task sends what it had not brought to its receivers, then a barrier 0, and passes on those of its senders,
/// behind each of which stands what comes from one exchange further up. All channels carry the same number.
void task::replay_restored(task_beginning const& how) {
  replay_barriers_ = how.replay_barriers;
  if (source_) replays_.resize(replay_barriers_);
  for (std::uint32_t place = 0; place < operators_.size(); ++place)
    for (auto const& to : blueprint_.chain[place].inputs) {
      replays_.push_back({});
      auto all = how.channels(to).batches;
      for (auto b = all.rbegin(); b != all.rend(); ++b) replays_.push_back({place, to.input, std::move(b->records)});
    }
  for (std::size_t i = 0; i < outgoing_.size(); ++i) {
    auto all = how.channels(blueprint_.outputs[i].to);
    outgoing_[i]->replay(std::move(all.batches), all.receivers_before);
  }
  if (how.finished) return replays_.clear();
  if (!source_) incoming_.expect_replayed(replay_barriers_);
  pass_replayed();
}

void task::pass_replayed() {
  if (replay_barriers_ == 0) return;
  --replay_barriers_;
  for (auto& o : operators_) o->settle_state();  // gives out what it has not, from before the barrier
  operators_.front()->pass({});
  for (auto& o : outgoing_) o->mark_barrier(0);
}

/// Hands on one batch of it; false: its receivers take no more.
bool task::replay_one() {
  auto& next = replays_.back();
  auto& to = *operators_[next.place];
  if (!next.records) pass_replayed();
  else if (to.ready()) to.receive_from(next.input, next.records);
  else return false;
  replays_.pop_back();
  return true;
}

}  // namespace flow
