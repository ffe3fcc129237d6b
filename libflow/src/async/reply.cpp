#include <flow/async/reply.hpp>

#include <flow/operator/operator.hpp>

namespace flow::detail {

void answer_box::put(attempt_base& answered) {
  {
    std::lock_guard const lock(mutex_);
    if (closed_) return;
    answered_.push_back(&answered);
    if (answered_.size() > 1) return;  // it has been rung for
  }
  bell_->ring();
}

void answer_box::take(std::vector<attempt_base*>& into) {
  std::lock_guard const lock(mutex_);
  std::swap(into, answered_);
}

void answer_box::close() {
  std::lock_guard const lock(mutex_);
  closed_ = true;
  answered_.clear();
}

/// The last one speaks for all that said nothing, and gives back what they hold together.
void attempt_base::drop_reply() {
  bool const last = replies_.load(std::memory_order_acquire) == 1 || replies_.fetch_sub(1, std::memory_order_acq_rel) == 1;
  if (!last) return;
  if (claim()) {
    failure = failure_of("the reply was destroyed without an answer");
    finish();
  }
  release();
}

void attempt_base::release() {
  if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
}

error failure_of(std::string const& reason) { return {error_code::request_failed, reason}; }

error failure_of(std::exception_ptr const& e) {
  if (!e) return failure_of(std::string("no reason was given"));
  try {
    std::rethrow_exception(e);
  } catch (error const& known) {
    return known;
  } catch (std::exception const& other) {
    return failure_of(std::string(other.what()));
  } catch (...) {
    return failure_of("something that is no std::exception");
  }
}

}  // namespace flow::detail
