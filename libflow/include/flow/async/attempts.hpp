#pragma once
// The requests under way of one operator: begun in its calls, answered there or later through its box. Attempts are used again.

#include <memory>
#include <vector>

#include <flow/async/reply.hpp>
#include <flow/async/ring.hpp>

namespace flow::detail {

template <class A>
class attempts {
 public:
  attempts() = default;
  attempts(attempts const&) = delete;
  attempts& operator=(attempts const&) = delete;
  ~attempts() {
    while (!spare_.empty()) spare_.pop()->release();
  }

  void open(std::shared_ptr<doorbell> const& bell) { box_ = std::make_shared<answer_box>(bell); }
  /// The operator is going: what is answered from now on is dropped.
  void close() {
    if (box_) box_->close();
  }
  /// Held twice: by the caller, who gives it back or releases it, and by the reply to be made of it.
  attempt<A>& begin(std::uint32_t slot) {
    attempt<A>* a = spare_.empty() ? nullptr : spare_.pop();
    if (a && !a->is_free()) {  // a reply is still held somewhere
      a->release();
      a = nullptr;
    }
    if (!a) a = new attempt<A>(box_);
    a->answer.clear();
    a->begin(slot);
    return *a;
  }
  void give_back(attempt<A>& a) { spare_.push(&a); }
  /// Calls `f(slot number)` for each that was answered after its call.
  template <class F>
  void for_each_answered(F f) {
    box_->take(answered_);
    for (auto* const a : answered_) f(a->slot);
    answered_.clear();
  }

 private:
  std::shared_ptr<answer_box> box_;
  std::vector<attempt_base*> answered_;  // empty but in `for_each_answered`
  ring<attempt<A>*> spare_;
};

}  // namespace flow::detail
