#include <algorithm>

#include <flow/operator/operator.hpp>
#include <flow/source.hpp>
#include <flow/operator/output.hpp>

namespace flow {

void renew(batch_ref& b, batch_type const& type, std::uint32_t capacity) {
  if (b && b->capacity() >= capacity && b.unique())
    b->clear();
  else
    b = type.create(capacity);
}

void output_port::push(batch_ref& b, operator_counters& counters) {
  std::uint32_t const size = b->size();
  std::uint32_t const capacity = b->capacity();
  batch_type const& type = b->type();
  if (size > 0) {
    counters.records_out.add(size);
    if (targets_.empty()) counters.unread.add(size);
    for (std::size_t i = 0; i + 1 < targets_.size(); ++i) {
      batch_ref shared = b;
      targets_[i]->receive(shared);
    }
    if (!targets_.empty()) targets_.back()->receive(b);
  }
  renew(b, type, capacity);
}

void operator_base::start(operator_context const& context) {
  context_ = context;
  state_.use(context.chunks, context.clock, context.backend);
  activity_scope const scope(*this);
  try {
    open();
  } catch (...) {
    fail();
  }
}

void operator_base::receive_from(std::uint32_t input, batch_ref& b) {
  activity_scope const scope(*this);
  counters_.records_in.add(b->size());
  pushes_ = 0;
  // Whoever waits for this operator's watermark has to know that time goes on, also if nothing comes of the records yet.
  if (counters_.idle.load(std::memory_order_relaxed)) [[unlikely]] forward_watermark(counters_.watermark.load(std::memory_order_relaxed));
  if (input == 0) process(b);
  else process_from(input, b);
}

void operator_base::take_out_of_memory() {
  guarded([this] { state_.make_room(); });
}

void operator_base::look_now(std::chrono::nanoseconds now) {
  activity_scope const scope(*this);
  next_look_ = never;
  if (bell_) bell_->answer();
  pushes_ = 0;
  guarded([&] { look(now); });
}

std::shared_ptr<doorbell> const& operator_base::bell() {
  if (!bell_) bell_ = std::make_shared<doorbell>(context_.wake);
  return bell_;
}

void operator_base::resume() {
  activity_scope const scope(*this);
  pushes_ = 0;
  suspended_ = !release_held() || !continue_output() || holds_batches();
}

void operator_base::hold_back(std::size_t port, batch_ref& b) {
  if (b->empty()) return;
  std::uint32_t const capacity = b->capacity();
  batch_type const& type = b->type();
  std::size_t const bytes = b->footprint();
  held_bytes_ += bytes;
  if (held_bytes_ > context_.max_call_output)
    throw error(error_code::limit_exceeded,
                "one call emitted more than " + std::to_string(context_.max_call_output) +
                    " bytes beyond what the receivers take; emit less per record or raise the setting max-call-output");
  held_.push_back({port, std::exchange(b, {}), bytes});
  renew(b, type, capacity);
  suspended_ = true;
}

/// Hands on what is held back, in order, as far as the receivers take it; whether all of it went.
bool operator_base::release_held() {
  while (!held_.empty()) {
    held_batch& first = held_.front();
    if (!outputs_[first.port].ready()) return false;
    held_bytes_ -= first.bytes;
    outputs_[first.port].push(first.records, counters_);
    held_.pop_front();
  }
  return true;
}

connector_context operator_base::outside() const {
  connector_context c;
  c.operator_name = name_;
  c.subtask = context_.subtask;
  c.parallelism = context_.parallelism;
  c.checkpoints = context_.checkpoints;
  c.attempt = context_.attempt;
  c.wake = context_.wake;
  c.clock = context_.clock;
  return c;
}

void operator_base::forward_watermark(timestamp w) {
  counters_.watermark.store(w, std::memory_order_relaxed);
  counters_.idle.store(false, std::memory_order_relaxed);
  for (auto& o : outputs_) o.watermark(w);
}

void operator_base::fail(std::string const& about) const { throw error_being_handled(name_, about); }

void operator_base::idle() {
  counters_.idle.store(true, std::memory_order_relaxed);
  for (auto& o : outputs_) o.idle();
}

void operator_base::fail(batch_base const& records, std::uint32_t index) const {
  fail("the record was " + records.type().print(records, index));
}

void side_outputs::full(side& side) {
  if (is_tentative_) side.tentative.set_aside(side.batch, owner_->context().max_call_output);
  else owner_->push(side.port, side.batch);
}

bool side_outputs::has_filled() const {
  return std::any_of(sides_.begin(), sides_.end(), [](auto const& side) { return side.tentative.has_filled(); });
}

void side_outputs::accept() {
  for (auto& side : sides_) side.tentative.hand_on([&](batch_ref& b) { owner_->push(side.port, b); });
}

void side_outputs::take_back() {
  for (auto& side : sides_) side.tentative.take_back(side.batch);
}

void side_outputs::throw_of_another_type(std::string const& name) {
  throw error(error_code::user_function, "side output '" + name + "' is read with another type of record than it is given; use one tag for both");
}

}  // namespace flow
