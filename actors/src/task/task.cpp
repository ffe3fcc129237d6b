#include "task.hpp"

#include <algorithm>

namespace flow {
namespace {

/// An operator of a node; making it copies the user's functions and makes readers and writers, which may throw.
std::unique_ptr<operator_base> make_operator(node const& n) {
  try {
    return n.make(n);
  } catch (...) {
    throw error_being_handled(n.name);
  }
}

}  // namespace

task::task(task_blueprint const& blueprint, settings const& s, transport& t, flow::clock const& clock, chunk_pool* chunks, state_backend* backend)
    : blueprint_(blueprint), settings_(s), clock_(clock), chunks_(chunks), backend_(backend), incoming_(blueprint.inputs, t, !s.at_least_once()) {
  for (auto const& c : blueprint_.chain) {
    operators_.push_back(make_operator(*c.what));
    if (auto* const sink = dynamic_cast<sink_operator_base*>(operators_.back().get())) sinks_.push_back(sink);
  }
  source_ = dynamic_cast<source_operator_base*>(operators_.front().get());
  for (std::size_t i = 0; i < operators_.size(); ++i)
    for (std::size_t port = 0; port < blueprint_.chain[i].readers.size(); ++port)
      for (auto const reader : blueprint_.chain[i].readers[port]) operators_[i]->port(port).connect(*operators_[reader]);
  for (auto const& e : blueprint_.outputs) {
    auto const number = static_cast<std::uint32_t>(outgoing_.size());
    outgoing_.push_back(std::make_unique<outgoing>(number, e.partitioning, e.targets, settings_, t, counters_));
    operators_[e.place]->port(e.port).connect(*outgoing_.back());
  }
}

void task::start(task_beginning const& how) {
  operator_context c;
  c.subtask = blueprint_.address.subtask;
  c.parallelism = blueprint_.parallelism;
  c.max_parallelism = settings_.max_parallelism();
  c.batch_size = settings_.batch_size();
  c.max_call_output = settings_.max_call_output();
  c.clock = &clock_;
  c.activity = &activity_;
  c.chunks = chunks_;
  c.backend = backend_;
  c.wake = how.wake;
  c.checkpoints = how.port != nullptr;
  c.attempt = how.attempt;
  for (std::uint32_t i = 0; i < operators_.size() && !how.finished; ++i) {
    c.has_event_time = blueprint_.chain[i].has_event_time;
    auto const state = how.state ? how.state(i) : nullptr;
    operators_[i]->state().restore_from(state.get());
    operators_[i]->start(c);
    operators_[i]->state().restore_from(nullptr);
  }
  open_ = !how.finished;
  std::vector<crossing> sent;
  for (auto const& e : blueprint_.outputs) sent.push_back(e.to);
  bool const overtakes = settings_.overtakes();
  logs_ = std::make_unique<channel_logs>(incoming_, outgoing_, blueprint_.received, sent, overtakes ? how.port : nullptr, static_cast<std::uint32_t>(operators_.size()));
  writer_ = std::make_unique<state_writer>(operators_, overtakes ? &*logs_ : nullptr, how.port, c.subtask, c.max_parallelism);
  phase_ = phase::running;
  if (how.channels) replay_restored(how);
  if (how.finished) say_finished();
  else if (how.drained) drain();
  note_activity(clock_.now());
}

/// What its operators gave before is in the checkpoint of those that it went to.
void task::say_finished() {
  if (source_) source_->close();
  input_ended_ = true;
  for (auto& o : outgoing_) {
    o->watermark(end_of_time);
    o->end();
  }
  phase_ = phase::ending;
}

void task::note_activity(std::chrono::nanoseconds now) {
  last_step_end_ = now;
  auto const waiting = last_ == outcome::blocked ? task_activity::blocked : task_activity::idle;
  bool const waits = last_ == outcome::blocked || last_ == outcome::resting;  // one that has finished does not
  counters_.activity.store(waits ? waiting : task_activity::working, std::memory_order_relaxed);
  counters_.activity_since.set(static_cast<std::uint64_t>(now.count()));
}

void task::take(credit c) {
  outgoing_.at(c.exchange)->take(std::move(c));
  if (overtakes_now()) [[unlikely]] logs_->overtake_sent(overtaking_);
}

void task::assign(std::vector<split> splits, split_terms const& terms) {
  if (!open_) return;  // it had finished before: there are none
  shares_.push_back({std::move(splits), terms, injected_.size() + (waiting_barrier_ ? 1 : 0)});
  take_shares();
}

/// A split is in the snapshot of the supervisor or in that of the source, never in both.
void task::take_shares() {
  while (!shares_.empty() && shares_.front().barriers == 0) {
    for (auto const& s : shares_.front().splits)
      source_->assign(s);
    source_->splits_known(shares_.front().terms);
    shares_.pop_front();
  }
}

void task::grant(timestamp until) {
  if (source_) source_->grant(until);
}

timestamp task::progress() const { return source_ && phase_ == phase::running && !input_ended_ ? source_->progress() : end_of_time; }

// ---- steps

task::result task::step() {
  auto now = clock_.now();
  auto const since = static_cast<std::uint64_t>((now - last_step_end_).count());
  if (last_ == outcome::blocked) counters_.blocked_nanoseconds.add(since);
  else if (last_ == outcome::resting) counters_.idle_nanoseconds.add(since);
  auto const began = now;
  result r{outcome::resting};
  if (phase_ == phase::running || phase_ == phase::ending) {
    std::size_t runs = 0;
    auto const sent = counters_.batches_sent.value();
    do {
      r = run(now);
      for (auto& o : operators_) o->make_room();
      writer_->write(step_slots);
    } while (r.what == outcome::busy && ++runs < step_runs && now - began < step_time && counters_.batches_sent.value() - sent < step_batches);
    if (r.what != outcome::busy) {
      rest(now);
      note_next_look(r);
    }
    incoming_.give_credit(r.what != outcome::busy);
    if (phase_ == phase::ending && drained()) {
      phase_ = phase::finished;
      r = {outcome::finished};
    }
  } else if (phase_ == phase::finished) {
    pass_waiting_barrier();
    writer_->write(step_slots);
  }
  r.writes = writer_ && writer_->can_write();
  last_ = r.what;
  note_activity(clock_.now());
  counters_.busy_nanoseconds.add(static_cast<std::uint64_t>((last_step_end_ - began).count()));
  return r;
}

/// One poll or one element, then what is due on the channels.
task::result task::run(std::chrono::nanoseconds& now) {
  result r;
  pass_waiting_barrier();
  if (phase_ == phase::running) look(now);  // also while others are held up: what they wait for may be an answer from outside
  if (auto const held = resume()) {
    r = {*held};
  } else if (!replays_.empty()) {
    r = {replay_one() ? outcome::busy : outcome::blocked};
  } else if (phase_ == phase::ending) {
    r = {drained() ? outcome::resting : outcome::blocked};
  } else {
    pass_waiting_barrier();
    r = source_ ? run_source(now) : run_input();
  }
  if (r.what == outcome::blocked && can_go_on()) r = {outcome::busy};
  if (source_ && r.what == outcome::blocked) source_->held_up();
  now = clock_.now();
  for (auto& o : outgoing_) o->tick(now, false);
  return r;
}

/// Continues what is held up; nothing when all of it went on.
std::optional<task::outcome> task::resume() {
  for (auto o = operators_.rbegin(); o != operators_.rend(); ++o) {
    if (!(*o)->suspended()) continue;
    (*o)->resume();
    if ((*o)->suspended()) return (*o)->waits() ? outcome::blocked : outcome::busy;
  }
  return {};
}

/// Looks at the operators that have asked for it.
void task::look(std::chrono::nanoseconds now) {
  for (auto o = operators_.rbegin(); o != operators_.rend(); ++o)
    if ((*o)->look_is_due(now)) (*o)->look_now(now);
}

void task::note_next_look(result& r) const {
  auto next = r.again_at.value_or(std::chrono::nanoseconds::max());
  for (auto const& o : operators_) next = std::min(next, o->next_look());
  if (next != std::chrono::nanoseconds::max()) r.again_at = next;
}

/// Whether an operator has more to give, and receivers that take it.
bool task::can_go_on() const {
  return std::any_of(operators_.begin(), operators_.end(), [](auto const& o) { return o->suspended() && !o->waits(); });
}

task::result task::run_source(std::chrono::nanoseconds now) {
  if (holds_) {
    source_->held_up();
    return {outcome::resting};
  }
  if (!input_ended_) {
    auto const s = source_->step(now);
    switch (s.result) {
      case source_step::outcome::progress: return {outcome::busy};
      case source_step::outcome::nothing: return {outcome::resting, s.retry_after ? std::optional(now + *s.retry_after) : std::nullopt};
      case source_step::outcome::blocked: return {outcome::blocked};
      case source_step::outcome::ended: break;
    }
    input_ended_ = true;
    source_->close();
    source_->watermark(end_of_time);
  }
  return {end() ? outcome::busy : outcome::blocked};
}

task::result task::run_input() {
  auto& head = *operators_.front();
  if (input_ended_) return {end() ? outcome::busy : outcome::blocked};
  if (!head.ready()) return {outcome::blocked};
  auto const w = incoming_.next();
  using kind = incoming::work::kind;
  switch (w.what) {
    case kind::none: return {outcome::resting};
    case kind::batch:
      counters_.batches_in.add(1);
      head.receive_from(incoming_.input_of(w.channel), w.item->records);
      incoming_.done(w);
      break;
    case kind::watermark: head.watermark(w.time); break;
    case kind::idle: head.idle(); break;
    case kind::barrier:
      waiting_barrier_ = w.barrier;
      pass_waiting_barrier();
      break;
    case kind::end: input_ended_ = true; break;
  }
  return {outcome::busy};
}

/// The end of input goes down the chain once nothing is held back.
bool task::end() {
  for (auto const& o : operators_)
    if (!o->may_end()) return false;
  operators_.front()->end();
  phase_ = phase::ending;
  return true;
}

void task::rest(std::chrono::nanoseconds now) {
  for (auto* s : sinks_) {
    if (!open_) break;
    if (phase_ == phase::running) s->flush();
    s->settled();  // throws what has failed since
  }
  for (auto& o : outgoing_) o->tick(now, true);
}

bool task::drained() const {
  for (auto const& o : outgoing_)
    if (!o->drained()) return false;
  for (auto* s : sinks_)
    if (open_ && !s->settled()) return false;
  return true;
}

std::size_t task::in_flight() const {
  std::size_t n = 0;
  for (auto const& o : outgoing_) n += o->in_flight();
  return n;
}

// ---- ends

template <class F>
void task::each_sink(F f) {
  for (auto* s : sinks_) f(*s);
}

void task::publish() {
  if (open_) each_sink([](sink_operator_base& s) { s.publish(); });
  phase_ = phase::published;
}

void task::cancel() {
  if (phase_ == phase::cancelled || phase_ == phase::abandoned) return;
  phase_ = phase::cancelled;
  if (source_) source_->close();
  if (open_) each_sink([](sink_operator_base& s) { s.cancel(); });
}

void task::abandon() noexcept {
  if (phase_ == phase::published || phase_ == phase::abandoned) return;
  phase_ = phase::abandoned;
  if (source_) source_->close();
  each_sink([](sink_operator_base& s) { s.abandon(); });
}

}  // namespace flow
