#include <cereal/types/vector.hpp>

#include <flow/operator/source_operator.hpp>

namespace flow {

void source_operator_base::open() {
  declared_ = &state().value<std::vector<stored_split>>("splits");
  connector_context c;
  c.operator_name = name();
  c.subtask = context().subtask;
  c.parallelism = context().parallelism;
  c.wake = context().wake;
  c.clock = context().clock;
  open_reader(c);
}

void source_operator_base::assign(split const& s) {
  guarded([&] {
    auto const number = static_cast<std::uint32_t>(splits_.size());
    splits_.push_back({s});
    if (assigner_) assigner_->add_split();
    assign_reader(number, s);
  });
}

source_step source_operator_base::step(std::chrono::nanoseconds now) {
  using outcome = source_step::outcome;
  if (!known_) return {outcome::nothing};
  if (!outputs_ready()) return {outcome::blocked};
  activity_scope const scope(*this);
  if (std::exchange(watermark_waits_, false)) {
    follow_time();
    if (!outputs_ready()) return {outcome::blocked};
  }
  bool const all_ended = std::all_of(splits_.begin(), splits_.end(), [](auto const& s) { return s.ended; });
  if (all_ended) {
    if (complete_) return {outcome::ended};
    follow_time();
    return {outcome::nothing};
  }
  poll_result const polled = guarded([this] { return poll(batch_); });
  std::uint32_t at = 0;
  std::uint32_t const n = batch_->size();
  counters().bytes.set(bytes_read());
  run_idle_clocks(now, polled, n > 0);
  if (polled.status == poll_status::split_end) splits_[polled.split].ended = true;
  if (n > 0) {
    counters().records_in.add(n);
    counters().processed.add(n);
    if (assigner_) {
      try {
        assigner_->assign(*batch_, polled.split, at);
      } catch (...) {
        operator_base::fail(*batch_, at);
      }
    }
    idle_ = false;
    counters().idle.store(false, std::memory_order_relaxed);
    push(0, batch_);
    check_drift(polled.split);
  }
  if (outputs_ready()) follow_time(); else watermark_waits_ = true;
  if (polled.status != poll_status::nothing || n > 0) return {outcome::progress};
  return {outcome::nothing, next_look(polled.retry_after)};
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

/// A split's idle clock runs only between two polls with nothing but the input to wait for.
void source_operator_base::run_idle_clocks(std::chrono::nanoseconds now, poll_result const& polled, bool got_records) {
  if (!assigner_ || assigner_->options().idle_after.count() == 0) return;
  auto const elapsed = last_poll_ ? now - *last_poll_ : std::chrono::nanoseconds{0};
  last_poll_ = now;
  for (std::uint32_t i = 0; i < splits_.size(); ++i) {
    auto& s = splits_[i];
    if (s.ended || s.paused) continue;
    if (got_records && i == polled.split) {
      s.quiet = std::chrono::nanoseconds{0};
      s.idle = false;
    } else if (guarded([&] { return reading(i); })) {
      s.quiet += elapsed;
      s.idle = s.quiet >= assigner_->options().idle_after;
    }
  }
}

timestamp source_operator_base::lowest_watermark() const {
  timestamp lowest = end_of_time;
  for (std::uint32_t i = 0; i < splits_.size(); ++i)
    if (!splits_[i].ended && !splits_[i].idle) lowest = std::min(lowest, assigner_->watermark(i));
  return lowest;
}

timestamp source_operator_base::progress() const { return !known_ ? no_watermark : assigner_ ? lowest_watermark() : end_of_time; }

void source_operator_base::follow_time() {
  if (!assigner_) return;
  timestamp const w = lowest_watermark();
  if (w == end_of_time) {  // all are idle or have ended: the watermark stands, the others go on without this subtask
    bool const ending = complete_ && std::all_of(splits_.begin(), splits_.end(), [](auto const& s) { return s.ended; });
    if (!ending && !std::exchange(idle_, true)) idle();
  } else if (w > sent_) {
    idle_ = false;
    forward_watermark(sent_ = w);
  }
}

void source_operator_base::grant(timestamp until) {
  grant_ = until;
  for (std::uint32_t i = 0; i < splits_.size(); ++i) check_drift(i);
}

void source_operator_base::check_drift(std::uint32_t number) {
  auto& s = splits_[number];
  if (max_drift().count() == 0 || s.ended) return;
  timestamp const w = assigner_->watermark(number);
  // Before the first grant a subtask keeps to the bound by what it saw first.
  if (grant_ == no_watermark && w != no_watermark) grant_ = saturating_add(w, max_drift());
  bool const wait = w > grant_;
  if (wait != s.paused) guarded([&] { pause(number, s.paused = wait); });
}

void source_operator_base::pass(barrier const& b) {
  declared_->clear();
  for (std::uint32_t i = 0; i < splits_.size(); ++i) {
    split s = splits_[i].value;
    if (!splits_[i].ended) s.position = guarded([&] { return position(i); });
    declared_->push_back({std::move(s), splits_[i].ended, assigner_ ? assigner_->save(i) : std::string{}});
  }
  operator_base::pass(b);
}

}  // namespace flow
