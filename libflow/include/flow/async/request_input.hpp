#pragma once
// The records of an asynchronous operator that have no slot yet: first those restored, then what is left of a batch.

#include <utility>
#include <vector>

#include <flow/async/request_slots.hpp>
#include <flow/operator/operator.hpp>

namespace flow::detail {

template <class T>
class request_input {
 public:
  /// What was declared when the operator was opened comes first.
  void take_restored(std::vector<stored_request<T>>& declared) {
    if (!std::exchange(restored_taken_, true)) restored_ = std::exchange(declared, {});
  }
  /// Takes a batch and gives an emptied one in return: its own, by `give_back`, where all of it is taken at once.
  void take(batch_ref& b) {
    std::swap(b, batch_);
    next_ = 0;
  }
  void give_back(batch_ref& b) {
    if (batch_is_done()) std::swap(b, batch_);
  }
  bool empty() const { return restored_taken_ && next_restored_ == restored_.size() && batch_is_done(); }

  /// A call begins: records may be moved out of the batch where nobody else holds it.
  void begin() { movable_ = batch_ && batch_.unique(); }
  /// Calls `admit(record&, time, has_time, movable)` for the next record; false when there is none.
  template <class Admit>
  bool admit_next(Admit admit) {
    if (next_restored_ < restored_.size()) {
      auto& r = restored_[next_restored_++];
      admit(r.record, r.at, r.has_time, true);
      if (next_restored_ == restored_.size()) {
        restored_ = {};
        next_restored_ = 0;
      }
      return true;
    }
    if (batch_is_done()) return false;
    auto const i = next_++;
    admit(as<T>(*batch_)[i], time_of(i), batch_->has_timestamps(), movable_);
    return true;
  }
  /// A batch all of which has been taken is emptied, or left to those who hold it too.
  void end() {
    if (!batch_ || !batch_is_done()) return;
    if (batch_.unique()) batch_->clear();
    else batch_ = {};
  }

  void store(std::vector<stored_request<T>>& into) const {
    into.insert(into.end(), restored_.begin() + static_cast<std::ptrdiff_t>(next_restored_), restored_.end());
    for (auto i = next_; !batch_is_done() && i < batch_->size(); ++i) into.push_back({as<T>(*batch_)[i], time_of(i), batch_->has_timestamps()});
  }

 private:
  bool batch_is_done() const { return !batch_ || next_ >= batch_->size(); }
  timestamp time_of(std::uint32_t i) const { return batch_->has_timestamps() ? batch_->timestamps()[i] : no_watermark; }

  bool restored_taken_ = false;
  std::vector<stored_request<T>> restored_;
  std::size_t next_restored_ = 0;
  batch_ref batch_;
  std::uint32_t next_ = 0;
  bool movable_ = false;
};

}  // namespace flow::detail
