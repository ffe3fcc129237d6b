#pragma once
// event_time in the middle of a stream: one generator per subtask, in place of the watermarks from before.
//
// What the generator remembers is declared.

#include <flow/operator/operator.hpp>
#include <flow/watermark.hpp>

namespace flow {

class event_time_operator final : public operator_base {
 public:
  event_time_operator(std::string name, std::unique_ptr<time_assigner> assigner)
      : operator_base(std::move(name), 1), assigner_(std::move(assigner)) { assigner_->add_split(); }

  void open() override {
    declared_ = &state().value<std::string>("watermarks");
    if (declared_->empty()) return;
    guarded([this] { assigner_->restore(0, *declared_); });
    look_at(std::chrono::nanoseconds{0});  // the receivers are told how far time had come, whether a record comes or not
  }
  void watermark(timestamp w) override {
    if (w == end_of_time) forward_watermark(w);
  }
  void settle_state() override { *declared_ = guarded([this] { return assigner_->save(0); }); }

 protected:
  void process(batch_ref& b) override {
    batch_ref* records = &b;
    if (!b.unique()) {
      renew(copy_, b->type(), b->capacity());
      b->type().append(*copy_, *b, 0, b->size(), false);
      records = &copy_;
    }
    std::uint32_t at = 0;
    try {
      assigner_->assign(**records, 0, at);
    } catch (...) {
      fail(**records, at);
    }
    counters().processed.add((*records)->size());
    push(0, *records);
    if (!continue_output()) suspend();
  }
  void look(std::chrono::nanoseconds) override {
    if (!continue_output()) suspend();
  }
  bool continue_output() override {
    if (holds_batches() || !outputs_ready()) return false;
    timestamp const w = assigner_->watermark(0);
    if (w > sent_) forward_watermark(sent_ = w);
    return true;
  }

 private:
  std::unique_ptr<time_assigner> assigner_;
  std::string* declared_ = nullptr;
  timestamp sent_ = no_watermark;
  batch_ref copy_;
};

}  // namespace flow
