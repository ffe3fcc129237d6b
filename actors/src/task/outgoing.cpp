#include "outgoing.hpp"

#include <algorithm>

#include <flow/error.hpp>
#include <flow/record/key.hpp>

namespace flow {

outgoing::outgoing(std::uint32_t number, flow::partitioning how, std::vector<outgoing_target> targets, settings const& s, transport& t,
                   task_counters& counters)
    : number_(number), how_(how), batch_size_(s.batch_size()), chunk_(std::min<std::uint32_t>(256, s.batch_size())),
      watermark_interval_(s.watermark_interval()), max_delay_(s.max_batch_delay()),
      transport_(t), counters_(counters), max_parallelism_(s.max_parallelism()) {
  for (auto const& to : targets) {
    targets_.push_back({});
    targets_.back().to = to;
    targets_.back().credit = static_cast<std::int64_t>(to.window);
  }
  auto const n = static_cast<std::uint32_t>(targets_.size());
  if (how_ == partitioning::hash)
    for (std::uint32_t g = 0; g < max_parallelism_; ++g)
      target_of_group_.push_back(static_cast<std::uint16_t>(subtask_of_group(g, n, max_parallelism_)));
  partials_.resize(n);
}

void outgoing::receive(batch_ref& b) {
  if (std::exchange(any_idle_, false))
    for (auto& t : targets_) t.idle_pending = false;  // records end idleness: it must not go out behind them
  if (shares()) {
    share(b);
  } else if (targets_.size() > 1 && (how_ == partitioning::hash || how_ == partitioning::custom)) {
    deal(b);
  } else {
    hand_over(b, targets_[turn_]);
  }
}

// ---- dealing records to targets

void outgoing::deal(batch_ref& b) {
  std::uint32_t const n = b->size();
  bool const move = b.unique();
  if (how_ == partitioning::custom) {
    std::uint64_t const* const hashes = b->hashes().data();
    record_target_.resize(n);
    for (std::uint32_t i = 0; i < n; ++i) record_target_[i] = static_cast<std::uint16_t>(hashes[i] % targets_.size());
  }
  // Partial batches have room for a chunk beyond the batch size: within a chunk nothing needs to be checked.
  for (std::uint32_t first = 0; first < n; first += chunk_) {
    std::uint32_t const count = std::min(chunk_, n - first);
    for (std::size_t t = 0; t < targets_.size(); ++t) {
      prepare_partial(targets_[t], b->type());
      partials_[t] = &*targets_[t].partial;
    }
    if (how_ == partitioning::hash) b->type().scatter_by_hash(*b, first, count, target_of_group_, partials_, move);
    else b->type().scatter(*b, first, count, record_target_.data() + first, partials_, move);
    has_partial_ = true;
    for (auto& t : targets_)
      if (t.partial->size() >= batch_size_) ship(t);
  }
}

/// A batch that is at least half full goes as it is; smaller ones are put together.
void outgoing::hand_over(batch_ref& b, target& t) {
  if (t.partial_is_empty() && b.unique() && b->size() * 2 >= batch_size_) {
    std::swap(t.partial, b);
    if (!b) b = spare();
    ship(t);
  } else {
    append(*b, b.unique(), t);
  }
}

void outgoing::append(batch_base& from, bool move, target& t) {
  for (std::uint32_t first = 0; first < from.size();) {
    prepare_partial(t, from.type());
    std::uint32_t const count = std::min(from.size() - first, std::max(1u, batch_size_ - std::min(batch_size_, t.partial->size())));
    from.type().append(*t.partial, from, first, count, move);
    first += count;
    has_partial_ = true;
    if (t.partial->size() >= batch_size_) ship(t);
  }
}

/// Broadcast: the first target collects, all get the same batch to read.
void outgoing::share(batch_ref& b) {
  target& first = targets_.front();
  if (first.partial_is_empty() && b.unique() && b->size() * 2 >= batch_size_) {
    std::swap(first.partial, b);
    if (!b) b = spare();
    ship_to_all();
    return;
  }
  for (std::uint32_t at = 0; at < b->size();) {
    prepare_partial(first, b->type());
    std::uint32_t const count = std::min(b->size() - at, std::max(1u, batch_size_ - std::min(batch_size_, first.partial->size())));
    b->type().append(*first.partial, *b, at, count, false);
    at += count;
    has_partial_ = true;
    if (first.partial->size() >= batch_size_) ship_to_all();
  }
}

void outgoing::prepare_partial(target& t, batch_type const& type) {
  // A partial batch is below the batch size, so it has room for a chunk; it was made with that capacity.
  if (t.partial && !t.partial->empty()) return;
  if (!t.partial) t.partial = spare();
  renew(t.partial, type, batch_size_ + chunk_);
}

batch_ref outgoing::spare() {
  if (spare_.empty()) return {};
  batch_ref b = std::move(spare_.back());
  spare_.pop_back();
  return b;
}

// ---- sending

void outgoing::ship(target& t) {
  if (t.partial_is_empty()) return;
  if (shares()) return ship_to_all();
  element e;
  e.bytes = t.partial->footprint();
  e.records = std::exchange(t.partial, {});
  enqueue(t, std::move(e));
  if (how_ == partitioning::rebalance) turn_ = (turn_ + 1) % targets_.size();
}

void outgoing::ship_to_all() {
  batch_ref const shared = std::exchange(targets_.front().partial, {});
  for (auto& t : targets_) {
    element e;
    e.bytes = shared->footprint();
    e.records = shared;
    enqueue(t, std::move(e));
  }
}

void outgoing::enqueue(target& t, element e) {
  if (in_credit(t)) return send(t, std::move(e));
  ++waiting_batches_;
  t.waiting.push_back(std::move(e));
  counters_.late_batches_waiting.set(std::max<std::uint64_t>(counters_.late_batches_waiting.value(), waiting_batches_));
}

void outgoing::send(target& t, element e) {
  e.sequence = t.next_sequence++;
  if (e.what == element::kind::batch) {
    t.credit -= static_cast<std::int64_t>(e.bytes);
    in_flight_ += e.bytes;
    counters_.batches_sent.add(1);
    counters_.bytes_sent.add(e.bytes);
    counters_.bytes_in_flight.add(e.bytes);
    counters_.most_bytes_in_flight.set(std::max(counters_.most_bytes_in_flight.value(), counters_.bytes_in_flight.value()));
  }
  transport_.send(t.to.address, t.to.channel, std::move(e));
}

void outgoing::drain(target& t) {
  while (!t.waiting.empty() && (t.waiting.front().what != element::kind::batch || t.credit > 0)) {
    element e = std::move(t.waiting.front());
    t.waiting.pop_front();
    if (e.what == element::kind::batch) {
      --waiting_batches_;
    }
    send(t, std::move(e));
    left_queue(t);
  }
}

void outgoing::left_queue(target& t) {
  if (t.before_barrier > 0 && --t.before_barrier == 0) t.barrier_at = t.next_sequence;
  if (t.before_replayed > 0) --t.before_replayed;
}

void outgoing::take(credit c) {
  target& t = targets_[c.target];
  t.credit += static_cast<std::int64_t>(c.bytes);
  in_flight_ -= c.bytes;
  counters_.bytes_in_flight.set(counters_.bytes_in_flight.value() - c.bytes);
  for (auto& b : c.emptied)
    if (spare_.size() < 64) spare_.push_back(std::move(b));
  drain(t);
}

// ---- control

void outgoing::watermark(timestamp w) {
  for (auto& t : targets_) {
    t.watermark = w;
    t.watermark_pending = true;
    t.idle_pending = false;
  }
}

void outgoing::idle() {
  for (auto& t : targets_) t.idle_pending = true;
  any_idle_ = true;
}

void outgoing::control(target& t, element e) {
  if (t.waiting.empty()) return send(t, std::move(e));
  if (e.what == element::kind::watermark && t.waiting.back().what == element::kind::watermark)
    t.waiting.back().time = e.time;
  else
    t.waiting.push_back(std::move(e));
}

void outgoing::send_pending(target& t) {
  if (std::exchange(t.watermark_pending, false)) {
    element e;
    e.what = element::kind::watermark;
    e.time = t.watermark;
    control(t, std::move(e));
  }
  if (std::exchange(t.idle_pending, false)) {
    element e;
    e.what = element::kind::idle;
    control(t, std::move(e));
  }
}

void outgoing::pass(barrier const& b) {
  for (auto& t : targets_) ship(t);
  for (auto& t : targets_) {
    send_pending(t);
    element e;
    e.what = element::kind::barrier;
    e.barrier = b;
    control(t, std::move(e));
  }
}

// ---- barriers that overtake

void outgoing::replay(std::vector<logged_batch> batches, std::uint32_t receivers_before) {
  for (auto& b : batches) {
    if (how_ == partitioning::broadcast) replay_copies(b, receivers_before);
    else if (how_ == partitioning::rebalance) hand_over(b.records, targets_[b.receiver % targets_.size()]);
    else receive(b.records);
  }
}

void outgoing::replay_copies(logged_batch const& b, std::uint32_t receivers_before) {
  for (auto& t : targets_) {
    if (t.to.address.subtask % receivers_before != b.receiver) continue;
    element e;
    e.bytes = b.records->footprint();
    e.records = b.records;
    enqueue(t, std::move(e));
  }
}

void outgoing::mark_barrier(checkpoint_id id) {
  for (auto& t : targets_) {
    t.before_barrier = t.waiting.size();
    t.barrier_at = t.next_sequence;
    if (id == 0) t.before_replayed = t.waiting.size();
  }
}

bool outgoing::barrier_sent() const {
  return std::all_of(targets_.begin(), targets_.end(), [](target const& t) { return t.before_barrier == 0; });
}

bool outgoing::overtake(barrier const& b, log const& into) {
  bool all = true;
  for (std::uint32_t number = 0; number < targets_.size(); ++number) {
    target& t = targets_[number];
    if (t.announced == b.checkpoint) continue;
    if (t.before_replayed > 0) {
      all = false;
      continue;
    }
    for (std::size_t i = 0; i < t.before_barrier; ++i)
      if (t.waiting[i].records) into(number, *t.waiting[i].records);
    if (std::exchange(t.before_barrier, 0) > 0) t.barrier_at = t.next_sequence;
    t.announced = b.checkpoint;
    transport_.announce(t.to.address, t.to.channel, {b, t.barrier_at});
  }
  return all;
}

void outgoing::end() {
  for (auto& t : targets_) ship(t);
  for (auto& t : targets_) {
    send_pending(t);
    element e;
    e.what = element::kind::end;
    control(t, std::move(e));
  }
}

void outgoing::tick(std::chrono::nanoseconds now, bool resting) {
  bool const watermarks_due = resting || now - last_watermarks_ >= watermark_interval_;
  bool any_pending = false;
  for (auto const& t : targets_) any_pending |= t.watermark_pending || t.idle_pending;
  if (has_partial_ && oldest_partial_.count() == 0) oldest_partial_ = now;
  bool const flush = has_partial_ && (resting || (any_pending && watermarks_due) || now - oldest_partial_ >= max_delay_);
  if (flush) {
    has_partial_ = false;
    for (auto& t : targets_) {
      if (t.partial_is_empty()) continue;
      if (in_credit(t)) ship(t); else has_partial_ = true;
    }
    oldest_partial_ = has_partial_ ? oldest_partial_ : std::chrono::nanoseconds{0};
  }
  if (!any_pending || !watermarks_due) return;
  last_watermarks_ = now;
  for (auto& t : targets_)
    if (collector_of(t).partial_is_empty()) send_pending(t);
}

bool outgoing::drained() const {
  for (auto const& t : targets_)
    if (!t.waiting.empty() || !t.partial_is_empty()) return false;
  return true;
}

}  // namespace flow
