#include "checkpoint_coordinator.hpp"

#include <algorithm>

#include "manifest_assembly.hpp"

#include <flow/error.hpp>

namespace flow {
namespace {

constexpr auto never = std::chrono::nanoseconds::max();

std::string described(snapshot_kind kind, checkpoint_id id) { return (kind == snapshot_kind::savepoint ? "savepoint " : "checkpoint ") + std::to_string(id); }

/// Bytes of all pieces that a manifest names, and of those written for it.
std::pair<std::uint64_t, std::uint64_t> size_of(snapshot_manifest const& m) {
  std::uint64_t all = 0, own = 0;
  for (auto const& op : m.operators) {
    for (auto const& c : op.committables) all += c.data.size(), own += c.data.size();
    for (auto const& state : op.states)
      for (auto const& part : state.parts)
        for (auto const& piece : part.pieces) all += piece.bytes, own += piece.checkpoint == m.id ? piece.bytes : 0;
  }
  return {all, own};
}

}  // namespace

checkpoint_coordinator::checkpoint_coordinator(settings const& s, checkpoint_subject subject, checkpoint_id highest)
    : settings_(s), subject_(std::move(subject)), highest_(highest), finished_(subject_.participants.size()) {
  summary_.on = true;
}

// ---- what has happened

void checkpoint_coordinator::started(std::uint64_t attempt, std::optional<snapshot_manifest> base, checkpoint_id restored, std::chrono::nanoseconds now) {
  phase_ = phase::running;
  attempt_ = attempt;
  base_ = std::move(base);
  summary_.restored = restored;
  highest_ = std::max(highest_, restored);
  finished_.assign(subject_.participants.size(), false);
  began_ = ended_ = now;
  failures_in_row_ = 0;
}

void checkpoint_coordinator::leave(phase to, error const& why) {
  if (phase_ == phase::ended) return;
  phase_ = to;
  if (now_) {
    pending_.push_back(checkpoint_action::abandon{now_->id, now_->path(), why.what()});
    ++summary_.failed;
    summary_.last_failure = why.what();
  }
  if (stopping_) requests_.push_front(*stopping_);
  else if (now_ && now_->request) requests_.push_front(*now_->request);
  for (auto const& r : requests_) answer(pending_, r, 0, no_savepoint(why.what()));
  now_.reset();
  stopping_.reset();
  requests_.clear();
  unconfirmed_.clear();  // what is restored next commits them again
  draining_ = begins_drain_ = has_last_ = false;
}

void checkpoint_coordinator::answered(task_snapshot s) {
  if (!now_ || now_->stage != stage::collecting || s.checkpoint != now_->id || now_->has_answered[s.task]) return;
  now_->has_answered[s.task] = true;
  now_->answers.push_back(std::move(s));
}

void checkpoint_coordinator::written(checkpoint_id id) {
  if (now_ && now_->id == id && now_->stage == stage::writing) now_->stage = stage::written;
}

void checkpoint_coordinator::failed(checkpoint_id id, error const& why) {
  if (now_ && now_->id == id && now_->stage <= stage::writing && !now_->failure) now_->failure = why;
}

void checkpoint_coordinator::confirmed(std::size_t subtask, checkpoint_id id) {
  if (id == uncommitted_) std::erase(unconfirmed_, subtask);
}

void checkpoint_coordinator::requested(savepoint_request r) {
  if (phase_ == phase::starting) answer(pending_, r, 0, no_savepoint("the job is not running yet, or starts again after a failure; ask again"));
  else if (phase_ != phase::running) answer(pending_, r, 0, no_savepoint("the job is ending"));
  else if (draining_ || stopping_) answer(pending_, r, 0, no_savepoint("the job is stopping with a savepoint already"));
  else {
    draining_ = begins_drain_ = r.drain;
    requests_.push_back(std::move(r));
  }
}

void checkpoint_coordinator::answer(steps& to, savepoint_request const& r, checkpoint_id id, std::optional<error> failure) const {
  to.push_back(checkpoint_action::answer{r.number, r.path, id, std::move(failure)});
}

// ---- what is to be done

std::vector<checkpoint_step> checkpoint_coordinator::next(std::chrono::nanoseconds now, timestamp wall) {
  steps all = std::exchange(pending_, {});
  while (phase_ == phase::running &&
         (abandon(all, now) || write(all) || complete(all, now) || give_up_commits(all, now) || inject(all) || overtake(all, now) || drain(all) ||
                                        begin_next(all, now, wall) || end(all))) {
  }
  return all;
}

bool checkpoint_coordinator::drain(steps& to) {
  if (now_ || !begins_drain_) return false;
  begins_drain_ = false;
  to.push_back(checkpoint_action::drain{});
  return true;
}

bool checkpoint_coordinator::begin_next(steps& to, std::chrono::nanoseconds now, timestamp wall) {
  if (now_) return false;
  if (begin_savepoint(to, now, wall)) return true;
  bool const at_end = all_finished();
  if (at_end ? has_last_ : draining_ || (now < next_begin() && !triggered_)) return false;
  triggered_ = false;
  begin(to, at_end ? snapshot_kind::last : snapshot_kind::checkpoint, {}, now, wall);
  return true;
}

/// Of one that stops the job, first the checkpoint that goes before.
bool checkpoint_coordinator::begin_savepoint(steps& to, std::chrono::nanoseconds now, timestamp wall) {
  if (stopping_) {
    begin(to, snapshot_kind::savepoint, stopping_, now, wall);
    return true;
  }
  bool const at_end = all_finished();
  auto const ready = std::find_if(requests_.begin(), requests_.end(), [&](auto const& r) { return draining_ || (r.stop && at_end) ? has_last_ : true; });
  if (ready == requests_.end()) return false;
  auto request = std::move(*ready);
  requests_.erase(ready);
  bool const needs_checkpoint = request.stop && !has_last_;
  if (needs_checkpoint) stopping_ = std::move(request);
  if (needs_checkpoint) begin(to, snapshot_kind::checkpoint, {}, now, wall);
  else begin(to, snapshot_kind::savepoint, std::move(request), now, wall);
  return true;
}

void checkpoint_coordinator::begin(steps& to, snapshot_kind kind, std::optional<savepoint_request> request, std::chrono::nanoseconds now, timestamp wall) {
  auto const n = subject_.participants.size();
  now_ = progress{.id = ++highest_, .kind = kind, .request = std::move(request), .began = now, .time = wall, .injected = std::vector<bool>(n), .has_answered = std::vector<bool>(n)};
  now_->may_overtake = kind == snapshot_kind::checkpoint && !stopping_ && settings_.aligned_checkpoint_timeout();
  if (kind != snapshot_kind::savepoint) began_ = now;
  to.push_back(checkpoint_action::begin{now_->id, kind, now_->path()});
}

/// Sources at the beginning; who has finished, as soon as that is known.
bool checkpoint_coordinator::inject(steps& to) {
  if (!now_ || now_->stage != stage::collecting) return false;
  checkpoint_action::inject barrier{now_->id, base_ ? base_->id : 0, now_->kind == snapshot_kind::savepoint, stopping_.has_value(), {}};
  for (std::size_t i = 0; i < finished_.size(); ++i) {
    if (now_->injected[i] || now_->has_answered[i] || !(subject_.participants[i].is_source || finished_[i])) continue;
    now_->injected[i] = true;
    barrier.subtasks.push_back(i);
  }
  if (barrier.subtasks.empty()) return false;
  to.push_back(std::move(barrier));
  return true;
}

bool checkpoint_coordinator::overtake(steps& to, std::chrono::nanoseconds now) {
  if (!now_ || !now_->may_overtake || now_->stage != stage::collecting || all_answered() || now < overtakes_at()) return false;
  now_->may_overtake = false;
  to.push_back(checkpoint_action::overtake{now_->id, base_ ? base_->id : 0});
  return true;
}

bool checkpoint_coordinator::write(steps& to) {
  if (!now_ || now_->stage != stage::collecting || !all_answered() || !unconfirmed_.empty()) return false;
  now_->stage = stage::writing;
  snapshot_manifest frame;
  frame.id = now_->id;
  frame.kind = now_->kind;
  frame.time = now_->time;
  frame.job = subject_.job;
  frame.fingerprint = subject_.fingerprint;
  frame.max_parallelism = subject_.max_parallelism;
  frame.attempt = attempt_;
  bool const stands_alone = now_->kind == snapshot_kind::savepoint || !base_;
  try {
    now_->manifest = assemble(std::move(frame), stands_alone ? nullptr : &*base_, now_->answers);
    to.push_back(checkpoint_action::write{now_->manifest, now_->path()});
  } catch (error const& e) {
    now_->failure = e;
  }
  now_->answers.clear();
  return true;
}

bool checkpoint_coordinator::complete(steps& to, std::chrono::nanoseconds now) {
  if (!now_ || now_->stage != stage::written) return false;
  auto done = std::move(*now_);
  now_.reset();
  ended_ = now;
  ++summary_.completed;
  if (done.kind == snapshot_kind::savepoint) {
    answer(to, *done.request, done.id, {});
    if (stopping_) end_stopped(to);
    return true;
  }
  failures_in_row_ = 0;
  has_last_ = done.kind == snapshot_kind::last;
  summary_.last = done.id;
  summary_.duration = now - done.began;
  completed_began_ = done.began;
  std::tie(summary_.bytes, summary_.written_bytes) = size_of(done.manifest);
  base_ = std::move(done.manifest);
  commit(to);
  return true;
}

void checkpoint_coordinator::commit(steps& to) {
  uncommitted_ = base_->id;
  for (std::size_t i = 0; i < subject_.participants.size(); ++i)
    if (subject_.participants[i].commits) unconfirmed_.push_back(i);
  if (!unconfirmed_.empty()) to.push_back(checkpoint_action::commit{uncommitted_, unconfirmed_});
}

/// While none is in progress that would wait for them: at the end of the input none ever is.
bool checkpoint_coordinator::give_up_commits(steps& to, std::chrono::nanoseconds now) {
  if (now_ || unconfirmed_.empty() || now < ended_ + settings_.checkpoint_timeout()) return false;
  phase_ = phase::starting;  // until the job has been told that it has failed
  to.push_back(checkpoint_action::fail{{error_code::checkpoint_failed, "checkpoint " + std::to_string(uncommitted_) + " is complete, but was not committed within " +
                                                                           format_duration(settings_.checkpoint_timeout()) + " (checkpoint-timeout) by " + names_of(unconfirmed_)}});
  return true;
}

void checkpoint_coordinator::end_stopped(steps& to) {
  stopping_.reset();
  to.push_back(checkpoint_action::end{true});
  stopping(error(error_code::cancelled, "the job has stopped with another savepoint"));
  std::move(pending_.begin(), pending_.end(), std::back_inserter(to));
  pending_.clear();
}

bool checkpoint_coordinator::end(steps& to) {
  if (now_ || !has_last_ || !unconfirmed_.empty()) return false;
  to.push_back(checkpoint_action::end{draining_});
  phase_ = phase::ending;
  return true;
}

bool checkpoint_coordinator::abandon(steps& to, std::chrono::nanoseconds now) {
  if (!now_) return false;
  if (now_->stage == stage::collecting && !now_->failure && now - now_->began >= settings_.checkpoint_timeout()) now_->failure = timed_out();
  if (!now_->failure) return false;
  auto const given_up = std::move(*now_);
  now_.reset();
  ended_ = now;
  auto const why = error(given_up.failure->code(), given_up.failure->operator_name(), described(given_up.kind, given_up.id) + ": " + given_up.failure->message());
  to.push_back(checkpoint_action::abandon{given_up.id, given_up.path(), why.what()});
  if (stopping_) to.push_back(checkpoint_action::resume{});
  if (auto const& asked = stopping_ ? stopping_ : given_up.request) answer(to, *asked, 0, no_savepoint(why.what()));
  stopping_.reset();
  ++summary_.failed;
  summary_.last_failure = why.what();
  if (given_up.kind != snapshot_kind::savepoint) count_failure(to, why);
  return true;
}

void checkpoint_coordinator::count_failure(steps& to, error const& why) {
  auto const tolerated = settings_.checkpoint_failures();
  if (++failures_in_row_ <= tolerated) return;
  std::string const row = tolerated == 0 ? "" : " (" + std::to_string(failures_in_row_) + " have failed in a row, checkpoint-failures allows " + std::to_string(tolerated) + ")";
  phase_ = phase::starting;  // until the job has been told that it has failed
  to.push_back(checkpoint_action::fail{error(why.code(), why.operator_name(), why.message() + row)});
}

// ---- times and names

std::chrono::nanoseconds checkpoint_coordinator::next_begin() const {
  if (settings_.checkpoint_interval().count() == 0) return never;
  return std::max<std::chrono::nanoseconds>(began_ + settings_.checkpoint_interval(), ended_ + settings_.checkpoint_pause());
}

std::chrono::nanoseconds checkpoint_coordinator::due() const {
  if (phase_ != phase::running) return never;
  if (!now_) return std::min(draining_ || all_finished() ? never : next_begin(), unconfirmed_.empty() ? never : ended_ + settings_.checkpoint_timeout());
  if (now_->stage != stage::collecting) return never;
  return std::min(now_->began + settings_.checkpoint_timeout(), now_->may_overtake && !all_answered() ? overtakes_at() : never);
}

std::chrono::nanoseconds checkpoint_coordinator::overtakes_at() const { return now_->began + *settings_.aligned_checkpoint_timeout(); }

bool checkpoint_coordinator::all_finished() const {
  for (std::size_t i = 0; i < finished_.size(); ++i)
    if (!finished_[i] && !subject_.participants[i].is_supervisor) return false;
  return true;
}

std::vector<std::size_t> checkpoint_coordinator::missing() const {
  std::vector<std::size_t> all;
  for (std::size_t i = 0; now_ && i < now_->has_answered.size(); ++i)
    if (!now_->has_answered[i]) all.push_back(i);
  return all;
}

std::string checkpoint_coordinator::names_of(std::vector<std::size_t> const& participants) const {
  constexpr std::size_t most = 5;
  std::string text;
  for (std::size_t i = 0; i < std::min(participants.size(), most); ++i) text += (i > 0 ? ", " : "") + subject_.participants[participants[i]].name;
  if (participants.size() > most) text += " and " + std::to_string(participants.size() - most) + " more";
  return text;
}

error checkpoint_coordinator::timed_out() const {
  auto const waiting = missing();
  std::string const reason = waiting.empty() ? "waiting until checkpoint " + std::to_string(uncommitted_) + " is committed by " + names_of(unconfirmed_)
                                             : "no answer of " + names_of(waiting);
  return {error_code::checkpoint_failed, "not complete within " + format_duration(settings_.checkpoint_timeout()) + " (checkpoint-timeout): " + reason};
}

checkpoint_summary checkpoint_coordinator::summary(std::chrono::nanoseconds now) const {
  auto s = summary_;
  if (s.last > 0) s.age = now - completed_began_;
  return s;
}

}  // namespace flow
