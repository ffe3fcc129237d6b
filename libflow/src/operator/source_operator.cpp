#include <algorithm>

#include <cereal/types/vector.hpp>

#include <flow/operator/source_operator.hpp>
#include <flow/state/operator_list.hpp>

namespace flow {

void source_operator_base::open() {
  declared_ = &state().declare<list_object<stored_split, state_kind::list>>("splits").get();
  auto c = outside();
  if (ports() > 1) {
    bad_.attach(*this, 1, context().batch_size);
    c.divert = [this](bad_record bad) {
      bad_.emit(std::move(bad));
      ++diverted_;
    };
  }
  open_reader(c);
  for (auto const& s : *declared_) restore(s);
}

/// Goes on with a split as its watermark generator left it.
void source_operator_base::restore(stored_split const& s) {
  assign(s.value);
  auto const place = static_cast<std::uint32_t>(splits_.size() - 1);
  splits_[place].restored = true;
  if (assigner_ && !s.watermarks.empty()) guarded([&] { assigner_->restore(place, s.watermarks); });
}

// ---- splits

void source_operator_base::assign(split const& s) {
  if (stopped_) return;
  guarded([&] {
    std::size_t const place = free_place();
    splits_[place] = {s, next_number_++};
    request_ = request::none;
    assign_reader(splits_[place].number, s);
  });
}

/// That of a split that has ended, so that what is kept does not grow with the number of splits read.
std::size_t source_operator_base::free_place() {
  auto const free = std::find_if(splits_.begin(), splits_.end(), [](auto const& s) { return s.ended; });
  auto const place = static_cast<std::size_t>(free - splits_.begin());
  if (free == splits_.end()) {
    splits_.emplace_back();
    if (assigner_) assigner_->add_split();
  } else if (assigner_) {
    assigner_->renew_split(static_cast<std::uint32_t>(place));
  }
  return place;
}

std::size_t source_operator_base::place_of(std::uint32_t number) const {
  for (std::size_t i = 0; i < splits_.size(); ++i)
    if (splits_[i].number == number) return i;
  throw error(error_code::internal, "the reader speaks of split number " + std::to_string(number) + ", which it was not given");
}

bool source_operator_base::all_ended() const {
  return std::all_of(splits_.begin(), splits_.end(), [](auto const& s) { return s.ended; });
}

void source_operator_base::splits_known(split_terms const& terms) {
  known_ = true;
  terms_ = terms;
  if (request_ == request::asked) request_ = request::waiting;  // a split would have come first
}

/// One that is paused may need others to be read before it goes on, unless those are even later.
bool source_operator_base::wants_split() {
  if (!known_ || stopped_ || !terms_.on_request || terms_.complete || request_ != request::none) return false;
  for (auto const& s : splits_)
    if (!s.ended && (!s.paused || terms_.in_time_order)) return false;
  request_ = request::asked;
  return true;
}

void source_operator_base::settle() {
  declared_->clear();
  for (std::size_t i = 0; i < splits_.size(); ++i) {
    auto const& s = splits_[i];
    if (s.ended) continue;
    split stands{s.value.id, guarded([&] { return position(s.number); })};
    declared_->push_back({std::move(stands), assigner_ ? assigner_->save(static_cast<std::uint32_t>(i)) : std::string{}});
  }
}

// ---- steps

source_step source_operator_base::step(std::chrono::nanoseconds now) {
  using outcome = source_step::outcome;
  if (!known_ && !stopped_) return {outcome::nothing};
  if (!outputs_ready()) return {outcome::blocked};
  if (stopped_) return {outcome::ended};
  activity_scope const scope(*this);
  if (std::exchange(watermark_waits_, false)) {
    follow_time();
    if (!outputs_ready()) return {outcome::blocked};
  }
  if (all_ended()) {
    if (terms_.complete) return {outcome::ended};
    follow_time();
    return {outcome::nothing};
  }
  diverted_ = 0;
  poll_result const polled = guarded([this] { return poll(batch_); });
  counters().bytes.set(bytes_read());
  bool const got_something = !batch_->empty() || diverted_ > 0;
  bool const of_a_split = got_something || polled.status != poll_status::nothing;
  std::size_t const place = of_a_split ? place_of(polled.split) : splits_.size();
  run_idle_clocks(now, place, got_something);
  bool const ends = polled.status == poll_status::split_end;
  if (ends) splits_[place].ended = true;
  if (got_something) pass_on(place, diverted_);
  if (ends) guarded([&] { release(polled.split); });
  if (outputs_ready()) follow_time(); else watermark_waits_ = true;
  if (of_a_split) return {outcome::progress};
  return {outcome::nothing, next_look(polled.retry_after)};
}

/// Gives what the poll brought its event time, and hands it on.
void source_operator_base::pass_on(std::size_t place, std::uint32_t bad) {
  std::uint32_t const n = batch_->size();
  counters().records_in.add(n + bad);
  counters().processed.add(n + bad);
  counters().bad.add(bad);
  if (bad > 0) bad_.flush();
  if (n == 0) return;
  if (assigner_) {
    std::uint32_t at = 0;
    try {
      assigner_->assign(*batch_, static_cast<std::uint32_t>(place), at);
    } catch (...) {
      operator_base::fail(*batch_, at);
    }
  }
  if (std::exchange(idle_, false)) forward_watermark(sent_);  // for the receivers that get none of these records too
  push(0, batch_);
  check_drift(place);
}

/// When to poll again: when the reader says so, or when the next idle clock runs out.
std::optional<std::chrono::nanoseconds> source_operator_base::next_look(std::optional<std::chrono::nanoseconds> asked) const {
  if (!assigner_ || assigner_->options().idle_after.count() == 0) return asked;
  for (auto const& s : splits_) {
    if (s.ended || s.idle || s.paused) continue;
    auto const left = std::chrono::nanoseconds(assigner_->options().idle_after) - s.quiet;
    asked = asked ? std::min(*asked, left) : left;
  }
  return asked;
}

// ---- time

/// A split's idle clock runs only between two polls with nothing but the input to wait for.
void source_operator_base::run_idle_clocks(std::chrono::nanoseconds now, std::size_t polled, bool got_something) {
  if (!assigner_ || assigner_->options().idle_after.count() == 0) return;
  auto const elapsed = last_poll_ ? now - *last_poll_ : std::chrono::nanoseconds{0};
  last_poll_ = now;
  for (std::size_t i = 0; i < splits_.size(); ++i) {
    auto& s = splits_[i];
    if (s.ended || s.paused) continue;
    if (got_something && i == polled) {
      s.quiet = std::chrono::nanoseconds{0};
      s.idle = false;
    } else if (guarded([&] { return reading(s.number); })) {
      s.quiet += elapsed;
      s.idle = s.quiet >= assigner_->options().idle_after;
    }
  }
}

/// `end_of_time` when nothing holds the watermark, `no_watermark` when something does that has no time yet.
timestamp source_operator_base::lowest_watermark() const {
  if (terms_.held) return no_watermark;
  timestamp lowest = end_of_time;
  bool waiting = terms_.on_request && !terms_.complete && request_ != request::waiting;  // another may be there
  for (std::size_t i = 0; i < splits_.size(); ++i) {
    if (splits_[i].ended || splits_[i].idle) continue;
    bool const begun = splits_[i].restored || !terms_.in_time_order || reading(splits_[i].number);
    if (!begun) waiting = true;
    else lowest = std::min(lowest, assigner_->watermark(static_cast<std::uint32_t>(i)));
  }
  return lowest == end_of_time && waiting ? no_watermark : lowest;
}

timestamp source_operator_base::progress() const { return !known_ ? no_watermark : assigner_ ? lowest_watermark() : end_of_time; }

void source_operator_base::follow_time() {
  if (!assigner_) return;
  timestamp const w = lowest_watermark();
  if (w == end_of_time) {  // all are idle or have ended: the watermark stands, the others go on without this subtask
    bool const ending = terms_.complete && all_ended();
    if (!ending && !std::exchange(idle_, true)) idle();
  } else if (std::exchange(idle_, false) || w > sent_) {
    forward_watermark(sent_ = std::max(sent_, w));
  }
}

void source_operator_base::grant(timestamp until) {
  grant_ = until;
  if (stopped_) return;
  for (std::size_t i = 0; i < splits_.size(); ++i) check_drift(i);
}

void source_operator_base::check_drift(std::size_t place) {
  if (max_drift().count() == 0) return;
  auto& s = splits_[place];
  if (s.ended) return;
  timestamp const w = assigner_->watermark(static_cast<std::uint32_t>(place));
  // Before the first grant a subtask keeps to the bound by what it saw first.
  if (grant_ == no_watermark && w != no_watermark) grant_ = saturating_add(w, max_drift());
  bool const wait = w > grant_;
  if (wait != s.paused) guarded([&] { pause(s.number, s.paused = wait); });
}

}  // namespace flow
