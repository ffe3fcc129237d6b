#pragma once
// An operator that works record by record: when the receivers take no more, the rest of the batch waits inside it.

#include <flow/operator/operator.hpp>

namespace flow {

class resumable_operator : public operator_base {
 public:
  using operator_base::operator_base;

 protected:
  /// Works on the records of `b` from `next_` on, of which it makes the number of those done, and asks `still_ready` between
  /// them; whether it came to the end.
  virtual bool run(std::uint32_t input, batch_base const& b) = 0;
  /// Whether the batch has been handed on as it is, so that there is nothing to do with its records.
  virtual bool hand_on(std::uint32_t, batch_ref&) { return false; }
  /// Goes on with what no record asked for: timers, windows. Like `continue_output`.
  virtual bool continue_firing() { return true; }

  std::uint32_t next_ = 0;

 private:
  bool rest_is_done() const { return !rest_ || rest_->empty(); }

  void process(batch_ref& b) final { process_from(0, b); }
  void process_from(std::uint32_t input, batch_ref& b) final {
    next_ = 0;
    if (hand_on(input, b) || run(input, *b)) return;
    std::swap(b, rest_);  // what is left there from before is empty: the caller gets it in return, or nothing
    rest_input_ = input;
    if (b && (!b.unique() || &b->type() != &rest_->type())) b = {};
    if (b) b->clear();
    suspend();
  }
  bool continue_output() final {
    if (!rest_is_done()) {
      if (!run(rest_input_, *rest_)) return false;
      if (rest_.unique()) rest_->clear();
      else rest_ = {};
    }
    return continue_firing();
  }

  batch_ref rest_;
  std::uint32_t rest_input_ = 0;
};

}  // namespace flow
